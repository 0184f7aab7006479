/* SPDX-License-Identifier: MIT
 * What was run, and where, as a result tells of it: for whoever writes a report
 * of his own. */
#ifndef LARIAT_LOAD_FACTS_H
#define LARIAT_LOAD_FACTS_H

#include <lariat/export.h>
#include <lariat/load/result.h>
#include <lariat/load/run.h>

LARIAT_BEGIN_C

/* Returns the facts of the run that the result is of; they are the result's,
 * and those of the end (`asked`, `duration_ns`) are not final while the run
 * lasts.  The thread of the run, or whoever has a result that was read. */
LARIAT_API const lariat_load_run_facts *
lariat_load_result_facts(const lariat_load_result *result);

LARIAT_END_C

#endif
