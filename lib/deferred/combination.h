/* SPDX-License-Identifier: MIT
 * combination.h: one deferred made of many children: what a gather, a deferred
 * list and a race have in common.  Each child's result comes to the rule, which
 * decides what becomes of it. */
#ifndef LR_DEFERRED_COMBINATION_H
#define LR_DEFERRED_COMBINATION_H

#include "deferred/deferred.h"
#include "deferred/list.h"

typedef struct lr_combination lr_combination;

/* A slot: the context of the pair that one child was given.  A run knows such a
 * pair by its destructor, lr_slot_drop_pair, and calls lr_slot_deliver, which
 * does all that the pair's side and destructor would. */
typedef struct lr_slot {
  lr_combination *whole;
  lariat_deferred *child; /* NULL: its result has come */
  uint32_t index;         /* which one it is */
  bool held;              /* `child` is a reference, not only a pointer */
} lr_slot;

/* Destroys the context of a slot's pair.  A pair goes without having run
 * because the child is dead, or because its chain could not grow, which counts
 * as a failure. */
LR_HIDDEN void lr_slot_drop_pair(void *slot);

/* Gives the child's result to the rule, and the slot up; returns what the child
 * goes on with. */
lariat_value lr_slot_deliver(lr_slot *slot, lariat_value result);

/* Takes the result of the child `index`, a success or a failure, which is
 * counted already, and returns what the child goes on with. */
typedef lariat_value (*lr_rule)(lr_combination *whole, size_t index,
                                lariat_value result);

struct lr_combination {
  lariat_deferred deferred;
  lr_rule rule;
  unsigned flags;    /* the rule's own */
  bool is_decided;   /* the rule's own */
  bool busy;         /* a walk through the slots goes on: keep the children */
  lariat_list *list; /* for the rule to fill; NULL once it is given away */
  lariat_list *open; /* the list, where successes are only put into it */
  size_t count;
  size_t missing;  /* results */
  size_t attached; /* slots whose pair still lives, and the deferred */
  lr_slot slots[];
};

typedef struct lr_combination_parts {
  const char *function; /* for misuse */
  lr_rule rule;
  const lr_deferred_ops *ops; /* one of the two below */
  unsigned flags;
  bool only_collects; /* the rule puts successes into the list, and fires with
                         the last of them */
  lariat_deferred *const *deferreds;
  size_t count;
} lr_combination_parts;

/* Cancelling cancels all children.  With the first ops the combination fires
 * through them, and not otherwise; with the second, if they do not fire it, it
 * fails by being cancelled. */
extern const lr_deferred_ops lr_combination_fires_through_children;
extern const lr_deferred_ops lr_combination_can_be_cancelled;

/* Makes a combination and gives it its children.  Never NULL; without memory
 * the children are cancelled and released. */
lariat_deferred *lr_combination_new(const lr_combination_parts *parts);

/* Makes what a combination without children is, where nothing could ever fire
 * it: a failure that says `why`. */
lariat_deferred *lr_combination_of_none(const char *why);

/* Fires the combination, and drops what has come from children. */
void lr_combination_fire(lr_combination *whole, lariat_value result);

/* Cancels the children whose results have not come. */
void lr_combination_cancel_children(lr_combination *whole);

/* Takes the list away from the combination. */
lariat_value lr_combination_take_list(lr_combination *whole);

static inline bool lr_combination_has_fired(const lr_combination *whole) {
  return lr_deferred_is_fired(&whole->deferred);
}

/* Takes `result` if the rule need not be asked and nothing else be done: true;
 * the child keeps it too. */
static inline bool lr_slot_takes(lr_slot *slot, lariat_value result) {
  lr_combination *whole = slot->whole;
  if (!whole->open || whole->missing == 1 || whole->attached == 2 ||
      (result.type && result.type != &lariat_int_type))
    return false;
  lr_list_values_put(whole->open, slot->index, result);
  whole->missing--;
  whole->attached--;
  return true;
}

#endif
