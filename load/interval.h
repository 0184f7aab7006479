/* SPDX-License-Identifier: MIT
 * interval.h: what one reactor measured in one second.  A worker fills it,
 * gives it away when the second has ended (the thread that holds the result
 * adds it there, and gives it back, reset, to be filled again).
 *
 * Recording is on the way of each request: a value is recorded once, however
 * many measures it is part of, and what is 0 is counted alone.  The measures
 * are made of these parts when the interval is added to the result. */
#ifndef LOAD_INTERVAL_H
#define LOAD_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/histogram.h>
#include <lariat/status.h>

#include "sample.h"

/* The statuses are counted apart from 100 to 599, others as 0. */
enum { LR_LOAD_STATUSES = 600, LR_LOAD_SLOWEST = 100 };

/* lr_load_interval_record counts `outcomes`, `bytes_received`, `stamped`,
 * `unstamped` and `queued`; the worker counts the others. */
typedef struct lr_load_counts {
  uint64_t intended; /* requests that became due */
  uint64_t sent;
  uint64_t outcomes[LARIAT_LOAD_OUTCOMES];
  uint64_t bytes_sent;
  uint64_t bytes_received;
  uint64_t connections; /* opened */
  uint64_t stamped;     /* answers with the kernel's stamp */
  uint64_t unstamped;   /* answers without */
  uint64_t queued;      /* requests that waited for a connection and got one:
                           one that was busy, or was being opened */
  uint64_t unsent;      /* requests that were due and never sent */
  uint64_t starved;     /* requests that a pipe did not bring in time */
} lr_load_counts;

/* The CPU time of the thread of a reactor in the interval. */
typedef struct lr_load_thread_time {
  uint64_t elapsed_ns;
  uint64_t cpu_ns;   /* CLOCK_THREAD_CPUTIME_ID */
  uint64_t wait_ns;  /* ready to run, without a CPU: /proc/thread-self/schedstat
                      */
  bool wait_unknown; /* there is no schedstat: wait_ns says nothing */
} lr_load_thread_time;

/* When the first and the last request with an outcome ended; 0: none did. */
typedef struct lr_load_ends {
  uint64_t first_ns;
  uint64_t last_ns;
} lr_load_ends;

typedef struct lr_load_interval lr_load_interval;

/* Makes an interval of a test with `names` classes, "" included.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_load_interval_new(size_t names, lr_load_interval **out);
void lr_load_interval_free(lr_load_interval *interval);

/* Begins a second with nothing recorded, in the memory that there is.  `second`
 * is counted from the start of the measured part. */
void lr_load_interval_reset(lr_load_interval *interval, unsigned reactor,
                            uint64_t second);

/* Records one request that has ended: counts, histograms, the slowest ones. */
void lr_load_interval_record(lr_load_interval *interval,
                             const lr_load_sample *sample);

/* Records a connection that was opened.  `tls_ns` of 0: it has no TLS. */
void lr_load_interval_connected(lr_load_interval *interval, uint64_t connect_ns,
                                uint64_t tls_ns);

lr_load_counts *lr_load_interval_counts(lr_load_interval *interval);
lr_load_thread_time *lr_load_interval_time(lr_load_interval *interval);

/* ---- For the result ---- */

/* Forgets all: what lr_load_interval_reset else does itself, and takes some
 * time for, on the thread of a reactor. */
void lr_load_interval_forget(lr_load_interval *interval);

/* The rest of an interval, beside its counts and histograms. */
typedef struct lr_load_interval_rest {
  unsigned reactor;
  uint64_t second;
  uint64_t
      lost; /* samples that are not in all histograms, for want of memory */
  const uint64_t *statuses; /* LR_LOAD_STATUSES of them */
  const lr_load_ends *ends; /* by outcome; those of good answers are not kept */
  const lr_load_sample *slowest; /* in no order */
  size_t slowest_count;
} lr_load_interval_rest;

void lr_load_interval_read(const lr_load_interval *interval,
                           lr_load_interval_rest *out);
const lr_load_counts *
lr_load_interval_read_counts(const lr_load_interval *interval);
const lr_load_thread_time *
lr_load_interval_read_time(const lr_load_interval *interval);

/* Says that from the next reset on what does not take longer than `ns` is not
 * among the slowest of the run. */
void lr_load_interval_set_floor(lr_load_interval *interval, uint64_t ns);

/* Returns the outcomes of a class; NULL: it had no request. */
const uint64_t *lr_load_interval_outcomes(const lr_load_interval *interval,
                                          size_t name);

/* Tells whether a measure is kept for each class; the generator's own faults
 * and connections are kept of the whole run alone. */
bool lr_load_measure_of_classes(lariat_load_measure measure);

/* Adds what a class has of a measure to `histogram`.  Of a measure that is not
 * kept for each class all is in class 0.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  parts of it may have been added */
lariat_status lr_load_interval_merge(const lr_load_interval *interval,
                                     size_t name, lariat_load_measure measure,
                                     lariat_histogram *histogram);

/* Returns queue + wire: what the user of a generator that is never late would
 * have seen. */
uint64_t lr_load_sample_response(const lr_load_sample *sample);

#endif
