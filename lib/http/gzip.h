/* SPDX-License-Identifier: MIT
 * coding.h: bodies in gzip's coding, made plain as they come.  What is not
 * gzip from its first byte to its last is "odd", as in answer.h. */
#ifndef LR_HTTP_GZIP_H
#define LR_HTTP_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* The state of one body: some 40 KB once it is used, so it is used again. */
typedef struct lr_coding lr_coding;

/* Those that are not in use, of one engine.  Zeroed memory is an empty one. */
typedef struct lr_codings {
  lr_coding *spare;
  unsigned count;
} lr_codings;

typedef enum lr_coding_verdict {
  LR_CODING_MORE,
  LR_CODING_OVER, /* more than `most` bytes came of it */
  LR_CODING_ODD,  /* not gzip, or more than one piece of it */
  LR_CODING_NO_MEMORY
} lr_coding_verdict;

/* One at the beginning of a body; NULL when out of memory. */
lr_coding *lr_coding_take(lr_codings *codings);

/* Its body is over, or given up. */
void lr_coding_give(lr_codings *codings, lr_coding *coding);

/* Appends what `bytes` come to to `*plain`, which may have `most` bytes. */
lr_coding_verdict lr_coding_feed(lr_coding *coding, const char *bytes,
                                 size_t length, lr_buffer *plain,
                                 uint64_t most);

/* Whether the body was whole: all that was fed, and no less. */
bool lr_coding_whole(const lr_coding *coding);

void lr_codings_clear(lr_codings *codings);

#endif
