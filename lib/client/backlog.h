/* SPDX-License-Identifier: MIT
 * backlog.h: the jobs of one link as its client sees them, by host: how many
 * of each host are away, and those that wait for a credit.
 *
 * Credits are not all there is: a few jobs of each host may leave without one.
 * Else a slow host with many jobs would have all credits, and the others would
 * wait for it.  Credits that come back go to the hosts in turn. */
#ifndef LR_CLIENT_BACKLOG_H
#define LR_CLIENT_BACKLOG_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/list.h"
#include "base/table.h"
#include "job/job.h"
#include "limits/priority_queue.h"

/* One host's part. */
typedef struct lr_backlog_host {
  lr_table_node table_node;
  lr_list node; /* in the ring, among the idle, or alone */
  lr_priority_queue queue;
  uint32_t queued;
  uint32_t away;
  uint8_t priority; /* of its place in the ring */
  uint32_t key_length;
  char key[];
} lr_backlog_host;

typedef struct lr_backlog {
  lr_table hosts;
  lr_backlog_host *last;  /* that was entered; or NULL */
  uint32_t free_jobs;     /* of each host: they need no credit */
  lr_priority_queue ring; /* hosts with jobs that wait */
  lr_list idle; /* hosts of which nothing is left, for their next job */
  uint32_t idle_count;
} lr_backlog;

/* False when out of memory. */
bool lr_backlog_init(lr_backlog *backlog, uint32_t free_jobs);
void lr_backlog_clear(lr_backlog *backlog);

/* The part of the job's host, made if need be; NULL when out of memory.  It
 * must be sent or added. */
lr_backlog_host *lr_backlog_enter_slow(lr_backlog *backlog, const lr_job *job);

static inline bool lr_backlog_host_is_of(const lr_backlog_host *host,
                                         const lr_url *url) {
  return host->table_node.hash == url->hash &&
         host->key_length == url->key_length &&
         memcmp(host->key, url->key, url->key_length) == 0;
}

/* Mostly it is the one before. */
static inline lr_backlog_host *lr_backlog_enter(lr_backlog *backlog,
                                                const lr_job *job) {
  lr_backlog_host *last = backlog->last;
  if (last && last->away && lr_backlog_host_is_of(last, &job->request.url))
    return last;
  backlog->last = lr_backlog_enter_slow(backlog, job);
  return backlog->last;
}

/* Nothing of the host may be left. */
void lr_backlog_forget_slow(lr_backlog *backlog, lr_backlog_host *host);
static inline void lr_backlog_forget(lr_backlog *backlog,
                                     lr_backlog_host *host) {
  if (host->away == 0 && host->queued == 0)
    lr_backlog_forget_slow(backlog, host);
}

/* A job of that host leaves. */
static inline void lr_backlog_sent(lr_backlog_host *host) { host->away++; }

/* A job waits; does so no longer, whatever it was. */
void lr_backlog_add(lr_backlog *backlog, lr_backlog_host *host, lr_job *job);
void lr_backlog_remove(lr_backlog *backlog, lr_job *job);

/* Whether the host's next job needs no credit. */
static inline bool lr_backlog_is_free(const lr_backlog *backlog,
                                      const lr_backlog_host *host) {
  return host->away < backlog->free_jobs;
}

/* The next that waits, of that host, or of the host whose turn it is; NULL
 * when there is none.  It stays where it is. */
lr_job *lr_backlog_first_of(lr_backlog_host *host);
lr_job *lr_backlog_first(lr_backlog *backlog);

static inline bool lr_backlog_empty(const lr_backlog *backlog) {
  return lr_priority_queue_empty(&backlog->ring);
}

#endif
