/* SPDX-License-Identifier: MIT
 * frontier_traps.c: the shapes that are closed, in the log.  They are few, and
 * are written at once. */
#include "frontier_private.h"

lariat_status lr_crawl_frontier_keep_trap(lr_crawl_frontier *frontier,
                                          const lr_crawl_kept_trap *trap,
                                          lr_crawl_fault *fault) {
  if (frontier->shared) return LARIAT_OK;
  return lr_crawl_store_run(&frontier->store, fault, LR_CRAWL_SET_TRAP, "tit",
                            trap->shape, (int64_t)trap->pages, trap->reason);
}

lariat_status lr_crawl_frontier_drop_trap(lr_crawl_frontier *frontier,
                                          const char *shape,
                                          lr_crawl_fault *fault) {
  if (frontier->shared) return LARIAT_OK;
  return lr_crawl_store_run(&frontier->store, fault, LR_CRAWL_DROP_TRAP, "t",
                            shape);
}

lariat_status lr_crawl_frontier_read_traps(lr_crawl_frontier *frontier,
                                           lr_crawl_kept_traps *list,
                                           lr_crawl_fault *fault) {
  const lr_crawl_statement from = LR_CRAWL_ALL_TRAPS;
  lr_crawl_store *store = &frontier->store;
  bool row = false;
  if (frontier->shared) return LARIAT_OK;
  lariat_status status = lr_crawl_store_ask(store, &row, fault, from, "");
  while (!status && row) {
    if (!lr_crawl_kept_traps_add(
            list, lr_crawl_store_text(store, from, 0),
            (uint32_t)lr_crawl_store_integer(store, from, 1),
            lr_crawl_store_text(store, from, 2))) {
      lr_crawl_store_end(store, from);
      return lr_crawl_fault_memory(fault);
    }
    status = lr_crawl_store_next(store, &row, fault, from);
  }
  return status;
}
