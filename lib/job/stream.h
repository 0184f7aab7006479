/* SPDX-License-Identifier: MIT
 * stream.h: the caller's end of a body that comes in pieces.
 *
 * Two counts: `users` are those who may take chunks (the response, and what
 * the user retained); with the last of them the stream closes.  `count` is
 * the memory's: the users together, the job, and mail that is away. */
#ifndef LR_JOB_STREAM_H
#define LR_JOB_STREAM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"
#include "job/pipe.h"
#include "limits/memory_budget.h"
#include "reactor/mailbox.h"
#include <lariat/response.h>
#include <lariat/stream.h>

struct lr_job;

struct lariat_stream {
  lr_atomic_u32 count;
  lr_atomic_u32 users;
  pthread_t owner;
  lariat_mailbox *mailbox; /* a reference */

  /* The caller's. */
  lariat_reactor *reactor;
  lr_pipe *pipe;      /* its sink; NULL once it is closed */
  struct lr_job *job; /* while the fetch goes on, and can be cancelled */
  lariat_deferred *waiting;
  bool ended;          /* `result` is there */
  lariat_value result; /* of the fetch: none, or a failure */
  uint64_t taken;
  lr_memory_budget *budget; /* which has `held` of it still; or NULL */
  size_t held;

  /* Written by the pool before it is sent. */
  lr_mail opened;
  struct lr_job *opener;
  lariat_response *response;
  bool has_sha256;
  uint8_t sha256[32];

  lr_mail closing; /* the last user was on another thread */
};

/* On the caller's thread, for a request: one reference, for the job; the sink
 * of `*pipe` is open and the source for the taker.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_stream_new(lariat_reactor *reactor, size_t window,
                            lariat_stream **out, lr_pipe **pipe);

/* Gives a reference of the memory's back.  Any thread. */
void lr_stream_unhold(lariat_stream *stream);

/* On the pool's thread: the headers are complete.  Takes `response` over and
 * sends it to the caller. */
void lr_stream_send_opened(lariat_stream *stream, struct lr_job *job,
                           lariat_response *response);

/* On the caller's thread: the transport is done with it, and it had `held` of
 * `budget`.  What was not taken stays there; returns how much. */
size_t lr_stream_keep(lariat_stream *stream, lr_memory_budget *budget,
                      size_t held);

/* On the caller's thread: the fetch is over; `result` is taken over: none, or a
 * failure. */
void lr_stream_finish(lariat_stream *stream, lariat_value result);

#endif
