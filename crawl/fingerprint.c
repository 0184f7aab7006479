/* SPDX-License-Identifier: MIT
 * fingerprint.c: SipHash-2-4 of a key's bytes (Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF", 2012), read as little-endian words. */
#include "fingerprint.h"

#include <string.h>

typedef struct state {
  uint64_t a, b, c, d;
} state;

static inline uint64_t rotate(uint64_t word, unsigned bits) {
  return word << bits | word >> (64 - bits);
}

static inline void mix(state *s) {
  s->a += s->b;
  s->c += s->d;
  s->b = rotate(s->b, 13) ^ s->a;
  s->d = rotate(s->d, 16) ^ s->c;
  s->a = rotate(s->a, 32);
  s->c += s->b;
  s->a += s->d;
  s->b = rotate(s->b, 17) ^ s->c;
  s->d = rotate(s->d, 21) ^ s->a;
  s->c = rotate(s->c, 32);
}

static inline void take_word(state *s, uint64_t word) {
  s->d ^= word;
  mix(s);
  mix(s);
  s->a ^= word;
}

static inline uint64_t read_word(const char *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

/* The last word: what is left, and the length's low byte on top. */
static uint64_t read_tail(const char *bytes, size_t left, size_t length) {
  uint64_t word = (uint64_t)(length & 0xff) << 56;
  for (size_t i = 0; i < left; i++)
    word |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
  return word;
}

uint64_t lr_crawl_fingerprint(lr_crawl_hash_key key, const char *bytes,
                              size_t length) {
  state s = {.a = key.words[0] ^ 0x736f6d6570736575,
             .b = key.words[1] ^ 0x646f72616e646f6d,
             .c = key.words[0] ^ 0x6c7967656e657261,
             .d = key.words[1] ^ 0x7465646279746573};
  size_t whole = length & ~(size_t)7;
  for (size_t at = 0; at < whole; at += 8) take_word(&s, read_word(bytes + at));
  take_word(&s, read_tail(bytes + whole, length - whole, length));
  s.c ^= 0xff;
  for (int i = 0; i < 4; i++) mix(&s);
  return s.a ^ s.b ^ s.c ^ s.d;
}

uint64_t lr_crawl_hash_key_id(lr_crawl_hash_key key) {
  static const char text[] = "the key of this crawl";
  uint64_t id = lr_crawl_fingerprint(key, text, sizeof text - 1);
  return id ? id : 1;
}
