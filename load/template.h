/* SPDX-License-Identifier: MIT
 * template.h: requests with variables: literal bytes, and between them values
 * of a row of a table.
 *
 * A request is made in two steps.  Its variables become marks, words that the
 * parser of URLs and the writer of requests leave alone; then the marks are
 * found in the bytes that came of it, and taken out. */
#ifndef LOAD_TEMPLATE_H
#define LOAD_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/load/requests.h>
#include <lariat/url.h>

#include "arena.h"
#include "bytes.h"
#include "csv.h"
#include "wire.h"

/* The request and the base with their marks. */
typedef struct lr_load_marks {
  lariat_load_request request;
  lariat_load_request base;
  char prefix[24];   /* that all marks begin with */
  uint32_t *columns; /* of each mark */
  size_t count;      /* 0: there are no variables */
  size_t capacity;
  lr_load_arena arena;
} lr_load_marks;

typedef struct lr_load_template lr_load_template;

/* Marks the variables of a request, and of the base that it is completed by.
 * Call lr_load_marks_free, whatever the status is.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  there is no such column, or too many variables */
lariat_status lr_load_marks_init(lr_load_marks *marks, const lr_load_csv *csv,
                                 const lariat_load_request *request,
                                 const lariat_load_request *base,
                                 lariat_load_error *error);
void lr_load_marks_free(lr_load_marks *marks);

/* Tells whether a part of a URL that cannot be a variable has a mark. */
bool lr_load_marks_in_host(const lr_load_marks *marks, const lariat_url *url);

/* Makes a template of the bytes of a marked request, and takes the marks out
 * of them.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  a column for a header has a value that no header can have */
lariat_status lr_load_template_make(const lr_load_marks *marks,
                                    const lr_load_csv *csv, lr_load_wire *wire,
                                    lr_load_arena *arena,
                                    const lr_load_template **out,
                                    lariat_load_error *error);

/* Puts the bytes of a request with the values of a row into `buffer`; `bytes`
 * are those without marks.  False: out of memory. */
bool lr_load_template_fill(const lr_load_template *template,
                           const lr_load_csv *csv, size_t row,
                           const char *bytes, lr_load_bytes *buffer);

/* Adds the places of the variables to a hash. */
uint64_t lr_load_template_hash(uint64_t hash, const lr_load_template *template);

#endif
