/* SPDX-License-Identifier: MIT
 * generate.h: inputs made of seeds by changing, cutting and joining them, the
 * same ones each time. */
#ifndef TESTS_FUZZ_GENERATE_H
#define TESTS_FUZZ_GENERATE_H

#include "fuzz/fuzz.h"

/* The bytes that a generated input has at the most. */
enum { FUZZ_GENERATED_MOST = 4096 + 64 };

struct fuzz_seed {
  uint8_t *bytes;
  size_t length;
};

struct fuzz_seeds {
  struct fuzz_seed *items;
  size_t count;
};

/* Adds a copy of a seed to `seeds`, a struct fuzz_seeds: a fuzz_sink. */
void fuzz_keep_seed(void *seeds, const void *bytes, size_t length);

void fuzz_free_seeds(struct fuzz_seeds *seeds);

/* Returns the state from which the `number`-th series of inputs begins. */
uint64_t fuzz_random_of(uint64_t number);

/* Writes the next input of a series; returns its length. */
size_t fuzz_generate(const struct fuzz_seeds *seeds, uint8_t *bytes,
                     uint64_t *random);

#endif
