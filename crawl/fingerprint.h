/* SPDX-License-Identifier: MIT
 * fingerprint.h: 64 bits that stand for a URL's key.  The hash is keyed, with a
 * secret of each crawl: without it a site could make URLs that collide, to hide
 * pages or to slow the table down. */
#ifndef CRAWL_FINGERPRINT_H
#define CRAWL_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

typedef struct lr_crawl_hash_key {
  uint64_t words[2];
} lr_crawl_hash_key;

/* Returns SipHash-2-4 of the bytes.  Any thread. */
uint64_t lr_crawl_fingerprint(lr_crawl_hash_key key, const char *bytes,
                              size_t length);

/* Returns a number that tells two keys apart and does not tell what they are:
 * it may be written where the key may not.  Never 0.  Any thread. */
uint64_t lr_crawl_hash_key_id(lr_crawl_hash_key key);

#endif
