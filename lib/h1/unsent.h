/* SPDX-License-Identifier: MIT
 * unsent.h: the part of a request that has not gone out: the end of its head,
 * and its body.  Most requests go out at once, and have none. */
#ifndef LR_H1_UNSENT_H
#define LR_H1_UNSENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "h1/request_head.h"
#include "job/body_source.h"
#include "job/job.h"
#include "net/stream.h"
#include <lariat/status.h>

typedef enum lr_unsent_state {
  LR_UNSENT_GOES,    /* out, as the connection takes it */
  LR_UNSENT_WAITS,   /* for its source, which has nothing now */
  LR_UNSENT_STOPPED, /* no more of it goes out: an answer has come */
  LR_UNSENT_LOST     /* likewise: the connection takes no more */
} lr_unsent_state;

typedef struct lr_unsent {
  lr_reader reader; /* of the source */
  void *owner;      /* for whoever is resumed */
  const char *next; /* to go out first */
  size_t left;      /* of that */
  const char *body; /* behind it, in the job's memory */
  size_t body_length;
  lr_body_source *source; /* behind it else; NULL: none */
  lr_buffer buffer;       /* where `next` is, unless it is in the body */
  uint8_t state;          /* lr_unsent_state */
  bool chunked;           /* what the source gives goes out in chunks */
  bool ended;             /* the source is */
} lr_unsent;

/* Returns whether there is more of the job's request than what
 * lr_request_head_write has written. */
static inline bool lr_unsent_is_wanted(const lr_job *job) {
  return job->body.source || job->body.length > LR_REQUEST_HEAD_BODY_MAX;
}

/* Makes the part of the job's request that is behind what has gone out: the
 * `length` bytes at `text`, which are copied, and the body that was not with
 * the head; `resume` goes on when a source has bytes again.
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EUPLOAD  the body was read already, and cannot be again */
lariat_status lr_unsent_new(const lr_job *job, const char *text, size_t length,
                            void (*resume)(lr_reader *reader), lr_unsent **out);

/* Frees it; its source is read no more. */
void lr_unsent_free(lr_unsent *unsent);

/* Sends as much as goes now.
 * LARIAT_OK     that was all
 * LARIAT_EBUSY  there is more, as the state says
 * others        the source has failed */
lariat_status lr_unsent_send(lr_unsent *unsent, lr_stream *stream);

#endif
