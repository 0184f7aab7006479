/* SPDX-License-Identifier: MIT
 * base64.h: bytes as text (RFC 4648, 4). */
#ifndef LR_HTTP_BASE64_H
#define LR_HTTP_BASE64_H

#include <stddef.h>

/* Returns how long the text of so many bytes is, without its NUL. */
static inline size_t lr_base64_length(size_t bytes) {
  return (bytes + 2) / 3 * 4;
}

/* Writes bytes in base64, with a NUL behind. */
void lr_base64_write(char *to, const char *bytes, size_t length);

#endif
