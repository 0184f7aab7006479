/* SPDX-License-Identifier: MIT
 * What it costs to record a value in a histogram.
 *
 *   bench-histogram [COUNT]
 *
 * records that many times (10,000,000) like those of a server's answers, and
 * prints a line of JSON: nanoseconds of CPU for one.  tests/budgets counts its
 * instructions. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <lariat/histogram.h>

enum { VALUES = 4096, USUAL = 10000000 };

static uint64_t cpu_ns(void) {
  struct timespec now;

  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* Most near 200 microseconds, some up to a second. */
static void make_values(uint64_t *values) {
  uint64_t state = 88172645463325252u;

  for (int i = 0; i < VALUES; i++) {
    uint64_t kind = next_random(&state) % 100;
    uint64_t share = next_random(&state) % 100000;
    values[i] = kind == 0 ? share * 10000 : 150000 + share;
  }
}

int main(int argc, char **argv) {
  static uint64_t values[VALUES];
  uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : USUAL;
  lariat_histogram *histogram;

  if (count == 0 || argc > 2) {
    fprintf(stderr, "usage: bench-histogram [COUNT]\n");
    return 2;
  }
  if (lariat_histogram_new(&histogram) != LARIAT_OK) return 2;
  make_values(values);
  uint64_t begun_ns = cpu_ns();
  for (uint64_t i = 0; i < count; i++)
    lariat_histogram_record(histogram, values[i % VALUES]);
  uint64_t taken_ns = cpu_ns() - begun_ns;
  printf("{\"records\":%ju,\"record_ns\":%.2f,\"p50\":%ju,\"lost\":%ju}\n",
         (uintmax_t)count, (double)taken_ns / (double)count,
         (uintmax_t)lariat_histogram_percentile(histogram, 50),
         (uintmax_t)lariat_histogram_lost(histogram));
  lariat_histogram_free(histogram);
  return 0;
}
