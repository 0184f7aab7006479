/* SPDX-License-Identifier: MIT
 * What a timer costs: set, moved, cancelled, and taken out when it is due, with
 * 100 to 1,000,000 of them set.
 *
 *   bench-timers [--rounds N]
 *
 * prints a line of JSON for each measurement: nanoseconds of CPU for one. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "reactor/timers.h"

enum { OPERATIONS = 1000000 };

struct run {
  lr_timers timers;
  lr_timer *each;
  size_t count;
  uint64_t random;
};

static uint64_t cpu_ns(void) {
  struct timespec now;

  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t next_random(struct run *run) {
  run->random ^= run->random << 13;
  run->random ^= run->random >> 7;
  run->random ^= run->random << 17;
  return run->random;
}

static void set(struct run *run, lr_timer *timer) {
  if (lr_timers_set(&run->timers, timer, next_random(run) >> 20)) return;
  fprintf(stderr, "bench-timers: out of memory\n");
  exit(2);
}

static void set_all(struct run *run) {
  for (size_t i = 0; i < run->count; i++) set(run, &run->each[i]);
}

static void move_all(struct run *run) { set_all(run); }

static void cancel_all(struct run *run) {
  for (size_t i = 0; i < run->count; i++)
    lr_timers_cancel(&run->timers, &run->each[i]);
}

static void pop_all(struct run *run) {
  while (lr_timers_pop(&run->timers, UINT64_MAX - 1, UINT64_MAX)) continue;
}

static double time_of(struct run *run, void (*operation)(struct run *)) {
  uint64_t begun_ns = cpu_ns();

  operation(run);
  return (double)(cpu_ns() - begun_ns) / (double)run->count;
}

static void measure(size_t count, long round) {
  struct run run = {.count = count, .random = 88172645463325252u};
  size_t times = OPERATIONS / count;
  double sums[4] = {0, 0, 0, 0};

  run.each = calloc(count, sizeof *run.each);
  if (!run.each) exit(2);
  lr_timers_init(&run.timers);
  for (size_t i = 0; i < times; i++) {
    sums[0] += time_of(&run, set_all);
    sums[1] += time_of(&run, move_all);
    sums[2] += time_of(&run, cancel_all);
    set_all(&run);
    sums[3] += time_of(&run, pop_all);
  }
  printf("{\"timers\":%zu,\"round\":%ld,\"set_ns\":%.1f,\"move_ns\":%.1f,"
         "\"cancel_ns\":%.1f,\"pop_ns\":%.1f}\n",
         count, round, sums[0] / (double)times, sums[1] / (double)times,
         sums[2] / (double)times, sums[3] / (double)times);
  fflush(stdout);
  lr_timers_clear(&run.timers);
  free(run.each);
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"rounds", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
  static const size_t counts[] = {100, 10000, 1000000};
  long rounds = 7;
  char *end = NULL;
  int option;

  while ((option = getopt_long(argc, argv, "", options, NULL)) == 'r')
    rounds = strtol(optarg, &end, 10);
  if (option != -1 || optind != argc || (end && *end) || rounds < 1 ||
      rounds > 1000) {
    fprintf(stderr, "usage: bench-timers [--rounds N]\n");
    return 2;
  }
  for (long round = 1; round <= rounds; round++)
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
      measure(counts[i], round);
  return 0;
}
