/* SPDX-License-Identifier: MIT
 * The hosts of a link, and the jobs that wait for a credit. */
#include "client/backlog.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_BUCKETS = 16, IDLE_MAX = 256 };

bool lr_backlog_init(lr_backlog *backlog, uint32_t free_jobs) {
  *backlog = (lr_backlog){.free_jobs = free_jobs};
  lr_priority_queue_init(&backlog->ring);
  lr_list_init(&backlog->idle);
  backlog->buckets = lr_alloc_zero(FIRST_BUCKETS * sizeof *backlog->buckets);
  backlog->capacity = backlog->buckets ? FIRST_BUCKETS : 0;
  return backlog->buckets != NULL;
}

void lr_backlog_clear(lr_backlog *backlog) {
  for (uint32_t i = 0; i < backlog->capacity; i++) {
    lr_backlog_host *host;
    while ((host = backlog->buckets[i])) {
      backlog->buckets[i] = host->next;
      lr_free(host);
    }
  }
  lr_free(backlog->buckets);
  backlog->buckets = NULL;
  backlog->last = NULL;
  backlog->capacity = 0;
}

/* When there is no memory to grow, longer chains are no fault. */
static void grow(lr_backlog *backlog) {
  uint32_t capacity = backlog->capacity * 2;
  lr_backlog_host **buckets = lr_alloc_zero(capacity * sizeof *buckets);
  if (!buckets) return;
  for (uint32_t i = 0; i < backlog->capacity; i++) {
    lr_backlog_host *host;
    while ((host = backlog->buckets[i])) {
      backlog->buckets[i] = host->next;
      host->next = buckets[host->hash & (capacity - 1)];
      buckets[host->hash & (capacity - 1)] = host;
    }
  }
  lr_free(backlog->buckets);
  backlog->buckets = buckets;
  backlog->capacity = capacity;
}

static __attribute__((noinline)) lr_backlog_host *make(lr_backlog *backlog,
                                                       const lr_url *target) {
  if (backlog->count >= backlog->capacity) grow(backlog);
  lr_backlog_host *host = lr_alloc_zero(sizeof *host + target->key_length + 1);
  if (!host) return NULL;
  host->hash = target->hash;
  host->key_length = target->key_length;
  memcpy(host->key, target->key, target->key_length);
  lr_list_init(&host->node);
  lr_priority_queue_init(&host->queue);
  lr_backlog_host **bucket =
      &backlog->buckets[host->hash & (backlog->capacity - 1)];
  host->next = *bucket;
  *bucket = host;
  backlog->count++;
  return host;
}

static bool is_idle(const lr_backlog_host *host) {
  return host->away == 0 && host->queued == 0;
}

static lr_backlog_host *find(const lr_backlog *backlog, const lr_url *target) {
  lr_backlog_host *host =
      backlog->buckets[target->hash & (backlog->capacity - 1)];
  while (host && !lr_backlog_host_is_of(host, target)) host = host->next;
  return host;
}

lr_backlog_host *lr_backlog_enter_slow(lr_backlog *backlog, const lr_job *job) {
  lr_backlog_host *host = find(backlog, &job->url);
  if (!host) return make(backlog, &job->url);
  if (!is_idle(host)) return host;
  lr_list_remove(&host->node);
  backlog->idle_count--;
  return host;
}

static void free_share(lr_backlog *backlog, lr_backlog_host *host) {
  lr_backlog_host **place =
      &backlog->buckets[host->hash & (backlog->capacity - 1)];
  while (*place != host) place = &(*place)->next;
  *place = host->next;
  backlog->count--;
  if (backlog->last == host) backlog->last = NULL;
  lr_list_remove(&host->node);
  lr_free(host);
}

/* The longest idle goes when there are too many. */
void lr_backlog_forget_slow(lr_backlog *backlog, lr_backlog_host *host) {
  lr_list_append(&backlog->idle, &host->node);
  if (backlog->idle_count++ < IDLE_MAX) return;
  backlog->idle_count--;
  free_share(backlog, lr_container(backlog->idle.next, lr_backlog_host, node));
}

/* To the end of the ring; or out of it, when nothing waits. */
static void place(lr_backlog *backlog, lr_backlog_host *host) {
  lr_list_remove(&host->node);
  if (!host->queued) return;
  host->priority = (uint8_t)lr_priority_queue_best(&host->queue);
  lr_list_append(&backlog->ring.by_priority[host->priority], &host->node);
}

void lr_backlog_add(lr_backlog *backlog, lr_backlog_host *host, lr_job *job) {
  bool first = host->queued++ == 0;
  lr_list_append(&host->queue.by_priority[job->priority], &job->queue_node);
  if (first || job->priority < host->priority) place(backlog, host);
}

void lr_backlog_remove(lr_backlog *backlog, lr_job *job) {
  lr_backlog_host *host = job->backlog_host;
  lr_list_remove(&job->queue_node);
  host->queued--;
  place(backlog, host);
  lr_backlog_forget(backlog, host);
}

lr_job *lr_backlog_first_of(lr_backlog_host *host) {
  lr_list *node = lr_priority_queue_first(&host->queue);
  return node ? lr_container(node, lr_job, queue_node) : NULL;
}

lr_job *lr_backlog_first(lr_backlog *backlog) {
  lr_list *node = lr_priority_queue_first(&backlog->ring);
  return node ? lr_backlog_first_of(lr_container(node, lr_backlog_host, node))
              : NULL;
}
