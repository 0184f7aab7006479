/* SPDX-License-Identifier: MIT
 * shared_batch.h: the values that the statements of a commit are run with: a
 * row of them for each statement, integers and arrays, one array for each
 * column. */
#ifndef CRAWL_SHARED_BATCH_H
#define CRAWL_SHARED_BATCH_H

#include <lariat/status.h>

#include "fault.h"
#include "postgres_array.h"
#include "shared_held.h"
#include "shared_store.h"

/* Values, statement by statement, in the order in which they have them. */
typedef enum lr_crawl_batch_value {
  LR_CRAWL_BATCH_BEGIN = 0, /* worker, session, number, done, bytes, kinds */
  LR_CRAWL_BATCH_KINDS = 5,
  LR_CRAWL_BATCH_FENCE = 6,     /* worker, count, queues, epochs */
  LR_CRAWL_BATCH_DONE = 10,     /* count, queues, priorities, seqs */
  LR_CRAWL_BATCH_LATER = 14,    /* queues, priorities, seqs, ms */
  LR_CRAWL_BATCH_OUTCOMES = 18, /* worker, and 18 columns */
  LR_CRAWL_BATCH_SITES = 37,    /* ids, names */
  LR_CRAWL_BATCH_FOUND = 39,    /* worker, queues, ids, vias, numbers, URLs */
  LR_CRAWL_BATCH_FACTS = 45,    /* 9 columns */
  LR_CRAWL_BATCH_FILES = 54,    /* worker, names, ids, lengths, closed */
  LR_CRAWL_BATCH_RELEASE = 59,  /* queues, ms */
  LR_CRAWL_BATCH_LOOK = 61,     /* queues */
  LR_CRAWL_BATCH_VALUES = 62
} lr_crawl_batch_value;

typedef struct lr_crawl_batch_writer {
  const lr_crawl_shared_batch *batch;
  const lr_crawl_shared_held *held;
  uint64_t worker, session;
  uint64_t done, bytes;
  uint64_t kinds[LR_CRAWL_OUTCOME_KINDS];
  uint64_t integers[LR_CRAWL_BATCH_VALUES];
  lr_crawl_postgres_array arrays[LR_CRAWL_BATCH_VALUES];
  lr_crawl_postgres_value values[LR_CRAWL_BATCH_VALUES];
} lr_crawl_batch_writer;

/* Fills the values from the batch.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  the batch makes no sense
 * LARIAT_ENOMEM  or a value would be over a gigabyte */
lariat_status lr_crawl_batch_write(lr_crawl_batch_writer *writer,
                                   lr_crawl_fault *fault);
void lr_crawl_batch_free(lr_crawl_batch_writer *writer);

#endif
