/* SPDX-License-Identifier: MIT
 * The full path of a fetch, through lariat's public headers alone: this thread
 * asks, a pool of reactors fetches, the deferreds fire here, and each response
 * is looked at as a program would (status, a header, body, timings).  Its rival
 * is bench/rivals/plain.c.
 *
 *   bench-path URL REQUESTS CONNECTIONS [--reactors N]
 *              [--placement host|spread] [--per-host N] [--await]
 *
 * With --await, as many coroutines as connections await one fetch after the
 * other, instead of callbacks.
 *
 * prints one line of JSON.  CPU times are of the whole process, all threads,
 * from its start.  Exit code: 0 all went well, 1 a request failed, 2 it could
 * not run. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <lariat/lariat.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { CONNECTIONS_MAX = 100000, REACTORS_MAX = 1024, FAILURES_SHOWN = 5 };

struct settings {
  const char *url;
  long requests;
  long connections;
  long reactors; /* 0: as many as lariat likes */
  long per_host; /* 0: as many as connections */
  lariat_placement placement;
  bool await;
};

struct run {
  const struct settings *settings;
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
  long started;
  long done;
  long failed;
  long not_ok;      /* of the failed: answers other than 200 */
  long with_header; /* answers that had the header looked for */
  uint64_t bytes;
  uint64_t total_us; /* over all requests */
  bool starting;
};

static void start_more(struct run *run);

static void finish(struct run *run) {
  run->done++;
  if (run->done == run->settings->requests)
    lariat_reactor_stop(run->reactor);
  else
    start_more(run);
}

static void look_at_response(struct run *run, lariat_value result) {
  const lariat_response *response = lariat_response_in(result);
  size_t length;

  if (lariat_response_status(response) != 200) {
    run->failed++;
    run->not_ok++;
  }
  if (lariat_response_header(response, "Content-Length")) run->with_header++;
  lariat_response_body(response, &length);
  run->bytes += length;
  run->total_us += lariat_response_timings(response).total_us;
}

static lariat_value on_response(lariat_value result, void *context) {
  struct run *run = context;

  look_at_response(run, result);
  result = lariat_value_drop(result);
  finish(run);
  return result;
}

static void look_at_failure(struct run *run, lariat_value failure) {
  if (run->failed++ < FAILURES_SHOWN)
    fprintf(stderr, "bench-path: %s\n", lariat_failure_message(failure));
}

static lariat_value on_failure(lariat_value failure, void *context) {
  struct run *run = context;

  look_at_failure(run, failure);
  failure = lariat_value_drop(failure);
  finish(run);
  return failure;
}

/* Keeps as many going as there are connections.  A deferred that has failed
 * already calls back at once, hence the flag: it is counted, and the loop
 * below goes on. */
static void start_more(struct run *run) {
  const struct settings *settings = run->settings;

  if (run->starting) return;
  run->starting = true;
  while (run->started < settings->requests &&
         run->started - run->done < settings->connections) {
    lariat_deferred *deferred;

    run->started++;
    deferred = lariat_get(run->client, settings->url);
    lariat_deferred_add_callbacks(deferred, on_response, on_failure, run);
    lariat_deferred_release(deferred);
  }
  run->starting = false;
}

/* One of as many coroutines as there are connections. */
static lariat_value fetch_in_turn(void *context) {
  struct run *run = context;

  while (run->started < run->settings->requests) {
    lariat_value result;

    run->started++;
    result = lariat_await(lariat_get(run->client, run->settings->url));
    if (lariat_is_failure(result))
      look_at_failure(run, result);
    else
      look_at_response(run, result);
    lariat_value_drop(result);
    if (++run->done == run->settings->requests)
      lariat_reactor_stop(run->reactor);
  }
  return lariat_none();
}

static void begin(void *context) {
  struct run *run = context;

  if (!run->settings->await) {
    start_more(run);
    return;
  }
  for (long i = 0; i < run->settings->connections; i++)
    lariat_deferred_release(
        lariat_coroutine_start(run->reactor, fetch_in_turn, run));
}

static lariat_status make_pool(struct run *run) {
  const struct settings *settings = run->settings;
  lariat_pool_options options = lariat_pool_defaults();
  unsigned connections = (unsigned)settings->connections;

  options.reactors = (unsigned)settings->reactors;
  if (options.max_jobs < connections) options.max_jobs = connections;
  options.max_jobs_per_host =
      settings->per_host ? (unsigned)settings->per_host : connections;
  return lariat_pool_new(&options, &run->pool);
}

static lariat_status make_client(struct run *run) {
  lariat_client_options options = lariat_client_defaults();

  options.placement = run->settings->placement;
  if (run->settings->connections > 1024)
    options.window = (unsigned)run->settings->connections;
  return lariat_client_new(run->pool, run->reactor, &options, &run->client);
}

static lariat_status set_up(struct run *run) {
  lariat_status status = lariat_reactor_new(NULL, &run->reactor);

  if (!status) status = make_pool(run);
  if (!status) status = make_client(run);
  if (!status)
    status = lariat_reactor_call_soon(run->reactor, begin, run, NULL);
  return status;
}

static void tear_down(struct run *run) {
  lariat_client_close(run->client);
  if (run->pool) lariat_pool_close_wait(run->pool, 0);
  lariat_pool_release(run->pool);
  if (run->reactor) lariat_reactor_close(run->reactor, 1000);
}

static double seconds(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void print_figures(const struct run *run, uint64_t wall_ns) {
  struct rusage usage;

  getrusage(RUSAGE_SELF, &usage);
  printf("{\"requests\":%ld,\"failed\":%ld,\"bytes\":%llu,\"wall_s\":%.6f,"
         "\"user_s\":%.6f,\"sys_s\":%.6f,\"maxrss_kb\":%ld,"
         "\"context_switches\":%ld,\"reactors\":%u,\"mean_us\":%.1f,"
         "\"libcurl\":\"%s\"}\n",
         run->done, run->failed, (unsigned long long)run->bytes,
         (double)wall_ns / 1e9, seconds(usage.ru_utime),
         seconds(usage.ru_stime), usage.ru_maxrss,
         usage.ru_nvcsw + usage.ru_nivcsw, lariat_pool_reactors(run->pool),
         (double)run->total_us / (double)run->done, lariat_libcurl_version());
  if (run->not_ok)
    fprintf(stderr, "bench-path: %ld answers were not 200\n", run->not_ok);
}

static lariat_status fetch_all(struct run *run) {
  uint64_t begun = lariat_reactor_now_ns(run->reactor);
  lariat_status status = lariat_reactor_run(run->reactor);

  if (!status) print_figures(run, lariat_reactor_now_ns(run->reactor) - begun);
  return status;
}

static bool parse_number(const char *text, long limit, long *out) {
  char *end;

  errno = 0;
  *out = strtol(text, &end, 10);
  return !errno && *text && !*end && *out > 0 && *out <= limit;
}

static bool parse_placement(const char *text, lariat_placement *out) {
  *out = strcmp(text, "spread") ? LARIAT_PLACE_HOST : LARIAT_PLACE_SPREAD;
  return !strcmp(text, "host") || !strcmp(text, "spread");
}

static bool parse(int argc, char **argv, struct settings *settings) {
  static const struct option options[] = {
      {"reactors", required_argument, NULL, 'r'},
      {"placement", required_argument, NULL, 'p'},
      {"per-host", required_argument, NULL, 'h'},
      {"await", no_argument, NULL, 'a'},
      {NULL, 0, NULL, 0}};
  bool good = true;
  int option;

  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'r')
      good &= parse_number(optarg, REACTORS_MAX, &settings->reactors);
    else if (option == 'p')
      good &= parse_placement(optarg, &settings->placement);
    else if (option == 'h')
      good &= parse_number(optarg, CONNECTIONS_MAX, &settings->per_host);
    else if (option == 'a')
      settings->await = true;
    else
      good = false;
  }
  if (!good || argc - optind != 3) return false;
  settings->url = argv[optind];
  return parse_number(argv[optind + 1], 1000000000L, &settings->requests) &&
         parse_number(argv[optind + 2], CONNECTIONS_MAX,
                      &settings->connections);
}

int main(int argc, char **argv) {
  struct settings settings = {.placement = LARIAT_PLACE_HOST};
  struct run run = {.settings = &settings};
  lariat_status status;

  if (!parse(argc, argv, &settings)) {
    fprintf(stderr, "usage: bench-path URL REQUESTS CONNECTIONS [--reactors N] "
                    "[--placement host|spread] [--per-host N] [--await]\n");
    return 2;
  }
  status = set_up(&run);
  if (!status) status = fetch_all(&run);
  if (status) fprintf(stderr, "bench-path: %s\n", lariat_status_text(status));
  tear_down(&run);
  return status ? 2 : run.failed ? 1 : 0;
}
