/* SPDX-License-Identifier: MIT
 * work.h: what the crawl has for a shard: URLs to fetch, and what it has got of
 * the shard's reports. */
#ifndef CRAWL_WORK_H
#define CRAWL_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frontier.h"

/* A URL that a shard is to fetch. */
typedef struct lr_crawl_task {
  lr_crawl_queued_url queued;
  uint64_t host;
} lr_crawl_task;

/* The robots.txt of a host, as an earlier run has got it. */
typedef struct lr_crawl_known_host {
  char *origin;
  char *robots; /* its text; NULL: none */
  size_t length;
  int64_t at_s, expires_s;
  int status;
} lr_crawl_known_host;

/* Until when URLs of a host that a shard has may be sent, on CLOCK_BOOTTIME. */
typedef struct lr_crawl_renewal {
  char *origin;
  uint64_t host;
  uint64_t not_after_ns;
} lr_crawl_renewal;

typedef struct lr_crawl_work {
  lr_crawl_task **tasks;
  size_t count, capacity;
  lr_crawl_known_host *hosts;
  size_t host_count, host_capacity;
  lr_crawl_renewal *renewals;
  size_t renewal_count, renewal_capacity;
  size_t acknowledged; /* bytes of reports that were taken */
} lr_crawl_work;

lr_crawl_work *lr_crawl_work_new(void);
/* Frees it with the tasks that nobody has taken. */
void lr_crawl_work_free(lr_crawl_work *work);

/* Adds a task with all that `queued` owns; false: no memory, and it is the
 * caller's still. */
bool lr_crawl_work_add(lr_crawl_work *work, const lr_crawl_queued_url *queued,
                       uint64_t host);

/* Adds what is known of a host; without memory nothing is. */
void lr_crawl_work_add_host(lr_crawl_work *work, const char *origin,
                            const lr_crawl_host_facts *facts);

/* Adds a renewal; without memory none is, and what the shard has comes back. */
void lr_crawl_work_add_renewal(lr_crawl_work *work, const char *origin,
                               uint64_t host, uint64_t not_after_ns);

void lr_crawl_task_free(lr_crawl_task *task);

#endif
