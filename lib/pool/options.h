/* SPDX-License-Identifier: MIT
 * options.h: what the options of a pool come to. */
#ifndef LR_POOL_OPTIONS_H
#define LR_POOL_OPTIONS_H

#include <lariat/pool.h>

/* Reads a user's options (NULL: the defaults) as far as their size goes, checks
 * them and replaces each 0 by what it stands for; `reactors`, if not 0, is the
 * number of reactors whatever they say.
 * LARIAT_OK, LARIAT_EINVAL */
lariat_status lr_pool_options_read(const lariat_pool_options *given,
                                   unsigned reactors,
                                   lariat_pool_options *options);

#endif
