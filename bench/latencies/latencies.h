/* SPDX-License-Identifier: MIT
 * How long each request of a bench took: kept one by one, so that percentiles
 * are exact, and the same for lariat and for those that it is compared with.
 * Any number of threads may add. */
#ifndef BENCH_LATENCIES_H
#define BENCH_LATENCIES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct latencies {
  uint64_t *ns;
  size_t capacity;
  _Atomic size_t count;
};

/* Nanoseconds on the monotonic clock. */
uint64_t latencies_now_ns(void);

/* Makes room for `most`; false: out of memory. */
bool latencies_reserve(struct latencies *latencies, size_t most);

/* Adds the time since `begun_ns`. */
void latencies_add(struct latencies *latencies, uint64_t begun_ns);

/* Prints `,"p50_us":N,"p99_us":N` to standard output.  A p99 with fewer than 10
 * values above is null: it would be an accident. */
void latencies_print(struct latencies *latencies);

void latencies_free(struct latencies *latencies);

#endif
