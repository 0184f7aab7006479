/* SPDX-License-Identifier: MIT
 * warc_source.h: the text of a file: gzip members undone, where it has some,
 * with the offset in the file that each part of it comes from. */
#ifndef CRAWL_WARC_SOURCE_H
#define CRAWL_WARC_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lr_crawl_warc_source lr_crawl_warc_source;

/* The results of a read. */
typedef enum lr_crawl_warc_read {
  LR_CRAWL_WARC_TEXT,    /* there is text, more than before */
  LR_CRAWL_WARC_ENDED,   /* a gzip member has ended, and its text is used up */
  LR_CRAWL_WARC_FOUND,   /* after a search: text may be a record's */
  LR_CRAWL_WARC_BROKEN,  /* a gzip member is broken; searching from here on */
  LR_CRAWL_WARC_STARVED, /* all bytes are used */
  LR_CRAWL_WARC_NO_MEMORY
} lr_crawl_warc_read;

/* Returns a source for a file from its first byte on; NULL: out of memory. */
lr_crawl_warc_source *lr_crawl_warc_source_new(void);
void lr_crawl_warc_source_free(lr_crawl_warc_source *source);

/* Begins at another offset, with nothing in hand. */
void lr_crawl_warc_source_begin(lr_crawl_warc_source *source, uint64_t offset,
                                bool search);

/* Drops the text in hand, and what is left of its member; looks among the bytes
 * of the file for the next member or line that may be a record's. */
void lr_crawl_warc_source_search(lr_crawl_warc_source *source);

/* Reads some of the bytes at `bytes`; `*used` gets how many.  What is in hand
 * stays, and more comes behind it. */
lr_crawl_warc_read lr_crawl_warc_source_read(lr_crawl_warc_source *source,
                                             const char *bytes, size_t length,
                                             size_t *used);

/* Returns the text in hand. */
const char *lr_crawl_warc_source_text(const lr_crawl_warc_source *source,
                                      size_t *length);
/* Uses up `length` bytes of it; they stay where they are until the next read.
 */
void lr_crawl_warc_source_take(lr_crawl_warc_source *source, size_t length);

/* Tells that the text in hand has been a record's: what else there is of the
 * file is like that, compressed or not. */
void lr_crawl_warc_source_confirm(lr_crawl_warc_source *source);

/* Tells whether the text in hand is a gzip member's; whether it is its first;
 * and whether the file ends within a member, if it ends here. */
bool lr_crawl_warc_source_is_gzip(const lr_crawl_warc_source *source);
bool lr_crawl_warc_source_is_fresh(const lr_crawl_warc_source *source);
bool lr_crawl_warc_source_is_cut(const lr_crawl_warc_source *source);

/* Returns the offset of the text in hand; of a member, that of its first
 * byte. */
uint64_t lr_crawl_warc_source_offset(const lr_crawl_warc_source *source);
/* Returns the offset of the member that was broken. */
uint64_t lr_crawl_warc_source_broken(const lr_crawl_warc_source *source);
/* Returns the offset behind what was used. */
uint64_t lr_crawl_warc_source_end(const lr_crawl_warc_source *source);

#endif
