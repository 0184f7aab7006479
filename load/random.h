/* SPDX-License-Identifier: MIT
 * random.h: random numbers that are the same on every machine for the same
 * seed: xoshiro256** 1.0 of D. Blackman and S. Vigna, "Scrambled linear
 * pseudorandom number generators" (ACM Transactions on Mathematical Software
 * 47, 2021), its state made of the seed by SplitMix64 as they advise.  Not for
 * secrets. */
#ifndef LOAD_RANDOM_H
#define LOAD_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct lr_load_random {
  uint64_t state[4]; /* not all zero */
} lr_load_random;

/* Makes the state of a seed; each seed is as good as another. */
void lr_load_random_seed(lr_load_random *random, uint64_t seed);

/* Returns 64 random bits. */
uint64_t lr_load_random_next(lr_load_random *random);

/* The unit of lr_load_random_exponential: 2^56 of it are 1. */
#define LR_LOAD_EXPONENTIAL_BITS 56

/* Returns an exponentially distributed number with mean 1, in units of 2^-56,
 * below 2^62. */
uint64_t lr_load_random_exponential(lr_load_random *random);

#endif
