/* SPDX-License-Identifier: MIT
 * backlog.h: the jobs of one channel as its client sees them, by host: how many
 * of each host are away, and those that wait for a credit.
 *
 * A few jobs of each host may leave without a credit.  Else a slow host with
 * many jobs would have all credits, and the others would wait for it.  Credits
 * that return go to the hosts in turn. */
#ifndef LR_CLIENT_BACKLOG_H
#define LR_CLIENT_BACKLOG_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/list.h"
#include "base/table.h"
#include "job/job.h"
#include "limits/priority_queue.h"

/* One host, as a channel knows it. */
typedef struct lr_backlog_host {
  lr_table_node table_node;
  lr_list node; /* in the ring, among the idle, or alone */
  lr_priority_queue queue;
  uint32_t queued;
  uint32_t away;
  uint8_t priority; /* of its jobs, by which it is in the ring */
  uint32_t key_length;
  char key[];
} lr_backlog_host;

typedef struct lr_backlog {
  lr_table hosts;
  lr_backlog_host *last;  /* the one that was entered last; or NULL */
  uint32_t free_jobs;     /* so many of each host need no credit */
  lr_priority_queue ring; /* hosts with jobs that wait */
  lr_list idle;           /* hosts without a job, kept for their next one */
  uint32_t idle_count;
} lr_backlog;

/* Prepares an empty backlog; false when out of memory. */
bool lr_backlog_init(lr_backlog *backlog, uint32_t free_jobs);
void lr_backlog_clear(lr_backlog *backlog);

/* Returns the entry of the job's host, made if need be; NULL when out of
 * memory. The caller sends or adds the job. */
lr_backlog_host *lr_backlog_enter_slow(lr_backlog *backlog, const lr_job *job);

static inline bool lr_backlog_host_is_of(const lr_backlog_host *host,
                                         const lr_url *url) {
  return host->table_node.hash == url->hash &&
         host->key_length == url->key_length &&
         memcmp(host->key, url->key, url->key_length) == 0;
}

/* Returns the entry of the job's host as lr_backlog_enter_slow does, at once if
 * that is the host of the job before. */
static inline lr_backlog_host *lr_backlog_enter(lr_backlog *backlog,
                                                const lr_job *job) {
  lr_backlog_host *last = backlog->last;
  if (last && last->away && lr_backlog_host_is_of(last, &job->request.url))
    return last;
  backlog->last = lr_backlog_enter_slow(backlog, job);
  return backlog->last;
}

/* Lets the entry go when the host has no job left. */
void lr_backlog_forget_slow(lr_backlog *backlog, lr_backlog_host *host);
static inline void lr_backlog_forget(lr_backlog *backlog,
                                     lr_backlog_host *host) {
  if (host->away == 0 && host->queued == 0)
    lr_backlog_forget_slow(backlog, host);
}

/* Notes that a job of the host leaves. */
static inline void lr_backlog_sent(lr_backlog_host *host) { host->away++; }

/* Adds a job that waits, and takes one out that does so no longer. */
void lr_backlog_add(lr_backlog *backlog, lr_backlog_host *host, lr_job *job);
void lr_backlog_remove(lr_backlog *backlog, lr_job *job);

/* Returns whether the host's next job needs no credit. */
static inline bool lr_backlog_is_free(const lr_backlog *backlog,
                                      const lr_backlog_host *host) {
  return host->away < backlog->free_jobs;
}

/* Returns the next job that waits, of that host, or of the host whose turn it
 * is; NULL when there is none.  The job stays in the backlog. */
lr_job *lr_backlog_first_of(lr_backlog_host *host);
lr_job *lr_backlog_first(lr_backlog *backlog);

static inline bool lr_backlog_empty(const lr_backlog *backlog) {
  return lr_priority_queue_empty(&backlog->ring);
}

#endif
