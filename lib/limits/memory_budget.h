/* SPDX-License-Identifier: MIT
 * budget.h: the memory that a pool's bodies may have together.  A count that
 * all threads share; who waits for room is woken by the pool. */
#ifndef LR_LIMITS_MEMORY_BUDGET_H
#define LR_LIMITS_MEMORY_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"

typedef struct lr_memory_budget {
  uint64_t limit; /* 0: none */
  lr_atomic_u64 held;
  lr_atomic_u64
      ready; /* of these, of bodies that only wait for their callers */
  lr_atomic_u32 waiting; /* transfers that wait for room */
} lr_memory_budget;

/* Takes what there is room for; false, with nothing taken, when there is
 * none.  Any thread, as all of it. */
bool lr_memory_budget_take(lr_memory_budget *budget, size_t bytes);

/* Takes in any case. */
void lr_memory_budget_force(lr_memory_budget *budget, size_t bytes);

/* Gives back; true when somebody waits for it. */
bool lr_memory_budget_give(lr_memory_budget *budget, size_t bytes);

/* How much room there is now. */
uint64_t lr_memory_budget_left(const lr_memory_budget *budget);

#endif
