/* SPDX-License-Identifier: MIT
 * See instant.h. */
#define _GNU_SOURCE
#include "instant.h"

enum { TRIES = 4, SHORT_NS = 300 };

int64_t instant_real_offset(void) {
  uint64_t least_ns = UINT64_MAX;
  int64_t offset = 0;

  for (int i = 0; i < TRIES && least_ns > SHORT_NS; i++) {
    struct timespec real;
    uint64_t before_ns = instant_now();
    uint64_t took_ns;

    clock_gettime(CLOCK_REALTIME, &real);
    took_ns = instant_now() - before_ns;
    if (took_ns >= least_ns) continue;
    least_ns = took_ns;
    offset = (int64_t)(instant_of(&real) - (before_ns + took_ns / 2));
  }
  return offset;
}
