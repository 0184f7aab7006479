/* SPDX-License-Identifier: MIT
 * Variables of a load test: {{name}} in the URL, in values of headers and in
 * the body of a request stands for a column of a table, and each request has a
 * row of it.  docs/load-input.md explains them. */
#ifndef LARIAT_LOAD_VARIABLES_H
#define LARIAT_LOAD_VARIABLES_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/load/error.h>
#include <lariat/load/requests.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* The order in which requests get rows; all steps of a flow have the flow's. */
typedef enum lariat_load_rows {
  LARIAT_LOAD_ROWS_IN_ORDER = 0, /* index mod rows */
  LARIAT_LOAD_ROWS_RANDOM = 1    /* drawn from the seed and the index alone */
} lariat_load_rows;

/* Reads a table for requests that are added from now on: `length` bytes of CSV
 * (RFC 4180), which are copied.  Its first line has the names of the columns:
 * letters, digits, '_', '-' and '.'.  An empty line is no row.
 *
 * A value goes into headers and bodies as it is, and Content-Length follows it.
 * In a URL it is as if it had been written there: what cannot stand in one (a
 * blank, '#', a letter that is not ASCII) is percent-encoded, and what can
 * ('/',
 * '?', '&', '%') stays.  Host and port cannot be variables.
 *
 * `*error` (may be NULL) says what is wrong, and in which line; its byte counts
 * from the start of the text.  As for other functions of the list: any thread,
 * one at a time, before a run has it.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  not CSV; no columns or no rows; a name that is none, or is
 *                there twice; a row with more or fewer values; more than 4 GiB;
 *                a table that is there already */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_requests_set_variables(
    lariat_load_requests *requests, const char *csv, size_t length,
    lariat_load_rows rows, lariat_load_error *error);

LARIAT_END_C

#endif
