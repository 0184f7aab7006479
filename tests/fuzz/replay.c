/* SPDX-License-Identifier: MIT
 * replay.c: runs a fuzz target without libFuzzer: its seeds, and what a
 * generator with a fixed start makes of them by changing, cutting and joining.
 *
 * usage: NAME_fuzz                 all of that (LARIAT_STRESS_SCALE: per cent)
 *        NAME_fuzz FILE...         these inputs, as libFuzzer keeps them
 *        NAME_fuzz --write DIR     writes the seeds there, a file for each */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "support/scale.h"

enum { GENERATED = 50000, LONGEST_SEED = 4096, SLACK = 64, CHANGES = 8 };

struct seed {
  uint8_t *bytes;
  size_t length;
};

struct seeds {
  struct seed *items;
  size_t count;
};

static void keep_seed(void *context, const void *bytes, size_t length) {
  struct seeds *seeds = context;
  struct seed *items =
      realloc(seeds->items, (seeds->count + 1) * sizeof *items);
  if (!items) abort();
  seeds->items = items;
  items[seeds->count++] =
      (struct seed){(uint8_t *)fuzz_copy(bytes, length), length};
}

static void free_seeds(struct seeds *seeds) {
  for (size_t i = 0; i < seeds->count; i++) free(seeds->items[i].bytes);
  free(seeds->items);
}

/* ---- Generated inputs ---- */

static uint32_t draw(uint64_t *random, size_t below) {
  *random ^= *random << 13;
  *random ^= *random >> 7;
  *random ^= *random << 17;
  return below ? (uint32_t)(*random % below) : 0;
}

/* Changes one thing in an input of which `capacity` bytes can be used. */
static size_t change_input(uint8_t *bytes, size_t length, size_t capacity,
                           uint64_t *random) {
  static const char often[] = "\r\n\0 :;,/%.-+0159afAZ\x7f\x80\xff\"\\{}[]";
  size_t at = draw(random, length);
  switch (draw(random, 5)) {
  case 0: /* another bit */
    if (length) bytes[at] ^= (uint8_t)(1u << draw(random, 8));
    return length;
  case 1: /* another byte */
    if (length) bytes[at] = (uint8_t)often[draw(random, sizeof often)];
    return length;
  case 2: /* one more */
    if (length == capacity) return length;
    memmove(bytes + at + 1, bytes + at, length - at);
    bytes[at] = (uint8_t)often[draw(random, sizeof often)];
    return length + 1;
  case 3: /* some less */ {
    size_t gone = draw(random, length - at < 8 ? length - at + 1 : 8);
    memmove(bytes + at, bytes + at + gone, length - at - gone);
    return length - gone;
  }
  default: /* one piece twice */ {
    size_t more = draw(random, length - at + 1);
    if (more > capacity - length) more = capacity - length;
    memmove(bytes + at + more, bytes + at, length - at);
    return length + more;
  }
  }
}

/* Puts the beginning of a seed, or of one and the end of another, into
 * `bytes`. */
static size_t choose_input(const struct seeds *seeds, uint8_t *bytes,
                           uint64_t *random) {
  const struct seed *first = &seeds->items[draw(random, seeds->count)];
  const struct seed *last = &seeds->items[draw(random, seeds->count)];
  size_t length = first->length < LONGEST_SEED ? first->length : LONGEST_SEED;
  memcpy(bytes, first->bytes, length);
  if (draw(random, 4) || last->length == 0) return length;
  length = draw(random, length + 1);
  size_t from = draw(random, last->length);
  size_t more = last->length - from;
  if (more > LONGEST_SEED - length) more = LONGEST_SEED - length;
  memcpy(bytes + length, last->bytes + from, more);
  return length + more;
}

static void run_generated(const struct seeds *seeds, uint64_t number) {
  uint8_t bytes[LONGEST_SEED + SLACK];
  uint64_t random = UINT64_C(0x6c61726961740001);
  for (uint64_t i = 0; i < number; i++) {
    size_t length = choose_input(seeds, bytes, &random);
    uint32_t changes = draw(&random, CHANGES);
    for (uint32_t k = 0; k < changes; k++)
      length = change_input(bytes, length, sizeof bytes, &random);
    (void)LLVMFuzzerTestOneInput(bytes, length);
  }
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
    bytes = realloc(bytes, length + LONGEST_SEED);
    if (!bytes) abort();
    got = fread(bytes + length, 1, LONGEST_SEED, file);
  } while (got > 0);
  (void)fclose(file);
  (void)LLVMFuzzerTestOneInput(bytes, length);
  free(bytes);
}

static void write_seed(const char *directory, size_t number,
                       const struct seed *seed) {
  char name[4096];
  (void)snprintf(name, sizeof name, "%s/seed-%04zu", directory, number);
  FILE *file = fopen(name, "wb");
  if (!file || fwrite(seed->bytes, 1, seed->length, file) != seed->length ||
      fclose(file) != 0) {
    perror(name);
    exit(1);
  }
}

static void run_all(const struct seeds *seeds) {
  uint64_t number = scale_of(GENERATED, 0, NULL);
  for (size_t i = 0; i < seeds->count; i++)
    (void)LLVMFuzzerTestOneInput(seeds->items[i].bytes, seeds->items[i].length);
  run_generated(seeds, number);
  printf("%zu seeds and %llu generated inputs: nothing found\n", seeds->count,
         (unsigned long long)number);
}

int main(int argc, char **argv) {
  struct seeds seeds = {NULL, 0};
  fuzz_give_seeds(keep_seed, &seeds);
  if (seeds.count == 0) return 1;
  if (argc == 1) {
    run_all(&seeds);
  } else if (argc == 3 && strcmp(argv[1], "--write") == 0) {
    for (size_t i = 0; i < seeds.count; i++)
      write_seed(argv[2], i, &seeds.items[i]);
  } else {
    for (int i = 1; i < argc; i++) run_file(argv[i]);
  }
  free_seeds(&seeds);
  return 0;
}
