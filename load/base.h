/* SPDX-License-Identifier: MIT
 * base.h: a copy of a request that is kept, and what requests take from it. */
#ifndef LOAD_BASE_H
#define LOAD_BASE_H

#include <stdbool.h>

#include <lariat/load/requests.h>

#include "arena.h"

/* Copies a request as far as its size goes; all of it is in `arena`.  False:
 * out of memory. */
bool lr_load_base_copy(const lariat_load_request *request, lr_load_arena *arena,
                       lariat_load_request *out);

/* Returns `request`, as far as its size goes, with what it does not have of its
 * own from the base; but for headers, which are looked at one by one. */
lariat_load_request lr_load_base_merge(const lariat_load_request *base,
                                       const lariat_load_request *request);

#endif
