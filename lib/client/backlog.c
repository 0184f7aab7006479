/* SPDX-License-Identifier: MIT
 * The hosts of a link, and the jobs that wait for a credit. */
#include "client/backlog.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_BUCKETS = 16, IDLE_MAX = 256 };

bool lr_backlog_init(lr_backlog *backlog, uint32_t free_jobs) {
  *backlog = (lr_backlog){.free_jobs = free_jobs};
  lr_ranks_init(&backlog->ring);
  lr_list_init(&backlog->idle);
  backlog->buckets = lr_alloc_zero(FIRST_BUCKETS * sizeof *backlog->buckets);
  backlog->room = backlog->buckets ? FIRST_BUCKETS : 0;
  return backlog->buckets != NULL;
}

void lr_backlog_clear(lr_backlog *backlog) {
  for (uint32_t i = 0; i < backlog->room; i++) {
    lr_share *share;
    while ((share = backlog->buckets[i])) {
      backlog->buckets[i] = share->next;
      lr_free(share);
    }
  }
  lr_free(backlog->buckets);
  backlog->buckets = NULL;
  backlog->last = NULL;
  backlog->room = 0;
}

/* When there is no memory to grow, longer chains are no fault. */
static void grow(lr_backlog *backlog) {
  uint32_t room = backlog->room * 2;
  lr_share **buckets = lr_alloc_zero(room * sizeof *buckets);
  if (!buckets) return;
  for (uint32_t i = 0; i < backlog->room; i++) {
    lr_share *share;
    while ((share = backlog->buckets[i])) {
      backlog->buckets[i] = share->next;
      share->next = buckets[share->hash & (room - 1)];
      buckets[share->hash & (room - 1)] = share;
    }
  }
  lr_free(backlog->buckets);
  backlog->buckets = buckets;
  backlog->room = room;
}

static __attribute__((noinline)) lr_share *make(lr_backlog *backlog,
                                                const lr_target *target) {
  if (backlog->count >= backlog->room) grow(backlog);
  lr_share *share = lr_alloc_zero(sizeof *share + target->key_length + 1);
  if (!share) return NULL;
  share->hash = target->hash;
  share->key_length = target->key_length;
  memcpy(share->key, target->key, target->key_length);
  lr_list_init(&share->node);
  lr_ranks_init(&share->queue);
  lr_share **bucket = &backlog->buckets[share->hash & (backlog->room - 1)];
  share->next = *bucket;
  *bucket = share;
  backlog->count++;
  return share;
}

static bool is_idle(const lr_share *share) {
  return share->away == 0 && share->queued == 0;
}

static lr_share *find(const lr_backlog *backlog, const lr_target *target) {
  lr_share *share = backlog->buckets[target->hash & (backlog->room - 1)];
  while (share && !lr_share_is_of(share, target)) share = share->next;
  return share;
}

lr_share *lr_backlog_look_up(lr_backlog *backlog, const lr_job *job) {
  lr_share *share = find(backlog, &job->target);
  if (!share) return make(backlog, &job->target);
  if (!is_idle(share)) return share;
  lr_list_remove(&share->node);
  backlog->idle_count--;
  return share;
}

static void free_share(lr_backlog *backlog, lr_share *share) {
  lr_share **place = &backlog->buckets[share->hash & (backlog->room - 1)];
  while (*place != share) place = &(*place)->next;
  *place = share->next;
  backlog->count--;
  if (backlog->last == share) backlog->last = NULL;
  lr_list_remove(&share->node);
  lr_free(share);
}

/* The longest idle goes when there are too many. */
void lr_backlog_rest(lr_backlog *backlog, lr_share *share) {
  lr_list_append(&backlog->idle, &share->node);
  if (backlog->idle_count++ < IDLE_MAX) return;
  backlog->idle_count--;
  free_share(backlog, lr_container(backlog->idle.next, lr_share, node));
}

/* To the end of the ring; or out of it, when nothing waits. */
static void place(lr_backlog *backlog, lr_share *share) {
  lr_list_remove(&share->node);
  if (!share->queued) return;
  share->rank = (uint8_t)lr_ranks_best(&share->queue);
  lr_list_append(&backlog->ring.rank[share->rank], &share->node);
}

void lr_backlog_add(lr_backlog *backlog, lr_share *share, lr_job *job) {
  bool first = share->queued++ == 0;
  lr_list_append(&share->queue.rank[job->rank], &job->queue_node);
  if (first || job->rank < share->rank) place(backlog, share);
}

void lr_backlog_remove(lr_backlog *backlog, lr_job *job) {
  lr_share *share = job->share;
  lr_list_remove(&job->queue_node);
  share->queued--;
  place(backlog, share);
  lr_backlog_forget(backlog, share);
}

lr_job *lr_backlog_first_of(lr_share *share) {
  lr_list *node = lr_ranks_first(&share->queue);
  return node ? lr_container(node, lr_job, queue_node) : NULL;
}

lr_job *lr_backlog_first(lr_backlog *backlog) {
  lr_list *node = lr_ranks_first(&backlog->ring);
  return node ? lr_backlog_first_of(lr_container(node, lr_share, node)) : NULL;
}
