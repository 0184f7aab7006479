/* SPDX-License-Identifier: MIT
 * Two of the computing models that lariat is compared with, on libcurl's easy
 * interface: `blocking` does one transfer after the other on one thread, with
 * one easy handle; `threads` makes a thread and an easy handle for each
 * transfer, CONNECTIONS of them at once.
 *
 *   bench-easy blocking|threads URL REQUESTS CONNECTIONS
 *
 * prints one line of JSON.  CPU times are of the whole process, from its start;
 * start_cpu_s of them passed before the first transfer, since a run with long
 * answers has few of them.
 * Exit code: 0 all went well, 1 a request failed, 2 it could not run. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { CONNECTIONS_MAX = 10000, STACK_BYTES = 256 * 1024 };

struct run {
  const char *url;
  long requests;
  long connections;
  sem_t free_slots;
  _Atomic long failed;
  _Atomic uint64_t bytes;
};

static double now_s(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t on_body(char *data, size_t size, size_t count, void *context) {
  uint64_t *bytes = context;

  (void)data;
  *bytes += size * count;
  return size * count;
}

static CURL *make_handle(const struct run *run, uint64_t *bytes) {
  CURL *easy = curl_easy_init();

  if (!easy) return NULL;
  if (!curl_easy_setopt(easy, CURLOPT_URL, run->url) &&
      !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
      !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) &&
      !curl_easy_setopt(easy, CURLOPT_WRITEDATA, bytes))
    return easy;
  curl_easy_cleanup(easy);
  return NULL;
}

static bool fetch(CURL *easy) {
  long status = 0;

  if (curl_easy_perform(easy)) return false;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status == 200;
}

static bool run_blocking(struct run *run) {
  uint64_t bytes = 0;
  CURL *easy = make_handle(run, &bytes);

  if (!easy) return false;
  for (long i = 0; i < run->requests; i++)
    if (!fetch(easy)) run->failed++;
  run->bytes += bytes;
  curl_easy_cleanup(easy);
  return true;
}

static void *fetch_once(void *context) {
  struct run *run = context;
  uint64_t bytes = 0;
  CURL *easy = make_handle(run, &bytes);

  if (!easy || !fetch(easy)) run->failed++;
  run->bytes += bytes;
  curl_easy_cleanup(easy);
  sem_post(&run->free_slots);
  return NULL;
}

static void wait_for_slot(struct run *run) {
  while (sem_wait(&run->free_slots) && errno == EINTR) continue;
}

static bool run_threads(struct run *run) {
  pthread_attr_t attributes;
  bool good = true;

  if (sem_init(&run->free_slots, 0, (unsigned)run->connections)) return false;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  for (long i = 0; i < run->requests && good; i++) {
    pthread_t thread;

    wait_for_slot(run);
    good = !pthread_create(&thread, &attributes, fetch_once, run);
    if (!good) sem_post(&run->free_slots);
  }
  for (long i = 0; i < run->connections; i++) wait_for_slot(run);
  pthread_attr_destroy(&attributes);
  return good;
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
      "\"context_switches\":%ld,\"libcurl\":\"%s\"}\n",
      run->requests, run->failed, (unsigned long long)run->bytes, wall_s,
      seconds(usage.ru_utime), seconds(usage.ru_stime), start_cpu_s,
      usage.ru_maxrss, usage.ru_nvcsw + usage.ru_nivcsw,
      curl_version_info(CURLVERSION_NOW)->version);
}

static bool positive(const char *text, long limit, long *out) {
  char *end;

  errno = 0;
  *out = strtol(text, &end, 10);
  return !errno && *text && !*end && *out > 0 && *out <= limit;
}

int main(int argc, char **argv) {
  struct run run = {.url = NULL};
  bool blocking = argc > 1 && !strcmp(argv[1], "blocking");
  double start_cpu_s;
  double begun_s;
  bool ran;

  if (argc != 5 || (!blocking && strcmp(argv[1], "threads") != 0) ||
      !positive(argv[3], 1000000000L, &run.requests) ||
      !positive(argv[4], CONNECTIONS_MAX, &run.connections)) {
    fprintf(stderr, "usage: bench-easy blocking|threads URL REQUESTS "
                    "CONNECTIONS\n");
    return 2;
  }
  run.url = argv[2];
  if (curl_global_init(CURL_GLOBAL_DEFAULT)) return 2;
  start_cpu_s = cpu_seconds();
  begun_s = now_s();
  ran = blocking ? run_blocking(&run) : run_threads(&run);
  if (ran)
    print_figures(&run, now_s() - begun_s, start_cpu_s);
  else
    fprintf(stderr, "bench-easy: out of memory or threads\n");
  curl_global_cleanup();
  return !ran ? 2 : run.failed ? 1 : 0;
}
