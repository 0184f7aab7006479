/* SPDX-License-Identifier: MIT
 * once.h: --once: one request, shown whole. */
#ifndef TOOLS_LARIAT_LOAD_ONCE_H
#define TOOLS_LARIAT_LOAD_ONCE_H

#include <lariat/load/run.h>
#include <lariat/pool.h>

/* Sends the first request of a run with these options, byte for byte, and
 * prints it on standard output with its answer and its instants.  `pool` has
 * names, addresses and trust.  Returns the exit code. */
int once_run(const lariat_load_run_options *options,
             const lariat_pool_options *pool);

#endif
