/* SPDX-License-Identifier: MIT
 * work.c: work made and freed. */
#include "work.h"

#include "memory.h"

void lr_crawl_task_free(lr_crawl_task *task) {
  if (!task) return;
  lr_crawl_queued_url_clear(&task->queued);
  lariat_memory_release(task);
}

lr_crawl_work *lr_crawl_work_new(void) {
  return lr_crawl_allocate(1, sizeof(lr_crawl_work));
}

void lr_crawl_work_free(lr_crawl_work *work) {
  if (!work) return;
  for (size_t i = 0; i < work->count; i++) lr_crawl_task_free(work->tasks[i]);
  for (size_t i = 0; i < work->host_count; i++) {
    lariat_memory_release(work->hosts[i].origin);
    lariat_memory_release(work->hosts[i].robots);
  }
  for (size_t i = 0; i < work->renewal_count; i++)
    lariat_memory_release(work->renewals[i].origin);
  lariat_memory_release(work->renewals);
  lariat_memory_release(work->hosts);
  lariat_memory_release(work->tasks);
  lariat_memory_release(work);
}

bool lr_crawl_work_add(lr_crawl_work *work, const lr_crawl_queued_url *queued,
                       uint64_t host) {
  lr_crawl_task **tasks = lr_crawl_grow(work->tasks, &work->capacity,
                                        work->count + 1, sizeof(void *));
  lr_crawl_task *task = tasks ? lr_crawl_allocate(1, sizeof *task) : NULL;
  if (tasks) work->tasks = tasks;
  if (!task) return false;
  task->queued = *queued;
  task->host = host;
  work->tasks[work->count++] = task;
  return true;
}

void lr_crawl_work_add_host(lr_crawl_work *work, const char *origin,
                            const lr_crawl_host_facts *facts) {
  lr_crawl_known_host *hosts = lr_crawl_grow(
      work->hosts, &work->host_capacity, work->host_count + 1, sizeof *hosts);
  if (!hosts) return;
  work->hosts = hosts;
  lr_crawl_known_host *host = &hosts[work->host_count];
  *host = (lr_crawl_known_host){.origin = lr_crawl_copy_text(origin),
                                .length = facts->robots_length,
                                .at_s = facts->robots_at_s,
                                .expires_s = facts->robots_expires_s,
                                .status = facts->robots_status};
  if (facts->robots)
    host->robots = lr_crawl_copy_bytes(facts->robots, facts->robots_length);
  if (host->origin && (host->robots || !facts->robots))
    work->host_count++;
  else
    lariat_memory_release(host->origin);
}

void lr_crawl_work_add_renewal(lr_crawl_work *work, const char *origin,
                               uint64_t host, uint64_t not_after_ns) {
  lr_crawl_renewal *renewals =
      lr_crawl_grow(work->renewals, &work->renewal_capacity,
                    work->renewal_count + 1, sizeof *renewals);
  if (!renewals) return;
  work->renewals = renewals;
  char *copy = lr_crawl_copy_text(origin);
  if (copy)
    renewals[work->renewal_count++] =
        (lr_crawl_renewal){copy, host, not_after_ns};
}
