/* SPDX-License-Identifier: MIT
 * See latencies.h. */
#define _GNU_SOURCE
#include "latencies.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LEAST_ABOVE = 10 };

uint64_t latencies_now_ns(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

bool latencies_reserve(struct latencies *latencies, size_t most) {
  latencies->ns = malloc(most * sizeof *latencies->ns);
  latencies->capacity = latencies->ns ? most : 0;
  return latencies->ns;
}

void latencies_add(struct latencies *latencies, uint64_t begun_ns) {
  uint64_t taken_ns = latencies_now_ns() - begun_ns;
  size_t at =
      atomic_fetch_add_explicit(&latencies->count, 1, memory_order_relaxed);

  if (at < latencies->capacity) latencies->ns[at] = taken_ns;
}

static int compare(const void *one, const void *other) {
  uint64_t a = *(const uint64_t *)one;
  uint64_t b = *(const uint64_t *)other;

  return a < b ? -1 : a > b;
}

/* The nearest rank, rounded up. */
static void print_percentile(const struct latencies *sorted, size_t count,
                             unsigned percent) {
  size_t rank = (count * percent + 99) / 100;

  printf(",\"p%u_us\":", percent);
  if (rank && (percent == 50 || count - rank >= LEAST_ABOVE))
    printf("%.1f", (double)sorted->ns[rank - 1] / 1e3);
  else
    printf("null");
}

void latencies_print(struct latencies *latencies) {
  size_t count = latencies->count;

  if (count > latencies->capacity) count = latencies->capacity;
  qsort(latencies->ns, count, sizeof *latencies->ns, compare);
  print_percentile(latencies, count, 50);
  print_percentile(latencies, count, 99);
}

void latencies_free(struct latencies *latencies) {
  free(latencies->ns);
  latencies->ns = NULL;
}
