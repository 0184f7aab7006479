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

/* Decides whether an answer is good; made of a lariat_load_expectation. */
typedef struct lr_load_check lr_load_check;

/* A user, who takes the steps of a flow, one after the other. */
typedef struct lr_load_user lr_load_user;

/* A request about to be sent. */
typedef struct lr_load_message {
  const char *bytes; /* head and body; the source's until its next message, but
                        those of a request without variables stay as long as the
                        requests do (`stays`) */
  size_t length;
  const lr_load_check *check; /* NULL: a status below 400 is good */
  lr_load_user *user;         /* NULL: it is not a step of a flow */
  uint64_t think_ns;          /* behind its answer */
  uint32_t origin;            /* index for lr_load_requests_origin */
  uint32_t request;           /* index in the requests; of a pipe UINT32_MAX */
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
 * come in the order in which they are asked for).  The source's thread.
 *
 * LR_LOAD_MESSAGE, LR_LOAD_WAIT
 * LR_LOAD_END  a replay has no such index, a pipe has ended, or memory has:
 *              lr_load_source_status tells */
lr_load_next lr_load_source_take(lr_load_source *source, uint64_t index,
                                 lr_load_message *out);

/* Returns what has ended a source before its end: LARIAT_OK (nothing),
 * LARIAT_ENOMEM, or LARIAT_EINVAL: a pipe has brought what cannot be read, of
 * which `*error` (may be NULL) tells.  The source's thread. */
lariat_status lr_load_source_status(const lr_load_source *source,
                                    lariat_load_error *error);

/* ---- Flows ----
 *
 * A flow is the requests of one user, one after the other, each sent when the
 * answer to the one before has come and its think time is over.  An index of
 * the plan is a whole flow: `take` gives its first step, with a user in the
 * message.  From then on the user is the worker's, who calls:
 *
 *   lr_load_source_answer  when the answer was good: true says that another
 *                          step follows, `think_ns` of the message from now
 *   lr_load_source_step    then, when it is about to be sent: a message as
 *                          those of `take`, with the same user
 *   lr_load_source_leave   instead of either, when there was no good answer or
 *                          the run is over: the steps left are not sent
 *
 * until answer has returned false or leave was called: that frees the user.  In
 * a closed test a flow takes one user's turn; in an open one the rate is that
 * of the flows' starts, and a later step is due when its think time is over.
 * All of it on the source's thread; users not left when the source is freed go
 * with it. */

/* Takes the answer to a user's last step, for its cookies: its jar is its own,
 * and empty at first.  `response` may be NULL.  False: it was the last step, or
 * memory is out. */
bool lr_load_source_answer(lr_load_source *source, lr_load_user *user,
                           const lariat_response *response);
lr_load_next lr_load_source_step(lr_load_source *source, lr_load_user *user,
                                 lr_load_message *out);
void lr_load_source_leave(lr_load_source *source, lr_load_user *user);

/* ---- What the requests are ---- */

/* Instants of a replay: when the request with this index is due, from the
 * start; never before an earlier one.  False: the requests have no instants of
 * their own, or there is no such index. */
bool lr_load_requests_due(const lariat_load_requests *requests, uint64_t index,
                          uint64_t *at_ns);

/* Returns how many indexes there are: those of a replay; UINT64_MAX where
 * requests begin again when all were sent. */
uint64_t lr_load_requests_total(const lariat_load_requests *requests);

/* Returns a hash of all that decides what is sent: requests, weights, order and
 * seed.  The same on every machine. */
uint64_t lr_load_requests_hash(const lariat_load_requests *requests);

/* Return how many servers there are, and each of them.  From the first call on
 * there are no more. */
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
