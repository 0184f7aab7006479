/* SPDX-License-Identifier: MIT
 * bytes.h: bytes that gather, from lariat's allocator.  Without memory they are
 * marked as failed, which is asked for once, at the end. */
#ifndef CRAWL_BYTES_H
#define CRAWL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lr_crawl_bytes {
  char *at; /* NULL: there are none */
  size_t length;
  size_t capacity;
  bool failed;
} lr_crawl_bytes;

/* Makes space for `more` bytes behind those that are there; false: there is no
 * memory, or was none before. */
bool lr_crawl_bytes_reserve(lr_crawl_bytes *bytes, size_t more);

void lr_crawl_bytes_add(lr_crawl_bytes *bytes, const void *data, size_t length);
void lr_crawl_bytes_add_text(lr_crawl_bytes *bytes, const char *text);
void lr_crawl_bytes_add_number(lr_crawl_bytes *bytes, uint64_t number);
void lr_crawl_bytes_format(lr_crawl_bytes *bytes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a string of JSON; NULL is null.  What is not UTF-8 becomes U+FFFD. */
void lr_crawl_bytes_add_json(lr_crawl_bytes *bytes, const char *text);
void lr_crawl_bytes_add_json_part(lr_crawl_bytes *bytes, const char *text,
                                  size_t length);

/* Gives the bytes to the caller, ended by a NUL that `*length` (may be NULL)
 * does not count; NULL: they have failed, and are dropped.  None are left. */
char *lr_crawl_bytes_take(lr_crawl_bytes *bytes, size_t *length);

/* Forgets the bytes, and keeps their memory unless it is large. */
void lr_crawl_bytes_reset(lr_crawl_bytes *bytes);
void lr_crawl_bytes_clear(lr_crawl_bytes *bytes);

#endif
