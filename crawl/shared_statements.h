/* SPDX-License-Identifier: MIT
 * shared_statements.h: what is asked of the database of a shared crawl, over
 * and over: each connection prepares these once. */
#ifndef CRAWL_SHARED_STATEMENTS_H
#define CRAWL_SHARED_STATEMENTS_H

#include "postgres.h"

typedef enum lr_crawl_shared_statement {
  LR_CRAWL_SHARED_SEEN = 0, /* worker, session: the order */
  LR_CRAWL_SHARED_TAKE,     /* worker, most, lease and delay in ms */
  LR_CRAWL_SHARED_RENEW,    /* worker, queues, epochs, lease in ms */
  LR_CRAWL_SHARED_LEASED,   /* worker, lease in ms: this transaction's leases */
  LR_CRAWL_SHARED_URLS,     /* worker, lease in ms, most, ids not wanted */
  LR_CRAWL_SHARED_HOSTS,    /* worker, lease in ms */
  LR_CRAWL_SHARED_NEXT,     /* when the next queue is due, in ms */
  LR_CRAWL_SHARED_BEGIN,    /* the steps of a commit: shared_batch.h */
  LR_CRAWL_SHARED_FENCE,
  LR_CRAWL_SHARED_DONE,
  LR_CRAWL_SHARED_LATER_URLS,
  LR_CRAWL_SHARED_OUTCOMES,
  LR_CRAWL_SHARED_SITES,
  LR_CRAWL_SHARED_FOUND,
  LR_CRAWL_SHARED_FACTS,
  LR_CRAWL_SHARED_FILES,
  LR_CRAWL_SHARED_RELEASE,
  LR_CRAWL_SHARED_LOOK,   /* queues: wakes those that sleep and should not */
  LR_CRAWL_SHARED_LOST,   /* worker, queues, epochs: those that are not its */
  LR_CRAWL_SHARED_WORKER, /* id: version, session, batch, added */
  LR_CRAWL_SHARED_LEAVE,  /* worker, session, queues, epochs, delay in ms */
  LR_CRAWL_SHARED_SWEEP,
  LR_CRAWL_SHARED_STATEMENTS
} lr_crawl_shared_statement;

/* All of them, in this order, and one without a name. */
extern const lr_crawl_postgres_statement
    lr_crawl_shared_statements[LR_CRAWL_SHARED_STATEMENTS + 1];

#endif
