/* SPDX-License-Identifier: MIT
 * report.h: what a shard has to tell the crawl, gathered over a turn and sent
 * in one piece: URLs that were found, outcomes, facts about hosts, counts. */
#ifndef CRAWL_REPORT_H
#define CRAWL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "found_url.h"
#include "frontier.h"
#include "kept_traps.h"
#include "outcome.h"

/* Counts of a shard since its start, and what it has now. */
typedef struct lr_crawl_shard_counts {
  uint64_t rejected_scope, rejected_trap, duplicates;
  uint64_t by_status[6];
  uint64_t in_flight;
  uint64_t hosts_due, hosts_down, hosts_waiting;
} lr_crawl_shard_counts;

/* A URL that was found: as in found_url.h, but for its texts, which begin at
 * these offsets of the report's. */
typedef struct lr_crawl_reported_url {
  lr_crawl_found_url found;
  size_t url_offset, origin_offset;
} lr_crawl_reported_url;

/* A fact about a host, whose texts are the report's. */
typedef struct lr_crawl_reported_host {
  lr_crawl_host_facts facts;
  size_t ip_offset, robots_offset, note_offset; /* SIZE_MAX: none */
} lr_crawl_reported_host;

/* A URL that was not sent, since its lease was about to end. */
typedef struct lr_crawl_returned_url {
  uint64_t url, host;
} lr_crawl_returned_url;

typedef struct lr_crawl_report {
  unsigned shard;
  bool ended;   /* the shard has nothing more to tell */
  bool failed;  /* there was no memory for a part of it */
  bool counted; /* it is sent for its counts alone, too */
  lr_crawl_bytes texts;
  lr_crawl_reported_url *urls;
  size_t url_count, url_capacity;
  lr_crawl_outcome *outcomes;
  size_t outcome_count, outcome_capacity;
  lr_crawl_reported_host *hosts;
  size_t host_count, host_capacity;
  lr_crawl_returned_url *returned;
  size_t returned_count, returned_capacity;
  size_t bytes; /* that its outcomes and its URLs hold */
  lr_crawl_shard_counts counts;
  lr_crawl_kept_traps closed_traps;
  char *opened_trap; /* a shape that is open now: what was parked for it is to
                        be queued; NULL: none */
} lr_crawl_report;

lr_crawl_report *lr_crawl_report_new(unsigned shard);

/* Frees the report with all that nobody has taken out of it. */
void lr_crawl_report_free(lr_crawl_report *report);

bool lr_crawl_report_is_empty(const lr_crawl_report *report);

/* Adds copies of a URL and of facts; false: no memory, and nothing was added.
 */
bool lr_crawl_report_add_url(lr_crawl_report *report,
                             const lr_crawl_found_url *found);
bool lr_crawl_report_add_host(lr_crawl_report *report,
                              const lr_crawl_host_facts *facts);

/* Adds a URL that was not sent; false: no memory. */
bool lr_crawl_report_add_returned(lr_crawl_report *report, uint64_t url,
                                  uint64_t host);

/* Adds an outcome and all that it owns; without memory it is dropped, and the
 * report marked as failed. */
void lr_crawl_report_add_outcome(lr_crawl_report *report,
                                 lr_crawl_outcome *outcome);

/* Return what was added, with texts that live as long as the report. */
lr_crawl_found_url lr_crawl_report_url(const lr_crawl_report *report,
                                       size_t at);
lr_crawl_host_facts lr_crawl_report_host(const lr_crawl_report *report,
                                         size_t at);

/* Frees what an outcome owns. */
void lr_crawl_outcome_clear(lr_crawl_outcome *outcome);

#endif
