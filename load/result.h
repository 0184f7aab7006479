/* SPDX-License-Identifier: MIT
 * result.h: the result of a run as its makers and its readers within this
 * library see it: the whole, the classes, the seconds, the reactors. */
#ifndef LOAD_RESULT_H
#define LOAD_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/load/result.h>
#include <lariat/load/run.h>
#include <lariat/load/verdict.h>

#include "interval.h"

/* A class: the requests with one name. */
typedef struct lr_load_class {
  char *name;
  lariat_histogram *histograms[LARIAT_LOAD_MEASURES]; /* connect, tls: NULL */
  uint64_t outcomes[LARIAT_LOAD_OUTCOMES];
} lr_load_class;

/* A second of the run, all reactors together.  A row of fixed size: the
 * histograms of a second go to the log of the run, if there is one. */
typedef struct lr_load_second {
  uint32_t second;        /* from the start of the measured part */
  uint32_t reactors;      /* how many have told of it */
  double asked;           /* requests due by the plan; closed: 0 */
  uint64_t sent;
  uint64_t answered;      /* good answers */
  uint64_t failed;        /* all other outcomes */
  uint64_t bytes_received;
  uint64_t connections;
  uint64_t p50_ns, p90_ns, p99_ns, max_ns; /* of response */
  uint64_t late_p99_ns;
  uint64_t cpu_most_ns;   /* of the busiest thread */
  uint64_t wait_most_ns;
} lr_load_second;

/* A reactor's thread over the whole run. */
typedef struct lr_load_reactor {
  lr_load_thread_time time;
  uint64_t busiest_second_cpu_ns;
} lr_load_reactor;

/* What the machine says of the run: differences of /proc/net/netstat and snmp
 * over it. */
typedef struct lr_load_network {
  uint64_t retransmits;
  uint64_t timeouts;
  uint64_t listen_drops;
} lr_load_network;

struct lariat_load_result {
  lariat_load_run_facts facts; /* plan, versions, instants of start and end */
  lr_load_class *classes;      /* [0] is the whole run */
  size_t class_count;
  lr_load_counts counts;
  uint64_t statuses[LR_LOAD_STATUSES];
  lr_load_second *seconds;
  size_t second_count;
  lr_load_reactor *reactors;
  size_t reactor_count;
  lr_load_sample slowest[LR_LOAD_SLOWEST]; /* by response, slowest first */
  size_t slowest_count;
  lr_load_network network;
  lariat_load_verdict *verdict; /* once it was judged */
};

lariat_status lr_load_result_new(const lariat_load_run_facts *facts,
                                 const char *const *names, size_t name_count,
                                 unsigned reactors, lariat_load_result **out);

/* Adds what one reactor measured in one second. */
lariat_status lr_load_result_add(lariat_load_result *result,
                                 const lr_load_interval *interval);

#endif
