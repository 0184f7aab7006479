/* SPDX-License-Identifier: MIT
 * base64.c: three bytes are four characters. */
#include "base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t lr_load_base64_length(size_t length) { return (length + 2) / 3 * 4; }

void lr_load_base64_encode(const uint8_t *bytes, size_t length, char *text) {
  for (size_t i = 0; i < length; i += 3, text += 4) {
    size_t left = length - i;
    uint32_t bits = (uint32_t)bytes[i] << 16;
    if (left > 1) bits |= (uint32_t)bytes[i + 1] << 8;
    if (left > 2) bits |= bytes[i + 2];
    text[0] = alphabet[bits >> 18];
    text[1] = alphabet[bits >> 12 & 63];
    text[2] = left > 1 ? alphabet[bits >> 6 & 63] : '=';
    text[3] = left > 2 ? alphabet[bits & 63] : '=';
  }
  *text = '\0';
}

/* Returns the six bits of a character; 64: it has none. */
static uint32_t find_bits(char c) {
  if (c >= 'A' && c <= 'Z') return (uint32_t)(c - 'A');
  if (c >= 'a' && c <= 'z') return (uint32_t)(c - 'a') + 26;
  if (c >= '0' && c <= '9') return (uint32_t)(c - '0') + 52;
  return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* Reads `count` characters, and zeros for those that are missing of four.
 * Returns how many were good. */
static size_t read_group(const char *text, size_t count, uint32_t *bits) {
  *bits = 0;
  for (size_t i = 0; i < 4; i++) {
    uint32_t six = i < count ? find_bits(text[i]) : 0;
    if (six == 64) return i;
    *bits = *bits << 6 | six;
  }
  return count;
}

/* Returns how many characters stand before the padding of the last four. */
static size_t measure_last(const char *last) {
  if (last[3] != '=') return 4;
  return last[2] == '=' ? 2 : 3;
}

/* Tells whether the bits behind those of whole bytes are 0. */
static bool has_no_rest(uint32_t bits, size_t characters) {
  return !(characters == 2 ? bits & 0xffff : characters == 3 ? bits & 0xff : 0);
}

bool lr_load_base64_decode(const char *text, size_t length, uint8_t *bytes,
                           size_t *count) {
  uint8_t *end = bytes;
  for (size_t at = 0; at + 4 <= length; at += 4) {
    uint32_t bits;
    size_t wanted = at + 4 == length ? measure_last(text + at) : 4;
    size_t good = read_group(text + at, wanted, &bits);
    *count = at + (good < wanted ? good : wanted - 1);
    if (good < wanted || !has_no_rest(bits, wanted)) return false;
    *end++ = (uint8_t)(bits >> 16);
    if (wanted > 2) *end++ = (uint8_t)(bits >> 8);
    if (wanted > 3) *end++ = (uint8_t)bits;
  }
  *count = length % 4 ? length : (size_t)(end - bytes);
  return length % 4 == 0;
}
