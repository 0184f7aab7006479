/* SPDX-License-Identifier: MIT
 * Two of the computing models that lariat is compared with, on libcurl's easy
 * interface: each of THREADS threads has an easy handle of its own, which keeps
 * its connection, and does one blocking transfer after the other.  With 1 it is
 * the program that everybody writes first.
 *
 *   bench-easy URL REQUESTS THREADS [OPTIONS]
 *     --ca FILE      trusted certificates
 *     --compressed   asks for gzip
 *     --post N       sends N bytes by POST
 *
 * prints one line of JSON.  CPU times are of the whole process, from its start;
 * start_cpu_s of them passed before the first transfer, since a run with long
 * answers has few of them.
 * Exit code: 0 all went well, 1 a request failed, 2 it could not run. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../latencies/latencies.h"

enum { THREADS_MAX = 10000, STACK_BYTES = 256 * 1024, POST_MAX = 10 << 20 };

struct run {
  const char *url;
  const char *ca_file;
  long requests;
  long threads;
  long post;
  char *body; /* the bytes of --post */
  bool compressed;
  _Atomic long started;
  _Atomic long failed;
  _Atomic uint64_t bytes;
  struct latencies latencies;
};

static size_t on_body(char *data, size_t size, size_t count, void *context) {
  uint64_t *bytes = context;

  (void)data;
  *bytes += size * count;
  return size * count;
}

static bool set_options(const struct run *run, CURL *easy) {
  CURLcode code = CURLE_OK;

  if (run->ca_file)
    code |= curl_easy_setopt(easy, CURLOPT_CAINFO, run->ca_file);
  if (run->compressed)
    code |= curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  if (run->post) {
    code |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, run->post);
    code |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, run->body);
  }
  return code == CURLE_OK;
}

static CURL *make_handle(const struct run *run, uint64_t *bytes) {
  CURL *easy = curl_easy_init();

  if (!easy) return NULL;
  if (!curl_easy_setopt(easy, CURLOPT_URL, run->url) &&
      !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
      !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) &&
      !curl_easy_setopt(easy, CURLOPT_WRITEDATA, bytes) &&
      set_options(run, easy))
    return easy;
  curl_easy_cleanup(easy);
  return NULL;
}

static bool fetch(struct run *run, CURL *easy) {
  uint64_t begun_ns = latencies_now_ns();
  CURLcode code = curl_easy_perform(easy);
  long status = 0;

  latencies_add(&run->latencies, begun_ns);
  if (code) return false;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status == 200;
}

/* NULL: out of memory. */
static void *fetch_in_turn(void *context) {
  struct run *run = context;
  uint64_t bytes = 0;
  CURL *easy = make_handle(run, &bytes);

  if (!easy) return NULL;
  while (atomic_fetch_add(&run->started, 1) < run->requests)
    if (!fetch(run, easy)) run->failed++;
  run->bytes += bytes;
  curl_easy_cleanup(easy);
  return run;
}

static bool start_thread(pthread_t *thread, struct run *run) {
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);

  if (error) return false;
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  error = pthread_create(thread, &attributes, fetch_in_turn, run);
  pthread_attr_destroy(&attributes);
  return !error;
}

static bool fetch_in_threads(struct run *run) {
  pthread_t *threads = calloc((size_t)run->threads, sizeof *threads);
  long begun = 0;
  bool good = threads;

  while (good && begun < run->threads) {
    good = start_thread(&threads[begun], run);
    if (good) begun++;
  }
  for (long i = 0; i < begun; i++) {
    void *result;

    good &= !pthread_join(threads[i], &result) && result;
  }
  free(threads);
  return good;
}

/* One thread is this one. */
static bool fetch_all(struct run *run) {
  return run->threads == 1 ? fetch_in_turn(run) != NULL : fetch_in_threads(run);
}

static double seconds(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double cpu_seconds(void) {
  struct rusage usage;

  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static void print_figures(struct run *run, double wall_s, double start_cpu_s) {
  struct rusage usage;

  getrusage(RUSAGE_SELF, &usage);
  printf(
      "{\"requests\":%ld,\"failed\":%ld,\"bytes\":%llu,\"wall_s\":%.6f,"
      "\"user_s\":%.6f,\"sys_s\":%.6f,\"start_cpu_s\":%.6f,\"maxrss_kb\":%ld,"
      "\"context_switches\":%ld,\"libcurl\":\"%s\"",
      run->requests, run->failed, (unsigned long long)run->bytes, wall_s,
      seconds(usage.ru_utime), seconds(usage.ru_stime), start_cpu_s,
      usage.ru_maxrss, usage.ru_nvcsw + usage.ru_nivcsw,
      curl_version_info(CURLVERSION_NOW)->version);
  latencies_print(&run->latencies);
  puts("}");
}

static bool measure(struct run *run) {
  double start_cpu_s = cpu_seconds();
  uint64_t begun_ns = latencies_now_ns();

  if (!fetch_all(run)) return false;
  print_figures(run, (double)(latencies_now_ns() - begun_ns) / 1e9,
                start_cpu_s);
  return true;
}

static bool positive(const char *text, long limit, long *out) {
  char *end;

  errno = 0;
  *out = strtol(text, &end, 10);
  return !errno && *text && !*end && *out > 0 && *out <= limit;
}

static bool parse_option(int option, struct run *run) {
  switch (option) {
  case 'c':
    run->ca_file = optarg;
    return true;
  case 'z':
    run->compressed = true;
    return true;
  case 'p':
    return positive(optarg, POST_MAX, &run->post);
  default:
    return false;
  }
}

static bool parse(int argc, char **argv, struct run *run) {
  static const struct option options[] = {
      {"ca", required_argument, NULL, 'c'},
      {"compressed", no_argument, NULL, 'z'},
      {"post", required_argument, NULL, 'p'},
      {NULL, 0, NULL, 0}};
  int option;

  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
    if (!parse_option(option, run)) return false;
  if (argc - optind != 3) return false;
  run->url = argv[optind];
  return positive(argv[optind + 1], 100000000L, &run->requests) &&
         positive(argv[optind + 2], THREADS_MAX, &run->threads);
}

static bool reserve(struct run *run) {
  if (!latencies_reserve(&run->latencies, (size_t)run->requests)) return false;
  if (!run->post) return true;
  run->body = malloc((size_t)run->post);
  if (run->body) memset(run->body, 'a', (size_t)run->post);
  return run->body;
}

int main(int argc, char **argv) {
  struct run run = {.url = NULL};
  bool ran;

  if (!parse(argc, argv, &run)) {
    fprintf(stderr, "usage: bench-easy URL REQUESTS THREADS [--ca FILE] "
                    "[--compressed] [--post N]\n");
    return 2;
  }
  if (curl_global_init(CURL_GLOBAL_DEFAULT)) return 2;
  ran = reserve(&run) && measure(&run);
  if (!ran) fprintf(stderr, "bench-easy: out of memory or threads\n");
  latencies_free(&run.latencies);
  free(run.body);
  curl_global_cleanup();
  return !ran ? 2 : run.failed ? 1 : 0;
}
