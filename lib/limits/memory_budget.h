/* SPDX-License-Identifier: MIT
 * memory_budget.h: the memory that a pool's bodies may have together: a count
 * that all threads share.  Who waits for memory is woken by the budget's owner.
 * Every function here may be called by any thread. */
#ifndef LR_LIMITS_MEMORY_BUDGET_H
#define LR_LIMITS_MEMORY_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"

/* The questions of a budget to the object that it is part of. */
typedef struct lr_memory_budget_owner {
  void (*wake)(void *owner);   /* memory was given back, and somebody waits */
  void (*retain)(void *owner); /* the budget must stay */
  void (*release)(void *owner);
} lr_memory_budget_owner;

typedef struct lr_memory_budget {
  const lr_memory_budget_owner *ops;
  void *owner;
  uint64_t limit; /* 0: none */
  lr_atomic_u64 held;
  lr_atomic_u64 complete; /* of these, of bodies that wait for their callers */
  lr_atomic_u32 waiting;  /* transfers that wait for memory */
} lr_memory_budget;

/* Takes `bytes` if there are so many left; false, with nothing taken, if
 * not. */
bool lr_memory_budget_take(lr_memory_budget *budget, size_t bytes);

/* Takes `bytes` in any case. */
void lr_memory_budget_force(lr_memory_budget *budget, size_t bytes);

/* Gives `bytes` back, and wakes who waits. */
void lr_memory_budget_give(lr_memory_budget *budget, size_t bytes);

/* Returns how many bytes are left now. */
uint64_t lr_memory_budget_left(const lr_memory_budget *budget);

/* Counts bytes of complete bodies, and transfers that wait. */
static inline void lr_memory_budget_add_complete(lr_memory_budget *budget,
                                                 uint64_t bytes) {
  (void)lr_u64_add_relaxed(&budget->complete, bytes);
}

static inline void lr_memory_budget_add_waiting(lr_memory_budget *budget,
                                                uint32_t transfers) {
  (void)lr_u32_add_relaxed(&budget->waiting, transfers);
}

/* Keeps the budget, and lets go of it. */
static inline void lr_memory_budget_retain(lr_memory_budget *budget) {
  budget->ops->retain(budget->owner);
}

static inline void lr_memory_budget_release(lr_memory_budget *budget) {
  budget->ops->release(budget->owner);
}

#endif
