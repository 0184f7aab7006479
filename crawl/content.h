/* SPDX-License-Identifier: MIT
 * content.h: undoes the content codings of a body that is kept as it came. */
#ifndef CRAWL_CONTENT_H
#define CRAWL_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/response.h>
#include <lariat/status.h>

#include "bytes.h"

/* The codings that are asked for. */
#define LR_CRAWL_ACCEPT_ENCODING "gzip, deflate"

/* A body without its codings.  The bytes are those of the body that was given,
 * or of `own`. */
typedef struct lr_crawl_content {
  const char *bytes;
  size_t length;
  bool cut; /* at `most` bytes, or where the coding breaks off */
  lr_crawl_bytes own;
} lr_crawl_content;

/* Undoes what the Content-Encoding of `response` says, up to `most` bytes.
 * What can be read of a body that is cut or broken is there.
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EENCODING  a coding that is not known, or nothing can be read */
lariat_status lr_crawl_content_read(const lariat_response *response,
                                    const char *body, size_t length,
                                    size_t most, lr_crawl_content *out);
void lr_crawl_content_clear(lr_crawl_content *content);

#endif
