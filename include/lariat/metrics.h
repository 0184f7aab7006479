/* SPDX-License-Identifier: MIT
 * Metrics: the numbers of a pool (lariat/pool.h) and of its reactors
 * (lariat/reactor.h) with their names, for whatever collects such numbers; and
 * as the text of OpenMetrics, which Prometheus and others read. */
#ifndef LARIAT_METRICS_H
#define LARIAT_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/export.h>
#include <lariat/pool.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef enum lariat_metric_type {
  LARIAT_METRIC_COUNTER = 0, /* only ever rises, from 0 at the start */
  LARIAT_METRIC_GAUGE = 1    /* as it is now */
} lariat_metric_type;

/* A label: one of several metrics of a name is told by it from the others. */
typedef struct lariat_metric_label {
  const char *name;
  const char *value;
} lariat_metric_label;

/* A metric with its value.  Texts live for the call. */
typedef struct lariat_metric {
  size_t size;      /* sizeof(lariat_metric) */
  const char *name; /* "lariat_jobs_running"; with a unit it ends in that.  A
                       counter's is without the "_total" of OpenMetrics */
  const char *help; /* a sentence */
  lariat_metric_type type;
  const char *unit; /* "seconds"; "": a number of things */
  const lariat_metric_label *labels;
  size_t label_count;
  double value;
} lariat_metric;

/* Takes a metric. */
typedef void (*lariat_metric_visit)(const lariat_metric *metric, void *context);

/* Calls `visit` for each number that the pool and its reactors have, here and
 * now; all of one name one after the other.  A number that this system does not
 * tell (the time that threads wait for a CPU, say) is left out.  Begins anew
 * with the longest recent turn of each reactor, as
 * lariat_pool_read_reactor_stats does.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no `visit` */
LARIAT_API lariat_status lariat_pool_metrics_walk(lariat_pool *pool,
                                                  lariat_metric_visit visit,
                                                  void *context);

/* The media type of what is written, for a Content-Type. */
#define LARIAT_OPENMETRICS_MEDIA_TYPE                                          \
  "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* Takes a piece of a text; false: it cannot, and gets no more. */
typedef bool (*lariat_text_write)(const char *text, size_t length,
                                  void *context);

/* Writes all of these metrics as a text of OpenMetrics 1.0
 * (https://prometheus.io/docs/specs/om/open_metrics_spec/), the end mark
 * "# EOF" included, in pieces to `write`, which is called here and now.  Any
 * thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no `write`
 * LARIAT_EWRITE  `write` has said false */
LARIAT_API lariat_status lariat_pool_write_openmetrics(lariat_pool *pool,
                                                       lariat_text_write write,
                                                       void *context);

LARIAT_END_C

#endif
