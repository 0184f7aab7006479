/* SPDX-License-Identifier: MIT
 * random.h: numbers that follow from other numbers: SplitMix64 (Steele, Lea and
 * Flood, "Fast splittable pseudorandom number generators", 2014). */
#ifndef BENCH_SYNTHWEB_RANDOM_H
#define BENCH_SYNTHWEB_RANDOM_H

#include <stdint.h>

/* Advances `*state` and returns the next number. */
static inline uint64_t random_next(uint64_t *state) {
  uint64_t mixed = *state += 0x9e3779b97f4a7c15u;

  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

/* Returns the first number of a state. */
static inline uint64_t random_of(uint64_t state) { return random_next(&state); }

/* Turns a number into one from 0 up to, and without, `count`. */
static inline uint32_t random_below(uint64_t number, uint32_t count) {
  return (uint32_t)(((number >> 32) * count) >> 32);
}

/* Turns a number into one from 0 up to, and without, 1. */
static inline double random_share(uint64_t number) {
  return (double)(number >> 11) / 9007199254740992.0;
}

#endif
