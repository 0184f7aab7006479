/* SPDX-License-Identifier: MIT
 * gather.c: one deferred for the results of many: a deferred list that the
 * first failure fires, and that takes care of all failures. */
#include <lariat/gather.h>

#include "deferred/deferred_list.h"

lariat_deferred *lariat_gather_results(lariat_deferred *const *deferreds,
                                       size_t count) {
  return lr_deferred_list_new(__func__, deferreds, count,
                              LARIAT_FIRE_ON_ONE_ERRBACK |
                                  LARIAT_CONSUME_ERRORS);
}
