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

/* The expectations of an answer, which has to meet all that are said.  All
 * zero: a status below 400. */
typedef struct lariat_load_expectation {
  const unsigned short *statuses; /* one of these; NULL: any below 400 */
  size_t status_count;
  const char *body_contains; /* NULL: whatever */
  bool has_body_bytes;
  uint64_t body_bytes; /* exactly so many, as they were sent */
  const char
      *header_name; /* NULL: whatever; else a header that there must be */
  const char *header_value; /* NULL: with any value; else with just this one */
} lariat_load_expectation;

/* A request to be added.  Set `size`; the rest may be 0 but for the URL; all is
 * copied. */
typedef struct lariat_load_request {
  size_t size;
  const char *method; /* NULL: "GET" */
  const char *url;    /* absolute; http or https.  A user and a password in it
                         become Authorization, if there is none */
  const lariat_header *headers; /* a value of NULL: not to be sent */
  size_t header_count;
  const void *body;   /* NULL: none */
  size_t body_length; /* up to 1 GiB */
  const char *name;   /* the class in reports; NULL: none of its own */
  double weight;      /* to the nearest millionth, up to 10^9; 0: 1 */
  uint64_t
      think_low_ns; /* the pause of a closed test's user after its answer: */
  uint64_t think_high_ns; /* drawn from low to high */
  lariat_load_expectation expect;
  const char *target; /* sent instead of the URL's path and query, as it is,
                         without normalising; NULL: those */
} lariat_load_request;

/* How the request of each index is chosen. */
typedef enum lariat_load_order {
  LARIAT_LOAD_WEIGHTED = 0, /* drawn by weight (Walker's alias method) from the
                               seed and the index alone */
  LARIAT_LOAD_IN_ORDER = 1  /* index mod count; weights do not count */
} lariat_load_order;

/* Makes an empty list, and puts it into `*out`, which the caller owns
 * (lariat_load_requests_free).  Any thread may fill a list, one at a time;
 * while a run has it, it does not change.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  `*out` is NULL */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_requests_new(lariat_load_requests **out);

/* Frees the list; NULL is allowed.  Any thread, when no other uses it. */
LARIAT_API void lariat_load_requests_free(lariat_load_requests *requests);

/* Copies what requests that are added from now on take from `base` where they
 * have nothing of their own: method and body (together), name, think time,
 * expectation, and each header whose name they do not have.  Its URL and weight
 * are not looked at; NULL: nothing is taken.  That is how options of a program
 * apply to all requests of a file.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  nothing is taken now */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_requests_set_base(
    lariat_load_requests *requests, const lariat_load_request *base);

/* Adds a request behind the others.  "User-Agent: lariat-load/VERSION" and
 * an Accept of any media type are sent with it, unless it or the base has
 * headers of these names.  With an error there is no new request; `*error` (may
 * be NULL) says what is wrong, where that is LARIAT_EINVAL.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no URL, or one that is none (the error's byte is in it);
 *                what cannot be sent (lariat_h1_request_write), a target with
 *                blanks or control characters; a weight or a
 *                length beyond the limits; an expectation that makes no sense;
 *                more than 65,536 servers or 4,294,967,295 requests */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_requests_add(
    lariat_load_requests *requests, const lariat_load_request *request,
    lariat_load_error *error);

/* Adds a flow behind the others: `count` requests of one user, one after the
 * other, up to 10,000, each when the answer to the one before has come, was
 * good, and its think time is over.  Cookies that the answers set are sent with
 * later steps, by a jar of the user's own (lariat/cookies.h), but with steps
 * that have a header Cookie themselves.  The weight of the first step is that
 * of the flow, which counts as one of the requests.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  as of lariat_load_requests_add; no step, or too many */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_requests_add_flow(
    lariat_load_requests *requests, const lariat_load_request *steps,
    size_t count, lariat_load_error *error);

/* Sets how requests are chosen; LARIAT_LOAD_WEIGHTED and seed 0 at first.  The
 * same list, order and seed give the same requests on every machine. */
LARIAT_API void lariat_load_requests_set_order(lariat_load_requests *requests,
                                               lariat_load_order order,
                                               uint64_t seed);

/* Returns how many requests there are. */
LARIAT_API size_t
lariat_load_requests_count(const lariat_load_requests *requests);

/* Return how many names there are, and each of them: "" is the first, and stays
 * the list's; "" as well when out of range. */
LARIAT_API size_t
lariat_load_requests_names(const lariat_load_requests *requests);
LARIAT_API const char *
lariat_load_requests_name(const lariat_load_requests *requests, size_t index);

LARIAT_END_C

#endif
