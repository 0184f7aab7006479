/* SPDX-License-Identifier: MIT
 * scale.h: how much a stress test does.  The first argument says so; else the
 * environment's LARIAT_STRESS_SCALE, in per cent of the usual. */
#ifndef TESTS_SUPPORT_SCALE_H
#define TESTS_SUPPORT_SCALE_H

#include <stdint.h>
#include <stdlib.h>

static inline uint64_t scale_of(uint64_t usual, int argc, char **argv) {
  const char *percent = getenv("LARIAT_STRESS_SCALE");
  if (argc > 1) return strtoull(argv[1], NULL, 10);
  if (!percent) return usual;
  uint64_t scaled = usual * strtoull(percent, NULL, 10) / 100;
  return scaled ? scaled : 1;
}

#endif
