/* SPDX-License-Identifier: MIT
 * polite: fetches the URLs on its standard input, one a line, no faster than
 * it was told, and without ever having more than a few in its queue.  Lines
 * that begin with "!" go before the others.
 *
 * usage: polite [STARTS_PER_SECOND [DELAY_PER_HOST_MS]] < URLS */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/lariat.h>

enum { QUEUE = 50 };

struct run {
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
  unsigned long going;
  unsigned long answered;
  unsigned long failed;
  bool input_ended;
};

static char *next_line(void) {
  char *line = NULL;
  size_t capacity = 0;
  if (getline(&line, &capacity, stdin) < 0) {
    free(line);
    return NULL;
  }
  line[strcspn(line, "\r\n")] = '\0';
  return line;
}

static void stop_if_over(struct run *run) {
  if (run->input_ended && run->going == 0)
    (void)lariat_reactor_stop(run->reactor);
}

static lariat_value on_end(lariat_value result, void *context) {
  struct run *run = context;
  run->going--;
  if (lariat_is_failure(result)) {
    fprintf(stderr, "%s: %s\n", lariat_failure_url(result),
            lariat_failure_message(result));
    run->failed++;
  } else {
    run->answered++;
  }
  stop_if_over(run);
  return lariat_value_drop(result);
}

static void start(struct run *run, const char *line) {
  lariat_request_options options = lariat_request_defaults(run->client);
  bool urgent = line[0] == '!';
  if (urgent) options.priority = LARIAT_PRIORITY_HIGH;
  run->going++;
  lariat_deferred_forget(lariat_deferred_add_both(
      lariat_request(run->client, "GET", line + urgent, &options), on_end,
      run));
}

/* Called when there is capacity: takes lines until there is none, and then
 * waits for it.  So the queue is never full, and no request fails for that. */
static lariat_value fill(lariat_value result, void *context) {
  struct run *run = context;
  for (;;) {
    lariat_deferred *capacity = lariat_client_when_capacity(run->client);
    if (!lariat_deferred_fired(capacity)) {
      lariat_deferred_forget(lariat_deferred_add_both(capacity, fill, run));
      return lariat_value_drop(result);
    }
    lariat_deferred_forget(capacity);
    char *line = next_line();
    if (!line) break;
    start(run, line);
    free(line);
  }
  run->input_ended = true;
  stop_if_over(run);
  return lariat_value_drop(result);
}

static lariat_status open_run(struct run *run, double rate, unsigned delay_ms) {
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.rate = rate;
  pool.rate_burst = 5;
  pool.delay_per_host_ms = delay_ms;
  client.window = QUEUE;
  client.max_queued = QUEUE;
  client.timeout_ms = 0; /* who waits for its turn may wait for long */
  lariat_status status = lariat_reactor_new(NULL, &run->reactor);
  if (status == LARIAT_OK) status = lariat_pool_new(&pool, &run->pool);
  if (status == LARIAT_OK)
    status = lariat_client_new(run->pool, run->reactor, &client, &run->client);
  return status;
}

static void close_run(struct run *run) {
  lariat_client_close(run->client);
  (void)lariat_reactor_close(run->reactor, 1000);
  lariat_pool_release(run->pool);
}

int main(int argc, char **argv) {
  struct run run = {.going = 0};
  double rate = argc > 1 ? strtod(argv[1], NULL) : 50;
  unsigned delay_ms = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100;
  lariat_status status = open_run(&run, rate, delay_ms);
  if (status == LARIAT_OK) {
    (void)fill(lariat_none(), &run);
    status = lariat_reactor_run(run.reactor);
  }
  if (status != LARIAT_OK)
    fprintf(stderr, "polite: %s\n", lariat_status_text(status));
  close_run(&run);
  printf("%lu answered, %lu failed\n", run.answered, run.failed);
  return status != LARIAT_OK || run.failed > 0;
}
