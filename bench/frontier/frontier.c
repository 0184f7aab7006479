/* SPDX-License-Identifier: MIT
 * frontier.c: what the frontier of a crawl costs: time of a link that is new
 * and of one that is known, of a page from its queue to its outcome, memory of
 * a queued URL, disk of one with its outcome, and the time to go on.  CPU time,
 * but for going on, where the disk counts.
 *
 * usage: bench-frontier [URLS] [HOSTS] [DIRECTORY]   (1000000, 20000, a new one
 * in $TMPDIR or /tmp, which is removed) */
#define _GNU_SOURCE
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crawl/frontier.h"
#include "crawl/memory.h"

enum { BATCH = 2000, PAGES = 1000, TAKEN = 16 };

static uint64_t urls = 1000000, hosts = 20000;
static char directory[4096];
static lr_crawl_frontier *frontier;
static lr_crawl_fault fault;

static double now_us(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void check(lariat_status status) {
  if (!status) return;
  fprintf(stderr, "bench-frontier: %s\n",
          fault.message[0] ? fault.message : lariat_status_text(status));
  exit(1);
}

static uint64_t mix(uint64_t number) {
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
  number = (number ^ number >> 27) * 0x94d049bb133111ebu;
  return number ^ number >> 31;
}

/* ---- URLs ---- */

static uint64_t resident_bytes(void) {
  unsigned long long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%*u %llu", &pages) != 1) pages = 0;
  if (file) fclose(file);
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Offers the URL of a number: 66 bytes, and hosts by a power law. */
static bool offer(uint64_t number) {
  char url[128], origin[64];
  bool added;
  double share = (double)(mix(number) >> 11) / 9007199254740992.0;
  uint64_t host = (uint64_t)((double)hosts * share * share * share);
  snprintf(origin, sizeof origin, "http://host%07llu.example:80",
           (unsigned long long)host);
  int length =
      snprintf(url, sizeof url,
               "http://host%07llu.example/section/%04llu/"
               "page-number-%010llu.htm",
               (unsigned long long)host, (unsigned long long)(number % 9999),
               (unsigned long long)number);
  lr_crawl_found_url found = {
      .url = url,
      .length = (uint32_t)length,
      .fingerprint = lr_crawl_fingerprint(lr_crawl_frontier_hash_key(frontier),
                                          url, (size_t)length),
      .origin = origin,
      .depth = 3,
      .priority = 4,
      .hop = 'L',
      .via = 1 + number / 2};
  check(lr_crawl_frontier_offer(frontier, &found, &added));
  return added;
}

static double offer_all(bool commits) {
  double begun = now_us(CLOCK_PROCESS_CPUTIME_ID);
  for (uint64_t i = 0; i < urls; i++) {
    offer(commits ? i : mix(i) % urls);
    if (commits && i % BATCH == BATCH - 1)
      check(lr_crawl_frontier_commit(frontier, &fault));
  }
  check(lr_crawl_frontier_commit(frontier, &fault));
  return (now_us(CLOCK_PROCESS_CPUTIME_ID) - begun) / (double)urls;
}

/* The time of making the URLs themselves, which is not the frontier's. */
static double make_all(void) {
  volatile uint64_t sum = 0;
  double begun = now_us(CLOCK_PROCESS_CPUTIME_ID);
  for (uint64_t i = 0; i < urls; i++) {
    char url[128];
    int length =
        snprintf(url, sizeof url,
                 "http://host%07llu.example/section/%04llu/"
                 "page-number-%010llu.htm",
                 (unsigned long long)(mix(i) % hosts),
                 (unsigned long long)(i % 9999), (unsigned long long)i);
    char origin[64];
    snprintf(origin, sizeof origin, "http://host%07llu.example:80",
             (unsigned long long)i % hosts);
    sum += lr_crawl_fingerprint(lr_crawl_frontier_hash_key(frontier), url,
                                (size_t)length);
  }
  (void)sum;
  return (now_us(CLOCK_PROCESS_CPUTIME_ID) - begun) / (double)urls;
}

/* ---- Pages ---- */

static void finish(lr_crawl_queued_url *queued) {
  lr_crawl_outcome outcome = {.url = queued->id,
                              .kind = LR_CRAWL_FETCHED,
                              .status = 200,
                              .at_ns = 1796000000123456789,
                              .took_ms = 120,
                              .bytes = 8000,
                              .has_digest = true,
                              .type = lr_crawl_copy_text("text/html")};
  memset(outcome.digest, (int)queued->id, sizeof outcome.digest);
  check(lr_crawl_frontier_finish(frontier, &outcome));
  lr_crawl_queued_url_clear(queued);
}

/* Takes and finishes every page, by turns from all hosts. */
static double finish_all(void) {
  double begun = now_us(CLOCK_PROCESS_CPUTIME_ID);
  uint64_t done = 0;
  while (done < urls)
    for (uint64_t host = 1; host <= hosts; host++) {
      lr_crawl_queued_url taken[TAKEN];
      size_t count = lr_crawl_frontier_take(frontier, host, TAKEN, taken);
      for (size_t i = 0; i < count; i++) finish(&taken[i]);
      if (done / PAGES != (done + count) / PAGES)
        check(lr_crawl_frontier_commit(frontier, &fault));
      done += count;
    }
  check(lr_crawl_frontier_commit(frontier, &fault));
  return (now_us(CLOCK_PROCESS_CPUTIME_ID) - begun) / (double)urls;
}

/* ---- The directory ---- */

static uint64_t disk_bytes;

static int add_size(const char *path, const struct stat *state, int kind,
                    struct FTW *walk) {
  (void)path, (void)walk;
  if (kind == FTW_F) disk_bytes += (uint64_t)state->st_size;
  return 0;
}

static int remove_entry(const char *path, const struct stat *state, int kind,
                        struct FTW *walk) {
  (void)state, (void)kind, (void)walk;
  return remove(path);
}

static void open_frontier(void) {
  lr_crawl_frontier_options options = {.directory = directory};
  check(lr_crawl_frontier_open(&options, &frontier, &fault));
}

static void go_on(const char *when) {
  lr_crawl_frontier_close(frontier);
  double begun = now_us(CLOCK_MONOTONIC);
  double begun_cpu = now_us(CLOCK_PROCESS_CPUTIME_ID);
  open_frontier();
  printf("going on, all %-6s, s            %8.2f (CPU: %.2f)\n", when,
         (now_us(CLOCK_MONOTONIC) - begun) / 1e6,
         (now_us(CLOCK_PROCESS_CPUTIME_ID) - begun_cpu) / 1e6);
}

static void print_queued(uint64_t before) {
  lr_crawl_frontier_counts counts = lr_crawl_frontier_count(frontier);
  printf("memory of a queued URL, bytes     %8.1f (process: %.1f)\n",
         (double)counts.memory / (double)counts.queued,
         (double)(resident_bytes() - before) / (double)counts.queued);
}

static void run(void) {
  open_frontier();
  uint64_t before = resident_bytes();
  double making = make_all();
  printf("making a link, us CPU             %8.2f\n", making);
  printf("a link that is new, us CPU        %8.2f more\n",
         offer_all(true) - making);
  print_queued(before);
  printf("a link that is known, us CPU      %8.2f more\n",
         offer_all(false) - making);
  go_on("queued");
  print_queued(before);
  printf("a page, queue to log, us CPU      %8.2f\n", finish_all());
  go_on("done");
  lr_crawl_frontier_close(frontier);
  nftw(directory, add_size, 8, FTW_PHYS);
  printf("disk of a URL with outcome, bytes %8.1f\n",
         (double)disk_bytes / (double)urls);
}

int main(int argc, char **argv) {
  const char *parent = getenv("TMPDIR");
  if (argc > 1) urls = strtoull(argv[1], NULL, 10);
  if (argc > 2) hosts = strtoull(argv[2], NULL, 10);
  if (!urls || !hosts || argc > 4) return 2;
  snprintf(directory, sizeof directory, "%s/bench-frontier-XXXXXX",
           argc > 3 ? argv[3]
           : parent ? parent
                    : "/tmp");
  if (!mkdtemp(directory)) {
    perror(directory);
    return 1;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("%llu URLs of %llu hosts\n", (unsigned long long)urls,
         (unsigned long long)hosts);
  run();
  nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
  return 0;
}
