/* SPDX-License-Identifier: MIT
 * The plain libcurl loop that lariat is compared with: one thread, one multi
 * handle driven by curl_multi_socket_action and epoll, one easy handle reused
 * per slot.  It does what a careful programmer writes first and no more, so
 * that a ratio to it means something; do not tune it.
 *
 *   plain URL REQUESTS CONNECTIONS [OPTIONS]
 *     --threads N    as many such loops side by side, which share the work out
 *     --hosts N      the host of the URL is 127.0.1.1, 127.0.1.2, ... in turn;
 *                    where it is a name, h0.NAME, h1.NAME, ...
 *     --idle N       first fetches once from each of N such hosts, and keeps
 *                    those connections; only what comes after is counted
 *     --ca FILE      trusted certificates
 *     --http2        waits for a connection to be shared instead of opening one
 *     --compressed   asks for gzip
 *     --post N       sends N bytes by POST
 *     --headers      sends the two headers that lariat sends by default
 *     --keep         has each body in memory, whole, until its transfer is done
 *     --buffer N     bytes of libcurl's receive buffer
 *     --latency      prints how long requests took, too
 *
 * prints one line of JSON.  CPU times are of the whole process, from its start;
 * start_cpu_s of them passed before what is counted.  ended_s is the time on
 * the monotonic clock, to find out what others saw meanwhile.
 * Exit code: 0 all went well, 1 a request failed, 2 it could not run. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../latencies/latencies.h"

enum {
  EVENTS_PER_CALL = 512,
  MAX_CONNECTIONS = 100000,
  MAX_THREADS = 256,
  HOSTS_PER_NET = 250, /* 127.0.1.1 to 127.0.1.250, then 127.0.2.1 */
  MAX_HOSTS = 254 * HOSTS_PER_NET,
  MAX_POST = 10 << 20,
  MAX_URL = 4096
};

struct settings {
  const char *url;
  const char *ca_file;
  long requests;
  long connections;
  long threads;
  long hosts;
  long idle;
  long buffer;
  long post;
  char *body; /* the bytes of --post */
  bool http2;
  bool compressed;
  bool keep;
  bool latency;
  struct latencies *latencies;
  struct curl_slist *headers;
};

/* The body of a slot's transfer, with --keep. */
struct kept {
  char *bytes;
  size_t length;
  size_t capacity;
};

struct run {
  const struct settings *settings;
  pthread_t thread;
  CURLM *multi;
  CURL **slots;
  struct kept *kept;  /* one for each slot, or NULL */
  uint64_t *begun_ns; /* the same, with --latency */
  long requests;
  long connections;
  long started;
  long done;
  long failed;
  uint64_t bytes;
  int64_t deadline_ms; /* when libcurl's timer is due; -1: no timer */
  int epoll_fd;
  bool idling; /* opening the connections that will be idle */
  bool broken; /* a call failed that never should */
};

static int64_t now_us(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t now_ms(void) { return now_us() / 1000; }

static size_t on_body(char *data, size_t size, size_t count, void *context) {
  struct run *run = context;

  (void)data;
  run->bytes += size * count;
  return size * count;
}

static size_t on_kept_body(char *data, size_t size, size_t count,
                           void *context) {
  struct kept *kept = context;
  size_t length = kept->length + size * count;

  if (length > kept->capacity) {
    size_t capacity = length * 2;
    char *bytes = realloc(kept->bytes, capacity);

    if (!bytes) return 0;
    kept->bytes = bytes;
    kept->capacity = capacity;
  }
  memcpy(kept->bytes + kept->length, data, size * count);
  kept->length = length;
  return size * count;
}

/* Looks at the body that a slot's transfer left, and gives it back. */
static void drop_kept(struct run *run, CURL *easy) {
  struct kept *kept = NULL;

  if (!run->kept) return;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&kept);
  run->bytes += kept->length;
  free(kept->bytes);
  *kept = (struct kept){.bytes = NULL};
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context,
                     void *known) {
  struct run *run = context;
  struct epoll_event event = {.events = 0, .data = {.fd = fd}};

  (void)easy;
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(run->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    curl_multi_assign(run->multi, fd, NULL);
    return 0;
  }
  if (what != CURL_POLL_OUT) event.events |= EPOLLIN;
  if (what != CURL_POLL_IN) event.events |= EPOLLOUT;
  if (epoll_ctl(run->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd,
                &event))
    run->broken = true;
  if (!known) curl_multi_assign(run->multi, fd, run);
  return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context) {
  struct run *run = context;

  (void)multi;
  run->deadline_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
  return 0;
}

/* The URL with a host of its own: in the place of its first "127.0.0.1", or
 * before the name that it has. */
static int print_url(char *text, const char *url, long host) {
  const char *at = strstr(url, "127.0.0.1");
  const char *name = strstr(url, "://");

  if (at)
    return snprintf(text, MAX_URL, "%.*s127.0.%ld.%ld%s", (int)(at - url), url,
                    host / HOSTS_PER_NET + 1, host % HOSTS_PER_NET + 1,
                    at + strlen("127.0.0.1"));
  if (!name) return -1;
  name += strlen("://");
  return snprintf(text, MAX_URL, "%.*sh%ld.%s", (int)(name - url), url, host,
                  name);
}

static bool set_url(const struct run *run, CURL *easy, bool own, long host) {
  const char *url = run->settings->url;
  char text[MAX_URL];
  int length;

  if (!own) return !curl_easy_setopt(easy, CURLOPT_URL, url);
  length = print_url(text, url, host);
  return length > 0 && length < MAX_URL &&
         !curl_easy_setopt(easy, CURLOPT_URL, text);
}

static bool set_options(const struct settings *settings, CURL *easy) {
  CURLcode code = CURLE_OK;

  if (settings->ca_file)
    code |= curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file);
  if (settings->http2) code |= curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  if (settings->compressed)
    code |= curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  if (settings->post) {
    code |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, settings->post);
    code |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, settings->body);
  }
  if (settings->headers)
    code |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, settings->headers);
  if (settings->buffer)
    code |= curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, settings->buffer);
  return code == CURLE_OK;
}

static uint64_t *begun_at(CURL *easy) {
  uint64_t *begun_ns = NULL;

  curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&begun_ns);
  return begun_ns;
}

static bool set_where_bodies_go(struct run *run, long slot) {
  CURL *easy = run->slots[slot];

  if (run->begun_ns &&
      curl_easy_setopt(easy, CURLOPT_PRIVATE, &run->begun_ns[slot]))
    return false;
  if (!run->kept)
    return !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) &&
           !curl_easy_setopt(easy, CURLOPT_WRITEDATA, run);
  return !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_kept_body) &&
         !curl_easy_setopt(easy, CURLOPT_PRIVATE, &run->kept[slot]) &&
         !curl_easy_setopt(easy, CURLOPT_WRITEDATA, &run->kept[slot]);
}

static bool set_up_slot(struct run *run, long slot) {
  CURL *easy = curl_easy_init();

  if (!easy) return false;
  run->slots[slot] = easy;
  return set_options(run->settings, easy) &&
         !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
         set_where_bodies_go(run, slot);
}

static bool set_up(struct run *run) {
  run->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  run->multi = curl_multi_init();
  run->slots = calloc((size_t)run->connections, sizeof *run->slots);
  if (run->settings->keep)
    run->kept = calloc((size_t)run->connections, sizeof *run->kept);
  if (run->settings->latency)
    run->begun_ns = calloc((size_t)run->connections, sizeof *run->begun_ns);
  if (run->epoll_fd < 0 || !run->multi || !run->slots) return false;
  if (run->settings->keep && !run->kept) return false;
  if (run->settings->latency && !run->begun_ns) return false;
  curl_multi_setopt(run->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(run->multi, CURLMOPT_SOCKETDATA, run);
  curl_multi_setopt(run->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(run->multi, CURLMOPT_TIMERDATA, run);
  curl_multi_setopt(run->multi, CURLMOPT_MAXCONNECTS,
                    run->connections + run->settings->idle + 16);
  for (long i = 0; i < run->connections; i++)
    if (!set_up_slot(run, i)) return false;
  return true;
}

static void tear_down(struct run *run) {
  for (long i = 0; run->slots && i < run->connections; i++)
    curl_easy_cleanup(run->slots[i]);
  for (long i = 0; run->kept && i < run->connections; i++)
    free(run->kept[i].bytes);
  free(run->kept);
  free(run->begun_ns);
  free(run->slots);
  if (run->multi) curl_multi_cleanup(run->multi);
  if (run->epoll_fd >= 0) close(run->epoll_fd);
}

/* Whether there are more hosts than slots: then a slot goes from one to the
 * other. */
static bool has_host_each(const struct settings *settings) {
  return settings->hosts > settings->connections;
}

static void start(struct run *run, CURL *easy) {
  long hosts = run->settings->hosts;

  if (run->started == run->requests) return;
  if ((run->idling || has_host_each(run->settings)) &&
      !set_url(run, easy, true, hosts ? run->started % hosts : run->started))
    run->broken = true;
  run->started++;
  if (run->begun_ns) *begun_at(easy) = latencies_now_ns();
  if (curl_multi_add_handle(run->multi, easy)) run->broken = true;
}

static void finish(struct run *run, CURL *easy, CURLcode result) {
  long status = 0;

  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (result || status != 200) run->failed++;
  drop_kept(run, easy);
  if (run->begun_ns) latencies_add(run->settings->latencies, *begun_at(easy));
  run->done++;
  curl_multi_remove_handle(run->multi, easy);
  start(run, easy);
}

static void finish_what_is_done(struct run *run) {
  CURLMsg *message;
  int left;

  while ((message = curl_multi_info_read(run->multi, &left)))
    if (message->msg == CURLMSG_DONE)
      finish(run, message->easy_handle, message->data.result);
}

static void act(struct run *run, curl_socket_t fd, int what) {
  int running;

  if (curl_multi_socket_action(run->multi, fd, what, &running))
    run->broken = true;
}

static int milliseconds_to_wait(const struct run *run) {
  int64_t left;

  if (run->deadline_ms < 0) return -1;
  left = run->deadline_ms - now_ms();
  return left < 0 ? 0 : left > 1000 ? 1000 : (int)left;
}

static void turn(struct run *run) {
  struct epoll_event events[EVENTS_PER_CALL];
  int count = epoll_wait(run->epoll_fd, events, EVENTS_PER_CALL,
                         milliseconds_to_wait(run));

  if (count < 0 && errno != EINTR) run->broken = true;
  for (int i = 0; i < count; i++) {
    int what = 0;

    if (events[i].events & EPOLLIN) what |= CURL_CSELECT_IN;
    if (events[i].events & EPOLLOUT) what |= CURL_CSELECT_OUT;
    if (events[i].events & (EPOLLERR | EPOLLHUP)) what |= CURL_CSELECT_ERR;
    act(run, events[i].data.fd, what);
  }
  if (run->deadline_ms >= 0 && run->deadline_ms <= now_ms()) {
    run->deadline_ms = -1;
    act(run, CURL_SOCKET_TIMEOUT, 0);
  }
  finish_what_is_done(run);
}

static double seconds(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double cpu_seconds(void) {
  struct rusage usage;

  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static void print_figures(const struct run *runs, double wall_s,
                          double start_cpu_s) {
  struct rusage usage;
  long done = 0;
  long failed = 0;
  uint64_t bytes = 0;

  for (long i = 0; i < runs->settings->threads; i++) {
    done += runs[i].done;
    failed += runs[i].failed;
    bytes += runs[i].bytes;
  }
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"requests\":%ld,\"failed\":%ld,\"bytes\":%llu,\"wall_s\":%.6f,"
         "\"user_s\":%.6f,\"sys_s\":%.6f,\"start_cpu_s\":%.6f,"
         "\"ended_s\":%.6f,\"maxrss_kb\":%ld,\"context_switches\":%ld,"
         "\"libcurl\":\"%s\"",
         done, failed, (unsigned long long)bytes, wall_s,
         seconds(usage.ru_utime), seconds(usage.ru_stime), start_cpu_s,
         (double)now_us() / 1e6, usage.ru_maxrss,
         usage.ru_nvcsw + usage.ru_nivcsw,
         curl_version_info(CURLVERSION_NOW)->version);
  if (runs->settings->latency) latencies_print(runs->settings->latencies);
  puts("}");
}

static bool fetch_all(struct run *run) {
  for (long i = 0; i < run->connections; i++) start(run, run->slots[i]);
  while (run->done < run->requests && !run->broken) turn(run);
  return !run->broken;
}

/* Opens the connections that stay idle.  A failure there stays in `failed`. */
static bool open_idle(struct run *run) {
  long requests = run->requests;

  run->requests = run->settings->idle;
  run->idling = true;
  if (!fetch_all(run)) return false;
  run->idling = false;
  run->requests = requests;
  run->started = 0;
  run->done = 0;
  run->bytes = 0;
  return true;
}

static bool set_urls(struct run *run, long first) {
  long hosts = run->settings->hosts;

  for (long i = 0; i < run->connections; i++)
    if (!set_url(run, run->slots[i], hosts > 0,
                 hosts ? (first + i) % hosts : 0))
      return false;
  return true;
}

/* The share of thread number `index` in `whole`. */
static long share(const struct settings *settings, long whole, long index) {
  return whole / settings->threads + (index < whole % settings->threads);
}

static bool set_up_all(struct run *runs, const struct settings *settings) {
  long first = 0;

  for (long i = 0; i < settings->threads; i++) {
    runs[i].settings = settings;
    runs[i].deadline_ms = -1;
    runs[i].epoll_fd = -1;
    runs[i].requests = share(settings, settings->requests, i);
    runs[i].connections = share(settings, settings->connections, i);
  }
  for (long i = 0; i < settings->threads; i++) {
    if (!set_up(&runs[i])) return false;
    if (settings->idle && !open_idle(&runs[i])) return false;
    if (!set_urls(&runs[i], first)) return false;
    first += runs[i].connections;
  }
  return true;
}

static void *fetch_in_thread(void *context) {
  struct run *run = context;

  return fetch_all(run) ? run : NULL;
}

static bool fetch_in_threads(struct run *runs, long threads) {
  bool good = true;
  long begun = 1;

  while (begun < threads && !pthread_create(&runs[begun].thread, NULL,
                                            fetch_in_thread, &runs[begun]))
    begun++;
  if (begun < threads) good = false;
  good &= fetch_all(&runs[0]);
  for (long i = 1; i < begun; i++) {
    void *result;

    good &= !pthread_join(runs[i].thread, &result) && result;
  }
  return good;
}

static bool make_body(struct settings *settings) {
  if (!settings->post) return true;
  settings->body = malloc((size_t)settings->post);
  if (settings->body) memset(settings->body, 'a', (size_t)settings->post);
  return settings->body;
}

static bool make_latencies(struct settings *settings) {
  return !settings->latency ||
         latencies_reserve(settings->latencies, (size_t)settings->requests);
}

static bool run_all(struct run *runs, struct settings *settings) {
  double start_cpu_s;
  int64_t begin;

  if (!make_body(settings) || !make_latencies(settings)) return false;
  if (!set_up_all(runs, settings)) return false;
  start_cpu_s = settings->idle ? cpu_seconds() : 0;
  begin = now_us();
  if (!fetch_in_threads(runs, settings->threads)) return false;
  print_figures(runs, (double)(now_us() - begin) / 1e6, start_cpu_s);
  return true;
}

static bool positive(const char *text, long limit, long *out) {
  char *end;

  errno = 0;
  *out = strtol(text, &end, 10);
  return !errno && *text && !*end && *out > 0 && *out <= limit;
}

static bool add_headers(struct settings *settings) {
  static const char *const lines[] = {"User-Agent: lariat/0.2.0",
                                      "Accept-Encoding: gzip, br, zstd"};

  for (int i = 0; i < 2; i++) {
    struct curl_slist *more = curl_slist_append(settings->headers, lines[i]);

    if (!more) return false;
    settings->headers = more;
  }
  return true;
}

static bool parse_option(int option, struct settings *settings) {
  switch (option) {
  case 't':
    return positive(optarg, MAX_THREADS, &settings->threads);
  case 'h':
    return positive(optarg, MAX_HOSTS, &settings->hosts);
  case 'i':
    return positive(optarg, MAX_HOSTS, &settings->idle);
  case 'b':
    return positive(optarg, 10 << 20, &settings->buffer);
  case 'p':
    return positive(optarg, MAX_POST, &settings->post);
  case 'c':
    settings->ca_file = optarg;
    return true;
  case 'H':
    return add_headers(settings);
  case '2':
    settings->http2 = true;
    return true;
  case 'z':
    settings->compressed = true;
    return true;
  case 'k':
    settings->keep = true;
    return true;
  case 'l':
    settings->latency = true;
    return true;
  default:
    return false;
  }
}

static bool parse(int argc, char **argv, struct settings *settings) {
  static const struct option options[] = {
      {"threads", required_argument, NULL, 't'},
      {"hosts", required_argument, NULL, 'h'},
      {"idle", required_argument, NULL, 'i'},
      {"buffer", required_argument, NULL, 'b'},
      {"post", required_argument, NULL, 'p'},
      {"ca", required_argument, NULL, 'c'},
      {"headers", no_argument, NULL, 'H'},
      {"http2", no_argument, NULL, '2'},
      {"compressed", no_argument, NULL, 'z'},
      {"keep", no_argument, NULL, 'k'},
      {"latency", no_argument, NULL, 'l'},
      {NULL, 0, NULL, 0}};
  int option;

  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
    if (!parse_option(option, settings)) return false;
  if (argc - optind != 3 || (settings->hosts && settings->idle)) return false;
  if (settings->latency && (settings->keep || settings->idle)) return false;
  settings->url = argv[optind];
  return positive(argv[optind + 1], 1000000000L, &settings->requests) &&
         positive(argv[optind + 2], MAX_CONNECTIONS, &settings->connections) &&
         settings->threads <= settings->connections &&
         settings->threads <= settings->requests &&
         (settings->threads == 1 || !has_host_each(settings));
}

int main(int argc, char **argv) {
  static struct run runs[MAX_THREADS];
  struct latencies latencies = {.ns = NULL};
  struct settings settings = {.threads = 1, .latencies = &latencies};
  long failed = 0;
  bool ran;

  if (!parse(argc, argv, &settings)) {
    fprintf(stderr, "usage: plain URL REQUESTS CONNECTIONS [--threads N] "
                    "[--hosts N] [--idle N] [--ca FILE] [--http2] "
                    "[--compressed] [--post N] [--headers] [--keep] "
                    "[--buffer N] [--latency]\n");
    return 2;
  }
  if (curl_global_init(CURL_GLOBAL_DEFAULT)) return 2;
  ran = run_all(runs, &settings);
  if (!ran)
    fprintf(stderr, "plain: out of memory, or a call to libcurl or epoll "
                    "failed\n");
  for (long i = 0; i < settings.threads; i++) {
    failed += runs[i].failed;
    tear_down(&runs[i]);
  }
  free(settings.body);
  latencies_free(&latencies);
  curl_slist_free_all(settings.headers);
  curl_global_cleanup();
  return !ran ? 2 : failed ? 1 : 0;
}
