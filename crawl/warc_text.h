/* SPDX-License-Identifier: MIT
 * warc_text.h: bytes that grow.  Out of memory is remembered: what is put then
 * goes nowhere, and whoever needs the whole looks at `failed` once. */
#ifndef CRAWL_WARC_TEXT_H
#define CRAWL_WARC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lr_crawl_warc_text {
  char *bytes;
  size_t length;
  size_t capacity;
  bool failed;
} lr_crawl_warc_text;

/* Reserves `more` bytes behind the text; false: there is no memory. */
bool lr_crawl_warc_text_reserve(lr_crawl_warc_text *text, size_t more);

void lr_crawl_warc_text_put(lr_crawl_warc_text *text, const char *bytes,
                            size_t length);
void lr_crawl_warc_text_put_string(lr_crawl_warc_text *text,
                                   const char *string);
void lr_crawl_warc_text_put_number(lr_crawl_warc_text *text, uint64_t number);

/* Writes the last `digits` digits of a number. */
void lr_crawl_warc_text_put_digits(lr_crawl_warc_text *text, uint64_t number,
                                   unsigned digits);

/* Empties the text, and gives its memory back where that is more than `keep`
 * bytes. */
void lr_crawl_warc_text_clear(lr_crawl_warc_text *text, size_t keep);
void lr_crawl_warc_text_free(lr_crawl_warc_text *text);

#endif
