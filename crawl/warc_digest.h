/* SPDX-License-Identifier: MIT
 * warc_digest.h: SHA-1 as records carry it, one digest after the other. */
#ifndef CRAWL_WARC_DIGEST_H
#define CRAWL_WARC_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LR_CRAWL_SHA1_BYTES = 20, LR_CRAWL_SHA1_BASE32 = 32 };

typedef struct lr_crawl_warc_digest lr_crawl_warc_digest;

/* Returns a digest to be used again and again; NULL: out of memory, or there is
 * no SHA-1 in this OpenSSL. */
lr_crawl_warc_digest *lr_crawl_warc_digest_new(void);
void lr_crawl_warc_digest_free(lr_crawl_warc_digest *digest);

/* Begin a digest of pieces; add one; and write the SHA-1 of all.  False:
 * OpenSSL has failed. */
bool lr_crawl_warc_digest_begin(lr_crawl_warc_digest *digest);
bool lr_crawl_warc_digest_add(lr_crawl_warc_digest *digest, const char *bytes,
                              size_t length);
bool lr_crawl_warc_digest_end(lr_crawl_warc_digest *digest,
                              uint8_t sha1[LR_CRAWL_SHA1_BYTES]);

/* Writes the SHA-1 of `first` and `second`, one behind the other; false:
 * OpenSSL has failed. */
bool lr_crawl_warc_digest_of(lr_crawl_warc_digest *digest, const char *first,
                             size_t first_length, const char *second,
                             size_t second_length,
                             uint8_t sha1[LR_CRAWL_SHA1_BYTES]);

/* Writes it in base32 (RFC 4648), without a NUL. */
void lr_crawl_warc_digest_write(const uint8_t sha1[LR_CRAWL_SHA1_BYTES],
                                char out[LR_CRAWL_SHA1_BASE32]);

#endif
