/* SPDX-License-Identifier: MIT
 * backlog.c: the hosts of a channel, and the jobs that wait for a credit. */
#include "client/backlog.h"

#include <string.h>

#include "base/attributes.h"
#include "base/memory.h"

enum { FIRST_BUCKETS = 16, IDLE_MAX = 256 };

static lr_backlog_host *host_of(lr_table_node *node) {
  return lr_container(node, lr_backlog_host, table_node);
}

static bool is_host_of(lr_table_node *node, const void *url) {
  return lr_backlog_host_is_of(host_of(node), url);
}

bool lr_backlog_init(lr_backlog *backlog, uint32_t free_jobs) {
  *backlog = (lr_backlog){.free_jobs = free_jobs};
  lr_priority_queue_init(&backlog->ring);
  lr_list_init(&backlog->idle);
  return lr_table_init(&backlog->hosts, FIRST_BUCKETS);
}

static void drop_host(lr_table_node *node, void *context) {
  (void)context;
  lr_free(host_of(node));
}

void lr_backlog_clear(lr_backlog *backlog) {
  lr_table_clear(&backlog->hosts, drop_host, NULL);
  backlog->last = NULL;
}

static LR_COLD lr_backlog_host *make_host(lr_backlog *backlog,
                                          const lr_url *target) {
  lr_backlog_host *host = lr_alloc_zero(sizeof *host + target->key_length + 1);
  if (!host) return NULL;
  host->key_length = target->key_length;
  memcpy(host->key, target->key, target->key_length);
  lr_list_init(&host->node);
  lr_priority_queue_init(&host->queue);
  lr_table_insert(&backlog->hosts, &host->table_node, target->hash);
  return host;
}

static bool is_host_idle(const lr_backlog_host *host) {
  return host->away == 0 && host->queued == 0;
}

lr_backlog_host *lr_backlog_enter_slow(lr_backlog *backlog, const lr_job *job) {
  lr_table_node *node = lr_table_find(&backlog->hosts, job->request.url.hash,
                                      is_host_of, &job->request.url);
  if (!node) return make_host(backlog, &job->request.url);
  lr_backlog_host *host = host_of(node);
  if (!is_host_idle(host)) return host;
  lr_list_remove(&host->node);
  backlog->idle_count--;
  return host;
}

static void free_backlog_host(lr_backlog *backlog, lr_backlog_host *host) {
  lr_table_remove(&backlog->hosts, &host->table_node);
  if (backlog->last == host) backlog->last = NULL;
  lr_list_remove(&host->node);
  lr_free(host);
}

/* Keeps the entry for the next job of its host, and frees the one that was idle
 * for the longest time when there are too many. */
void lr_backlog_forget_slow(lr_backlog *backlog, lr_backlog_host *host) {
  lr_list_append(&backlog->idle, &host->node);
  if (backlog->idle_count++ < IDLE_MAX) return;
  backlog->idle_count--;
  free_backlog_host(backlog,
                    lr_container(backlog->idle.next, lr_backlog_host, node));
}

/* Puts a host at the end of the ring, or out of it when none of its jobs waits.
 */
static void move_host(lr_backlog *backlog, lr_backlog_host *host) {
  lr_list_remove(&host->node);
  if (!host->queued) return;
  host->priority = (uint8_t)lr_priority_queue_best(&host->queue);
  lr_list_append(&backlog->ring.by_priority[host->priority], &host->node);
}

void lr_backlog_add(lr_backlog *backlog, lr_backlog_host *host, lr_job *job) {
  bool first = host->queued++ == 0;
  lr_list_append(&host->queue.by_priority[job->request.priority],
                 &job->caller.queue_node);
  if (first || job->request.priority < host->priority) move_host(backlog, host);
}

void lr_backlog_remove(lr_backlog *backlog, lr_job *job) {
  lr_backlog_host *host = job->caller.backlog_host;
  lr_list_remove(&job->caller.queue_node);
  host->queued--;
  move_host(backlog, host);
  lr_backlog_forget(backlog, host);
}

lr_job *lr_backlog_first_of(lr_backlog_host *host) {
  lr_list *node = lr_priority_queue_first(&host->queue);
  return node ? lr_container(node, lr_job, caller.queue_node) : NULL;
}

lr_job *lr_backlog_first(lr_backlog *backlog) {
  lr_list *node = lr_priority_queue_first(&backlog->ring);
  return node ? lr_backlog_first_of(lr_container(node, lr_backlog_host, node))
              : NULL;
}
