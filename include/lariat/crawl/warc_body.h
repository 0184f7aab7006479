/* SPDX-License-Identifier: MIT
 * lariat_crawl_warc_body: the body of a record as a browser would have it:
 * chunks and content codings (gzip, brotli, zstd: what this lariat knows)
 * undone. Some writers leave the chunks in the block, others undo them and
 * leave "Transfer-Encoding: chunked" in the head; both are read. */
#ifndef LARIAT_CRAWL_WARC_BODY_H
#define LARIAT_CRAWL_WARC_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/crawl/warc_reader.h>
#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_crawl_warc_body lariat_crawl_warc_body;

/* Takes a piece of the body, in the feed or end that it comes from. */
typedef void lariat_crawl_warc_body_sink(void *context, const char *bytes,
                                         size_t length);

/* The codings that are undone. */
typedef enum lariat_crawl_warc_coding {
  LARIAT_CRAWL_WARC_CHUNKS = 0, /* only the chunks */
  LARIAT_CRAWL_WARC_ALL = 1     /* content codings, too */
} lariat_crawl_warc_coding;

/* Makes a decoder, and puts it into `*out`; the caller owns it
 * (lariat_crawl_warc_body_free).  `context` is for the sink.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_warc_body_new(lariat_crawl_warc_body_sink *sink, void *context,
                           lariat_crawl_warc_body **out);

/* Frees the decoder; NULL is allowed.  Any thread. */
LARIAT_API void lariat_crawl_warc_body_free(lariat_crawl_warc_body *body);

/* Prepares for the body of the record in hand, once its HEAD has come; without
 * one the body is the block.  The thread of both.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_warc_body_begin(
    lariat_crawl_warc_body *body, lariat_crawl_warc_reader *reader,
    lariat_crawl_warc_coding coding);

/* Takes a piece: lariat_crawl_warc_reader_piece.  The decoder's thread.
 *
 * LARIAT_OK
 *
 * and these, which stay:
 *
 * LARIAT_EENCODING  a content coding is broken or not known
 * LARIAT_EPROTOCOL  chunks that are not proper
 * LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_warc_body_feed(
    lariat_crawl_warc_body *body, const char *bytes, size_t length);

/* Takes the body's end.  The decoder's thread.
 *
 * LARIAT_OK
 * LARIAT_ETRUNCATED  it is cut
 *
 * and what lariat_crawl_warc_body_feed returns */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_warc_body_end(lariat_crawl_warc_body *body);

LARIAT_END_C

#endif
