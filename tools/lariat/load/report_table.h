/* SPDX-License-Identifier: MIT
 * report_table.h: the options of `lariat load report` and `lariat load
 * merge`: a few of those of a run, into the same struct load_settings. */
#ifndef TOOLS_LARIAT_LOAD_REPORT_TABLE_H
#define TOOLS_LARIAT_LOAD_REPORT_TABLE_H

#include "options.h"

extern const struct option_table load_report_options;
extern const struct option_table load_merge_options;

#endif
