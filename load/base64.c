/* SPDX-License-Identifier: MIT
 * base64.c: four letters become three bytes. */
#include "base64.h"

#include <stdint.h>
#include <string.h>

/* Returns the 6 bits of a letter; more than 63: it is none. */
static uint32_t read_letter(char c) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *at = c ? strchr(letters, c) : NULL;
  return at ? (uint32_t)(at - letters) : 64;
}

/* Decodes a group, of which `count` letters are no padding. */
static bool decode_group(const char *group, size_t count, char *out) {
  uint32_t bits = 0;
  for (size_t i = 0; i < 4; i++) {
    uint32_t letter = i < count ? read_letter(group[i]) : 0;
    if (letter > 63) return false;
    bits = bits << 6 | letter;
  }
  if (bits & ((UINT32_C(1) << 8 * (4 - count)) - 1)) return false;
  for (size_t i = 0; i + 1 < count; i++) out[i] = (char)(bits >> (16 - 8 * i));
  return true;
}

bool lr_load_base64_decode(char *text, size_t length, size_t *decoded) {
  size_t written = 0;
  if (length % 4) return false;
  for (size_t at = 0; at < length; at += 4) {
    char group[4];
    size_t count = 4;
    memcpy(group, text + at, 4);
    if (at + 4 == length && group[3] == '=') count = group[2] == '=' ? 2 : 3;
    if (!decode_group(group, count, text + written)) return false;
    written += count - 1;
  }
  *decoded = written;
  return true;
}
