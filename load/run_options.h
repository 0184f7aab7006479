/* SPDX-License-Identifier: MIT
 * run_options.h: what the options of a run come to. */
#ifndef LOAD_RUN_OPTIONS_H
#define LOAD_RUN_OPTIONS_H

#include <lariat/load/run.h>

/* Copies options as far as their size goes, with no default left to fill in,
 * and checks them.  What they point to stays the caller's.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  they make no sense, see `*error` */
lariat_status lr_load_run_options_read(const lariat_load_run_options *given,
                                       lariat_load_run_options *out,
                                       lariat_load_error *error);

/* Returns how many connections this part has: the users of a closed test are
 * shared as its requests are, those of an open one are each part's own. */
unsigned
lr_load_run_options_connections(const lariat_load_run_options *options);

/* Returns how many requests may be on their way on one connection. */
unsigned lr_load_run_options_streams(const lariat_load_run_options *options);

/* Returns the options of a pool in which nothing but the run's own options
 * limits what it does. */
lariat_pool_options
lr_load_run_options_pool(const lariat_load_run_options *options);

#endif
