/* SPDX-License-Identifier: MIT
 * gzip.h: decodes bodies that are coded as gzip, as they come.  What is not
 * gzip from its first byte to its last is left to libcurl, as in h1_parser.h.
 */
#ifndef LR_HTTP_GZIP_H
#define LR_HTTP_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* The state of one body: some 40 KB once it is used, so it is used again. */
typedef struct lr_gzip lr_gzip;

/* The decoders of one engine that are not in use.  Zeroed memory is an empty
 * pool. */
typedef struct lr_gzip_pool {
  lr_gzip *spare;
  unsigned count;
} lr_gzip_pool;

typedef enum lr_gzip_result {
  LR_GZIP_MORE,
  LR_GZIP_TOO_LARGE, /* more than `most` bytes came of it */
  LR_GZIP_FALLBACK,  /* libcurl must decode it: not gzip, or more than one
                        piece of it */
  LR_GZIP_NO_MEMORY
} lr_gzip_result;

/* Takes a decoder for the beginning of a body; NULL when out of memory. */
lr_gzip *lr_gzip_take(lr_gzip_pool *pool);

/* Gives a decoder back whose body is over, or given up. */
void lr_gzip_give(lr_gzip_pool *pool, lr_gzip *gzip);

/* Decodes `bytes` and appends the result to `*decoded`, which may have `most`
 * bytes. */
lr_gzip_result lr_gzip_feed(lr_gzip *gzip, const char *bytes, size_t length,
                            lr_buffer *decoded, uint64_t most);

/* Tells whether the body was whole: all that was fed, and no less. */
bool lr_gzip_whole(const lr_gzip *gzip);

/* Frees the decoders that are not in use. */
void lr_gzip_pool_clear(lr_gzip_pool *pool);

#endif
