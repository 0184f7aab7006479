/* SPDX-License-Identifier: MIT
 * get_many: fetches the URLs on its standard input, one a line, a bounded
 * number of them at a time, and prints a summary.  A list of millions needs no
 * more memory than a short one.
 *
 * usage: get_many < URLS */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/lariat.h>

enum { IN_FLIGHT = 256, PER_HOST = 64 };

struct run {
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
  unsigned in_flight;
  bool filling;
  bool input_ended;
  unsigned long answered;
  unsigned long failed;
  uint64_t bytes;
};

/* The next URL, which the caller frees; NULL at the end.  (Reading a file takes
 * no time.  Input that can be slow belongs in a reader of the reactor, as
 * embed_in_poll.c has it in its poll: everything here waits while we wait.) */
static char *next_url(void) {
  char *line = NULL;
  size_t capacity = 0;
  if (getline(&line, &capacity, stdin) < 0) {
    free(line);
    return NULL;
  }
  line[strcspn(line, "\r\n")] = '\0';
  return line;
}

static void fill(struct run *run);

/* What both outcomes have in common: there is space for another. */
static lariat_value one_less(struct run *run, lariat_value value) {
  run->in_flight--;
  fill(run);
  return lariat_value_drop(value);
}

static lariat_value on_response(lariat_value result, void *context) {
  struct run *run = context;
  size_t length;
  lariat_response_body(lariat_response_in(result), &length);
  run->answered++;
  run->bytes += length;
  return one_less(run, result);
}

static lariat_value on_failure(lariat_value failure, void *context) {
  struct run *run = context;
  fprintf(stderr, "%s: %s\n", lariat_failure_url(failure),
          lariat_failure_message(failure));
  run->failed++;
  return one_less(run, failure);
}

/* The URL was copied by lariat_get.  A fetch holds its own deferred until it
 * is over, so that our reference can be given back at once. */
static void start(struct run *run, const char *url) {
  lariat_deferred *deferred = lariat_get(run->client, url);
  run->in_flight++;
  lariat_deferred_add_callbacks(deferred, on_response, on_failure, run);
  lariat_deferred_release(deferred);
}

/* A bad URL fails inside `start`, and its errback comes here again: `filling`
 * keeps a list of bad URLs from going deeper with each of them. */
static void fill(struct run *run) {
  if (run->filling) return;
  run->filling = true;
  while (run->in_flight < IN_FLIGHT && !run->input_ended) {
    char *url = next_url();
    run->input_ended = url == NULL;
    if (url && *url) start(run, url);
    free(url);
  }
  run->filling = false;
  if (run->input_ended && run->in_flight == 0)
    lariat_reactor_stop(run->reactor);
}

static void begin(void *context) { fill(context); }

/* What lariat_react does, with limits of our own for the pool. */
static lariat_status open_all(struct run *run) {
  lariat_pool_options options = lariat_pool_defaults();
  options.max_jobs_per_host = PER_HOST;
  lariat_status status = lariat_reactor_new(NULL, &run->reactor);
  if (status == LARIAT_OK) status = lariat_pool_new(&options, &run->pool);
  if (status == LARIAT_OK)
    status = lariat_client_new(run->pool, run->reactor, NULL, &run->client);
  if (status == LARIAT_OK)
    status = lariat_reactor_call_soon(run->reactor, begin, run, NULL);
  return status;
}

/* The client before its reactor, the pool at the end.  NULLs are allowed. */
static void close_all(struct run *run) {
  lariat_client_close(run->client);
  lariat_reactor_close(run->reactor, 1000);
  lariat_pool_release(run->pool);
}

int main(void) {
  struct run run = {0};
  lariat_status status = open_all(&run);
  if (status == LARIAT_OK) status = lariat_reactor_run(run.reactor);
  if (status != LARIAT_OK)
    fprintf(stderr, "get_many: %s\n", lariat_status_text(status));
  else
    printf("%lu answered, %lu failed, %llu bytes\n", run.answered, run.failed,
           (unsigned long long)run.bytes);
  close_all(&run);
  return status == LARIAT_OK && run.failed == 0 ? 0 : 1;
}
