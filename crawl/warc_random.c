/* SPDX-License-Identifier: MIT
 * warc_random.c: Blackman and Vigna's xoshiro256**, from a seed of the
 * system's.  Ids must differ; that nobody can guess them is not needed. */
#include "warc_random.h"

#include <string.h>
#include <sys/random.h>

bool lr_crawl_warc_random_seed(lr_crawl_warc_random *random) {
  ssize_t got = getrandom(random->state, sizeof random->state, 0);
  random->state[0] |= 1; /* all zeros would stay so */
  return got == (ssize_t)sizeof random->state;
}

static uint64_t rotate(uint64_t x, unsigned bits) {
  return x << bits | x >> (64 - bits);
}

static uint64_t draw(lr_crawl_warc_random *random) {
  uint64_t *s = random->state;
  uint64_t drawn = rotate(s[1] * 5, 7) * 9, shifted = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = rotate(s[3], 45);
  return drawn;
}

/* Writes the digits of `count` bytes, the highest one of `bits` first. */
static char *put_hex(char *at, uint64_t bits, unsigned count) {
  static const char digits[] = "0123456789abcdef";
  for (unsigned i = 0; i < 2 * count; i++, bits <<= 4)
    *at++ = digits[bits >> 60];
  return at;
}

void lr_crawl_warc_random_id(lr_crawl_warc_random *random,
                             char id[LR_CRAWL_WARC_ID_CAPACITY]) {
  static const char before[] = "<urn:uuid:";
  uint64_t high = draw(random), low = draw(random);
  high = (high & ~UINT64_C(0xf000)) | 0x4000; /* version 4 */
  low = (low & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
  memcpy(id, before, sizeof before - 1);
  char *at = put_hex(id + sizeof before - 1, high, 4);
  *at++ = '-';
  at = put_hex(at, high << 32, 2);
  *at++ = '-';
  at = put_hex(at, high << 48, 2);
  *at++ = '-';
  at = put_hex(at, low, 2);
  *at++ = '-';
  at = put_hex(at, low << 16, 6);
  memcpy(at, ">", 2);
}
