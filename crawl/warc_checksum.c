/* SPDX-License-Identifier: MIT
 * warc_checksum.c: claims are told apart by their length: base32 and
 * hexadecimal digits of one digest never have the same. */
#include "warc_checksum.h"

#include <string.h>
#include <strings.h>

/* ---- Claims ---- */

static const EVP_MD *find_method(const char *name, size_t length) {
  static const struct {
    const char *name;
    const EVP_MD *(*method)(void);
  } methods[] = {{"sha1", EVP_sha1},     {"sha-1", EVP_sha1},
                 {"sha256", EVP_sha256}, {"sha-256", EVP_sha256},
                 {"sha512", EVP_sha512}, {"sha-512", EVP_sha512},
                 {"md5", EVP_md5}};
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
    if (strlen(methods[i].name) == length &&
        strncasecmp(methods[i].name, name, length) == 0)
      return methods[i].method();
  return NULL;
}

/* Returns the value of a digit of `bits` bits; -1: it is none. */
static int read_digit(char digit, unsigned bits) {
  static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";
  static const char base16[] = "0123456789abcdef";
  const char *digits = bits == 5 ? base32 : base16;
  char lower = digit >= 'A' && digit <= 'Z' ? (char)(digit | 0x20) : digit;
  const char *found = lower ? strchr(digits, lower) : NULL;
  return found ? (int)(found - digits) : -1;
}

/* Reads `length` digits of `bits` bits into `size` bytes. */
static bool read_digits(const char *text, size_t length, unsigned bits,
                        unsigned char *out, size_t size) {
  unsigned held = 0, count = 0;
  size_t at = 0;
  for (size_t i = 0; i < length; i++) {
    int digit = read_digit(text[i], bits);
    if (digit < 0) return false;
    held = (held << bits | (unsigned)digit) & 0xffff;
    count += bits;
    if (count < 8) continue;
    count -= 8;
    if (at < size) out[at++] = (unsigned char)(held >> count);
  }
  return at == size;
}

static bool read_claim(const char *text, unsigned char *out, size_t size) {
  size_t length = strlen(text);
  if (length == 2 * size) return read_digits(text, length, 4, out, size);
  while (length && text[length - 1] == '=') length--;
  return length == (size * 8 + 4) / 5 &&
         read_digits(text, length, 5, out, size);
}

lr_crawl_warc_claim
lr_crawl_warc_checksum_begin(lr_crawl_warc_checksum *checksum,
                             const char *claim) {
  const char *colon = claim ? strchr(claim, ':') : NULL;
  checksum->size = 0;
  checksum->is_broken = false;
  if (!claim) return LR_CRAWL_WARC_CLAIM_NONE;
  if (!colon) return LR_CRAWL_WARC_CLAIM_WRONG;
  const EVP_MD *method = find_method(claim, (size_t)(colon - claim));
  if (!method) return LR_CRAWL_WARC_CLAIM_UNKNOWN;
  size_t size = (size_t)EVP_MD_size(method);
  if (!read_claim(colon + 1, checksum->claimed, size))
    return LR_CRAWL_WARC_CLAIM_WRONG;
  if (!checksum->context) checksum->context = EVP_MD_CTX_new();
  if (!checksum->context ||
      EVP_DigestInit_ex(checksum->context, method, NULL) != 1)
    return LR_CRAWL_WARC_CLAIM_NO_MEMORY;
  checksum->size = size;
  return LR_CRAWL_WARC_CLAIM_GOOD;
}

/* ---- The digest ---- */

void lr_crawl_warc_checksum_add(lr_crawl_warc_checksum *checksum,
                                const char *bytes, size_t length) {
  if (checksum->size && length &&
      EVP_DigestUpdate(checksum->context, bytes, length) != 1)
    checksum->is_broken = true;
}

bool lr_crawl_warc_checksum_is_right(lr_crawl_warc_checksum *checksum) {
  unsigned char found[EVP_MAX_MD_SIZE];
  if (!checksum->size) return true;
  return EVP_DigestFinal_ex(checksum->context, found, NULL) == 1 &&
         !checksum->is_broken &&
         memcmp(found, checksum->claimed, checksum->size) == 0;
}

void lr_crawl_warc_checksum_free(lr_crawl_warc_checksum *checksum) {
  EVP_MD_CTX_free(checksum->context);
  checksum->context = NULL;
}
