/* SPDX-License-Identifier: MIT
 * pace.h: what a running crawl does a second, and what it waits for, of samples
 * that are taken each second. */
#ifndef TOOLS_LARIAT_CRAWL_PACE_H
#define TOOLS_LARIAT_CRAWL_PACE_H

#include <lariat/crawl/crawl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crawl/stats_json.h"

/* The samples that a rate is taken of. */
enum { PACE_SAMPLES = 10 };

/* The things that a crawl can wait for. */
enum pace_limit {
  PACE_POLITENESS,  /* hosts wait for their delay */
  PACE_SERVERS,     /* answers are on their way */
  PACE_CPU,         /* of the reactors */
  PACE_CONCURRENCY, /* as many are in flight as may be */
  PACE_LATER,       /* nothing is due: retries, Retry-After, hosts that are down
                     */
  PACE_WORKERS,     /* what is queued is leased by others */
  PACE_PAUSED,
  PACE_LIMITS
};

struct pace {
  struct pace_sample {
    uint64_t at_ms;
    uint64_t pages;
    uint64_t bytes;
    uint64_t busy_ns;
  } samples[PACE_SAMPLES];
  size_t count;                  /* in all so far */
  unsigned in_flight;            /* --concurrency */
  uint64_t limited[PACE_LIMITS]; /* samples by what the limit was */
};

/* Takes a sample, a second after the last one or so. */
void pace_add(struct pace *pace, const lariat_crawl_stats *stats);

/* Fills in the counts with the rates of the last seconds. */
void pace_fill(const struct pace *pace, const lariat_crawl_stats *stats,
               struct crawl_counts *counts);

/* Writes "politeness 92 %, servers 8 %"; "": not known. */
void pace_describe_limits(const struct pace *pace, char *out, size_t capacity);

#endif
