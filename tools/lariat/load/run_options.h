/* SPDX-License-Identifier: MIT
 * run_options.h: settings as the library has them. */
#ifndef TOOLS_LARIAT_LOAD_RUN_OPTIONS_H
#define TOOLS_LARIAT_LOAD_RUN_OPTIONS_H

#include <lariat/load/run.h>

#include "load/settings.h"

/* Returns the options of a run of `requests`; `*pool`, which they point to,
 * gets those of its pool.  Both keep pointers into `settings`. */
lariat_load_run_options load_run_options(const struct load_settings *settings,
                                         const lariat_load_requests *requests,
                                         lariat_pool_options *pool);

#endif
