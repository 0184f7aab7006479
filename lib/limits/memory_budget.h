/* SPDX-License-Identifier: MIT
 * memory_budget.h: the memory that a pool's bodies may have together.  A count
 * that all threads share; who waits for memory is woken by the pool. */
#ifndef LR_LIMITS_MEMORY_BUDGET_H
#define LR_LIMITS_MEMORY_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"

typedef struct lr_memory_budget {
  uint64_t limit; /* 0: none */
  lr_atomic_u64 held;
  lr_atomic_u64 ready;   /* of `held`, by bodies that wait for their callers */
  lr_atomic_u32 waiting; /* transfers that wait for memory */
} lr_memory_budget;

/* Takes `bytes` if there are so many; false: nothing is taken.  Any thread, as
 * all functions here. */
bool lr_memory_budget_take(lr_memory_budget *budget, size_t bytes);

/* Takes `bytes` though the limit may be exceeded. */
void lr_memory_budget_force(lr_memory_budget *budget, size_t bytes);

/* Gives `bytes` back; true when somebody waits for them. */
bool lr_memory_budget_give(lr_memory_budget *budget, size_t bytes);

/* Returns how many bytes there are now. */
uint64_t lr_memory_budget_left(const lr_memory_budget *budget);

#endif
