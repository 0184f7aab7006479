/* SPDX-License-Identifier: MIT
 * combination.h: one deferred made of many children: what a gather, a deferred
 * list and a race have in common.  What each child brings comes to the rule,
 * which decides what becomes of it. */
#ifndef LR_DEFERRED_COMBINATION_H
#define LR_DEFERRED_COMBINATION_H

#include "deferred/deferred.h"
#include "deferred/list.h"

typedef struct lr_combination lr_combination;

/* The context of the pair that one child was given.  A run knows such a pair by
 * its destructor, lr_slot_lose, and calls lr_slot_tell, which does all that the
 * pair's side and destructor would. */
typedef struct lr_slot {
  lr_combination *whole;
  lariat_deferred *child; /* NULL: it has told its result */
  uint32_t index;         /* which one it is */
  bool held;              /* `child` is a reference, not only a pointer */
} lr_slot;

LR_HIDDEN void lr_slot_lose(void *place);
lariat_value lr_slot_tell(lr_slot *place, lariat_value result);

/* Takes what the child `index` brought, a success or a failure, and returns
 * what the child goes on with.  It is counted already. */
typedef lariat_value (*lr_rule)(lr_combination *whole, size_t index,
                                lariat_value result);

struct lr_combination {
  lariat_deferred deferred;
  lr_rule rule;
  unsigned flags;    /* the rule's own */
  bool is_decided;   /* the rule's own */
  bool busy;         /* somebody goes through the slots: keep the children */
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

/* Cancelling cancels all children.  The first fires through them, and not
 * otherwise; the second, if they do not fire it, fails by being cancelled. */
extern const lr_deferred_ops lr_combination_fires_through_children;
extern const lr_deferred_ops lr_combination_can_be_cancelled;

/* Makes one and gives it its children.  Never NULL; without memory the
 * children are cancelled and released. */
lariat_deferred *lr_combination_new(const lr_combination_parts *parts);

/* What one without children is, where nothing could ever fire it: a failure
 * that says `why`. */
lariat_deferred *lr_combination_of_none(const char *why);

/* Fires it, and drops what came from children meanwhile. */
void lr_combination_fire(lr_combination *whole, lariat_value result);

/* Cancels the children that have not told their result. */
void lr_combination_cancel_children(lr_combination *whole);

/* Takes its list away. */
lariat_value lr_combination_take_list(lr_combination *whole);

static inline bool lr_combination_has_fired(const lr_combination *whole) {
  return lr_deferred_is_fired(&whole->deferred);
}

/* Takes a result that nothing has to be asked or done about: true; the child
 * keeps it too. */
static inline bool lr_slot_takes(lr_slot *place, lariat_value result) {
  lr_combination *whole = place->whole;
  if (!whole->open || whole->missing == 1 || whole->attached == 2 ||
      (result.type && result.type != &lariat_int_type))
    return false;
  lr_list_values_put(whole->open, place->index, result);
  whole->missing--;
  whole->attached--;
  return true;
}

#endif
