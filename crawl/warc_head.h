/* SPDX-License-Identifier: MIT
 * warc_head.h: heads of requests and answers as records keep them. */
#ifndef CRAWL_WARC_HEAD_H
#define CRAWL_WARC_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "warc_member.h"
#include "warc_text.h"

/* An answer's head, and the facts that decide how it is written. */
typedef struct lr_crawl_warc_head {
  const char *bytes;
  size_t length;
  bool transfer_coded; /* it has a Transfer-Encoding, which the body has not */
  bool is_packed;      /* the body does not shrink */
} lr_crawl_warc_head;

lr_crawl_warc_head lr_crawl_warc_head_read(const char *bytes, size_t length);

/* Writes an answer's head: as it came, but that
 * - the version of what is not HTTP/1.x becomes HTTP/1.1;
 * - of a body whose transfer coding was undone, Transfer-Encoding and
 *   Content-Length are called X-Crawl-Transfer-Encoding and
 *   X-Crawl-Content-Length: they are no longer true;
 * - the empty line is added where it is missing. */
void lr_crawl_warc_head_put(lr_crawl_warc_text *text,
                            const lr_crawl_warc_head *head);

/* Writes a request's head, likewise; unless `keep_secrets`, the values of
 * Authorization, Proxy-Authorization and Cookie are "***", and so are the
 * passwords of URLs. */
void lr_crawl_warc_head_put_request(lr_crawl_warc_text *text, const char *bytes,
                                    size_t length, bool keep_secrets);

/* Writes a text with a URL in it whose password is "***". */
void lr_crawl_warc_head_put_masked(lr_crawl_warc_text *text, const char *bytes,
                                   size_t length);

#endif
