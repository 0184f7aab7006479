/* SPDX-License-Identifier: MIT
 * outputs.h: the files that a run writes: reports at its end, a log of
 * histograms while it lasts. */
#ifndef TOOLS_LARIAT_LOAD_OUTPUTS_H
#define TOOLS_LARIAT_LOAD_OUTPUTS_H

#include <lariat/load/result.h>
#include <lariat/load/threshold.h>
#include <stdbool.h>
#include <stdint.h>

#include "load/report_file.h"
#include "load/settings.h"

struct load_outputs {
  struct report_file files[LOAD_OUTPUTS];
  lariat_histogram *minutes[LARIAT_LOAD_MEASURES]; /* NULL: without memory */
  uint32_t seconds;                                /* that are in the log */
  uint32_t minute_begun;                           /* after so many */
  bool log_begun;
  bool to_stdout; /* one of the files is standard output */
};

/* Makes `outputs` have no file. */
void load_outputs_init(struct load_outputs *outputs);

/* Opens the files.  Says why it cannot, and returns false. */
bool load_outputs_open(struct load_outputs *outputs,
                       const struct load_output_settings *settings);

/* Writes what is due after a second of the run: a part of the log of
 * histograms, and every ten seconds the metrics. */
void load_outputs_on_second(struct load_outputs *outputs,
                            lariat_load_result *result, uint32_t second);

/* Writes the reports. */
void load_outputs_write(struct load_outputs *outputs,
                        lariat_load_result *result,
                        const lariat_load_thresholds *thresholds);

/* Prints the report for people: on standard output, or where that is one of
 * the files on standard error. */
void load_outputs_print_text(const struct load_outputs *outputs,
                             lariat_load_result *result,
                             const lariat_load_thresholds *thresholds);

/* Closes the files.  Returns false when one could not be written, now or
 * before. */
bool load_outputs_close(struct load_outputs *outputs);

#endif
