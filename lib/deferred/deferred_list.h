/* SPDX-License-Identifier: MIT
 * deferred_list.h: a deferred list, for those that are one under another
 * name. */
#ifndef LR_DEFERRED_DEFERRED_LIST_H
#define LR_DEFERRED_DEFERRED_LIST_H

#include <lariat/deferred_list.h>

/* Makes a deferred list, as lariat_deferred_list does, for `function`. */
lariat_deferred *lr_deferred_list_new(const char *function,
                                      lariat_deferred *const *deferreds,
                                      size_t count, unsigned flags);

#endif
