/* SPDX-License-Identifier: MIT
 * scale.h: how much a stress test does.  The first argument says so; else the
 * environment's LARIAT_STRESS_SCALE, in per cent of the full amount. */
#ifndef TESTS_SUPPORT_SCALE_H
#define TESTS_SUPPORT_SCALE_H

#include <stdint.h>
#include <stdlib.h>

static inline uint64_t scale_of(uint64_t full, int argc, char **argv) {
  const char *percent = getenv("LARIAT_STRESS_SCALE");
  if (argc > 1) return strtoull(argv[1], NULL, 10);
  if (!percent) return full;
  uint64_t scaled = full * strtoull(percent, NULL, 10) / 100;
  return scaled ? scaled : 1;
}

#endif
