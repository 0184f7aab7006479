/* SPDX-License-Identifier: MIT
 * lariat_load_input: requests read from a text that the caller has, in pieces
 * of any size: lists of URLs, JSON lines, HAR files of browsers, access logs of
 * servers.  Bytes in, requests out: it opens no file.
 *
 *   lariat_load_input_new(requests, NULL, &input, &error);
 *   while (...a piece has come...)
 *     if (lariat_load_input_feed(input, bytes, length, &error) != LARIAT_OK)
 *       ...error.message says "line 7: not a URL: blank at byte 23"...
 *   status = lariat_load_input_end(input, &error);
 *   lariat_load_input_free(input);
 *
 * Any thread may use a reader and its list of requests, one at a time.
 * docs/load-input.md explains it. */
#ifndef LARIAT_LOAD_INPUT_H
#define LARIAT_LOAD_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/load/error.h>
#include <lariat/load/requests.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_load_input lariat_load_input;

/* The longest line, and the longest HAR. */
#define LARIAT_LOAD_LONGEST_LINE ((size_t)16 << 20)
#define LARIAT_LOAD_LONGEST_HAR ((size_t)1 << 30)

typedef enum lariat_load_input_format {
  /* A URL in each line, with its weight behind a blank, if it has one; or,
   * where the line begins with '{', a JSON object: that of `lariat fetch` with
   * a few keys more, a flow, or a target of vegeta, which has the key `header`.
   * From the first line with that key on, objects are vegeta's.  Empty lines,
   * and those that begin with '#', are left out. */
  LARIAT_LOAD_LINES = 0,

  LARIAT_LOAD_VEGETA = 1, /* JSON lines: each is a target of vegeta */

  /* An HTTP archive, version 1.2, as browsers export it. */
  LARIAT_LOAD_HAR = 2,

  /* An access log of nginx or Apache: common, combined, or by `log_format`.
   * Each request is due when it was logged. */
  LARIAT_LOAD_ACCESS_LOG = 3
} lariat_load_input_format;

/* How a text is read.  Start from lariat_load_input_defaults().  All is
 * copied. */
typedef struct lariat_load_input_options {
  size_t size; /* sizeof(lariat_load_input_options) */
  lariat_load_input_format format;

  /* HAR: requests to these hosts are taken, as "example.org" or with a port as
   * "example.org:8080", and no others.  There must be one. */
  const char *const *hosts;
  size_t host_count;

  /* HAR: each request is due when the browser sent it, from the first one that
   * is taken on.  Else they are a list like any other. */
  bool timed;

  /* Access log: a URL, of which scheme, host and port are those of all
   * requests.  There must be one. */
  const char *target;

  /* Access log: its lines, as nginx's directive log_format says them; NULL:
   * common or combined, also with other fields before or behind. */
  const char *log_format;

  /* Access log: GET and HEAD alone are replayed, unless this allows all
   * methods; bodies are not in a log, and so are never sent. */
  bool unsafe;

  double speed;  /* access log, timed HAR: 2: in half of the time; default 1 */
  uint64_t seed; /* access log: where within a second, if the log has no more */
} lariat_load_input_options;

/* Returns the defaults: lines.  Any thread. */
LARIAT_API lariat_load_input_options lariat_load_input_defaults(void);

/* Makes a reader that adds to `requests`, which must outlive it, and puts it
 * into `*out`; the caller owns it (lariat_load_input_free).  `options` may be
 * NULL; `*error` (may be NULL) says what is wrong with them.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  a `size` of 0, no such format, a HAR without hosts, a log
 *                without a target or one that is no URL, a log_format that says
 *                neither the request nor its time, a speed that is not from
 *                0.001 to 1,000 */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_input_new(
    lariat_load_requests *requests, const lariat_load_input_options *options,
    lariat_load_input **out, lariat_load_error *error);

/* Frees the reader; the requests stay.  NULL is allowed.  Any thread. */
LARIAT_API void lariat_load_input_free(lariat_load_input *input);

/* Takes the next `length` bytes of the text.  `*error` (may be NULL) says what
 * is wrong, and in which line; its byte counts from the start of the line.
 * After an error the requests before it are there, and nothing more is read:
 * each call returns the same status.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  a line that cannot be read, or is too long; a request that
 *                cannot be sent */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_input_feed(lariat_load_input *input, const char *bytes,
                       size_t length, lariat_load_error *error);

/* Takes the end of the text: a last line without an end is read; a HAR is read
 * now, and the requests of a log get their instants.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  as above; a HAR that is none; a text without any request that
 *                could be taken */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_input_end(lariat_load_input *input, lariat_load_error *error);

/* Why what is in a text was left out. */
typedef enum lariat_load_skip {
  LARIAT_LOAD_SKIP_METHOD = 0, /* a log: a method that is not safe */
  LARIAT_LOAD_SKIP_BROKEN = 1, /* a log: no line of its format, or a request
                                  that is none, as the bytes of a TLS
                                  handshake */
  LARIAT_LOAD_SKIP_HOST = 2,   /* a HAR: a host that was not named */
  LARIAT_LOAD_SKIP_SCHEME = 3, /* a HAR: data:, blob:, ws: and others */
  LARIAT_LOAD_SKIP_BODY = 4,   /* a HAR: a body that is not in it, as files of a
                                  form */
  LARIAT_LOAD_SKIP_CACHED = 5, /* a HAR: the browser had the answer, and did not
                                  ask */
  LARIAT_LOAD_SKIPS = 6        /* how many there are */
} lariat_load_skip;

/* Return how much was left out for a reason, and how many requests were taken,
 * so far.  The reader's thread. */
LARIAT_API uint64_t lariat_load_input_skipped(const lariat_load_input *input,
                                              lariat_load_skip reason);
LARIAT_API uint64_t lariat_load_input_taken(const lariat_load_input *input);

LARIAT_END_C

#endif
