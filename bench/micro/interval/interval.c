/* SPDX-License-Identifier: MIT
 * What the results of a load test cost.
 *
 *   bench-interval [COUNT]
 *
 * records a good answer that many times (10,000,000), and prints a line of JSON
 * with the nanoseconds of CPU for one.
 *
 *   bench-interval --memory [SECONDS [REQUESTS]]
 *
 * adds up a run of so many seconds (86,400, a day) with so many requests
 * (1,000,000), of 10 classes, by 2 reactors with 2 intervals each; half of the
 * requests waited for a connection, one in a hundred fails, and times are
 * spread from 0.1 ms to 10 s.  No clock is looked at.  Prints the most memory
 * that the process had. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "load/result.h"

#define SECOND UINT64_C(1000000000)

enum { REACTORS = 2, CLASSES = 10, MANY = 10000000 };

static uint64_t cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static lr_load_sample make_sample(uint64_t intended_ns, uint64_t queue_ns,
                                  uint64_t wire_ns) {
  uint64_t sent_ns = intended_ns + queue_ns + 40000;
  return (lr_load_sample){.intended_ns = intended_ns,
                          .free_ns = intended_ns + queue_ns,
                          .sent_ns = sent_ns,
                          .first_byte_ns = sent_ns + wire_ns / 2,
                          .arrived_ns = sent_ns + wire_ns,
                          .read_ns = sent_ns + wire_ns + 20000,
                          .bytes = 250,
                          .status = 200,
                          .stamped = true};
}

/* ---- One record ---- */

static int time_records(uint64_t count) {
  lr_load_interval *interval;
  if (lr_load_interval_new(1, &interval) != LARIAT_OK) return 2;
  lr_load_interval_reset(interval, 0, 0);
  uint64_t begun_ns = cpu_ns();
  for (uint64_t i = 0; i < count; i++) {
    lr_load_sample sample = make_sample(SECOND, 0, 150000 + i * 7919 % 100000);
    lr_load_interval_record(interval, &sample);
  }
  uint64_t taken_ns = cpu_ns() - begun_ns;
  printf("{\"records\":%ju,\"record_ns\":%.2f}\n", (uintmax_t)count,
         (double)taken_ns / (double)count);
  lr_load_interval_free(interval);
  return 0;
}

/* ---- A day ---- */

/* Draws a time from 0.1 ms to 10 s: each factor is as likely. */
static uint64_t draw_time(void) {
  return (uint64_t)(1e5 * pow(1e5, drand48()));
}

static void record_one(lr_load_interval *interval) {
  uint64_t queue_ns = drand48() < 0.5 ? draw_time() : 0;
  lr_load_sample sample = make_sample(SECOND, queue_ns, draw_time());
  sample.name = (uint16_t)(drand48() * (double)CLASSES);
  if (drand48() < 0.01) sample.outcome = LARIAT_LOAD_STATUS;
  lr_load_interval_record(interval, &sample);
}

static lariat_load_result *make_result(void) {
  static const char *const names[CLASSES] = {"",  "a", "b", "c", "d",
                                             "e", "f", "g", "h", "i"};
  static const lariat_load_run_facts facts = {.open = true};
  lariat_load_result *result;
  if (lr_load_result_new(&facts, names, CLASSES, REACTORS, &result) !=
      LARIAT_OK)
    exit(2);
  return result;
}

static void fill_and_add(lariat_load_result *result, lr_load_interval *interval,
                         unsigned reactor, uint64_t second, uint64_t requests) {
  lr_load_interval_reset(interval, reactor, second);
  for (uint64_t i = 0; i < requests; i++) record_one(interval);
  if (lr_load_result_add(result, interval) != LARIAT_OK) exit(2);
}

static void add_seconds(lariat_load_result *result, uint64_t seconds,
                        uint64_t requests) {
  lr_load_interval *intervals[REACTORS][2];
  uint64_t done = 0;
  for (unsigned i = 0; i < 2 * REACTORS; i++)
    if (lr_load_interval_new(CLASSES, &intervals[i / 2][i % 2]) != LARIAT_OK)
      exit(2);
  for (uint64_t i = 0; i < seconds * REACTORS; i++) {
    uint64_t due = requests * (i + 1) / (seconds * REACTORS);
    uint64_t second = i / REACTORS;
    fill_and_add(result, intervals[i % REACTORS][second % 2],
                 (unsigned)(i % REACTORS), second, due - done);
    done = due;
  }
  lr_load_result_finish(result);
  for (unsigned i = 0; i < 2 * REACTORS; i++)
    lr_load_interval_free(intervals[i / 2][i % 2]);
}

static int show_memory(uint64_t seconds, uint64_t requests) {
  struct rusage usage;
  lariat_load_result *result = make_result();
  uint64_t begun_ns = cpu_ns();
  srand48(1);
  add_seconds(result, seconds, requests);
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"seconds\":%ju,\"requests\":%ju,\"rows\":%zu,\"peak_mb\":%.1f,"
         "\"cpu_s\":%.1f}\n",
         (uintmax_t)seconds,
         (uintmax_t)lariat_histogram_count(
             lariat_load_result_histogram(result, LARIAT_LOAD_RESPONSE)),
         result->second_count, (double)usage.ru_maxrss / 1024,
         (double)(cpu_ns() - begun_ns) / 1e9);
  lariat_load_result_free(result);
  return 0;
}

static uint64_t read_number(int argc, char **argv, int index,
                            uint64_t standard) {
  return argc > index ? strtoull(argv[index], NULL, 10) : standard;
}

int main(int argc, char **argv) {
  bool memory = argc > 1 && strcmp(argv[1], "--memory") == 0;
  uint64_t count = memory ? read_number(argc, argv, 2, 86400)
                          : read_number(argc, argv, 1, MANY);
  uint64_t requests = memory ? read_number(argc, argv, 3, 1000000) : 1;
  if (count == 0 || requests == 0 || argc > (memory ? 4 : 2)) {
    fprintf(stderr, "usage: bench-interval [COUNT]\n"
                    "       bench-interval --memory [SECONDS [REQUESTS]]\n");
    return 2;
  }
  return memory ? show_memory(count, requests) : time_records(count);
}
