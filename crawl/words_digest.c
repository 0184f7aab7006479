/* SPDX-License-Identifier: MIT
 * words_digest.c: adds up the hashes of words. */
#include "words_digest.h"

#include <string.h>

#include "text_hash.h"

enum { OTHER = 0, LETTER = 1, DIGIT = 2 };

static const unsigned char kinds[256] = {['0' ... '9'] = DIGIT,
                                         ['a' ... 'z'] = LETTER,
                                         ['A' ... 'Z'] = LETTER,
                                         [0x80 ... 0xff] = LETTER};

static unsigned kind_of(const char *at) { return kinds[(unsigned char)*at]; }

/* Reads a word and adds it, unless there are digits in it. */
static const char *read_word(const char *at, const char *end, uint64_t *sum) {
  uint64_t hash = 0;
  unsigned seen = 0;
  for (; at < end && kind_of(at); at++) {
    hash = hash * 31 + (unsigned char)*at;
    seen |= kind_of(at);
  }
  if (!(seen & DIGIT))
    *sum += lr_crawl_mix(hash ^ UINT64_C(0x9ae16a3b2f90404f),
                         UINT64_C(0xc3a5c85c97cb3127));
  return at;
}

/* Tells whether a tag, and not a '<' in the text, begins here. */
static int is_tag(const char *at, const char *end) {
  return end - at > 1 && (kind_of(at + 1) == LETTER || at[1] == '/' ||
                          at[1] == '!' || at[1] == '?');
}

uint64_t lr_crawl_words_digest(const char *bytes, size_t length) {
  const char *at = bytes, *end = bytes + length;
  uint64_t sum = 0;
  while (at < end) {
    if (kind_of(at)) {
      at = read_word(at, end, &sum);
    } else if (*at == '<' && is_tag(at, end)) {
      at = memchr(at, '>', (size_t)(end - at));
      if (!at) break;
    } else {
      at++;
    }
  }
  return sum;
}
