/* SPDX-License-Identifier: MIT
 * lariat_load_requests: what a load test sends: one request or many, with
 * weights, names, think times and what is expected of the answers; added one by
 * one, or read from a file. */
#ifndef LARIAT_LOAD_REQUESTS_H
#define LARIAT_LOAD_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/load/error.h>
#include <lariat/response.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_load_requests lariat_load_requests;

/* How many names the requests of one test may have, "" (no name) included.
 * Requests with other names than the first 63 count as "other". */
#define LARIAT_LOAD_MOST_NAMES 64

/* What an answer must be to count as good.  All zero: a status below 400. */
typedef struct lariat_load_expectation {
  const unsigned short *statuses; /* one of these; NULL: any below 400 */
  size_t status_count;
  const char *body_contains; /* NULL: whatever */
  bool has_body_bytes;
  uint64_t body_bytes;     /* exactly so many, as they were sent */
  const char *header_name; /* NULL: whatever; else a header that there must be */
  const char *header_value; /* NULL: with any value */
} lariat_load_expectation;

/* A request to be added.  Set `size`; all is copied. */
typedef struct lariat_load_request {
  size_t size;
  const char *method; /* NULL: "GET" */
  const char *url;    /* absolute; http or https */
  const lariat_header *headers;
  size_t header_count;
  const void *body; /* NULL: none */
  size_t body_length;
  const char *name;  /* the class in reports; NULL: none of its own */
  double weight;     /* 0: 1 */
  uint64_t think_low_ns; /* the pause of a closed test's user after its answer: */
  uint64_t think_high_ns; /* drawn from low to high */
  lariat_load_expectation expect;
} lariat_load_request;

/* How the request of each index is chosen. */
typedef enum lariat_load_order {
  LARIAT_LOAD_WEIGHTED = 0, /* drawn by weight (Walker's alias method) from the
                               seed and the index alone */
  LARIAT_LOAD_IN_ORDER = 1  /* index mod count */
} lariat_load_order;

LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_requests_new(lariat_load_requests **out);
LARIAT_API void lariat_load_requests_free(lariat_load_requests *requests);

LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_requests_add(lariat_load_requests *requests,
                         const lariat_load_request *request,
                         lariat_load_error *error);

LARIAT_API void lariat_load_requests_set_order(lariat_load_requests *requests,
                                               lariat_load_order order,
                                               uint64_t seed);

LARIAT_API size_t
lariat_load_requests_count(const lariat_load_requests *requests);

/* The names, "" first.  lariat_load_requests_name(r, 0) is "". */
LARIAT_API size_t
lariat_load_requests_names(const lariat_load_requests *requests);
LARIAT_API const char *
lariat_load_requests_name(const lariat_load_requests *requests, size_t index);

LARIAT_END_C

#endif
