/* SPDX-License-Identifier: MIT
 * body_source.h: where a body comes from that is not in memory: a range of a
 * file (file_source.c), or a producer on the caller's thread (upload.c).  A job
 * has one at most, and drops it as it drops a body. */
#ifndef LR_JOB_BODY_SOURCE_H
#define LR_JOB_BODY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>
#include <lariat/upload.h>

struct lr_job;

typedef struct lr_body_source lr_body_source;

/* The reader of a source, on the pool's thread.
 *   resume  called when there are bytes again after there were none; never
 *           inside `read` */
typedef struct lr_reader {
  void (*resume)(struct lr_reader *reader);
} lr_reader;

typedef struct lr_body_source_ops {
  /* On the pool's thread.
   *   seek  the next byte to be read is number `position`.  LARIAT_OK, or
   *         LARIAT_EUPLOAD: what was read cannot be read again
   *   read  puts up to `capacity` bytes (not 0) into `bytes`, and their number
   *         into `*got`; 0 is the end.  LARIAT_OK; LARIAT_EBUSY: there is none
   *         now, and the reader is resumed later; others: it failed, and
   *         `detail` says how
   *   over  this reader reads no more (may be NULL) */
  lariat_status (*seek)(lr_body_source *body_source, uint64_t position);
  lariat_status (*read)(lr_body_source *body_source, lr_reader *reader,
                        char *bytes, size_t capacity, size_t *got);
  void (*over)(lr_body_source *body_source);

  /* On the caller's thread: the request is over, and with LARIAT_OK it has its
   * answer (may be NULL). */
  void (*settle)(lr_body_source *body_source, lariat_status status);

  /* Gives the job's reference back.  The thread that has the job alone. */
  void (*drop)(lr_body_source *body_source);
} lr_body_source_ops;

struct lr_body_source {
  const lr_body_source_ops *ops;
  uint64_t length; /* LARIAT_LENGTH_UNKNOWN: until its end */

  /* Written by the pool while the job is away, then by the caller. */
  uint64_t given;  /* bytes read in this hop */
  bool ended;      /* all of them, in this hop */
  bool replayable; /* can be read a second time */
  char detail[96]; /* why it failed, or "" */
};

/* Returns whether a request with this body can be made once more: it can be
 * read again, or nothing of it was.  While the job is with the caller. */
static inline bool
lr_body_source_can_replay(const lr_body_source *body_source) {
  return body_source->replayable || body_source->given == 0;
}

/* Makes a source of a range of the regular file behind `fd`, which is
 * duplicated; `length` may be LARIAT_LENGTH_UNKNOWN: up to where its end is
 * now.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL   not an open file for reading, not a regular one, or the range
 *                 is not in it
 * LARIAT_ESYSTEM  no descriptor to be had; see errno */
lariat_status lr_file_source_new(int fd, uint64_t offset, uint64_t length,
                                 lr_body_source **out);

#endif
