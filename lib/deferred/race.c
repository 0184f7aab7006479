/* SPDX-License-Identifier: MIT
 * race.c: the first of many deferreds that succeeds. */
#include <lariat/race.h>

#include "deferred/combination.h"
#include "deferred/failure.h"
#include "deferred/list.h"
#include "deferred/winner.h"

/* Decides the race and cancels the others before it fires: what comes from them
 * meanwhile is dropped. */
static void win_race(lr_combination *whole, size_t index, lariat_value result) {
  whole->is_decided = true;
  lr_combination_cancel_children(whole);
  lr_combination_fire(whole, lr_winner_make(index, result));
}

static void note_failure(lr_combination *whole, size_t index,
                         lariat_value failure) {
  lr_list_values_put(whole->list, index, failure);
  if (whole->missing > 0) return;
  lariat_value all = lr_combination_take_list(whole);
  lr_combination_fire(whole, lr_failure_group(lariat_list_in(all)));
}

static lariat_value race_rule(lr_combination *whole, size_t index,
                              lariat_value result) {
  if (whole->is_decided || lr_combination_has_fired(whole))
    return lariat_value_drop(result);
  if (lariat_is_failure(result))
    note_failure(whole, index, result);
  else
    win_race(whole, index, result);
  return lariat_none();
}

lariat_deferred *lariat_race(lariat_deferred *const *deferreds, size_t count) {
  if (count == 0)
    return lr_combination_of_none("there is no deferred that could win");
  const lr_combination_parts parts = {.function = __func__,
                                      .rule = race_rule,
                                      .ops = &lr_combination_can_be_cancelled,
                                      .deferreds = deferreds,
                                      .count = count};
  return lr_combination_new(&parts);
}
