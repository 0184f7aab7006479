/* SPDX-License-Identifier: MIT
 * result.h: the result of a run as its makers and its readers within this
 * library see it: the whole, the classes, the seconds, the reactors. */
#ifndef LOAD_RESULT_H
#define LOAD_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/load/result.h>
#include <lariat/load/run.h>
#include <lariat/load/verdict.h>

#include "interval.h"

/* A class: the requests with one name. */
typedef struct lr_load_class {
  char *name;
  /* Classes but [0] have response, good, queue, wire, first_byte and raw; the
   * others are NULL (lr_load_measure_of_classes). */
  lariat_histogram *histograms[LARIAT_LOAD_MEASURES];
  uint64_t outcomes[LARIAT_LOAD_OUTCOMES];
} lr_load_class;

/* How many rows of seconds a result has at the most.  Beyond, each two become
 * one, whose percentiles are those of the worse of the two: a run of a day and
 * a half has a row a second, one of a week one for each 8 seconds. */
enum { LR_LOAD_MOST_ROWS = 131072 };

/* A second of the run, all reactors together.  A row of fixed size: the
 * histograms of a second go to the log of the run, if there is one. */
typedef struct lr_load_second {
  uint32_t second;   /* from the start of the measured part */
  uint32_t span_s;   /* how many seconds the row is of: 1 at first */
  uint32_t reactors; /* how many have told of it */
  double asked;      /* requests due by the plan; closed: 0 */
  uint64_t sent;
  uint64_t answered; /* good answers */
  uint64_t failed;   /* all other outcomes */
  uint64_t bytes_received;
  uint64_t connections;
  uint64_t p50_ns, p90_ns, p99_ns, max_ns; /* of response */
  uint64_t late_p99_ns;
  uint64_t cpu_most_ns; /* of the busiest thread */
  uint64_t wait_most_ns;
} lr_load_second;

/* A reactor's thread over the whole run. */
typedef struct lr_load_reactor {
  lr_load_thread_time time;
  uint64_t busiest_second_cpu_ns; /* in the second of which it was the largest
                                     part; shorter intervals than half a second
                                     do not count */
} lr_load_reactor;

/* The machine's counters over the run: differences of /proc/net/netstat and
 * snmp over it. */
typedef struct lr_load_network {
  bool known; /* false: there are no such files */
  uint64_t retransmits;
  uint64_t timeouts;
  uint64_t listen_drops;
} lr_load_network;

/* Seen from outside of the measuring threads, over the run. */
typedef struct lr_load_surroundings {
  uint64_t gap_ns;       /* the longest time that the process stood still,
                            neither running nor waiting for a CPU */
  uint64_t gap_at_ns;    /* when it began, from the start */
  int64_t clock_step_ns; /* by how much the wall clock was set: the step with
                            the largest size */
} lr_load_surroundings;

/* A threshold as it was judged by the program that wrote the report which this
 * result was read from. */
typedef struct lr_load_told_threshold {
  bool broken;
  char message[200];
} lr_load_told_threshold;

/* A part that a result was merged of, as it is told beside the others. */
typedef struct lr_load_merged {
  lariat_load_part part;
  char name[64]; /* of its report */
  char host[64];
  char machine[128];
  lariat_load_validity validity;
  int64_t started_at_ns; /* by its own clock, since 1970 */
  int64_t clock_ahead_ns;
  int64_t began_ns; /* from the start of the whole */
  uint64_t duration_ns;
  unsigned reactors;
  unsigned connections;
  uint64_t sent;
  uint64_t answered;
  uint64_t failed;
  uint64_t response_p99_ns;
  uint64_t late_p99_ns;
  double cpu_most;  /* share of a CPU in the busiest second of a thread */
  double wait_most; /* share of the time that a thread waited for a CPU */
} lr_load_merged;

/* Seconds that some reactors have told of, and others not yet. */
typedef struct lr_load_pending lr_load_pending;

struct lariat_load_result {
  lariat_load_run_facts facts; /* plan, versions, instants of start and end */
  uint64_t started_ns;         /* of the measured part, monotonic: samples and
                                  ends count from it; the run's to write */
  lr_load_class *classes;      /* [0] is the whole run */
  size_t class_count;
  lr_load_counts counts;
  uint64_t lost; /* samples that are not in all figures, for want of memory */
  uint64_t statuses[LR_LOAD_STATUSES];
  lr_load_ends ends[LARIAT_LOAD_OUTCOMES]; /* but for good answers */
  lr_load_second *seconds;
  size_t second_count;
  size_t second_capacity;
  lr_load_reactor *reactors;
  size_t reactor_count;
  lr_load_sample slowest[LR_LOAD_SLOWEST]; /* by response, slowest first */
  size_t slowest_count;
  lr_load_network network;
  lr_load_surroundings surroundings;
  lariat_load_verdict *verdict; /* once it was judged */
  lr_load_told_threshold *told; /* NULL: none were read */
  size_t told_count;
  lr_load_merged *merged; /* NULL: it is of one run */
  size_t merged_count;
  lr_load_pending *pending;
  lariat_load_on_second on_second;
  void *on_second_context;
};

/* Makes an empty result.  `names` are those of the classes, "" first; all is
 * copied.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_load_result_new(const lariat_load_run_facts *facts,
                                 const char *const *names, size_t name_count,
                                 unsigned reactors, lariat_load_result **out);

/* Calls `on_second` for each second that is complete, in their order: all
 * reactors have told of it, or one is three seconds ahead of it, or the result
 * is finished.  From lr_load_result_add and lr_load_result_finish. */
void lr_load_result_on_second(lariat_load_result *result,
                              lariat_load_on_second on_second, void *context);

/* Adds what one reactor measured in one second; the interval is empty then, and
 * may be reset and filled again.  A reactor's seconds come in their order; it
 * need not have all.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  some figures lack it: `lost` says how many samples */
lariat_status lr_load_result_add(lariat_load_result *result,
                                 lr_load_interval *interval);

/* ---- Sums ----
 *
 * What of one result, or of a reactor's second, belongs to another. */

/* Tells whether the run was a part for which the plan has no request: request 0
 * is the first part's, so that is none. */
bool lr_load_result_has_no_share(const lariat_load_result *result);

/* Returns how many requests ended in another way than with a good answer. */
uint64_t lr_load_sum_failures(const uint64_t outcomes[LARIAT_LOAD_OUTCOMES]);

void lr_load_counts_add(lr_load_counts *to, const lr_load_counts *from);
void lr_load_ends_add(lr_load_ends *to, const lr_load_ends *from);

/* Adds a row to the one before it, or to one of the same second. */
void lr_load_second_join(lr_load_second *row, const lr_load_second *next);

/* Keeps a sample if it is one of the slowest so far. */
void lr_load_result_keep_slow(lariat_load_result *result,
                              const lr_load_sample *sample);

/* ---- The end ---- */

/* Drops the histograms of seconds that are not complete, of a result to which
 * no more is added. */
void lr_load_result_settle(lariat_load_result *result);

/* Drops the verdict: what it was of has changed. */
void lr_load_result_forget_verdict(lariat_load_result *result);

/* Completes all seconds that were told of.  Call it before the result is
 * judged; more may be added afterwards. */
void lr_load_result_finish(lariat_load_result *result);

#endif
