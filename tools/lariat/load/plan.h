/* SPDX-License-Identifier: MIT
 * plan.h: --plan: what would be sent. */
#ifndef TOOLS_LARIAT_LOAD_PLAN_H
#define TOOLS_LARIAT_LOAD_PLAN_H

#include <lariat/load/run.h>

/* Prints the plan of a run with these options on standard output: how many
 * requests, the first of them with their instants, and all of the first one.
 * Returns the exit code. */
int plan_print(const lariat_load_run_options *options);

#endif
