/* SPDX-License-Identifier: MIT
 * pace.c: differences between samples. */
#include "crawl/pace.h"

#include <stdio.h>
#include <string.h>

/* The share of the reactors' time above which the CPU is the limit. */
static const double busy_share = 0.85;

static const struct pace_sample *sample_before(const struct pace *pace,
                                               size_t back) {
  return &pace->samples[(pace->count - back) % PACE_SAMPLES];
}

/* Tells whether the reactors had their CPUs nearly all of the time since the
 * last sample. */
static bool is_busy(const struct pace *pace, const lariat_crawl_stats *stats) {
  if (!pace->count || !stats->reactors) return false;
  const struct pace_sample *last = sample_before(pace, 1);
  if (stats->elapsed_ms <= last->at_ms || stats->busy_ns <= last->busy_ns)
    return false;
  double ns = (double)(stats->elapsed_ms - last->at_ms) * 1e6;
  return (double)(stats->busy_ns - last->busy_ns) >
         busy_share * ns * stats->reactors;
}

static enum pace_limit find_limit(const struct pace *pace,
                                  const lariat_crawl_stats *stats) {
  if (stats->paused) return PACE_PAUSED;
  if (is_busy(pace, stats)) return PACE_CPU;
  if (pace->in_flight && stats->in_flight >= pace->in_flight)
    return PACE_CONCURRENCY;
  if (stats->hosts_waiting > stats->in_flight) return PACE_POLITENESS;
  if (stats->in_flight || !stats->queued) return PACE_SERVERS;
  if (stats->later) return PACE_LATER;
  return stats->workers ? PACE_WORKERS : PACE_SERVERS;
}

void pace_add(struct pace *pace, const lariat_crawl_stats *stats) {
  pace->limited[find_limit(pace, stats)]++;
  pace->samples[pace->count % PACE_SAMPLES] = (struct pace_sample){
      stats->elapsed_ms, stats->pages, stats->bytes, stats->busy_ns};
  pace->count++;
}

void pace_fill(const struct pace *pace, const lariat_crawl_stats *stats,
               struct crawl_counts *counts) {
  *counts = (struct crawl_counts){.stats = *stats, .runs = true};
  snprintf(counts->reason, sizeof counts->reason, "%s",
           stats->end_reason ? stats->end_reason : "");
  counts->stats.end_reason = counts->reason;
  snprintf(counts->trouble, sizeof counts->trouble, "%s",
           stats->trouble ? stats->trouble : "");
  counts->stats.trouble = counts->trouble;
  if (!pace->count) return;
  size_t back = pace->count < PACE_SAMPLES ? pace->count : PACE_SAMPLES;
  const struct pace_sample *first = sample_before(pace, back);
  if (stats->elapsed_ms <= first->at_ms) return;
  double seconds = (double)(stats->elapsed_ms - first->at_ms) / 1000;
  counts->pages_per_s = (double)(stats->pages - first->pages) / seconds;
  counts->bytes_per_s = (double)(stats->bytes - first->bytes) / seconds;
}

static void add_share(char *out, size_t capacity, const char *name,
                      uint64_t part, uint64_t whole) {
  size_t length = strlen(out);
  unsigned percent = (unsigned)((part * 100 + whole / 2) / whole);
  if (part)
    snprintf(out + length, capacity - length, "%s%s %u %%", length ? ", " : "",
             name, percent);
}

void pace_describe_limits(const struct pace *pace, char *out, size_t capacity) {
  static const char *const names[PACE_LIMITS] = {
      [PACE_POLITENESS] = "politeness (delays of hosts)",
      [PACE_SERVERS] = "servers and network",
      [PACE_CPU] = "CPU",
      [PACE_CONCURRENCY] = "--concurrency",
      [PACE_LATER] = "retries and Retry-After",
      [PACE_WORKERS] = "sites that other workers have",
      [PACE_PAUSED] = "paused"};
  uint64_t whole = 0;
  out[0] = '\0';
  for (int i = 0; i < PACE_LIMITS; i++) whole += pace->limited[i];
  for (int i = 0; whole && i < PACE_LIMITS; i++)
    add_share(out, capacity, names[i], pace->limited[i], whole);
}
