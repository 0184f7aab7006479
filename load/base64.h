/* SPDX-License-Identifier: MIT
 * base64.h: bytes as text, in the alphabet of RFC 4648, section 4, with
 * padding. */
#ifndef LOAD_BASE64_H
#define LOAD_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns how long the text of `length` bytes is, without a NUL. */
size_t lr_load_base64_length(size_t length);

/* Writes that text, and a NUL behind it. */
void lr_load_base64_encode(const uint8_t *bytes, size_t length, char *text);

/* Reads a text into `bytes`, which has space for length / 4 * 3 of them and may
 * be the memory of the text;
 * `*count` gets how many there are.  False: it is no base64, and `*count` is
 * where that was seen.  Bits that no byte has must be 0, as section 3.5 lets a
 * decoder insist. */
bool lr_load_base64_decode(const char *text, size_t length, uint8_t *bytes,
                           size_t *count);

#endif
