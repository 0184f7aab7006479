/* SPDX-License-Identifier: MIT
 * observe: fetches URLs one after the other, says what happens to each of them
 * on standard error, and at the end writes the pool's metrics as a text of
 * OpenMetrics to standard output.
 *
 * usage: observe URL... */
#include <stdbool.h>
#include <stdio.h>

#include <lariat/lariat.h>

struct run {
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
  char **urls; /* up to a NULL: those that are still to be fetched */
};

/* ---- Events ---- */

/* Is told on the reactor's thread, while the request is under way. */
static void on_event(const lariat_request_event *event, void *context) {
  (void)context;
  fprintf(stderr, "%s %s", lariat_request_event_name(event->kind), event->url);
  if (event->status) fprintf(stderr, ", status %d", event->status);
  if (event->kind == LARIAT_REQUEST_BODY)
    fprintf(stderr, ", %llu bytes", (unsigned long long)event->body_bytes);
  if (event->kind == LARIAT_REQUEST_REDIRECT)
    fprintf(stderr, ", to %s", event->location);
  if (event->outcome != LARIAT_OK)
    fprintf(stderr, ", %s", lariat_status_name(event->outcome));
  fprintf(stderr, "\n");
}

/* ---- Fetches ---- */

static void fetch_next(struct run *run);

static lariat_value on_end(lariat_value result, void *context) {
  fetch_next(context);
  return lariat_value_drop(result);
}

static void fetch_next(struct run *run) {
  if (!*run->urls) {
    (void)lariat_reactor_stop(run->reactor);
    return;
  }
  lariat_deferred *deferred = lariat_get(run->client, *run->urls++);
  lariat_deferred_add_both(deferred, on_end, run);
  lariat_deferred_release(deferred);
}

static void begin(void *context) { fetch_next(context); }

/* ---- Metrics ---- */

static bool write_text(const char *text, size_t length, void *file) {
  return fwrite(text, 1, length, file) == length;
}

/* The turns of the program's own reactor, which belongs to no pool. */
static void say_turns(const struct run *run) {
  lariat_reactor_stats stats = {.size = sizeof stats};
  if (lariat_reactor_read_stats(run->reactor, &stats) != LARIAT_OK) return;
  fprintf(stderr, "%llu turns, the longest of %.3f ms\n",
          (unsigned long long)stats.turns, (double)stats.longest_turn_ns / 1e6);
}

/* ---- The program ---- */

static lariat_status open_all(struct run *run) {
  lariat_client_options options = lariat_client_defaults();
  options.observer = (lariat_observer){on_event, NULL};
  lariat_status status = lariat_reactor_new(NULL, &run->reactor);
  if (status == LARIAT_OK) status = lariat_pool_new(NULL, &run->pool);
  if (status == LARIAT_OK)
    status = lariat_client_new(run->pool, run->reactor, &options, &run->client);
  if (status == LARIAT_OK)
    status = lariat_reactor_call_soon(run->reactor, begin, run, NULL);
  return status;
}

int main(int argc, char **argv) {
  struct run run = {.urls = argv + (argc > 0)};
  lariat_status status = open_all(&run);
  if (status == LARIAT_OK) status = lariat_reactor_run(run.reactor);
  if (status == LARIAT_OK) {
    say_turns(&run);
    status = lariat_pool_write_openmetrics(run.pool, write_text, stdout);
  }
  if (status != LARIAT_OK) fprintf(stderr, "%s\n", lariat_status_text(status));
  lariat_client_close(run.client);
  lariat_reactor_close(run.reactor, 1000);
  lariat_pool_release(run.pool);
  return status == LARIAT_OK ? 0 : 1;
}
