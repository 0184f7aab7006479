/* SPDX-License-Identifier: MIT
 * stream.h: the caller's end of a body that comes in pieces.
 *
 * A stream has two counts: `users` are those who may take chunks (the response,
 * and what the user retained), and the stream closes with the last of them;
 * `count` is that of the memory: the users together, the job, and mail that is
 * away. */
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

  /* Written by the caller. */
  lariat_reactor *reactor;
  lr_pipe *pipe;      /* its sink; NULL once it is closed */
  struct lr_job *job; /* while the fetch goes on, and can be cancelled */
  lariat_deferred *waiting;
  bool ended;          /* the fetch is over, and `result` its outcome */
  lariat_value result; /* none, or a failure */
  uint64_t taken;
  lr_memory_budget *budget; /* that counts `held` bytes of it; or NULL */
  size_t held;

  /* Written by the pool before it is sent. */
  lr_mail opened;
  struct lr_job *opener;
  lariat_response *response;
  bool has_sha256;
  uint8_t sha256[32];

  lr_mail closing; /* the last user was on another thread */
};

/* Makes the stream of a request, with one reference, for the job; the sink of
 * `*pipe` is open, and its source is for the pool.  The caller's thread.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_stream_new(lariat_reactor *reactor, size_t window,
                            lariat_stream **out, lr_pipe **pipe);

/* Gives a reference to the memory back.  Any thread. */
void lr_stream_unhold(lariat_stream *stream);

/* Takes `response` over, whose headers are complete, and sends it to the
 * caller. The pool's thread. */
void lr_stream_send_opened(lariat_stream *stream, struct lr_job *job,
                           lariat_response *response);

/* Keeps of the `held` bytes of `budget` those counted that were not taken, when
 * the job has returned; returns how many.  The caller's thread. */
size_t lr_stream_keep(lariat_stream *stream, lr_memory_budget *budget,
                      size_t held);

/* Ends the stream of a fetch that is over; `result` is taken over: none, or a
 * failure.  The caller's thread. */
void lr_stream_finish(lariat_stream *stream, lariat_value result);

#endif
