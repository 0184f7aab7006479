/* SPDX-License-Identifier: MIT
 * shared_private.h: what a store of a shared crawl is made of, for the files
 * that it is written in. */
#ifndef CRAWL_SHARED_PRIVATE_H
#define CRAWL_SHARED_PRIVATE_H

#include "postgres.h"
#include "postgres_array.h"
#include "shared_held.h"
#include "shared_statements.h"
#include "shared_store.h"

struct lr_crawl_shared_store {
  lariat_reactor *reactor;
  lr_crawl_postgres *postgres;
  char *set_up; /* SQL for each new connection */
  char *config, *host, *place;
  uint64_t crawl_id, directory_id;
  uint64_t lease_ms, delay_ms, answer_ms;
  uint64_t session, last_batch;
  uint32_t worker;
  lr_crawl_hash_key key;
  lr_crawl_shared_order order;
  bool read_only;
  bool waits;       /* a call is under way */
  bool is_prepared; /* the tables are there */
  lr_crawl_shared_held held;
};

/* Begins a call: only one at a time.  LARIAT_OK, LARIAT_EBUSY */
lariat_status lr_crawl_shared_begin(lr_crawl_shared_store *store,
                                    lr_crawl_fault *fault);

/* Ends it; returns `status`. */
lariat_status lr_crawl_shared_end(lr_crawl_shared_store *store,
                                  lariat_status status);

/* Connects and sets up where there is no connection, and runs steps; again,
 * some times, where somebody else was first.  Waits.  As lr_crawl_postgres_run,
 * but for LARIAT_EAGAIN, which is LARIAT_ECONNECT in the end. */
lariat_status lr_crawl_shared_run(lr_crawl_shared_store *store,
                                  const lr_crawl_postgres_step *steps,
                                  size_t count, PGresult **results,
                                  lr_crawl_fault *fault);

/* Finds why a transaction of this worker was refused: LARIAT_EBUSY, its number
 * is another process' now; LARIAT_EFORMAT, the tables have another version;
 * LARIAT_OK: for neither reason, and `*batch` is the last that was committed,
 * with `*added` URLs (each may be NULL). */
lariat_status lr_crawl_shared_ask_worker(lr_crawl_shared_store *store,
                                         uint64_t *batch, uint64_t *added,
                                         lr_crawl_fault *fault);

/* Returns a time in milliseconds since the machine has started. */
uint64_t lr_crawl_shared_now_ns(void);

#endif
