/* SPDX-License-Identifier: MIT
 * base64.h: bytes out of base64 (RFC 4648, section 4). */
#ifndef LOAD_BASE64_H
#define LOAD_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes in place, strictly: with padding, without blanks, the bits behind the
 * end 0.  Puts the number of bytes into `*decoded`.  False: it is no base64;
 * the text is not to be used. */
bool lr_load_base64_decode(char *text, size_t length, size_t *decoded);

#endif
