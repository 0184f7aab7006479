/* SPDX-License-Identifier: MIT
 * memory_budget.c: what a pool's bodies hold together. */
#include "limits/memory_budget.h"

bool lr_memory_budget_take(lr_memory_budget *budget, size_t bytes) {
  uint64_t before = lr_u64_add_relaxed(&budget->held, bytes);
  if (before + bytes <= budget->limit) return true;
  (void)lr_u64_add_relaxed(&budget->held, -(uint64_t)bytes);
  return false;
}

void lr_memory_budget_force(lr_memory_budget *budget, size_t bytes) {
  (void)lr_u64_add_relaxed(&budget->held, bytes);
}

/* A taker that begins to wait at this moment may not be seen: a transfer that
 * waits looks again by itself after a while. */
void lr_memory_budget_give(lr_memory_budget *budget, size_t bytes) {
  (void)lr_u64_add_relaxed(&budget->held, -(uint64_t)bytes);
  if (lr_u32_load_relaxed(&budget->waiting) > 0)
    budget->ops->wake(budget->owner);
}

uint64_t lr_memory_budget_left(const lr_memory_budget *budget) {
  uint64_t held = lr_u64_load_relaxed(&budget->held);
  return held < budget->limit ? budget->limit - held : 0;
}
