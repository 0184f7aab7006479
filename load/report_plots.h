/* SPDX-License-Identifier: MIT
 * report_plots.h: the plots of the page. */
#ifndef LOAD_REPORT_PLOTS_H
#define LOAD_REPORT_PLOTS_H

#include "report.h"
#include "timeline.h"

void lr_load_plot_latency(const lr_load_report *report,
                          const lr_load_timeline *timeline);
void lr_load_plot_percentiles(const lr_load_report *report);
void lr_load_plot_rate(const lr_load_report *report,
                       const lr_load_timeline *timeline);
void lr_load_plot_lateness(const lr_load_report *report,
                           const lr_load_timeline *timeline);
void lr_load_plot_cpu(const lr_load_report *report,
                      const lr_load_timeline *timeline);

#endif
