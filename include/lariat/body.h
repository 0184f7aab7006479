/* SPDX-License-Identifier: MIT
 * lariat_body: what a request sends, as one of several kinds.
 *
 *   options.body = lariat_body_bytes(text, length);
 *   options.body = lariat_body_owned(bytes, length, free);
 *   options.body = lariat_body_file(fd, 0, LARIAT_LENGTH_UNKNOWN);
 *   options.body = lariat_body_producer(upload);
 *
 * A lariat_body is a value.  Making or copying one copies no byte, opens
 * nothing and cannot fail; lariat_request looks at it, and says what is wrong
 * with it.  Zeroed memory is lariat_body_none(). */
#ifndef LARIAT_BODY_H
#define LARIAT_BODY_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/upload.h>

LARIAT_BEGIN_C

typedef enum lariat_body_kind {
  LARIAT_BODY_NONE = 0,
  LARIAT_BODY_BYTES = 1,   /* in memory, copied by the request */
  LARIAT_BODY_OWNED = 2,   /* in memory, taken over by the request */
  LARIAT_BODY_FILE = 3,    /* a range of a regular file */
  LARIAT_BODY_PRODUCER = 4 /* written while it is sent: lariat/upload.h */
} lariat_body_kind;

/* The members of `as` belong to the kinds; a kind that lariat_request does not
 * know is LARIAT_EINVAL.  Use the functions below to make one. */
typedef struct lariat_body {
  lariat_body_kind kind;
  union {
    struct {
      const void *bytes;
      size_t length;
      void (*drop)(void *bytes);
    } memory; /* BYTES and OWNED */
    struct {
      int fd;
      uint64_t offset;
      uint64_t length;
    } file;
    lariat_upload *upload; /* PRODUCER */
    uint64_t reserved[4];  /* the size stays the same when kinds are added */
  } as;
} lariat_body;

/* No body.  Any thread, as the other four. */
static inline lariat_body lariat_body_none(void) {
  lariat_body body = {LARIAT_BODY_NONE, {{NULL, 0, NULL}}};
  return body;
}

/* Sends `length` bytes, which lariat_request copies: they are the caller's
 * before and after that call, and only have to be there while it runs.
 * `bytes` may be NULL when `length` is 0: an empty body.
 *
 * The request can fail with
 *   LARIAT_EINVAL  `bytes` is NULL and `length` is not 0
 *   LARIAT_ENOMEM  no memory for the copy */
static inline lariat_body lariat_body_bytes(const void *bytes, size_t length) {
  lariat_body body = lariat_body_none();
  body.kind = LARIAT_BODY_BYTES;
  body.as.memory.bytes = bytes;
  body.as.memory.length = length;
  return body;
}

/* Sends `length` bytes without a copy.  They are the caller's until
 * lariat_request is called, and the request's from then on, whatever comes of
 * it: `drop` is called with them, once, on any thread, perhaps inside that
 * call.  (The one exception is an options struct without its `size`, of which
 * nothing is read: the bytes stay the caller's.)  With `drop` NULL nothing is
 * called: for bytes that outlive the pool, as static ones do.  `bytes` may be
 * NULL when `length` is 0: an empty body, for which `drop` is not called.
 *
 * The request can fail with
 *   LARIAT_EINVAL  `bytes` is NULL and `length` is not 0 */
static inline lariat_body lariat_body_owned(const void *bytes, size_t length,
                                            void (*drop)(void *bytes)) {
  lariat_body body = lariat_body_bytes(bytes, length);
  body.kind = LARIAT_BODY_OWNED;
  body.as.memory.drop = drop;
  return body;
}

/* Sends a range of the regular file behind `fd`, which is open for reading:
 * `length` bytes from `offset` on, or with LARIAT_LENGTH_UNKNOWN all up to the
 * end that the file has when lariat_request is called.  The pool reads it
 * while it is sent, and again for a redirect or a retry.  lariat_request
 * duplicates the descriptor: it is the caller's before and after, may be
 * closed after the call, and its position is neither used nor changed.  A file
 * that becomes shorter meanwhile fails the request with LARIAT_EUPLOAD.
 *
 * The request can fail with
 *   LARIAT_EINVAL   not a descriptor open for reading, not a regular file, a
 *                   range that is not in it, or the method is HEAD
 *   LARIAT_ESYSTEM  the descriptor cannot be duplicated; see errno
 *   LARIAT_ENOMEM
 *   LARIAT_EUPLOAD  the file cannot be read to the end of the range */
static inline lariat_body lariat_body_file(int fd, uint64_t offset,
                                           uint64_t length) {
  lariat_body body = lariat_body_none();
  body.kind = LARIAT_BODY_FILE;
  body.as.file.fd = fd;
  body.as.file.offset = offset;
  body.as.file.length = length;
  return body;
}

/* Sends what is written into `upload`, which is for this one request.
 * lariat_request takes a reference of its own; the caller keeps the one that
 * lariat_upload_new gave, and releases it when nothing more is to be written.
 * When the request is refused, writes fail with the same status.
 *
 * The request can fail with
 *   LARIAT_EINVAL   `upload` is NULL or of another reactor, or the method is
 *                   HEAD
 *   LARIAT_EALREADY it has had a request before
 *   LARIAT_EUPLOAD  the producer failed, stopped early, or wrote more or less
 *                   than it said */
static inline lariat_body lariat_body_producer(lariat_upload *upload) {
  lariat_body body = lariat_body_none();
  body.kind = LARIAT_BODY_PRODUCER;
  body.as.upload = upload;
  return body;
}

LARIAT_END_C

#endif
