/* SPDX-License-Identifier: MIT
 * run_facts.h: what is told of a run in its reports, from its options and from
 * the machine. */
#ifndef LOAD_RUN_FACTS_H
#define LOAD_RUN_FACTS_H

#include <lariat/load/run.h>

/* Fills in all that is known before a run begins; the options have no default
 * left to fill in. */
void lr_load_facts_describe(const lariat_load_run_options *options,
                            lariat_load_run_facts *out);

/* Writes what was asked for in `duration_ns` of a run, of which `intended`
 * requests became due. */
void lr_load_facts_ask(const lariat_load_run_options *options,
                       uint64_t duration_ns, uint64_t intended,
                       lariat_load_run_facts *facts);

#endif
