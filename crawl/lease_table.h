/* SPDX-License-Identifier: MIT
 * lease_table.h: the queues that are a worker's for a while, and what it has of
 * each.  One thread. */
#ifndef CRAWL_LEASE_TABLE_H
#define CRAWL_LEASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum lr_crawl_lease_state {
  LR_CRAWL_LEASE_FREE = 0,
  LR_CRAWL_LEASE_HELD,
  LR_CRAWL_LEASE_ENDING /* the next commit gives it back */
} lr_crawl_lease_state;

/* Instants are on CLOCK_BOOTTIME. */
typedef struct lr_crawl_worker_lease {
  uint64_t queue;
  int64_t epoch;
  uint64_t until_ns; /* nothing is sent later */
  uint64_t first_ns; /* nor earlier */
  uint64_t due_ns;   /* when its site may be asked next, as far as is known */
  uint32_t queued, out, done; /* of its URLs */
  uint32_t next;              /* of the same chain */
  uint8_t state;              /* lr_crawl_lease_state */
  bool has_more;              /* URLs in the database, perhaps */
  bool was_asked;             /* URLs of it were handed out */
  bool leaves; /* another worker is to have it: nothing more is handed out */
} lr_crawl_worker_lease;

/* All zero: empty.  A lease has a place, 1 and up, while it is held. */
typedef struct lr_crawl_lease_table {
  lr_crawl_worker_lease *leases; /* [place - 1] */
  size_t capacity, used;
  size_t count;
  uint32_t free;
  uint32_t *chains;
} lr_crawl_lease_table;

/* Returns the lease at a place, or the place of a queue; NULL, 0: there is
 * none. */
lr_crawl_worker_lease *lr_crawl_leases_at(const lr_crawl_lease_table *table,
                                          uint32_t place);
uint32_t lr_crawl_leases_find(const lr_crawl_lease_table *table,
                              uint64_t queue);

/* Adds the lease of a queue that is not held; 0: out of memory. */
uint32_t lr_crawl_leases_add(lr_crawl_lease_table *table, uint64_t queue);
void lr_crawl_leases_remove(lr_crawl_lease_table *table, uint32_t place);
void lr_crawl_leases_clear(lr_crawl_lease_table *table);

#endif
