/* SPDX-License-Identifier: MIT
 * metrics.h: the numbers of a pool, one after the other, with their names. */
#ifndef LR_POOL_METRICS_H
#define LR_POOL_METRICS_H

#include <lariat/metrics.h>

/* Visits each number of `stats`, which has its full size. */
void lr_metrics_visit_stats(const lariat_pool_stats *stats,
                            lariat_metric_visit visit, void *context);

/* Visits the numbers of `count` reactors, those of one name one after the
 * other. */
void lr_metrics_visit_reactors(const lariat_reactor_stats *stats,
                               unsigned count, lariat_metric_visit visit,
                               void *context);

#endif
