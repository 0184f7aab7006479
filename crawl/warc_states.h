/* SPDX-License-Identifier: MIT
 * warc_states.h: a reader's states, and what moves it from one to the next. */
#ifndef CRAWL_WARC_STATES_H
#define CRAWL_WARC_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/crawl/warc_reader.h>

#include "warc_fields.h"
#include "warc_source.h"
#include "warc_text.h"

enum lr_crawl_warc_state {
  LR_CRAWL_WARC_BETWEEN, /* line ends may come, or a record */
  LR_CRAWL_WARC_HEADER,
  LR_CRAWL_WARC_HEAD,     /* of HTTP */
  LR_CRAWL_WARC_LEFTOVER, /* what was taken for a head is to be told as a piece
                           */
  LR_CRAWL_WARC_BLOCK,
  LR_CRAWL_WARC_LINE_ENDS, /* the two CRLF behind the block */
  LR_CRAWL_WARC_BEHIND,    /* in a gzip member, behind its record */
  LR_CRAWL_WARC_ENDING,    /* END is to be told */
  LR_CRAWL_WARC_LOOKING    /* for a line that begins with "WARC/" */
};

/* The reason why what is read need not be a record: nothing is told of it
 * then. */
enum lr_crawl_warc_doubt {
  LR_CRAWL_WARC_NO_DOUBT,
  LR_CRAWL_WARC_LINE_FOUND,
  LR_CRAWL_WARC_BYTES_FOUND
};

struct lr_crawl_warc_record_in_hand {
  lariat_crawl_warc_type type;
  uint64_t offset, length;
  uint64_t block_length;
};

struct lariat_crawl_warc_reader {
  lr_crawl_warc_source *source;
  enum lr_crawl_warc_state state;
  enum lr_crawl_warc_doubt doubt;
  lariat_status status;
  lr_crawl_warc_text header; /* the bytes of the header, or of the head */
  lr_crawl_warc_fields fields;
  lr_crawl_warc_fields http;
  struct lr_crawl_warc_record_in_hand record;
  lariat_crawl_warc_fault fault;
  uint64_t left;     /* of the block */
  size_t line;       /* where the last line of `header` begins */
  unsigned trailing; /* bytes of the line ends behind the block */
  unsigned matched;  /* bytes of the mark */
  const char *piece;
  size_t piece_length;
  struct {
    bool line_begins; /* LR_CRAWL_WARC_LOOKING: at the beginning of a line */
    bool shared;      /* the member has more than one record */
    bool spread;      /* the record has more than one member */
  } is;
  struct {
    bool head;  /* the record has a head of HTTP, in `header` */
    bool http;  /* which was read into `http` */
    bool ended; /* the file has */
  } has;
};

/* Each tells an event by `*out` and true, or nothing by false. */

/* Uses the text in hand until there is something to tell; false: more is
 * needed. */
bool lr_crawl_warc_use_text(lariat_crawl_warc_reader *reader,
                            lariat_crawl_warc_event *out);
/* Take the end of a gzip member whose text is used up, and that one is
 * broken. */
bool lr_crawl_warc_end_member(lariat_crawl_warc_reader *reader,
                              lariat_crawl_warc_event *out);
bool lr_crawl_warc_break_member(lariat_crawl_warc_reader *reader,
                                lariat_crawl_warc_event *out);
/* Takes the file's end. */
bool lr_crawl_warc_end_file(lariat_crawl_warc_reader *reader,
                            lariat_crawl_warc_event *out);

/* Makes the reader fail for good. */
void lr_crawl_warc_reader_fail(lariat_crawl_warc_reader *reader,
                               lariat_status status);

#endif
