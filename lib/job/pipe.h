/* SPDX-License-Identifier: MIT
 * pipe.h: bytes on their way from one reactor's thread to another's (or to
 * itself), under a window: who puts them in learns when he is ahead by so
 * much, and when there is room again.  No lock: bytes travel as mail, and the
 * mails, emptied, come back as credits, half a window at a time.
 *
 * A pipe has two ends, the source and the sink.  It is made by one thread,
 * which opens its own end; the other end is opened by the other thread, which
 * has got the pipe by some hand-over of its own (a job, say).  Each end is a
 * reference, given back by closing that end; the memory goes with the second
 * reference and the last mail.  Each function is for the thread of its end.
 *
 * The reactor of an end that is open is there: who owns the end closes it when
 * the reactor closes.  Mail that is lost that way is freed, and the other end
 * goes on as if nobody read, or nothing came. */
#ifndef LR_JOB_PIPE_H
#define LR_JOB_PIPE_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/reactor.h>
#include <lariat/status.h>

typedef struct lr_pipe lr_pipe;

/* Bytes travel in pieces of at most so many. */
#define LR_CHUNK_CAPACITY 16384u

/* The public chunk is the same. */
typedef struct lariat_chunk {
  size_t length;
  char bytes[]; /* LR_CHUNK_CAPACITY */
} lr_chunk;

/* Called on the source's thread, never inside a call of the source's.
 *   room     it was full, and half of the window is free again
 *   stopped  the sink has closed: what is put in from now on is dropped
 * The source may be closed inside.  Either may be NULL. */
typedef struct lr_source_ops {
  void (*capacity)(void *context);
  void (*stopped)(void *context);
} lr_source_ops;

/* Called on the sink's thread, never inside a call of the sink's.
 *   arrived  it was found empty (as it is at first), and there are bytes now,
 *            or the end.  The sink may be closed inside. */
typedef struct lr_sink_ops {
  void (*arrived)(void *context);
} lr_sink_ops;

/* A pipe with two references, one for each end.  `window`: so many bytes may
 * be under way; counted in whole chunks, so that small pieces cannot take more
 * memory than large ones.  NULL when out of memory.  Any thread. */
lr_pipe *lr_pipe_new(size_t window);

/* Its sink gives credits back as soon as it is found empty, and not only half
 * a window at a time: the source knows then that nothing of it is held.  Before
 * an end is opened. */
void lr_pipe_be_prompt(lr_pipe *pipe);

/* Gives back the reference of an end that was never opened.  The other end is
 * not told.  Any thread. */
void lr_pipe_drop(lr_pipe *pipe);

/* Opens an end on the calling thread's `reactor`.  The second to be opened has
 * seen the first: it came by a hand-over that orders memory. */
void lr_pipe_open_source(lr_pipe *pipe, lariat_reactor *reactor,
                         const lr_source_ops *ops, void *context);
void lr_pipe_open_sink(lr_pipe *pipe, lariat_reactor *reactor,
                       const lr_sink_ops *ops, void *context);

/* The source. */

/* Whether the window is used up: `room` will tell when it is not any more.
 * Putting is allowed all the same: this is a request to stop, which a source
 * that has a piece in its hands may be late to follow. */
bool lr_pipe_full(lr_pipe *pipe);

/* Bytes that were put in and not taken out, as far as the source knows, in
 * whole chunks. */
size_t lr_pipe_held(const lr_pipe *pipe);

/* Copies `bytes` in.  They leave in this turn, or the next.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  out of memory; nothing was put in */
lariat_status lr_pipe_put(lr_pipe *pipe, const void *bytes, size_t length);

/* No more bytes: LARIAT_OK, or why they end early.  The first call counts. */
void lr_pipe_end(lr_pipe *pipe, lariat_status status);

/* Lets go; without an end before, the pipe ends with LARIAT_ECANCELLED. */
void lr_pipe_close_source(lr_pipe *pipe);

/* The sink. */

/* The next chunk, the caller's from now on (lr_chunk_free), or NULL when there
 * is none now. */
lr_chunk *lr_pipe_next(lr_pipe *pipe);

/* The same, copied: up to `room` bytes, 0 when there are none now.  A sink
 * uses this or lr_pipe_next. */
size_t lr_pipe_read(lr_pipe *pipe, void *into, size_t capacity);

/* Bytes that have arrived and were not taken out, in whole chunks. */
size_t lr_pipe_waiting(const lr_pipe *pipe);

/* Whether all was taken out and no more will come; `*status` is what the
 * source gave as the end. */
bool lr_pipe_over(const lr_pipe *pipe, lariat_status *status);

/* Lets go: what is in the pipe is dropped, and the source told to stop. */
void lr_pipe_close_sink(lr_pipe *pipe);

/* Any thread; NULL is allowed. */
void lr_chunk_free(lr_chunk *chunk);

#endif
