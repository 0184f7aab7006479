/* SPDX-License-Identifier: MIT
 * warc_known.h: what the records of a check are called, and what they call
 * others; as hashes, so that a file of any size can be checked. */
#ifndef CRAWL_WARC_KNOWN_H
#define CRAWL_WARC_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A hash of texts, which no two of a check's share by accident. */
typedef struct lr_crawl_warc_key {
  uint64_t words[2];
} lr_crawl_warc_key;

/* Returns the key of two texts; the second may be "". */
lr_crawl_warc_key lr_crawl_warc_key_of(const char *first, const char *second);

/* The names so far, each with a value. */
typedef struct lr_crawl_warc_entry {
  lr_crawl_warc_key key;
  uint64_t value; /* not 0 */
} lr_crawl_warc_entry;

typedef struct lr_crawl_warc_known {
  lr_crawl_warc_entry *entries; /* open addressing; value 0: free */
  size_t count;
  size_t capacity; /* a power of 2 */
} lr_crawl_warc_known;

/* Adds a name; `*old` gets the value that it had, or 0, and keeps that.  False:
 * out of memory. */
bool lr_crawl_warc_known_add(lr_crawl_warc_known *known, lr_crawl_warc_key key,
                             uint64_t value, uint64_t *old);
/* Returns the value of a name; 0: it is not known. */
uint64_t lr_crawl_warc_known_find(const lr_crawl_warc_known *known,
                                  lr_crawl_warc_key key);
void lr_crawl_warc_known_free(lr_crawl_warc_known *known);

#endif
