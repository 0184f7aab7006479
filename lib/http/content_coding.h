/* SPDX-License-Identifier: MIT
 * content_coding.h: the codings that a response's Content-Encoding names (RFC
 * 9110, 8.4): which of them there are, and which of them are built in. */
#ifndef LR_HTTP_CONTENT_CODING_H
#define LR_HTTP_CONTENT_CODING_H

#include <stdbool.h>
#include <stdint.h>

#include "http/response.h"

typedef enum lr_content_coding {
  LR_CODING_GZIP,    /* RFC 1952; "x-gzip", too */
  LR_CODING_DEFLATE, /* RFC 1950; or RFC 1951 alone, as some servers send it */
  LR_CODING_BROTLI,  /* RFC 7932 */
  LR_CODING_ZSTD     /* RFC 8878 */
} lr_content_coding;

/* Why codings cannot be undone. */
typedef enum lr_coding_problem {
  LR_CODING_NO_PROBLEM,
  LR_CODING_UNKNOWN,   /* `unknown` is none that is known */
  LR_CODING_NOT_BUILT, /* it is known, but was left out of this build */
  LR_CODING_TOO_MANY
} lr_coding_problem;

/* One body is coded so many times at most. */
enum { LR_CODINGS_MOST = 5 };

/* The codings of a body.  Zeroed memory is none. */
typedef struct lr_content_codings {
  uint8_t count;
  uint8_t problem;               /* lr_coding_problem */
  uint8_t list[LR_CODINGS_MOST]; /* as they were applied */
  char unknown[25]; /* the name that is the problem, or as much as there is
                       space for; printable, without quotes */
} lr_content_codings;

/* Reads all Content-Encoding headers of a response, in their order (RFC 9110,
 * 5.3).  "identity" and "none" say nothing. */
void lr_content_codings_read(lr_content_codings *codings,
                             const lariat_response *response);

/* Adds what one header's value lists. */
void lr_content_codings_add(lr_content_codings *codings, const char *value);

/* Tells whether there is anything to undo, or to refuse. */
static inline bool lr_content_codings_any(const lr_content_codings *codings) {
  return codings->count > 0 || codings->problem != LR_CODING_NO_PROBLEM;
}

/* Returns the value of Accept-Encoding that asks for what is built in. */
const char *lr_content_codings_accepted(void);

/* Returns the name of a coding: "gzip". */
const char *lr_content_coding_name(lr_content_coding coding);

#endif
