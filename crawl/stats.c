/* SPDX-License-Identifier: MIT
 * stats.c: the counts of a crawl. */
#include <string.h>
#include <sys/stat.h>

#include "crawl_private.h"

static void add_shards(const lariat_crawl *crawl, lariat_crawl_stats *stats) {
  for (unsigned i = 0; i < crawl->count; i++) {
    const lr_crawl_shard_counts *counts = &crawl->members[i].counts;
    stats->in_flight += counts->in_flight;
    stats->rejected_scope += counts->rejected_scope;
    stats->rejected_trap += counts->rejected_trap;
    stats->duplicates += counts->duplicates;
    stats->hosts_due += counts->hosts_due;
    stats->hosts_down += counts->hosts_down;
    stats->hosts_waiting += counts->hosts_waiting;
    for (size_t k = 0; k < sizeof counts->by_status / sizeof(uint64_t); k++)
      stats->by_status[k] += counts->by_status[k];
  }
}

void lr_crawl_stats_add_frontier(const lr_crawl_frontier_counts *counts,
                                 lariat_crawl_stats *stats) {
  const uint64_t *kinds = counts->by_kind;
  stats->known = counts->known;
  stats->queued = counts->queued;
  stats->later = counts->later;
  stats->fetched = kinds[LR_CRAWL_FETCHED];
  stats->revisits = kinds[LR_CRAWL_REVISIT];
  stats->redirects = kinds[LR_CRAWL_REDIRECT];
  stats->failed = kinds[LR_CRAWL_FAILED];
  stats->robots_denied = kinds[LR_CRAWL_ROBOTS];
  stats->out_of_scope = kinds[LR_CRAWL_SCOPE];
  stats->trapped = kinds[LR_CRAWL_TRAP];
  stats->pages = stats->fetched + stats->revisits;
  stats->hosts = counts->hosts;
  stats->bytes = counts->bytes;
  stats->warc_files = counts->warc_files;
  stats->warc_bytes = counts->warc_bytes;
  stats->memory_bytes = counts->memory;
}

/* ---- What is kept ---- */

typedef struct kept_count {
  const char *name;
  size_t offset; /* in lariat_crawl_stats */
} kept_count;

#define KEPT(field)                                                            \
  { "stats." #field, offsetof(lariat_crawl_stats, field) }

static const kept_count kept_counts[] = {KEPT(rejected_scope),
                                         KEPT(rejected_trap), KEPT(duplicates),
                                         KEPT(elapsed_ms), KEPT(busy_ns)};

enum { KEPT_COUNTS = sizeof kept_counts / sizeof *kept_counts };

/* The reasons of an end, which is kept as a number. */
static const char *const reasons[] = {"", "--max-pages", "--max-bytes",
                                      "--max-time", "a host's budget"};

enum { REASONS = sizeof reasons / sizeof *reasons };

static int64_t find_reason(const char *reason) {
  for (int64_t i = 0; i < REASONS; i++)
    if (strcmp(reasons[i], reason) == 0) return i;
  return 0;
}

void lr_crawl_stats_begin(const lariat_crawl *crawl) {
  (void)lr_crawl_frontier_set_counter(crawl->frontier, "stats.end",
                                      LARIAT_CRAWL_RUNNING);
}

void lr_crawl_stats_keep(lariat_crawl *crawl) {
  lariat_crawl_stats stats = {.size = sizeof stats};
  if (lariat_crawl_read_stats(crawl, &stats) != LARIAT_OK) return;
  for (size_t i = 0; i < KEPT_COUNTS; i++) {
    uint64_t value;
    memcpy(&value, (const char *)&stats + kept_counts[i].offset, sizeof value);
    (void)lr_crawl_frontier_set_counter(crawl->frontier, kept_counts[i].name,
                                        (int64_t)value);
  }
  (void)lr_crawl_frontier_set_counter(crawl->frontier, "stats.end", crawl->end);
  (void)lr_crawl_frontier_set_counter(crawl->frontier, "stats.end_reason",
                                      find_reason(crawl->end_reason));
}

void lr_crawl_stats_add_last_run(const lr_crawl_frontier *frontier,
                                 lariat_crawl_stats *stats) {
  for (size_t i = 0; i < KEPT_COUNTS; i++) {
    uint64_t value =
        (uint64_t)lr_crawl_frontier_counter(frontier, kept_counts[i].name);
    memcpy((char *)stats + kept_counts[i].offset, &value, sizeof value);
  }
  stats->end =
      (lariat_crawl_end)lr_crawl_frontier_counter(frontier, "stats.end");
  uint64_t reason =
      (uint64_t)lr_crawl_frontier_counter(frontier, "stats.end_reason");
  stats->end_reason = stats->end == LARIAT_CRAWL_BUDGET && reason < REASONS
                          ? reasons[reason]
                          : "";
  if (stats->end == LARIAT_CRAWL_RUNNING &&
      lr_crawl_frontier_was_full(frontier))
    stats->end = LARIAT_CRAWL_DISK;
}

/* Adds what the kernel says of the pool's threads. */
static void add_threads(const lariat_crawl *crawl, lariat_crawl_stats *stats) {
  stats->reactors = crawl->count;
  for (unsigned i = 0; i < crawl->count; i++) {
    lariat_reactor_stats reactor = {.size = sizeof reactor};
    if (lariat_pool_read_reactor_stats(crawl->pool, i, &reactor) == LARIAT_OK)
      stats->busy_ns += reactor.cpu_ns;
  }
}

static uint64_t elapsed_ms(const lariat_crawl *crawl) {
  if (!crawl->start_ns) return 0;
  uint64_t end_ns =
      crawl->end_ns ? crawl->end_ns : lariat_reactor_now_ns(crawl->reactor);
  return (end_ns - crawl->start_ns) / 1000000;
}

/* Adds what is known of the other workers. */
static void add_shared(const lariat_crawl *crawl, lariat_crawl_stats *stats) {
  const lr_crawl_shared_frontier *shared =
      crawl->frontier ? lr_crawl_frontier_shared(crawl->frontier) : NULL;
  stats->trouble = shared ? lr_crawl_shared_frontier_trouble(shared) : "";
  if (!crawl->settings->options.frontier) return;
  const lr_crawl_shared_counts *whole =
      shared ? lr_crawl_shared_frontier_whole(shared) : &crawl->whole;
  stats->workers = whole->workers ? whole->workers : 1;
  stats->whole_pages =
      whole->by_kind[LR_CRAWL_FETCHED] + whole->by_kind[LR_CRAWL_REVISIT];
  stats->whole_failed = whole->by_kind[LR_CRAWL_FAILED];
  stats->whole_bytes = whole->bytes;
  stats->whole_paused = whole->paused;
  stats->whole_stopped = whole->stopped;
}

lariat_status lariat_crawl_read_stats(const lariat_crawl *crawl,
                                      lariat_crawl_stats *stats) {
  lariat_crawl_stats all = {.size = sizeof all};
  if (!stats || stats->size < sizeof stats->size) return LARIAT_EINVAL;
  all.size = stats->size;
  all.end = crawl->end;
  all.end_reason = crawl->end_reason;
  all.paused = crawl->paused;
  add_shards(crawl, &all);
  lr_crawl_frontier_counts counts =
      crawl->frontier ? lr_crawl_frontier_count(crawl->frontier) : crawl->last;
  lr_crawl_stats_add_frontier(&counts, &all);
  all.bytes = crawl->bytes - crawl->others_bytes;
  all.rejected_trap += crawl->redirect_traps + crawl->sitemap_traps;
  all.rejected_scope += crawl->hosts_rejected;
  all.elapsed_ms = elapsed_ms(crawl);
  add_shared(crawl, &all);
  add_threads(crawl, &all);
  memcpy(stats, &all, all.size < sizeof all ? all.size : sizeof all);
  return LARIAT_OK;
}
