/* SPDX-License-Identifier: MIT
 * sha256.h: SHA-256 of bodies, at once or as they come. */
#ifndef LR_HTTP_SHA256_H
#define LR_HTTP_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Computes the digest of bytes that are there at once.  False when it could not
 * be computed (out of memory). */
bool lr_sha256_of(const void *bytes, size_t length, uint8_t out[32]);

/* The digest of bytes that come in pieces. */
typedef struct evp_md_ctx_st lr_sha256; /* EVP_MD_CTX */

/* Begins a digest; NULL when out of memory. */
lr_sha256 *lr_sha256_new(void);

/* Begins anew with `*digest`, or makes one if that is NULL: cheaper than a new
 * one for each body, since OpenSSL looks the algorithm up for each.  False when
 * out of memory. */
bool lr_sha256_begin(lr_sha256 **digest);

/* Add bytes, and finish.  False when it could not be computed. */
bool lr_sha256_add(lr_sha256 *digest, const void *bytes, size_t length);
bool lr_sha256_end(lr_sha256 *digest, uint8_t out[32]);

/* Frees a digest, whether it was finished or not.  NULL is allowed. */
void lr_sha256_free(lr_sha256 *digest);

#endif
