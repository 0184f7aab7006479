/* SPDX-License-Identifier: MIT
 * digest.h: SHA-256 of bytes that are there at once. */
#ifndef LR_FETCH_DIGEST_H
#define LR_FETCH_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False when it could not be computed (out of memory). */
bool lr_digest_sha256(const void *bytes, size_t length, uint8_t out[32]);

#endif
