/* SPDX-License-Identifier: MIT
 * outlet.h: what becomes of a body that is not simply kept in its response: a
 * stream to the caller, a descriptor, a transform of the whole; or kept, but
 * within the pool's budget.  A job has
 * one of these, or NULL.
 *
 * Made by the caller; from then on the pool's, until the job comes home. */
#ifndef LR_JOB_BODY_SINK_H
#define LR_JOB_BODY_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "http/sha256.h"
#include "job/pipe.h"
#include "limits/memory_budget.h"
#include "reactor/poller.h"
#include "reactor/timers.h"
#include <lariat/client.h>

struct lr_job;

/* What the outlets of one transport have in common. */
typedef struct lr_body_sinks {
  lr_memory_budget *budget; /* NULL: none */
  lariat_reactor *reactor;
  /* The head of a streamed answer is complete: fills in what is known of
   * connection and timings. */
  void (*describe)(struct lr_job *job, lariat_response *response);
  /* The body of a job that was held back may go on. */
  void (*resume)(struct lr_job *job);
  lr_list resumes; /* outlets whose bodies may go on */
  lr_list
      waiting_for_memory; /* outlets that wait for room in the pool's budget */
  struct lr_body_sink *exempt; /* the one that may go beyond it */
  lr_timer memory_timer;       /* looks after those that starve */
} lr_body_sinks;

typedef struct lr_body_sink {
  /* Written by the caller. */
  struct lariat_stream *stream; /* NULL: no stream */
  lr_pipe *pipe;                /* the source's reference */
  int fd;                       /* ours; -1: none */
  int64_t fd_start;             /* where it was; -1: it cannot go back */
  int64_t fd_size;              /* what it was then */
  lariat_transform transform;
  void *transform_context;
  lariat_destroy transform_destroy;
  lr_memory_budget *budget; /* that counts this body; NULL: none does */

  /* The pool's. */
  struct lr_job *job; /* while it runs, and its transport's outlets */
  lr_body_sinks *all;
  lr_sha256 *digest; /* of this body; NULL: none is wanted */
  lr_list node;      /* in the list of those to go on, or alone */
  lr_watch watch;    /* of the descriptor, while it is full */
  bool open;         /* the final headers are complete: the body goes here */
  bool consumed;     /* some of it went to where it does not come back from */
  bool source_open;
  bool paused;  /* the transport was told to wait */
  bool chunked; /* the answer was */
  int http_status;
  int error;   /* of the descriptor, an errno */
  size_t skip; /* bytes that are written already, and will come again */

  /* The budget's. */
  size_t held;                /* by this body */
  bool complete;              /* complete: only its caller is missing */
  size_t needed;              /* what it asked for last */
  lr_list waiting_for_memory; /* in the list of those that wait, or alone */

  /* The transform's. */
  bool transformed;
  lariat_value value;
} lr_body_sink;

/* For what the options say; `*out` is NULL when that is nothing.  The context
 * of a transform is taken over, whatever is returned.  The caller's thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  what the options say makes no sense
 * LARIAT_EWRITE  the descriptor is none */
lariat_status lr_body_sink_new(lr_memory_budget *budget,
                               lariat_reactor *reactor,
                               const lariat_request_options *options,
                               lr_body_sink **out);

/* For a request that is refused before it has a job: the context of its
 * transform. */
void lr_body_sink_refuse(const lariat_request_options *options);

/* Whoever has the job alone. */
void lr_body_sink_free(lr_body_sink *sink);

/* The body is the user's now: the budget has it no more, but for what of a
 * stream has not been taken.  The caller's thread, with the job at home. */
void lr_body_sink_give(lr_body_sink *sink);

/* Whether the body can still be had from the beginning by another attempt. */
bool lr_body_sink_may_repeat(const lr_body_sink *sink);

/* The rest is for the pool's thread. */

/* Empty lists for a transport; `describe` and `resume` are its own. */
void lr_body_sinks_init(lr_body_sinks *all, lr_memory_budget *budget,
                        lariat_reactor *reactor);

/* The transport is about to close; no outlet is in use. */
void lr_body_sinks_clear(lr_body_sinks *all);

/* `job`, which has an outlet, is about to start; `digest` (may be NULL) gets
 * all of its body. */
void lr_body_sink_begin(lr_body_sinks *all, struct lr_job *job,
                        lr_sha256 *digest);

/* A line of the head was taken. */
void lr_body_sink_head(struct lr_job *job);

/* Bytes of the body, of which none were seen before but for a repetition after
 * LARIAT_EBUSY.
 *
 * LARIAT_OK     all of them were taken
 * LARIAT_EBUSY  not now: the same again, after `resume`
 * others        the job fails with that status */
lariat_status lr_body_sink_take(struct lr_job *job, const char *bytes,
                                size_t length);

/* The job is over, or stopped. */
void lr_body_sink_end(struct lr_job *job, lariat_status status);

/* The response is complete and the job apart from its transport. */
void lr_body_sink_transform(struct lr_job *job);

/* The end of a turn: those that starve and now have room may go on, and those
 * that may go on do. */
void lr_body_sinks_turn_end(lr_body_sinks *all);

#endif
