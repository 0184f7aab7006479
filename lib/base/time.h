/* SPDX-License-Identifier: MIT
 * time.h: arithmetic with nanoseconds of a monotonic clock that cannot
 * overflow: what a caller asks for may be any number. */
#ifndef LR_BASE_TIME_H
#define LR_BASE_TIME_H

#include <stdint.h>

#define LR_NS_PER_US UINT64_C(1000)
#define LR_NS_PER_MS UINT64_C(1000000)
#define LR_NS_PER_S UINT64_C(1000000000)

/* The time of what is never due, and the last time that is one. */
#define LR_NEVER_NS UINT64_MAX
#define LR_LATEST_NS (UINT64_MAX - 1)

/* Returns `ms` milliseconds, or LR_LATEST_NS where they are more. */
static inline uint64_t lr_ns_of_ms(uint64_t ms) {
  return ms <= LR_LATEST_NS / LR_NS_PER_MS ? ms * LR_NS_PER_MS : LR_LATEST_NS;
}

/* Returns the time `ns` after `from_ns`, at the most LR_LATEST_NS; never stays
 * never. */
static inline uint64_t lr_add_ns(uint64_t from_ns, uint64_t ns) {
  if (from_ns >= LR_LATEST_NS) return from_ns;
  return ns <= LR_LATEST_NS - from_ns ? from_ns + ns : LR_LATEST_NS;
}

/* Returns the time `ms` milliseconds after `from_ns`, as lr_add_ns does. */
static inline uint64_t lr_add_ms(uint64_t from_ns, uint64_t ms) {
  return lr_add_ns(from_ns, lr_ns_of_ms(ms));
}

/* Returns how long after `earlier` the time `later` is: 0 where it is not. */
static inline uint64_t lr_since(uint64_t later, uint64_t earlier) {
  return later > earlier ? later - earlier : 0;
}

#endif
