/* SPDX-License-Identifier: MIT
 * follow.c: one deferred that is told to fire another, by a pair of its own.
 * Returning a deferred from a callback is another thing, and lies in
 * chain.c. */
#include "base/process.h"
#include "deferred/deferred.h"

/* Notes in `next`, until it fires, whom it waits for. */
static void set_leader(lariat_deferred *next, lariat_deferred *leader) {
  if (!lr_deferred_is_fired(next)) next->result.data = leader;
}

static lariat_value fire_next(lariat_value result, void *context) {
  if (lr_deferred_fire(context, result) == LARIAT_OK) return lariat_none();
  return lariat_failure_new(LARIAT_EALREADY,
                            "the next deferred had been fired already");
}

/* Releases the next deferred: the pair is gone, perhaps without having run. */
static void release_next(void *context) {
  set_leader(context, NULL);
  lariat_deferred_release(context);
}

lariat_deferred *lariat_deferred_chain(lariat_deferred *deferred,
                                       lariat_deferred *next) {
  if (!lr_deferred_is_given(deferred, __func__)) return deferred;
  if (!lr_deferred_is_given(next, __func__)) return deferred;
  set_leader(next, deferred);
  lariat_deferred_retain(next);
  return lariat_deferred_add_callbacks_owned(deferred, fire_next, fire_next,
                                             next, release_next);
}
