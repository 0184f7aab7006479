/* SPDX-License-Identifier: MIT
 * scratch.h: bytes that grow, and are used again.  Where memory ends nothing is
 * added, and that is remembered, so that it is looked at once, at the end. */
#ifndef CRAWL_SCRATCH_H
#define CRAWL_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: empty. */
typedef struct lr_crawl_scratch {
  char *bytes;
  size_t length;
  size_t capacity;
  bool failed; /* out of memory */
} lr_crawl_scratch;

/* Makes space for `more` bytes at the end; false: out of memory. */
bool lr_crawl_scratch_reserve(lr_crawl_scratch *scratch, size_t more);

void lr_crawl_scratch_add(lr_crawl_scratch *scratch, const char *bytes,
                          size_t length);
void lr_crawl_scratch_put(lr_crawl_scratch *scratch, char byte);

/* Adds a code point in UTF-8. */
void lr_crawl_scratch_add_code_point(lr_crawl_scratch *scratch, uint32_t code);

/* Makes it empty; keeps its memory. */
static inline void lr_crawl_scratch_clear(lr_crawl_scratch *scratch) {
  scratch->length = 0;
}

void lr_crawl_scratch_free(lr_crawl_scratch *scratch);

#endif
