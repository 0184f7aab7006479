/* SPDX-License-Identifier: MIT
 * base64.c: bytes as text. */
#include "http/base64.h"

#include <stdint.h>

void lr_base64_write(char *to, const char *bytes, size_t length) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < length; i += 3) {
    uint32_t word = 0;
    for (size_t k = 0; k < 3; k++)
      word = word << 8 | (i + k < length ? (unsigned char)bytes[i + k] : 0u);
    for (size_t k = 0; k < 4; k++)
      *to++ = i + k > length ? '=' : digits[word >> (18 - 6 * k) & 63];
  }
  *to = '\0';
}
