/* SPDX-License-Identifier: MIT
 * warc_record.h: one record after the other, from its first field to the end of
 * its gzip member. */
#ifndef CRAWL_WARC_RECORD_H
#define CRAWL_WARC_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/crawl/warc.h>
#include <lariat/status.h>

#include "warc_digest.h"
#include "warc_member.h"
#include "warc_random.h"
#include "warc_text.h"

struct lariat_crawl_warc_buffer {
  lr_crawl_warc_text out;       /* the records that are done */
  lr_crawl_warc_text record;    /* the one that is being made */
  lr_crawl_warc_text head;      /* the first part of its block */
  lr_crawl_warc_packer *packer; /* NULL: records are not compressed */
  lr_crawl_warc_digest *digest;
  lr_crawl_warc_random random;
  char info_id[LR_CRAWL_WARC_ID_CAPACITY]; /* "": no warcinfo was added */
};

/* The block of a record: `head` of the buffer, and behind it a body. */
typedef struct lr_crawl_warc_block {
  const char *content_type;
  const char *body;
  size_t body_length;
  lr_crawl_warc_effort effort;
} lr_crawl_warc_block;

/* Begins a record of `type`, "response", with the fields that all have; its
 * new id goes into `id`. */
void lr_crawl_warc_record_begin(lariat_crawl_warc_buffer *buffer,
                                const char *type, int64_t at_ns,
                                char id[LR_CRAWL_WARC_ID_CAPACITY]);

/* Add a field; where `value` is NULL, none. */
void lr_crawl_warc_record_field(lariat_crawl_warc_buffer *buffer,
                                const char *name, const char *value);
/* With the password of the URL masked, unless `keep_secrets`. */
void lr_crawl_warc_record_url(lariat_crawl_warc_buffer *buffer,
                              const char *name, const char *url,
                              bool keep_secrets);
void lr_crawl_warc_record_date(lariat_crawl_warc_buffer *buffer,
                               const char *name, int64_t at_ns);
void lr_crawl_warc_record_digest(lariat_crawl_warc_buffer *buffer,
                                 const char *name,
                                 const uint8_t sha1[LR_CRAWL_SHA1_BYTES]);

/* Ends the record: its block, and what is said of it.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_ESYSTEM  OpenSSL makes no digest */
lariat_status lr_crawl_warc_record_end(lariat_crawl_warc_buffer *buffer,
                                       const lr_crawl_warc_block *block);

#endif
