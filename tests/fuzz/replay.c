/* SPDX-License-Identifier: MIT
 * replay.c: runs a fuzz target without libFuzzer: its seeds, and what a
 * generator with a fixed start makes of them by changing, cutting and joining.
 *
 * usage: NAME_fuzz                 all of that (LARIAT_STRESS_SCALE: per cent)
 *        NAME_fuzz FILE...         these inputs, as libFuzzer keeps them
 *        NAME_fuzz --write DIR     writes the seeds there, a file for each
 *        NAME_fuzz --cost          prints fuzz_cost */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/generate.h"
#include "support/scale.h"

enum { GENERATED = 50000, READ_AT_ONCE = 4096 };

static void run_generated(const struct fuzz_seeds *seeds, uint64_t number) {
  uint8_t bytes[FUZZ_GENERATED_MOST];
  uint64_t random = fuzz_random_of(0);
  for (uint64_t i = 0; i < number; i++)
    (void)LLVMFuzzerTestOneInput(bytes, fuzz_generate(seeds, bytes, &random));
}

/* ---- Files ---- */

static void run_file(const char *name) {
  FILE *file = fopen(name, "rb");
  uint8_t *bytes = NULL;
  size_t length = 0;
  size_t got = 0;
  if (!file) {
    perror(name);
    exit(1);
  }
  do {
    length += got;
    bytes = realloc(bytes, length + READ_AT_ONCE);
    if (!bytes) abort();
    got = fread(bytes + length, 1, READ_AT_ONCE, file);
  } while (got > 0);
  (void)fclose(file);
  (void)LLVMFuzzerTestOneInput(bytes, length);
  free(bytes);
}

static void write_seed(const char *directory, size_t number,
                       const struct fuzz_seed *seed) {
  char name[4096];
  (void)snprintf(name, sizeof name, "%s/seed-%04zu", directory, number);
  FILE *file = fopen(name, "wb");
  if (!file || fwrite(seed->bytes, 1, seed->length, file) != seed->length ||
      fclose(file) != 0) {
    perror(name);
    exit(1);
  }
}

static void run_all(const struct fuzz_seeds *seeds) {
  uint64_t number = scale_of(GENERATED / fuzz_cost, 0, NULL);
  for (size_t i = 0; i < seeds->count; i++)
    (void)LLVMFuzzerTestOneInput(seeds->items[i].bytes, seeds->items[i].length);
  run_generated(seeds, number);
  printf("%zu seeds and %llu generated inputs: nothing found\n", seeds->count,
         (unsigned long long)number);
}

int main(int argc, char **argv) {
  struct fuzz_seeds seeds = {NULL, 0};
  fuzz_give_seeds(fuzz_keep_seed, &seeds);
  if (seeds.count == 0) return 1;
  if (argc == 1) {
    run_all(&seeds);
  } else if (argc == 2 && strcmp(argv[1], "--cost") == 0) {
    printf("%u\n", fuzz_cost);
  } else if (argc == 3 && strcmp(argv[1], "--write") == 0) {
    for (size_t i = 0; i < seeds.count; i++)
      write_seed(argv[2], i, &seeds.items[i]);
  } else {
    for (int i = 1; i < argc; i++) run_file(argv[i]);
  }
  fuzz_free_seeds(&seeds);
  return 0;
}
