/* SPDX-License-Identifier: MIT
 * The full path of a fetch, through lariat's public headers alone: this thread
 * asks, a pool of reactors fetches, the deferreds fire here, and each response
 * is looked at as a program would (status, a header, body, timings).  Its rival
 * is bench/rivals/plain.c.
 *
 *   bench-path URL REQUESTS CONNECTIONS [OPTIONS]
 *     --reactors N   of the pool; as many as lariat likes without it
 *     --placement P  host, spread, or home: then this thread only waits, and
 *                    the client is on the pool's first reactor
 *     --per-host N   jobs to one host at once; as many as connections
 *     --asked N      deferreds waited for at once; as many as connections
 *     --hosts N      the host of the URL is 127.0.1.1, 127.0.1.2, ... in turn;
 *                    where it is a name, h0.NAME, h1.NAME, ...
 *     --idle N       first fetches once from each of N such hosts; only what
 *                    comes after is counted
 *     --before N     first fetches N times, one after the other; only what
 *                    comes after is counted
 *     --post N       sends N bytes by POST
 *     --discard      keeps no body of a response
 *     --cookies N    the client has a jar with N cookies of the URL's host
 *     --ca FILE      trusted certificates
 *     --timeout N    seconds for a fetch, instead of the client's default
 *     --libcurl-only every request goes through libcurl, also those which
 *                    lariat would exchange by itself
 *     --latency      prints how long requests took, too: from asking for one to
 *                    its callback
 *     --await        as many coroutines as connections await one fetch after
 *                    the other, instead of callbacks
 *
 * prints one line of JSON.  CPU times are of the whole process, all threads,
 * from its start; start_cpu_s of them passed before what is counted.  ended_s
 * is on the monotonic clock, to find out what others saw meanwhile.  Exit code:
 * 0 all went well, 1 a request failed, 2 it could not run. */
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
#include <time.h>

#include "../latencies/latencies.h"

enum {
  CONNECTIONS_MAX = 100000,
  ASKED_MAX = 10000000,
  REACTORS_MAX = 1024,
  HOSTS_PER_NET = 250, /* 127.0.1.1 to 127.0.1.250, then 127.0.2.1 */
  HOSTS_MAX = 254 * HOSTS_PER_NET,
  URL_MAX = 4096,
  POST_MAX = 10 << 20,
  COOKIES_MAX = 1000,
  TIMEOUT_MAX = 86400,
  FAILURES_SHOWN = 5
};

struct settings {
  const char *url;
  long requests;
  long connections;
  long reactors; /* 0: as many as lariat likes */
  long per_host; /* 0: as many as connections */
  long asked;    /* 0: as many as connections */
  long hosts;
  long idle;
  long before;
  long timeout_s; /* 0: the client's default */
  long post;
  char *body; /* the bytes of --post */
  const char *ca_file;
  lariat_placement placement;
  bool libcurl_only;
  bool await;
  bool discard;
  bool latency;
  long cookies;
};

struct run;

/* A request that is under way, with --latency. */
struct timed {
  struct run *run;
  struct timed *next_free;
  uint64_t begun_ns;
};

struct run {
  const struct settings *settings;
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
  char **urls; /* one for each host, or the one */
  long url_count;
  long wanted; /* requests of this part of the run */
  long started;
  long done;
  long failed;
  long not_ok;      /* of the failed: answers other than 200 */
  long with_header; /* answers that had the header looked for */
  uint64_t bytes;
  uint64_t total_us; /* over all requests */
  uint64_t begun_ns;
  uint64_t wall_ns;
  double start_cpu_s;
  lariat_status status; /* of what went on another thread */
  bool idling;          /* opening the connections that will be idle */
  bool preparing;       /* making the requests of --before */
  bool starting;
  struct timed *timed; /* with --latency: as many as may be under way */
  struct timed *free_timed;
  struct latencies latencies;
};

static void start_more(struct run *run);

static void stop(void *context) {
  struct run *run = context;

  lariat_reactor_stop(run->reactor);
}

/* With the client at home, its end is on a turn of its own, since this may be
 * inside one of its callbacks. */
static void leave_home(void *context) {
  struct run *run = context;

  lariat_client_close(run->client);
  run->client = NULL;
  if (lariat_reactor_call_from_thread(run->reactor, stop, run, NULL)) abort();
}

static void end(struct run *run) {
  lariat_reactor *here = lariat_client_reactor(run->client);

  run->wall_ns = lariat_reactor_now_ns(here) - run->begun_ns;
  if (here == run->reactor)
    stop(run);
  else if (lariat_reactor_call_soon(here, leave_home, run, NULL))
    abort();
}

static double seconds(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void begin_counting(struct run *run) {
  struct rusage usage;

  if (run->settings->idle || run->settings->before) {
    getrusage(RUSAGE_SELF, &usage);
    run->start_cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  run->idling = false;
  run->preparing = false;
  run->wanted = run->settings->requests;
  run->started = run->done = run->with_header = 0;
  run->bytes = run->total_us = 0;
  run->begun_ns = lariat_reactor_now_ns(lariat_client_reactor(run->client));
}

static void finish(struct run *run) {
  run->done++;
  if (run->done == run->wanted) {
    if (!run->idling && !run->preparing) {
      end(run);
      return;
    }
    begin_counting(run);
  }
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
  if (run->settings->discard)
    length = (size_t)lariat_response_body_bytes(response);
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

static struct run *end_timed(struct timed *timed) {
  struct run *run = timed->run;

  latencies_add(&run->latencies, timed->begun_ns);
  timed->next_free = run->free_timed;
  run->free_timed = timed;
  return run;
}

static lariat_value on_timed_response(lariat_value result, void *timed) {
  return on_response(result, end_timed(timed));
}

static lariat_value on_timed_failure(lariat_value failure, void *timed) {
  return on_failure(failure, end_timed(timed));
}

static lariat_deferred *ask_and_discard(const struct run *run,
                                        const char *url) {
  lariat_request_options options = lariat_request_defaults(run->client);

  options.sink = lariat_sink_discard();
  return lariat_request(run->client, "GET", url, &options);
}

static lariat_deferred *ask(const struct run *run, const char *url) {
  const struct settings *settings = run->settings;

  if (settings->discard) return ask_and_discard(run, url);
  if (settings->post && !run->idling)
    return lariat_post(run->client, url, settings->body,
                       (size_t)settings->post);
  return lariat_get(run->client, url);
}

static void start_timed(struct run *run, const char *url) {
  struct timed *timed = run->free_timed;
  lariat_deferred *deferred;

  run->free_timed = timed->next_free;
  timed->begun_ns = latencies_now_ns();
  deferred = ask(run, url);
  lariat_deferred_add_callbacks(deferred, on_timed_response, on_timed_failure,
                                timed);
  lariat_deferred_release(deferred);
}

static void start_one(struct run *run, const char *url) {
  lariat_deferred *deferred;

  if (run->timed) {
    start_timed(run, url);
    return;
  }
  deferred = ask(run, url);
  lariat_deferred_add_callbacks(deferred, on_response, on_failure, run);
  lariat_deferred_release(deferred);
}

/* Keeps as many going as there are connections.  A deferred that has failed
 * already calls back at once, hence the flag: it is counted, and the loop
 * below goes on. */
static void start_more(struct run *run) {
  const struct settings *settings = run->settings;
  long asked =
      settings->asked && !run->idling ? settings->asked : settings->connections;

  if (run->preparing) asked = 1;
  if (run->starting) return;
  run->starting = true;
  while (run->started < run->wanted && run->started - run->done < asked) {
    long host = run->idling ? run->started + 1 : run->started % run->url_count;

    run->started++;
    start_one(run, run->urls[host]);
  }
  run->starting = false;
}

/* One of as many coroutines as there are connections. */
static lariat_value fetch_in_turn(void *context) {
  struct run *run = context;

  while (run->started < run->wanted) {
    const char *url = run->urls[run->started++ % run->url_count];
    lariat_value result = lariat_await(ask(run, url));

    if (lariat_is_failure(result))
      look_at_failure(run, result);
    else
      look_at_response(run, result);
    lariat_value_drop(result);
    if (++run->done == run->wanted) end(run);
  }
  return lariat_none();
}

static void begin_coroutines(struct run *run) {
  begin_counting(run);
  for (long i = 0; i < run->settings->connections; i++)
    lariat_deferred_release(lariat_coroutine_start(
        lariat_client_reactor(run->client), fetch_in_turn, run));
}

static void begin(void *context) {
  struct run *run = context;

  if (run->settings->await) {
    begin_coroutines(run);
    return;
  }
  if (run->settings->idle) {
    run->idling = true;
    run->wanted = run->settings->idle;
  } else if (run->settings->before) {
    run->preparing = true;
    run->wanted = run->settings->before;
  } else {
    begin_counting(run);
  }
  start_more(run);
}

/* The URL with a host of its own: in the place of its first "127.0.0.1", or
 * before the name that it has. */
static int print_url(char *text, const char *url, long host) {
  const char *at = strstr(url, "127.0.0.1");
  const char *name = strstr(url, "://");

  if (at)
    return snprintf(text, URL_MAX, "%.*s127.0.%ld.%ld%s", (int)(at - url), url,
                    host / HOSTS_PER_NET + 1, host % HOSTS_PER_NET + 1,
                    at + strlen("127.0.0.1"));
  if (!name) return -1;
  name += strlen("://");
  return snprintf(text, URL_MAX, "%.*sh%ld.%s", (int)(name - url), url, host,
                  name);
}

static char *url_of_host(const char *url, long host) {
  char text[URL_MAX];
  int length = print_url(text, url, host);

  return length > 0 && length < URL_MAX ? strdup(text) : NULL;
}

/* The one URL and those of the idle hosts after it; or those of the hosts. */
static bool make_urls(struct run *run) {
  const struct settings *settings = run->settings;
  long own = settings->hosts ? settings->hosts : settings->idle;
  long first = settings->hosts ? 0 : 1;

  run->url_count = settings->hosts ? settings->hosts : 1;
  run->urls = calloc((size_t)(first + own), sizeof *run->urls);
  if (!run->urls) return false;
  if (first) run->urls[0] = strdup(settings->url);
  if (first && !run->urls[0]) return false;
  for (long i = 0; i < own; i++) {
    run->urls[first + i] = url_of_host(settings->url, i);
    if (!run->urls[first + i]) return false;
  }
  return true;
}

static void free_urls(struct run *run) {
  const struct settings *settings = run->settings;
  long count = settings->hosts ? settings->hosts : settings->idle + 1;

  for (long i = 0; run->urls && i < count; i++) free(run->urls[i]);
  free(run->urls);
}

static bool make_timed(struct run *run) {
  const struct settings *settings = run->settings;
  size_t count =
      (size_t)(settings->asked ? settings->asked : settings->connections);

  if (!settings->latency) return true;
  run->timed = calloc(count, sizeof *run->timed);
  if (!run->timed) return false;
  for (size_t i = 0; i < count; i++) {
    run->timed[i] = (struct timed){.run = run, .next_free = run->free_timed};
    run->free_timed = &run->timed[i];
  }
  return latencies_reserve(&run->latencies, (size_t)settings->requests);
}

static lariat_status make_pool(struct run *run) {
  const struct settings *settings = run->settings;
  lariat_pool_options options = lariat_pool_defaults();
  unsigned connections = (unsigned)settings->connections;

  options.reactors = (unsigned)settings->reactors;
  if (options.max_jobs < connections) options.max_jobs = connections;
  options.max_jobs_per_host =
      settings->per_host ? (unsigned)settings->per_host : connections;
  options.ca_file = settings->ca_file;
  options.libcurl_only = settings->libcurl_only;
  return lariat_pool_new(&options, &run->pool);
}

static lariat_status set_cookies(lariat_cookie_jar *jar, const char *text,
                                 long count) {
  lariat_url *url;
  lariat_status status = lariat_url_parse(text, strlen(text), NULL, &url, NULL);

  for (long i = 0; i < count && !status; i++) {
    char cookie[64];
    int length = snprintf(cookie, sizeof cookie, "name%ld=value%ld", i, i);
    status =
        lariat_cookie_jar_set(jar, url, cookie, (size_t)length, time(NULL), 0);
  }
  lariat_url_free(url);
  return status;
}

static lariat_status make_jar(const struct settings *settings,
                              lariat_cookie_jar **jar) {
  lariat_status status;

  *jar = NULL;
  if (!settings->cookies) return LARIAT_OK;
  status = lariat_cookie_jar_new(NULL, jar);
  if (!status) status = set_cookies(*jar, settings->url, settings->cookies);
  return status;
}

static lariat_status make_client(struct run *run, lariat_reactor *reactor) {
  lariat_client_options options = lariat_client_defaults();
  lariat_status status = make_jar(run->settings, &options.cookies);

  options.placement = run->settings->placement;
  if (run->settings->timeout_s)
    options.timeout_ms = (uint64_t)run->settings->timeout_s * 1000;
  if (run->settings->connections > 1024)
    options.window = (unsigned)run->settings->connections;
  if (run->settings->asked > (long)options.max_queued)
    options.max_queued = (size_t)run->settings->asked;
  if (!status)
    status = lariat_client_new(run->pool, reactor, &options, &run->client);
  lariat_cookie_jar_release(options.cookies);
  return status;
}

static void begin_at_home(void *context) {
  struct run *run = context;

  run->status = make_client(run, lariat_reactor_current());
  if (!run->status)
    begin(run);
  else if (lariat_reactor_call_from_thread(run->reactor, stop, run, NULL))
    abort();
}

static lariat_status set_up(struct run *run) {
  lariat_status status = lariat_reactor_new(NULL, &run->reactor);

  if (!status && !make_urls(run)) status = LARIAT_ENOMEM;
  if (!status && !make_timed(run)) status = LARIAT_ENOMEM;
  if (!status) status = make_pool(run);
  if (!status && run->settings->placement == LARIAT_PLACE_HOME)
    return lariat_pool_call(run->pool, 0, begin_at_home, run, NULL);
  if (!status) status = make_client(run, run->reactor);
  if (!status)
    status = lariat_reactor_call_soon(run->reactor, begin, run, NULL);
  return status;
}

static void tear_down(struct run *run) {
  lariat_client_close(run->client);
  if (run->pool) lariat_pool_close_wait(run->pool, 0);
  lariat_pool_release(run->pool);
  if (run->reactor) lariat_reactor_close(run->reactor, 1000);
  free_urls(run);
  free(run->timed);
  latencies_free(&run->latencies);
}

static void print_figures(struct run *run) {
  struct rusage usage;

  getrusage(RUSAGE_SELF, &usage);
  printf("{\"requests\":%ld,\"failed\":%ld,\"bytes\":%llu,\"wall_s\":%.6f,"
         "\"user_s\":%.6f,\"sys_s\":%.6f,\"start_cpu_s\":%.6f,"
         "\"ended_s\":%.6f,\"maxrss_kb\":%ld,\"context_switches\":%ld,"
         "\"reactors\":%u,\"mean_us\":%.1f,\"libcurl\":\"%s\"",
         run->done, run->failed, (unsigned long long)run->bytes,
         (double)run->wall_ns / 1e9, seconds(usage.ru_utime),
         seconds(usage.ru_stime), run->start_cpu_s,
         (double)(run->begun_ns + run->wall_ns) / 1e9, usage.ru_maxrss,
         usage.ru_nvcsw + usage.ru_nivcsw, lariat_pool_reactors(run->pool),
         (double)run->total_us / (double)run->done, lariat_libcurl_version());
  if (run->timed) latencies_print(&run->latencies);
  puts("}");
  if (run->not_ok)
    fprintf(stderr, "bench-path: %ld answers were not 200\n", run->not_ok);
}

static lariat_status fetch_all(struct run *run) {
  lariat_status status = lariat_reactor_run(run->reactor);

  if (!status) status = run->status;
  if (!status) print_figures(run);
  return status;
}

static bool parse_number(const char *text, long limit, long *out) {
  char *end;

  errno = 0;
  *out = strtol(text, &end, 10);
  return !errno && *text && !*end && *out > 0 && *out <= limit;
}

static bool parse_placement(const char *text, lariat_placement *out) {
  static const char *const names[] = {[LARIAT_PLACE_HOST] = "host",
                                      [LARIAT_PLACE_SPREAD] = "spread",
                                      [LARIAT_PLACE_HOME] = "home"};

  for (int i = LARIAT_PLACE_HOST; i <= LARIAT_PLACE_HOME; i++) {
    if (strcmp(text, names[i])) continue;
    *out = (lariat_placement)i;
    return true;
  }
  return false;
}

static bool parse_option(int option, struct settings *settings) {
  switch (option) {
  case 'r':
    return parse_number(optarg, REACTORS_MAX, &settings->reactors);
  case 'p':
    return parse_placement(optarg, &settings->placement);
  case 'n':
    return parse_number(optarg, CONNECTIONS_MAX, &settings->per_host);
  case 'a':
    return parse_number(optarg, ASKED_MAX, &settings->asked);
  case 'h':
    return parse_number(optarg, HOSTS_MAX, &settings->hosts);
  case 'i':
    return parse_number(optarg, HOSTS_MAX, &settings->idle);
  case 'b':
    return parse_number(optarg, HOSTS_MAX, &settings->before);
  case 't':
    return parse_number(optarg, TIMEOUT_MAX, &settings->timeout_s);
  case 'o':
    return parse_number(optarg, POST_MAX, &settings->post);
  case 'k':
    return parse_number(optarg, COOKIES_MAX, &settings->cookies);
  case 'c':
    settings->ca_file = optarg;
    return true;
  case 'l':
    settings->libcurl_only = true;
    return true;
  case 'w':
    settings->await = true;
    return true;
  case 'd':
    settings->discard = true;
    return true;
  case 'y':
    settings->latency = true;
    return true;
  default:
    return false;
  }
}

static bool parse(int argc, char **argv, struct settings *settings) {
  static const struct option options[] = {
      {"reactors", required_argument, NULL, 'r'},
      {"placement", required_argument, NULL, 'p'},
      {"per-host", required_argument, NULL, 'n'},
      {"asked", required_argument, NULL, 'a'},
      {"hosts", required_argument, NULL, 'h'},
      {"idle", required_argument, NULL, 'i'},
      {"before", required_argument, NULL, 'b'},
      {"post", required_argument, NULL, 'o'},
      {"cookies", required_argument, NULL, 'k'},
      {"ca", required_argument, NULL, 'c'},
      {"timeout", required_argument, NULL, 't'},
      {"libcurl-only", no_argument, NULL, 'l'},
      {"await", no_argument, NULL, 'w'},
      {"discard", no_argument, NULL, 'd'},
      {"latency", no_argument, NULL, 'y'},
      {NULL, 0, NULL, 0}};
  int option;

  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
    if (!parse_option(option, settings)) return false;
  if (argc - optind != 3 || (settings->hosts && settings->idle)) return false;
  if (settings->before && settings->idle) return false;
  if (settings->await && (settings->idle || settings->before)) return false;
  if (settings->discard && settings->post) return false;
  if (settings->latency &&
      (settings->await || settings->idle || settings->before))
    return false;
  settings->url = argv[optind];
  return parse_number(argv[optind + 1], 1000000000L, &settings->requests) &&
         parse_number(argv[optind + 2], CONNECTIONS_MAX,
                      &settings->connections);
}

static bool make_body(struct settings *settings) {
  if (!settings->post) return true;
  settings->body = malloc((size_t)settings->post);
  if (settings->body) memset(settings->body, 'a', (size_t)settings->post);
  return settings->body;
}

int main(int argc, char **argv) {
  struct settings settings = {.placement = LARIAT_PLACE_HOST};
  struct run run = {.settings = &settings};
  lariat_status status;

  if (!parse(argc, argv, &settings)) {
    fprintf(stderr, "usage: bench-path URL REQUESTS CONNECTIONS [--reactors N] "
                    "[--placement host|spread|home] [--per-host N] "
                    "[--asked N] [--hosts N] [--idle N] [--before N] "
                    "[--post N] [--ca FILE] [--timeout N] [--libcurl-only] "
                    "[--await] [--discard] [--cookies N] [--latency]\n");
    return 2;
  }
  status = make_body(&settings) ? set_up(&run) : LARIAT_ENOMEM;
  if (!status) status = fetch_all(&run);
  if (status) fprintf(stderr, "bench-path: %s\n", lariat_status_text(status));
  tear_down(&run);
  free(settings.body);
  return status ? 2 : run.failed ? 1 : 0;
}
