/* SPDX-License-Identifier: MIT
 * digest.h: SHA-256. */
#ifndef LR_HTTP_SHA256_H
#define LR_HTTP_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of bytes that are there at once.  False when it could not be computed (out of
 * memory). */
bool lr_sha256_of(const void *bytes, size_t length, uint8_t out[32]);

/* And of bytes that come in pieces. */
struct evp_md_ctx_st; /* EVP_MD_CTX */

/* NULL when out of memory. */
struct evp_md_ctx_st *lr_sha256_new(void);

/* False when it could not be computed. */
bool lr_sha256_add(struct evp_md_ctx_st *digest, const void *bytes,
                   size_t length);
bool lr_sha256_end(struct evp_md_ctx_st *digest, uint8_t out[32]);

/* NULL is allowed. */
void lr_sha256_free(struct evp_md_ctx_st *digest);

#endif
