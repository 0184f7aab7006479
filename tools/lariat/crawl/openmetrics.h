/* SPDX-License-Identifier: MIT
 * openmetrics.h: the counts of a crawl as a text of OpenMetrics 1.0. */
#ifndef TOOLS_LARIAT_CRAWL_OPENMETRICS_H
#define TOOLS_LARIAT_CRAWL_OPENMETRICS_H

#include <stdbool.h>

#include "crawl/stats_json.h"

/* Appends the text, with its end mark; false: out of memory. */
bool openmetrics_add(struct text *text, const struct crawl_counts *counts);

#endif
