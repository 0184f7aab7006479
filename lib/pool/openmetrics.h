/* SPDX-License-Identifier: MIT
 * openmetrics.h: metrics as a text of OpenMetrics 1.0. */
#ifndef LR_POOL_OPENMETRICS_H
#define LR_POOL_OPENMETRICS_H

#include <lariat/metrics.h>

/* A text that is being written. */
typedef struct lr_openmetrics {
  lariat_text_write write;
  void *context;
  const char *family; /* the name that was written last; NULL: none */
  bool failed;        /* nothing is written any more */
} lr_openmetrics;

/* Writes a metric; with the first of a name its family.  A lariat_metric_visit
 * whose context is the text. */
void lr_openmetrics_add(const lariat_metric *metric, void *openmetrics);

/* Writes the end mark. */
void lr_openmetrics_end(lr_openmetrics *openmetrics);

#endif
