/* SPDX-License-Identifier: MIT
 * placement.h: which reactor fetches for a host, and how a limit is split over
 * the reactors. */
#ifndef LR_LIMITS_PLACEMENT_H
#define LR_LIMITS_PLACEMENT_H

#include <stdint.h>

/* Returns the reactor for the host with this hash, by rendezvous hashing: with
 * one reactor more or less, as few hosts as possible move to another. */
unsigned lr_placement_of_host(uint64_t hash, unsigned reactors);

/* Returns the share of reactor `index` in `limit`: the shares add up to exactly
 * the limit, and who gets the remainder is different from host to host. */
unsigned lr_placement_share(uint64_t hash, unsigned limit, unsigned index,
                            unsigned reactors);

/* Returns how many reactors a pool has by default: the CPUs that this process
 * may run on, or the cgroup's CPU quota rounded up, if that is less; at
 * least 1. */
unsigned lr_placement_default_reactors(void);

/* Parses a cgroup v2 cpu.max line ("200000 100000", "max 100000"): CPUs rounded
 * up, 0 for no limit. */
unsigned lr_placement_quota(const char *cpu_max);

#endif
