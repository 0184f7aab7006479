/* SPDX-License-Identifier: MIT
 * deferred_list.c: one deferred for what many bring, successes and failures
 * alike. */
#include "deferred/deferred_list.h"

#include "deferred/combination.h"
#include "deferred/list.h"
#include "deferred/winner.h"

/* Returns what is put into the list, or goes with the winner; `*left` is what
 * the child keeps.  A result that cannot be shared, or not for lack of memory,
 * moves. */
static lariat_value split_result(lariat_value result, lariat_value *left) {
  lariat_value copy;
  *left = result;
  if (!result.type || result.type == &lariat_int_type) return result;
  if (lariat_value_share(result, &copy) == LARIAT_OK) return copy;
  *left = lariat_none();
  return result;
}

static void note_result(lr_combination *whole, size_t index,
                        lariat_value copy) {
  bool failed = lariat_is_failure(copy);
  if (!failed && whole->flags & LARIAT_FIRE_ON_ONE_CALLBACK) {
    lr_combination_fire(whole, lr_winner_make(index, copy));
  } else if (failed && whole->flags & LARIAT_FIRE_ON_ONE_ERRBACK) {
    lr_combination_fire(whole, lr_failure_first(index, copy));
  } else {
    lr_list_values_put(whole->list, index, copy);
    if (whole->missing == 0)
      lr_combination_fire(whole, lr_combination_take_list(whole));
  }
}

static lariat_value list_rule(lr_combination *whole, size_t index,
                              lariat_value result) {
  lariat_value left = result;
  bool failed = lariat_is_failure(result);
  if (!lr_combination_has_fired(whole))
    note_result(whole, index, split_result(result, &left));
  if (failed && whole->flags & LARIAT_CONSUME_ERRORS)
    return lariat_value_drop(left);
  return left;
}

static lariat_deferred *empty_list(void) {
  lariat_reactor *reactor = lariat_reactor_current();
  lariat_list *list = reactor ? lr_list_values_new(0) : NULL;
  if (!list) return lr_deferred_failed_reserve(reactor);
  return lariat_deferred_succeed(reactor,
                                 lariat_value_of(&lariat_list_type, list));
}

lariat_deferred *lr_deferred_list_new(const char *function,
                                      lariat_deferred *const *deferreds,
                                      size_t count, unsigned flags) {
  if (count == 0) return empty_list();
  const lr_combination_parts parts = {
      .function = function,
      .rule = list_rule,
      .ops = &lr_combination_fires_through_children,
      .flags = flags,
      .only_collects = (flags & LARIAT_FIRE_ON_ONE_CALLBACK) == 0,
      .deferreds = deferreds,
      .count = count};
  return lr_combination_new(&parts);
}

lariat_deferred *lariat_deferred_list(lariat_deferred *const *deferreds,
                                      size_t count, unsigned flags) {
  if (count == 0 && flags & LARIAT_FIRE_ON_ONE_CALLBACK)
    return lr_combination_of_none("there is no deferred that could succeed");
  return lr_deferred_list_new(__func__, deferreds, count, flags);
}
