/* SPDX-License-Identifier: MIT
 * source.h: what a worker sends, one message after the other, as bytes of
 * HTTP/1.1 that are ready to go.  A source is the view that one reactor has of
 * the requests of a test; the requests themselves are shared and do not change
 * while it runs. */
#ifndef LOAD_SOURCE_H
#define LOAD_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/load/requests.h>
#include <lariat/url.h>

/* A server that requests go to. */
typedef struct lr_load_origin {
  const char *url; /* "https://example.org:8443", for opening a stream */
} lr_load_origin;

/* What decides whether an answer is good; its members are as those of
 * lariat_load_expectation. */
typedef struct lr_load_check lr_load_check;

/* A request about to be sent. */
typedef struct lr_load_message {
  const char *bytes; /* head and body; the source's until its next message, but
                        those of a request without variables stay as long as the
                        requests do (`stays`) */
  size_t length;
  const lr_load_check *check; /* NULL: a status below 400 is good */
  uint64_t think_ns;          /* behind its answer */
  uint32_t origin;            /* index for lr_load_requests_origin */
  uint16_t name;              /* index for lariat_load_requests_name */
  bool head;                  /* its method is HEAD: no body comes */
  bool idempotent;
  bool stays;
} lr_load_message;

typedef enum lr_load_next {
  LR_LOAD_MESSAGE, /* `*out` was written */
  LR_LOAD_WAIT,    /* a pipe has none now: the wake-up tells */
  LR_LOAD_END      /* there is none any more */
} lr_load_next;

typedef struct lr_load_source lr_load_source;

/* Makes the source of one reactor.  The requests must outlive it. */
lariat_status lr_load_source_new(const lariat_load_requests *requests,
                                 lr_load_source **out);
void lr_load_source_free(lr_load_source *source);

/* Gives the message with this index of the plan.  The same index gives the same
 * message, whichever reactor or machine asks (but for a pipe, whose requests
 * come in the order in which they are asked for). */
lr_load_next lr_load_source_take(lr_load_source *source, uint64_t index,
                                 lr_load_message *out);

/* Instants of a replay: when the request with this index was due, from the
 * start.  False: the requests have no instants of their own. */
bool lr_load_requests_due(const lariat_load_requests *requests, uint64_t index,
                          uint64_t *at_ns);

size_t lr_load_requests_origins(const lariat_load_requests *requests);
const lr_load_origin *
lr_load_requests_origin(const lariat_load_requests *requests, size_t index);

/* Judges an answer.  `body` is what there is of it: kept only if the check
 * asks for it (lr_load_check_needs_body). */
bool lr_load_check_needs_body(const lr_load_check *check);
bool lr_load_check_passes(const lr_load_check *check,
                          const lariat_response *response, const char *body,
                          size_t body_length);

#endif
