/* SPDX-License-Identifier: MIT
 * interval.h: what one reactor measured in one second.  A worker fills it,
 * gives it away when the second has ended (the thread that holds the result
 * adds it there, and gives it back, reset, to be filled again). */
#ifndef LOAD_INTERVAL_H
#define LOAD_INTERVAL_H

#include <stddef.h>
#include <stdint.h>

#include "sample.h"

/* The statuses are counted apart from 100 to 599, others as 0. */
enum { LR_LOAD_STATUSES = 600, LR_LOAD_SLOWEST = 100 };

typedef struct lr_load_counts {
  uint64_t intended;     /* requests that became due */
  uint64_t sent;
  uint64_t outcomes[LARIAT_LOAD_OUTCOMES];
  uint64_t bytes_sent;
  uint64_t bytes_received;
  uint64_t connections;  /* opened */
  uint64_t stamped;      /* answers with the kernel's stamp */
  uint64_t unstamped;    /* answers without */
  uint64_t queued;       /* requests that waited for a connection */
  uint64_t unsent;       /* requests that were due and never sent */
  uint64_t starved;      /* requests that a pipe did not bring in time */
} lr_load_counts;

/* What the thread of a reactor had of its CPU in the interval. */
typedef struct lr_load_thread_time {
  uint64_t elapsed_ns;
  uint64_t cpu_ns;  /* CLOCK_THREAD_CPUTIME_ID */
  uint64_t wait_ns; /* ready to run, without a CPU: /proc/thread-self/schedstat */
} lr_load_thread_time;

typedef struct lr_load_interval lr_load_interval;

/* `names`: how many classes there are.  Fails with LARIAT_ENOMEM. */
lariat_status lr_load_interval_new(size_t names, lr_load_interval **out);
void lr_load_interval_free(lr_load_interval *interval);
void lr_load_interval_reset(lr_load_interval *interval, unsigned reactor,
                            uint64_t second);

/* Records one request that has ended: counts, histograms, the slowest ones. */
void lr_load_interval_record(lr_load_interval *interval,
                             const lr_load_sample *sample);
void lr_load_interval_connected(lr_load_interval *interval, uint64_t connect_ns,
                                uint64_t tls_ns);

lr_load_counts *lr_load_interval_counts(lr_load_interval *interval);
lr_load_thread_time *lr_load_interval_time(lr_load_interval *interval);

#endif
