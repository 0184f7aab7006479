/* SPDX-License-Identifier: MIT
 * frontier_counts.c: what is counted.  A crawl that is only read knows its last
 * commit's counts from the log, without reading all of it. */
#include <stdio.h>
#include <string.h>

#include "directory.h"
#include "frontier_private.h"

static const char queued_name[] = "frontier:queued";
static const char later_name[] = "frontier:later";
static const char bytes_name[] = "frontier:bytes"; /* which schema.c knows */

static void write_kind(char name[32], unsigned kind) {
  snprintf(name, 32, "frontier:kind %u", kind);
}

static uint64_t count_queued(const lr_crawl_frontier *frontier) {
  return frontier->in_queues + frontier->later.count +
         frontier->handed_out.count;
}

/* A counter that cannot be kept for want of memory keeps its last value. */
void lr_crawl_frontier_keep_counts(lr_crawl_frontier *frontier) {
  lr_crawl_counter_list *list = &frontier->counters;
  (void)lr_crawl_counters_set(list, queued_name,
                              (int64_t)count_queued(frontier));
  (void)lr_crawl_counters_set(list, later_name, (int64_t)frontier->later.count);
  (void)lr_crawl_counters_set(list, bytes_name, (int64_t)frontier->bytes);
  for (unsigned kind = 0; kind < LR_CRAWL_OUTCOME_KINDS; kind++) {
    char name[32];
    write_kind(name, kind);
    if (frontier->by_kind[kind])
      (void)lr_crawl_counters_set(list, name, (int64_t)frontier->by_kind[kind]);
  }
}

void lr_crawl_frontier_recall_bytes(lr_crawl_frontier *frontier) {
  frontier->bytes =
      (uint64_t)lr_crawl_counters_get(&frontier->counters, bytes_name);
}

/* Counts what only the log knows, of a crawl that is read. */
static void read_counts(const lr_crawl_frontier *frontier,
                        lr_crawl_frontier_counts *counts) {
  const lr_crawl_counter_list *list = &frontier->counters;
  counts->known = frontier->next_uncommitted - 1;
  counts->queued = (uint64_t)lr_crawl_counters_get(list, queued_name);
  counts->later = (uint64_t)lr_crawl_counters_get(list, later_name);
  for (unsigned kind = 0; kind < LR_CRAWL_OUTCOME_KINDS; kind++) {
    char name[32];
    write_kind(name, kind);
    counts->by_kind[kind] = (uint64_t)lr_crawl_counters_get(list, name);
  }
}

static uint64_t count_memory(const lr_crawl_frontier *frontier) {
  return frontier->seen.memory + frontier->queues.memory +
         frontier->hosts.memory + frontier->texts.memory +
         frontier->later.capacity * sizeof(lr_crawl_due_url) +
         (frontier->handed_out.capacity + frontier->tries.capacity) *
             sizeof(lr_crawl_id_entry);
}

lr_crawl_frontier_counts
lr_crawl_frontier_count(const lr_crawl_frontier *frontier) {
  if (frontier->shared) return lr_crawl_shared_frontier_count(frontier->shared);
  lr_crawl_frontier_counts counts = {.known = frontier->seen.count,
                                     .queued = count_queued(frontier),
                                     .later = frontier->later.count,
                                     .handed_out = frontier->handed_out.count,
                                     .outdated_pages = frontier->outdated_pages,
                                     .hosts = frontier->hosts.count,
                                     .hosts_with_queue =
                                         frontier->hosts_with_queue,
                                     .bytes = frontier->bytes,
                                     .warc_files = frontier->warc.files,
                                     .warc_bytes = frontier->warc.bytes,
                                     .memory = count_memory(frontier)};
  memcpy(counts.by_kind, frontier->by_kind, sizeof counts.by_kind);
  if (frontier->read_only) read_counts(frontier, &counts);
  return counts;
}

/* ---- Counters and notes of the user ---- */

lariat_status lr_crawl_frontier_set_counter(lr_crawl_frontier *frontier,
                                            const char *name, int64_t value) {
  if (frontier->shared) return LARIAT_OK;
  return lr_crawl_counters_set(&frontier->counters, name, value)
             ? LARIAT_OK
             : LARIAT_ENOMEM;
}

int64_t lr_crawl_frontier_counter(const lr_crawl_frontier *frontier,
                                  const char *name) {
  if (frontier->shared) return 0;
  return lr_crawl_counters_get(&frontier->counters, name);
}

void lr_crawl_frontier_mark_full(const lr_crawl_frontier *frontier) {
  lr_crawl_directory_mark_full(frontier->lock);
}

bool lr_crawl_frontier_was_full(const lr_crawl_frontier *frontier) {
  return frontier->directory &&
         lr_crawl_directory_was_full(frontier->directory);
}

lariat_status lr_crawl_frontier_note(lr_crawl_frontier *frontier, int64_t at_s,
                                     const char *what) {
  if (frontier->shared) return LARIAT_OK;
  return lr_crawl_notes_add(&frontier->notes, at_s, what) ? LARIAT_OK
                                                          : LARIAT_ENOMEM;
}
