/* SPDX-License-Identifier: MIT
 * ranks.h: a queue with priorities: three lists, of which the first that is
 * not empty is served.  Within a rank it is first in, first out. */
#ifndef LR_LIMITS_PRIORITY_QUEUE_H
#define LR_LIMITS_PRIORITY_QUEUE_H

#include "base/list.h"
#include <lariat/client.h>

/* Served in this order. */
typedef enum lr_rank {
  LR_RANK_HIGH,
  LR_RANK_NORMAL,
  LR_RANK_LOW,
  LR_RANKS
} lr_rank;

typedef struct lr_ranks {
  lr_list rank[LR_RANKS];
} lr_ranks;

static inline void lr_ranks_init(lr_ranks *ranks) {
  for (int i = 0; i < LR_RANKS; i++) lr_list_init(&ranks->rank[i]);
}

static inline lr_list *lr_ranks_first(lr_ranks *ranks) {
  for (int i = 0; i < LR_RANKS; i++)
    if (!lr_list_empty(&ranks->rank[i])) return ranks->rank[i].next;
  return NULL;
}

/* The rank of the first; LR_RANKS when there is none. */
static inline int lr_ranks_best(const lr_ranks *ranks) {
  for (int i = 0; i < LR_RANKS; i++)
    if (!lr_list_empty(&ranks->rank[i])) return i;
  return LR_RANKS;
}

static inline bool lr_ranks_empty(const lr_ranks *ranks) {
  return lr_ranks_best(ranks) == LR_RANKS;
}

static inline bool lr_priority_valid(lariat_priority priority) {
  return (unsigned)priority <= LARIAT_PRIORITY_LOW;
}

static inline lr_rank lr_rank_of(lariat_priority priority) {
  if (priority == LARIAT_PRIORITY_HIGH) return LR_RANK_HIGH;
  return priority == LARIAT_PRIORITY_LOW ? LR_RANK_LOW : LR_RANK_NORMAL;
}

#endif
