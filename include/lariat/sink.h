/* SPDX-License-Identifier: MIT
 * lariat_sink: where the body of a response goes, as one of several kinds.
 *
 *   options.sink = lariat_sink_stream(64 * 1024);
 *   options.sink = lariat_sink_fd(fd);
 *   options.sink = lariat_sink_discard();
 *
 * A lariat_sink is a value.  Making or copying one opens nothing and
 * cannot fail; lariat_request looks at it, and says what is wrong with it.
 * Zeroed memory is lariat_sink_memory().
 *
 * Once a stream or a descriptor has the first of a final answer, nothing is
 * tried again, whatever its status is and whatever comes of the body; but of a
 * regular file, which is set back and cut to what it was. */
#ifndef LARIAT_SINK_H
#define LARIAT_SINK_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>

LARIAT_BEGIN_C

typedef enum lariat_sink_kind {
  LARIAT_SINK_MEMORY = 0, /* into the response */
  LARIAT_SINK_STREAM = 1, /* to the caller, in pieces: lariat/stream.h */
  LARIAT_SINK_FD = 2,     /* to a descriptor */
  LARIAT_SINK_DISCARD = 3 /* nowhere: it is read and counted */
} lariat_sink_kind;

/* The members of `as` belong to the kinds; a kind that lariat_request does not
 * know is LARIAT_EINVAL.  Use the functions below to make one. */
typedef struct lariat_sink {
  lariat_sink_kind kind;
  union {
    size_t window_bytes;  /* STREAM */
    int fd;               /* FD */
    uint64_t reserved[2]; /* the size stays the same when kinds are added */
  } as;
} lariat_sink;

/* Keeps the body in the response: lariat_response_body.  The default.  Any
 * thread, as the other three. */
static inline lariat_sink lariat_sink_memory(void) {
  lariat_sink sink = {LARIAT_SINK_MEMORY, {0}};
  return sink;
}

/* Gives the body to the caller in pieces, as it comes: the request's deferred
 * fires when the head of the final answer is complete, and
 * lariat_response_stream gives the stream, which the response owns.
 * `window_bytes` is how much of the body may be under way to a caller who does
 * not take it (0: 256 KiB).  Not with a transform.
 *
 * The request can fail with
 *   LARIAT_EINVAL  there is a transform
 *   LARIAT_ENOMEM */
static inline lariat_sink lariat_sink_stream(size_t window_bytes) {
  lariat_sink sink = lariat_sink_memory();
  sink.kind = LARIAT_SINK_STREAM;
  sink.as.window_bytes = window_bytes;
  return sink;
}

/* Writes the body to `fd`, from its position on, on the pool's thread.
 * lariat_request duplicates the descriptor: it is the caller's before and
 * after, and may be closed after the call.  After a failure or a cancel a part
 * may be written, and of a cancel a last piece a moment later.  A descriptor
 * that blocks holds the thread up; one that does not is waited for.  A
 * transform is called with a response whose body is empty.
 *
 * The request can fail with
 *   LARIAT_EWRITE  not an open descriptor, or writing failed: the failure's
 *                  text says how
 *   LARIAT_ENOMEM */
static inline lariat_sink lariat_sink_fd(int fd) {
  lariat_sink sink = lariat_sink_memory();
  sink.kind = LARIAT_SINK_FD;
  sink.as.fd = fd;
  return sink;
}

/* Reads the body to its end and keeps nothing of it: lariat_response_body is
 * empty, lariat_response_body_bytes and lariat_response_sha256 are those of
 * the whole, and `max_body_bytes` holds.  The memory for it does not grow with
 * its length, and is not part of the pool's `max_body_memory`.  Retries and
 * redirects are as with memory.  A transform is called with a response whose
 * body is empty. */
static inline lariat_sink lariat_sink_discard(void) {
  lariat_sink sink = lariat_sink_memory();
  sink.kind = LARIAT_SINK_DISCARD;
  return sink;
}

LARIAT_END_C

#endif
