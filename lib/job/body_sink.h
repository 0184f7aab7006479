/* SPDX-License-Identifier: MIT
 * body_sink.h: where a body goes that is not simply kept in its response: a
 * stream to the caller, a descriptor, a transform of the whole; or into the
 * response, but counted in the pool's budget, or with what is to be kept beside
 * it (kept_answer.h).  A job has one of these, or NULL.
 *
 * A sink is made by the caller, and is the pool's until the job returns. */
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

/* The state that the sinks of one transport share. */
typedef struct lr_body_sinks {
  lr_memory_budget *budget; /* NULL: none */
  lariat_reactor *reactor;
  /* Fills in what is known of connection and timings when the head of a
   * streamed answer is complete. */
  void (*describe)(struct lr_job *job, lariat_response *response);
  /* Lets the body of a paused job go on. */
  void (*resume)(struct lr_job *job);
  lr_list resumes;             /* sinks whose bodies may go on */
  lr_list waiting_for_memory;  /* sinks that wait for the pool's budget */
  struct lr_body_sink *exempt; /* the one that may exceed it; or NULL */
  lr_timer memory_timer;       /* makes a turn for those that wait */
} lr_body_sinks;

typedef enum lr_sink_state {
  LR_SINK_CLOSED,  /* bytes go to the response: no final head was seen */
  LR_SINK_OPEN,    /* bytes come here, and another attempt may still be made */
  LR_SINK_CONSUMED /* bytes come here and leave for the taker or the descriptor,
                      which has seen the head, or may have */
} lr_sink_state;

/* The part of the pool's budget that a body holds. */
typedef struct lr_sink_memory {
  lr_memory_budget *budget; /* NULL: the body is not counted */
  size_t held;
  size_t needed;   /* what it asked for last */
  bool complete;   /* the body is, and waits for its caller */
  lr_list waiting; /* in the list of those that wait, or alone */
} lr_sink_memory;

/* A function on the complete response, on the pool's thread. */
typedef struct lr_sink_transform {
  lariat_transform function; /* NULL: none */
  void *context;
  lariat_destroy destroy;
  bool done; /* `value` is the result */
  lariat_value value;
} lr_sink_transform;

typedef struct lr_body_sink {
  /* Written by the caller. */
  struct lariat_stream *stream; /* NULL: no stream */
  lr_pipe *pipe;                /* the source's reference */
  int fd;                       /* a duplicate; -1: none */
  int64_t fd_start;             /* its position then; -1: not to be set */
  int64_t fd_size;              /* the length of the file then */

  lr_sink_memory memory;
  lr_sink_transform transform;
  unsigned keep;            /* lariat_keep, joined */
  bool discards;            /* the body goes nowhere */
  lariat_response *history; /* the redirect followed last, and those before it,
                               while they are no response's; NULL: none */

  /* Written by the pool. */
  struct lr_job *job; /* while it runs, and its transport's sinks */
  lr_body_sinks *all;
  lr_sha256 *digest; /* of this body; NULL: none is wanted */
  lr_list node;      /* in the list of those to go on, or alone */
  lr_watch watch;    /* of the descriptor, while it is full */
  lr_sink_state state;
  bool paused;  /* the transport was told to wait */
  bool chunked; /* the answer was */
  int http_status;
  int error;         /* of the descriptor, an errno */
  size_t skip;       /* bytes that are written already, and will come again */
  size_t kept_ahead; /* bytes that are kept already, and will come again */
} lr_body_sink;

/* Makes the sink that `options` ask for; `*out` is NULL when they need none,
 * unless they have an observer: it hears of the head where sinks do.
 * The context of a transform is taken over, whatever is returned.  The caller's
 * thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  what the options say makes no sense
 * LARIAT_EWRITE  the descriptor is none */
lariat_status lr_body_sink_new(lr_memory_budget *budget,
                               lariat_reactor *reactor,
                               const lariat_request_options *options,
                               lr_body_sink **out);

/* Destroys the context of the transform of a request that is refused before it
 * has a job. */
void lr_body_sink_refuse(const lariat_request_options *options);

/* Frees a sink and what it holds.  Any thread that has the job alone. */
void lr_body_sink_free(lr_body_sink *sink);

/* Gives the body to the user: the budget counts no more of it than what of a
 * stream was not taken.  The response gets the redirects that led to it.  The
 * caller's thread, when the job, which has a sink, has returned. */
void lr_body_sink_give(struct lr_job *job);

/* Returns whether another attempt can deliver the body from its beginning. */
bool lr_body_sink_may_repeat(const lr_body_sink *sink);

/* Returns whether bytes of a body may ever go to the sink: one that is there
 * for a transform alone gets none. */
static inline bool lr_body_sink_may_open(const lr_body_sink *sink) {
  return sink->stream || sink->fd >= 0 || sink->memory.budget ||
         sink->keep & LARIAT_KEEP_RAW_BODY;
}

/* Returns whether a sink that is open puts the body into the response. */
static inline bool lr_body_sink_fills_response(const lr_body_sink *sink) {
  return sink->state == LR_SINK_OPEN && !sink->discards;
}

/* Returns whether bytes of the body go to the sink; else they go into the
 * response. */
static inline bool lr_body_sink_is_open(const lr_body_sink *sink) {
  return sink->state != LR_SINK_CLOSED;
}

/* ---- On the pool's thread ---- */

/* Prepares the lists of a transport, which sets `describe` and `resume`. */
void lr_body_sinks_init(lr_body_sinks *all, lr_memory_budget *budget,
                        lariat_reactor *reactor);

/* Unsets the timer of a transport that closes; no sink is in use. */
void lr_body_sinks_clear(lr_body_sinks *all);

/* Begins with the body of `job`, which has a sink and is about to start;
 * `digest` (may be NULL) gets all of the body. */
void lr_body_sink_begin(lr_body_sinks *all, struct lr_job *job,
                        lr_sha256 *digest);

/* Notes that a line of the head was taken: it may have been the last. */
void lr_body_sink_head(struct lr_job *job);

/* Takes the next bytes of the body; after LARIAT_EBUSY the same come again.
 *
 * LARIAT_OK     all of them were taken
 * LARIAT_EBUSY  not now: the same again, after `resume`
 * others        the job fails with that status */
lariat_status lr_body_sink_take(struct lr_job *job, const char *bytes,
                                size_t length);

/* Makes space in the budget for `more` bytes of the body before it is decoded,
 * which its response keeps.  LARIAT_OK, LARIAT_EBUSY as above. */
lariat_status lr_body_sink_hold_coded(lr_body_sink *sink, size_t more);

/* Ends the body of a job that is over, or stopped. */
void lr_body_sink_end(struct lr_job *job, lariat_status status);

/* Calls the transform, if there is one: the response is complete and the job
 * apart from its transport. */
void lr_body_sink_transform(struct lr_job *job);

/* Resumes bodies at the end of a turn: those for which there is memory now, and
 * those whose stream or descriptor has capacity again. */
void lr_body_sinks_turn_end(lr_body_sinks *all);

#endif
