/* SPDX-License-Identifier: MIT
 * random.c: xoshiro256**, SplitMix64, and exponential numbers by integers
 * alone: libm's log is not the same on every machine. */
#include "random.h"

#include "wide.h"

/* ---- Bits ---- */

static uint64_t make_splitmix(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

void lr_load_random_seed(lr_load_random *random, uint64_t seed) {
  for (int i = 0; i < 4; i++) random->state[i] = make_splitmix(&seed);
}

static uint64_t rotate_left(uint64_t x, int bits) {
  return (x << bits) | (x >> (64 - bits));
}

uint64_t lr_load_random_next(lr_load_random *random) {
  uint64_t *s = random->state;
  uint64_t result = rotate_left(s[1] * 5, 7) * 9;
  uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left(s[3], 45);
  return result;
}

/* ---- Exponential numbers ----
 *
 * D. E. Knuth, The Art of Computer Programming, volume 2, 3.4.1, algorithm S,
 * by G. Marsaglia.  Fractions have 64 bits. */

/* Each is ln 2 / 1! + ... + (ln 2)^k / k!, for k = 1, 2, ... */
static const uint64_t thresholds[] = {
    UINT64_C(0xb17217f7d1cf79ab), UINT64_C(0xeef193f6d75a96fc),
    UINT64_C(0xfd27186259aaf6c2), UINT64_C(0xff9d6dd050f4c5a7),
    UINT64_C(0xfff4cfcfef1e626b), UINT64_C(0xfffee81886e1c62f),
    UINT64_C(0xffffe7fe850e0bb5), UINT64_C(0xfffffe2a8731b17d),
    UINT64_C(0xffffffdfac6eeadc), UINT64_C(0xfffffffdf9640067),
    UINT64_C(0xffffffffe22ec79c), UINT64_C(0xfffffffffe6a9ded),
    UINT64_C(0xffffffffffebff81), UINT64_C(0xffffffffffff1417),
    UINT64_C(0xfffffffffffff5ce), UINT64_C(0xffffffffffffff95),
    UINT64_C(0xfffffffffffffffb),
};
#define LN_2 (thresholds[0])
#define LAST (sizeof(thresholds) / sizeof(thresholds[0]))

/* More than that, of a probability of 2^-80, would be over the unit's limit. */
#define MOST_ONES 80

/* Counts the ones before the first zero of endless random bits. */
static unsigned count_ones(lr_load_random *random) {
  unsigned ones = 0;
  uint64_t bits;
  do {
    bits = lr_load_random_next(random);
    ones += bits == UINT64_MAX ? 64 : (unsigned)__builtin_clzll(~bits);
  } while (bits == UINT64_MAX && ones < MOST_ONES);
  return ones < MOST_ONES ? ones : MOST_ONES;
}

/* Returns the least of `count` random fractions. */
static uint64_t draw_least(lr_load_random *random, size_t count) {
  uint64_t least = UINT64_MAX;
  while (count--) {
    uint64_t fraction = lr_load_random_next(random);
    if (fraction < least) least = fraction;
  }
  return least;
}

/* Returns an exponential number's part below ln 2. */
static uint64_t draw_rest(lr_load_random *random) {
  uint64_t fraction = lr_load_random_next(random);
  if (fraction < LN_2) return fraction;
  size_t k = 2;
  while (k <= LAST && fraction >= thresholds[k - 1]) k++;
  return (uint64_t)(((lr_load_wide)draw_least(random, k) * LN_2) >> 64);
}

uint64_t lr_load_random_exponential(lr_load_random *random) {
  lr_load_wide whole = (lr_load_wide)count_ones(random) * LN_2;
  lr_load_wide sum = whole + draw_rest(random);
  return (uint64_t)(sum >> (64 - LR_LOAD_EXPONENTIAL_BITS));
}
