/* SPDX-License-Identifier: MIT
 * generate.c: an input is a seed, or the beginning of one and the end of
 * another, with a few changes. */
#include "fuzz/generate.h"

#include <stdlib.h>

enum { LONGEST_SEED = 4096, CHANGES = 8 };

void fuzz_keep_seed(void *context, const void *bytes, size_t length) {
  struct fuzz_seeds *seeds = context;
  struct fuzz_seed *items =
      realloc(seeds->items, (seeds->count + 1) * sizeof *items);
  if (!items) abort();
  seeds->items = items;
  items[seeds->count++] =
      (struct fuzz_seed){(uint8_t *)fuzz_copy(bytes, length), length};
}

void fuzz_free_seeds(struct fuzz_seeds *seeds) {
  for (size_t i = 0; i < seeds->count; i++) free(seeds->items[i].bytes);
  free(seeds->items);
}

uint64_t fuzz_random_of(uint64_t number) {
  return UINT64_C(0x6c61726961740001) ^ number * UINT64_C(0x9e3779b97f4a7c15);
}

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
static size_t choose_input(const struct fuzz_seeds *seeds, uint8_t *bytes,
                           uint64_t *random) {
  const struct fuzz_seed *first = &seeds->items[draw(random, seeds->count)];
  const struct fuzz_seed *last = &seeds->items[draw(random, seeds->count)];
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

size_t fuzz_generate(const struct fuzz_seeds *seeds, uint8_t *bytes,
                     uint64_t *random) {
  size_t length = choose_input(seeds, bytes, random);
  uint32_t changes = draw(random, CHANGES);
  for (uint32_t k = 0; k < changes; k++)
    length = change_input(bytes, length, FUZZ_GENERATED_MOST, random);
  return length;
}
