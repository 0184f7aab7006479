/* SPDX-License-Identifier: MIT
 * postgres_array.h: an array in PostgreSQL's binary form (array_send), which
 * grows: what many rows are sent in, as one value for each column. */
#ifndef CRAWL_POSTGRES_ARRAY_H
#define CRAWL_POSTGRES_ARRAY_H

#include <stddef.h>
#include <stdint.h>

#include "postgres.h"
#include "scratch.h"

/* Types of elements, by their object ids, which never change. */
typedef enum lr_crawl_postgres_type {
  LR_CRAWL_POSTGRES_BOOL = 16,
  LR_CRAWL_POSTGRES_BYTEA = 17,
  LR_CRAWL_POSTGRES_BIGINT = 20,
  LR_CRAWL_POSTGRES_INT = 23,
  LR_CRAWL_POSTGRES_TEXT = 25
} lr_crawl_postgres_type;

typedef struct lr_crawl_postgres_array {
  lr_crawl_scratch bytes;
  lr_crawl_postgres_type type;
  uint32_t count;
  uint32_t nulls;
} lr_crawl_postgres_array;

/* Makes it empty; it keeps its memory.  All zero before that. */
void lr_crawl_postgres_array_begin(lr_crawl_postgres_array *array,
                                   lr_crawl_postgres_type type);
void lr_crawl_postgres_array_free(lr_crawl_postgres_array *array);

/* Add an element: an integer of the array's type; bytes; a text, in which what
 * is not UTF-8 becomes U+FFFD.  NULL is null.  Where memory ends nothing is
 * added, and the value says so. */
void lr_crawl_postgres_array_add(lr_crawl_postgres_array *array,
                                 int64_t number);
void lr_crawl_postgres_array_add_bytes(lr_crawl_postgres_array *array,
                                       const void *bytes, size_t length);
void lr_crawl_postgres_array_add_text(lr_crawl_postgres_array *array,
                                      const char *text);

/* Adds a text, or null where it is not UTF-8. */
void lr_crawl_postgres_array_add_exact(lr_crawl_postgres_array *array,
                                       const char *text);

/* Ends it, and makes a value of it, which is the array's until it changes.
 * False: out of memory, or over PostgreSQL's limit of a value, 1 GiB. */
bool lr_crawl_postgres_array_end(lr_crawl_postgres_array *array,
                                 lr_crawl_postgres_value *value);

/* Makes a value of an integer of eight bytes, in `place`; of a text, as it is.
 */
lr_crawl_postgres_value lr_crawl_postgres_bigint(uint64_t *place,
                                                 int64_t number);
lr_crawl_postgres_value lr_crawl_postgres_text_value(const char *text);

#endif
