/* SPDX-License-Identifier: MIT
 * text_hash.h: 64 bits of a text and a seed, for tables.  Who does not know the
 * seed cannot tell which texts have the same. */
#ifndef CRAWL_TEXT_HASH_H
#define CRAWL_TEXT_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Returns bits that all depend on all of both numbers: the halves of their
 * product. */
static inline uint64_t lr_crawl_mix(uint64_t a, uint64_t b) {
  __extension__ unsigned __int128 product = (unsigned __int128)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t lr_crawl_hash_text(uint64_t seed, const char *bytes,
                                          size_t length) {
  static const uint64_t first = UINT64_C(0x8f3c5d1ba7e294d3);
  static const uint64_t second = UINT64_C(0xd1a46e7bc3958f25);
  uint64_t hash = lr_crawl_mix(seed ^ first, length ^ second), word = 0;
  for (; length > sizeof word; length -= sizeof word) {
    memcpy(&word, bytes, sizeof word);
    hash = lr_crawl_mix(hash ^ word, second);
    bytes += sizeof word;
  }
  word = 0;
  if (length) memcpy(&word, bytes, length);
  return lr_crawl_mix(hash ^ word, first);
}

#endif
