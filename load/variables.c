/* SPDX-License-Identifier: MIT
 * variables.c: the table of a list of requests. */
#include <lariat/load/variables.h>

#include <stdlib.h>

#include "fault.h"
#include "hash.h"
#include "requests.h"

lariat_status lariat_load_requests_set_variables(lariat_load_requests *requests,
                                                 const char *csv, size_t length,
                                                 lariat_load_rows rows,
                                                 lariat_load_error *error) {
  if (requests->csv) return lr_load_fail(error, 0, "there is a table already");
  if (rows != LARIAT_LOAD_ROWS_IN_ORDER && rows != LARIAT_LOAD_ROWS_RANDOM)
    return lr_load_fail(error, 0, "there is no such order of rows");
  lr_load_csv *table = malloc(sizeof(*table));
  if (!table) return LARIAT_ENOMEM;
  lariat_status status = lr_load_csv_init(table, csv, length, error);
  if (status != LARIAT_OK) {
    free(table);
    return status;
  }
  requests->csv = table;
  requests->rows = rows;
  requests->hash = lr_load_hash_bytes(requests->hash, csv, length);
  requests->hash = lr_load_hash_number(requests->hash, rows);
  return LARIAT_OK;
}
