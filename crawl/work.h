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

typedef struct lr_crawl_work {
  lr_crawl_task **tasks;
  size_t count, capacity;
  size_t acknowledged; /* bytes of reports that were taken */
} lr_crawl_work;

lr_crawl_work *lr_crawl_work_new(void);
/* Frees it with the tasks that nobody has taken. */
void lr_crawl_work_free(lr_crawl_work *work);

/* Adds a task with all that `queued` owns; false: no memory, and it is the
 * caller's still. */
bool lr_crawl_work_add(lr_crawl_work *work, const lr_crawl_queued_url *queued,
                       uint64_t host);

void lr_crawl_task_free(lr_crawl_task *task);

#endif
