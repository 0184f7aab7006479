/* SPDX-License-Identifier: MIT
 * warc_fields.h: the named fields of a record's header, or of a head of HTTP,
 * as they are read. */
#ifndef CRAWL_WARC_FIELDS_H
#define CRAWL_WARC_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "warc_text.h"

typedef struct lr_crawl_warc_field {
  size_t name; /* where they are in the text; each is ended by NUL */
  size_t value;
} lr_crawl_warc_field;

typedef struct lr_crawl_warc_fields {
  lr_crawl_warc_text text; /* the first line comes first */
  lr_crawl_warc_field *list;
  size_t count;
  size_t capacity;
} lr_crawl_warc_fields;

/* The results of reading. */
typedef enum lr_crawl_warc_fields_result {
  LR_CRAWL_WARC_FIELDS_GOOD = 0,
  LR_CRAWL_WARC_FIELDS_WRONG, /* a line without a name before ':'; it has been
                                 left out */
  LR_CRAWL_WARC_FIELDS_NOMEM
} lr_crawl_warc_fields_result;

/* Reads all lines of a header: those that begin with a blank go on with the one
 * before, joined by one blank; blanks around values are not theirs. */
lr_crawl_warc_fields_result
lr_crawl_warc_fields_read(lr_crawl_warc_fields *fields, const char *bytes,
                          size_t length);

/* Returns the first line. */
const char *lr_crawl_warc_fields_first(const lr_crawl_warc_fields *fields);

/* Returns the value of the first field called `name`; NULL: there is none. */
const char *lr_crawl_warc_fields_find(const lr_crawl_warc_fields *fields,
                                      const char *name);

/* Cuts off the angle brackets around the value of the first field called
 * `name`. */
void lr_crawl_warc_fields_strip(lr_crawl_warc_fields *fields, const char *name);

void lr_crawl_warc_fields_free(lr_crawl_warc_fields *fields);

#endif
