/* SPDX-License-Identifier: MIT
 * warc_random.h: record ids: random UUIDs (RFC 9562, version 4) without a
 * system call for each. */
#ifndef CRAWL_WARC_RANDOM_H
#define CRAWL_WARC_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* "<urn:uuid:" and ">" around 36 characters, and a NUL. */
enum { LR_CRAWL_WARC_ID_CAPACITY = 48 };

typedef struct lr_crawl_warc_random {
  uint64_t state[4];
} lr_crawl_warc_random;

/* Begins with 256 bits of the system's; false: it has none to give. */
bool lr_crawl_warc_random_seed(lr_crawl_warc_random *random);

/* Writes an id as records carry it, in angle brackets. */
void lr_crawl_warc_random_id(lr_crawl_warc_random *random,
                             char id[LR_CRAWL_WARC_ID_CAPACITY]);

#endif
