/* SPDX-License-Identifier: MIT
 * outcome.h: what came of one URL, made by the reactor that fetched it and
 * written by the thread of the frontier. */
#ifndef CRAWL_OUTCOME_H
#define CRAWL_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum lr_crawl_outcome_kind {
  LR_CRAWL_FETCHED = 1,  /* an answer, whatever its status */
  LR_CRAWL_REVISIT = 2,  /* the same body as before, or a 304 */
  LR_CRAWL_REDIRECT = 3, /* an answer that leads elsewhere */
  LR_CRAWL_FAILED = 4,   /* no answer, and it is not tried again */
  LR_CRAWL_ROBOTS = 5,   /* denied by robots.txt */
  LR_CRAWL_SCOPE = 6,    /* out of scope when its turn came */
  LR_CRAWL_TRAP = 7,     /* parked: its shape is a trap's */
  LR_CRAWL_LATER = 8     /* tried, or not allowed to be, and due again at
                            next_s */
} lr_crawl_outcome_kind;

typedef struct lr_crawl_outcome {
  uint64_t url;  /* its id in the frontier */
  uint64_t host; /* id of its host */
  lr_crawl_outcome_kind kind;
  int status;    /* HTTP's; 0: none */
  int64_t at_ns; /* when it was sent, since 1970 */
  uint32_t took_ms;
  uint64_t bytes;     /* of the body, content coding undone */
  uint8_t digest[20]; /* SHA-1 of the body as it came */
  bool has_digest;
  int64_t next_s;             /* LATER: since 1970 */
  char *note;                 /* why; NULL: nothing to say */
  char *etag, *last_modified; /* validators for a later crawl; NULL */
  char *type;                 /* media type; NULL */
  /* The records for the WARC file, in one piece; NULL: none. */
  char *records;
  size_t records_length;
  size_t response_offset, response_length; /* within records */
  char *line;  /* of JSON, for --jsonl; without a line end; NULL: none */
  char *edges; /* lines for --links, with their ends; NULL: none */
  /* When its site may be asked next, on CLOCK_BOOTTIME; 0: not known. */
  uint64_t due_ns;
} lr_crawl_outcome;

#endif
