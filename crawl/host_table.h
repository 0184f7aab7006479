/* SPDX-License-Identifier: MIT
 * host_table.h: the hosts of a crawl, by id and by origin, each with what is
 * queued for it.  One thread. */
#ifndef CRAWL_HOST_TABLE_H
#define CRAWL_HOST_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fingerprint.h"
#include "url_queue.h"

typedef struct lr_crawl_host {
  const char *origin; /* "http://example.org:80"; ended by NUL */
  uint16_t prefix;    /* so many of its bytes begin the host's URLs: without
                         the port of the scheme */
  uint16_t length;    /* of the origin */
  uint32_t queued;    /* in the queue, not handed out, not due later */
  lr_crawl_url_queue queue;
} lr_crawl_host;

typedef struct lr_crawl_host_table {
  lr_crawl_hash_key key;
  lr_crawl_host *hosts; /* [id - 1] */
  size_t count, capacity;
  uint32_t *slots; /* ids, by the hash of the origin; 0: empty */
  size_t slot_count;
  struct lr_crawl_name_block *names;
  uint32_t last; /* id that was found last; 0: none */
  uint64_t memory;
} lr_crawl_host_table;

void lr_crawl_hosts_begin(lr_crawl_host_table *table, lr_crawl_hash_key key);
void lr_crawl_hosts_clear(lr_crawl_host_table *table);

/* Returns the id of an origin, which is added where it is new; 0: out of
 * memory, or it is longer than 65,535 bytes. */
uint32_t lr_crawl_hosts_add(lr_crawl_host_table *table, const char *origin);

/* Returns the id of an origin; 0: it is not known. */
uint32_t lr_crawl_hosts_find(const lr_crawl_host_table *table,
                             const char *origin);

/* Returns the host of an id, good until one is added; NULL: none. */
lr_crawl_host *lr_crawl_hosts_at(const lr_crawl_host_table *table, uint64_t id);

#endif
