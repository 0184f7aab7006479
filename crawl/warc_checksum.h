/* SPDX-License-Identifier: MIT
 * warc_checksum.h: a digest that a record claims to have, and the one that it
 * has.  Nothing of the writer's is in it. */
#ifndef CRAWL_WARC_CHECKSUM_H
#define CRAWL_WARC_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

typedef struct lr_crawl_warc_checksum {
  EVP_MD_CTX *context; /* NULL before the first begin */
  unsigned char claimed[EVP_MAX_MD_SIZE];
  size_t size;    /* of the digest; 0: there is none to compare with */
  bool is_broken; /* OpenSSL has failed */
} lr_crawl_warc_checksum;

/* The results of reading a claim. */
typedef enum lr_crawl_warc_claim {
  LR_CRAWL_WARC_CLAIM_NONE = 0, /* there is none */
  LR_CRAWL_WARC_CLAIM_GOOD,
  LR_CRAWL_WARC_CLAIM_UNKNOWN, /* of an algorithm that is not known here */
  LR_CRAWL_WARC_CLAIM_WRONG,   /* not a digest */
  LR_CRAWL_WARC_CLAIM_NO_MEMORY
} lr_crawl_warc_claim;

/* Begins with a claim, "sha1:" and base32 (RFC 4648, padded or not), or
 * hexadecimal digits; sha1, sha256, sha512 and md5 are known.  NULL: none. */
lr_crawl_warc_claim
lr_crawl_warc_checksum_begin(lr_crawl_warc_checksum *checksum,
                             const char *claim);

void lr_crawl_warc_checksum_add(lr_crawl_warc_checksum *checksum,
                                const char *bytes, size_t length);

/* Tells whether the claim is right, or there is none. */
bool lr_crawl_warc_checksum_is_right(lr_crawl_warc_checksum *checksum);

void lr_crawl_warc_checksum_free(lr_crawl_warc_checksum *checksum);

#endif
