/* SPDX-License-Identifier: MIT
 * csv.h: a table of texts (RFC 4180), kept as tightly as may be: there may be
 * millions of rows. */
#ifndef LOAD_CSV_H
#define LOAD_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/load/error.h>
#include <lariat/status.h>

#include "bytes.h"

typedef struct lr_load_csv {
  lr_load_bytes text; /* of all cells, one behind the other */
  uint32_t *ends;     /* of each cell, those of the names first */
  size_t cells;
  size_t capacity;
  size_t columns;
  size_t rows; /* without the names */
} lr_load_csv;

typedef struct lr_load_cell {
  const char *bytes;
  size_t length;
} lr_load_cell;

/* Reads a table.  On LARIAT_OK, call lr_load_csv_free.  Statuses as those of
 * lariat_load_requests_set_variables. */
lariat_status lr_load_csv_init(lr_load_csv *csv, const char *text,
                               size_t length, lariat_load_error *error);
void lr_load_csv_free(lr_load_csv *csv);

lr_load_cell lr_load_csv_cell(const lr_load_csv *csv, size_t row,
                              size_t column);

/* Finds the column with a name.  False: there is none. */
bool lr_load_csv_find(const lr_load_csv *csv, const char *name, size_t length,
                      size_t *column);

/* Tells whether a byte can be part of a column's name. */
bool lr_load_csv_is_name_byte(char c);

#endif
