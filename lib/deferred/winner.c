/* SPDX-License-Identifier: MIT
 * winner.c: which of several was first, and what it brought. */
#include "deferred/winner.h"

#include <stdio.h>

#include "base/memory.h"
#include "deferred/failure.h"

typedef struct winner {
  size_t index;
  lariat_value value;
} winner;

/* Loops, since winners of races of races are winners in winners. */
static void drop_winner(void *data) {
  winner *doomed = data;
  for (;;) {
    lariat_value value = doomed->value;
    lr_free(doomed);
    if (value.type != &lariat_winner_type) {
      lariat_value_drop(value);
      return;
    }
    doomed = value.data;
  }
}

static int describe_winner(const void *data, char *text, size_t capacity) {
  const winner *first = data;
  return snprintf(text, capacity, "winner %zu", first->index);
}

const lariat_type lariat_winner_type = {
    .size = sizeof(lariat_type),
    .name = "winner",
    .drop = drop_winner,
    .describe = describe_winner,
};

lariat_value lr_winner_make(size_t index, lariat_value value) {
  winner *first = lr_alloc(sizeof *first);
  if (!first) {
    lariat_value_drop(value);
    return lr_failure_no_memory();
  }
  *first = (winner){index, value};
  return lariat_value_of(&lariat_winner_type, first);
}

size_t lariat_winner_index(lariat_value value) {
  const winner *first = lariat_value_in(value, &lariat_winner_type);
  return first ? first->index : 0;
}

lariat_value lariat_winner_value(lariat_value value) {
  const winner *first = lariat_value_in(value, &lariat_winner_type);
  return first ? first->value : lariat_none();
}

lariat_value lariat_winner_take(lariat_value value) {
  winner *first = lariat_value_in(value, &lariat_winner_type);
  if (!first) return lariat_none();
  lariat_value taken = first->value;
  first->value = lariat_none();
  return taken;
}
