/* SPDX-License-Identifier: MIT
 * options.h: what the options of a pool come to. */
#ifndef LR_POOL_OPTIONS_H
#define LR_POOL_OPTIONS_H

#include <stddef.h>

#include "net/trust.h"
#include <lariat/pool.h>

/* Reads a user's options (NULL: the defaults) as far as their size goes, checks
 * them and replaces each 0 by what it stands for; `reactors`, if not 0, is the
 * number of reactors whatever they say.
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM */
lariat_status lr_pool_options_read(const lariat_pool_options *given,
                                   unsigned reactors,
                                   lariat_pool_options *options);

/* Forgets the texts that belong to who has given the options, but `ca_file`. */
void lr_pool_options_forget_texts(lariat_pool_options *options);

/* Sets what is trusted: the file of the options, or what libcurl trusts. */
void lr_pool_options_init_trust(lr_trust *trust, const char *ca_file);

/* Finds a bad certificate file here and not at the first fetch.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EINVAL */
lariat_status lr_pool_options_check_ca_file(const char *ca_file);

#endif
