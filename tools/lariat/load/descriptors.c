/* SPDX-License-Identifier: MIT
 * descriptors.c: RLIMIT_NOFILE. */
#include "load/descriptors.h"

#include <stdint.h>
#include <sys/resource.h>

#include "say.h"

/* Descriptors of the process that are no connections, and the share that the
 * library keeps for everything else: 64, and an eighth of all. */
enum { OWN = 256 };

static uint64_t count_needed(unsigned connections) {
  return ((uint64_t)connections + OWN) * 8 / 7 + 8;
}

bool descriptors_raise(unsigned connections) {
  uint64_t needed = count_needed(connections);
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
    return true;
  if (limit.rlim_max >= needed) {
    limit.rlim_cur = needed;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return true;
  }
  say("%u connections need %llu descriptors, and %llu are allowed (ulimit -n)",
      connections, (unsigned long long)needed,
      (unsigned long long)limit.rlim_max);
  return false;
}
