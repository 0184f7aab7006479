/* SPDX-License-Identifier: MIT
 * pipe.h: bytes on their way from one reactor's thread to another's (or to
 * itself), under a window: the source learns when it is ahead by so much, and
 * when there is capacity again.  There is no lock: bytes travel as mail, and
 * the mails return without them as credits, half a window at a time.
 *
 * A pipe has two ends, the source and the sink.  It is made by one thread,
 * which opens its own end; the other end is opened by the other thread, which
 * has got the pipe with a job.  Each end is a reference, given back by closing
 * that end; the memory is freed with the second reference and the last mail.
 * Each function is for the thread of its end.
 *
 * The owner of an end closes it before its reactor ends.  Mail that a closing
 * reactor has not delivered is freed, and the other end goes on as if nobody
 * read, or nothing came. */
#ifndef LR_JOB_PIPE_H
#define LR_JOB_PIPE_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/reactor.h>
#include <lariat/status.h>

typedef struct lr_pipe lr_pipe;

/* Bytes travel in pieces of at most so many. */
#define LR_CHUNK_CAPACITY 16384u

/* A piece of a body: what users get as a chunk. */
typedef struct lariat_chunk {
  size_t length;
  char bytes[]; /* LR_CHUNK_CAPACITY */
} lr_chunk;

/* Called on the source's thread, never inside a call of the source's.
 *   capacity  it was full, and half of the window is free again
 *   stopped   the sink has closed: what is put in from now on is dropped
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

/* Makes a pipe with two references, one for each end.  `window`: so many bytes
 * may be under way; counted in whole chunks, so that small pieces cannot take
 * more memory than large ones.  NULL when out of memory.  Any thread. */
lr_pipe *lr_pipe_new(size_t window);

/* Has the sink give credits back as soon as it finds the pipe empty, and not
 * only half a window at a time, so that the source learns when nothing is held
 * any more.  Before an end is opened. */
void lr_pipe_be_prompt(lr_pipe *pipe);

/* Gives back the reference of an end that was never opened.  The other end is
 * not told.  Any thread. */
void lr_pipe_drop(lr_pipe *pipe);

/* Opens an end on the calling thread's `reactor`.  The thread that opens the
 * second end has got the pipe by a mail, and so sees what the first wrote. */
void lr_pipe_open_source(lr_pipe *pipe, lariat_reactor *reactor,
                         const lr_source_ops *ops, void *context);
void lr_pipe_open_sink(lr_pipe *pipe, lariat_reactor *reactor,
                       const lr_sink_ops *ops, void *context);

/* ---- Source ---- */

/* Returns whether the window is used up: `capacity` is called when half of it
 * is free again.  Putting is allowed all the same, for a source that has begun
 * with a piece. */
bool lr_pipe_full(lr_pipe *pipe);

/* Returns the bytes that were put in and not taken out, as far as the source
 * knows, in whole chunks. */
size_t lr_pipe_held(const lr_pipe *pipe);

/* Copies `bytes` in.  They leave in this turn, or the next.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  out of memory; nothing was put in */
lariat_status lr_pipe_put(lr_pipe *pipe, const void *bytes, size_t length);

/* Ends the bytes: LARIAT_OK, or why they end early.  The first call counts. */
void lr_pipe_end(lr_pipe *pipe, lariat_status status);

/* Closes the source; without an end before, the pipe ends with
 * LARIAT_ECANCELLED. */
void lr_pipe_close_source(lr_pipe *pipe);

/* ---- Sink ---- */

/* Takes the next chunk, which the caller frees (lr_chunk_free); NULL when there
 * is none now. */
lr_chunk *lr_pipe_next(lr_pipe *pipe);

/* Copies up to `capacity` bytes out and returns their number, 0 when there are
 * none now.  A sink uses this or lr_pipe_next. */
size_t lr_pipe_read(lr_pipe *pipe, void *into, size_t capacity);

/* Returns the bytes that have arrived and were not taken out, in whole chunks.
 */
size_t lr_pipe_waiting(const lr_pipe *pipe);

/* Returns whether all was taken out and no more will come; `*status` is what
 * the source gave as the end. */
bool lr_pipe_over(const lr_pipe *pipe, lariat_status *status);

/* Closes the sink: what is in the pipe is dropped, and the source told to stop.
 */
void lr_pipe_close_sink(lr_pipe *pipe);

/* Frees a chunk; NULL is allowed.  Any thread. */
void lr_chunk_free(lr_chunk *chunk);

#endif
