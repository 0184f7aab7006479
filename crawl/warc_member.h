/* SPDX-License-Identifier: MIT
 * warc_member.h: gzip members (RFC 1952), one for each record. */
#ifndef CRAWL_WARC_MEMBER_H
#define CRAWL_WARC_MEMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "warc_text.h"

typedef struct lr_crawl_warc_packer lr_crawl_warc_packer;

/* The effort that a member is worth. */
typedef enum lr_crawl_warc_effort {
  LR_CRAWL_WARC_NORMAL = 0, /* the level that was asked for */
  LR_CRAWL_WARC_QUICK = 1,  /* level 1: it is short */
  LR_CRAWL_WARC_STORED = 2  /* level 0: its body is compressed already */
} lr_crawl_warc_effort;

/* Bytes that become a part of a member. */
typedef struct lr_crawl_warc_part {
  const char *bytes;
  size_t length;
} lr_crawl_warc_part;

/* Returns what makes members, with level 1 to 12; NULL: out of memory. */
lr_crawl_warc_packer *lr_crawl_warc_packer_new(int level);
void lr_crawl_warc_packer_free(lr_crawl_warc_packer *packer);

/* Appends one member with all of `bytes`; false: out of memory. */
bool lr_crawl_warc_pack(lr_crawl_warc_packer *packer, const char *bytes,
                        size_t length, lr_crawl_warc_effort effort,
                        lr_crawl_warc_text *out);

/* Appends one member with `count` parts one behind the other, of any length,
 * compressed a piece at a time; false: out of memory. */
bool lr_crawl_warc_pack_parts(lr_crawl_warc_packer *packer,
                              const lr_crawl_warc_part *parts, size_t count,
                              lr_crawl_warc_effort effort,
                              lr_crawl_warc_text *out);

#endif
