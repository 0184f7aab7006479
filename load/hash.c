/* SPDX-License-Identifier: MIT
 * hash.c: FNV-1a and the finalizer of SplitMix64 (G. L. Steele, D. Lea, C. H.
 * Flood, "Fast splittable pseudorandom number generators", 2014). */
#include "hash.h"

#include <string.h>

#include "wide.h"

#define FNV_PRIME UINT64_C(0x100000001b3)
#define GOLDEN_GAMMA UINT64_C(0x9e3779b97f4a7c15)

uint64_t lr_load_hash_bytes(uint64_t hash, const void *bytes, size_t length) {
  const unsigned char *at = bytes;
  for (size_t i = 0; i < length; i++) hash = (hash ^ at[i]) * FNV_PRIME;
  return hash;
}

/* The least byte first, wherever this runs. */
uint64_t lr_load_hash_number(uint64_t hash, uint64_t number) {
  for (int i = 0; i < 8; i++, number >>= 8)
    hash = (hash ^ (number & 0xff)) * FNV_PRIME;
  return hash;
}

uint64_t lr_load_hash_text(uint64_t hash, const char *text) {
  if (!text) return lr_load_hash_number(hash, UINT64_MAX);
  size_t length = strlen(text);
  hash = lr_load_hash_number(hash, length);
  return lr_load_hash_bytes(hash, text, length);
}

uint64_t lr_load_mix(uint64_t z) {
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* The number that SplitMix64 comes to after so many steps. */
uint64_t lr_load_random_at(uint64_t seed, uint64_t purpose, uint64_t index) {
  uint64_t start = lr_load_mix(seed + purpose * GOLDEN_GAMMA);
  return lr_load_mix(start + (index + 1) * GOLDEN_GAMMA);
}

uint64_t lr_load_below(uint64_t random, uint64_t bound) {
  return (uint64_t)(((lr_load_wide)random * bound) >> 64);
}
