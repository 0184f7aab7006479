/* SPDX-License-Identifier: MIT
 * outlet.h: what becomes of a body that is not simply kept in its response: a
 * stream to the caller, a descriptor, a transform of the whole; or kept, but
 * within the pool's budget.  A job has
 * one of these, or NULL.
 *
 * Made by the caller; from then on the pool's, until the job comes home. */
#ifndef LR_FETCH_OUTLET_H
#define LR_FETCH_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "fetch/budget.h"
#include "fetch/pipe.h"
#include "reactor/poller.h"
#include "reactor/timers.h"
#include <lariat/client.h>

struct lr_engine;
struct lr_job;
struct lr_transfer;

typedef struct lr_outlet {
  /* Written by the caller. */
  struct lariat_stream *stream; /* NULL: no stream */
  lr_pipe *pipe;                /* the source's reference */
  int fd;                       /* ours; -1: none */
  int64_t fd_start;             /* where it was; -1: it cannot go back */
  int64_t fd_size;              /* what it was then */
  lariat_transform transform;
  void *transform_context;
  lariat_destroy transform_destroy;
  lariat_pool *pool; /* whose budget counts; NULL: none does */

  /* The pool's. */
  struct lr_transfer *transfer; /* while it runs */
  lr_list node;   /* in the engine's list of those to go on, or alone */
  lr_watch watch; /* of the descriptor, while it is full */
  bool open;      /* the final headers are complete: the body goes here */
  bool gone;      /* some of it went to where it does not come back from */
  bool source_open;
  bool paused;  /* libcurl was told to wait */
  bool chunked; /* the answer was */
  int http_status;
  int error;   /* of the descriptor, an errno */
  size_t skip; /* bytes that are written already, and will come again */

  /* The budget's. */
  size_t held;      /* by this body */
  bool ready;       /* complete: only its caller is missing */
  size_t lacks;     /* what it asked for last */
  lr_list starving; /* in the engine's list of those that wait, or alone */

  /* The transform's. */
  bool transformed;
  lariat_value value;
} lr_outlet;

/* For what the options say; `*out` is NULL when that is nothing.  The context
 * of a transform is taken over, whatever is returned.  The caller's thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  what the options say makes no sense
 * LARIAT_EWRITE  the descriptor is none */
lariat_status lr_outlet_new(lariat_pool *pool, lariat_reactor *reactor,
                            const lariat_request_options *options,
                            lr_outlet **out);

/* For a request that is refused before it has a job: the context of its
 * transform. */
void lr_outlet_refuse(const lariat_request_options *options);

/* Whoever has the job alone. */
void lr_outlet_free(lr_outlet *outlet);

/* The body is the user's now: the budget has it no more.  The caller's thread,
 * with the job at home. */
void lr_outlet_give(lr_outlet *outlet);

/* Whether the body can still be had from the beginning by another attempt. */
bool lr_outlet_may_repeat(const lr_outlet *outlet);

/* The rest is for the pool's thread. */

/* The job of `transfer`, which has an outlet, is about to start. */
void lr_outlet_begin(struct lr_transfer *transfer);

/* A line of the head was taken. */
void lr_outlet_head(struct lr_transfer *transfer);

/* Bytes of the body, of which none were seen before but for a repetition after
 * a pause.  `length`, or CURL_WRITEFUNC_PAUSE, or 0 with the transfer's fault
 * set. */
size_t lr_outlet_take(struct lr_transfer *transfer, const char *bytes,
                      size_t length);

/* The transfer is over, or stopped. */
void lr_outlet_end(struct lr_transfer *transfer, lariat_status status);

/* The response is complete and the transfer detached. */
void lr_outlet_transform(struct lr_job *job);

/* The end of a turn: those that starve and now have room may go on. */
void lr_outlet_feed(struct lr_engine *engine);

/* The engine's timer while any starves: the turn it makes is all it is for. */
void lr_outlet_hunger(lr_timer *timer);

/* The end of a turn: those that may go on do. */
void lr_outlet_resume_all(struct lr_engine *engine);

#endif
