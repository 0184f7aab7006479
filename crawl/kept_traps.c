/* SPDX-License-Identifier: MIT
 * kept_traps.c: an array. */
#include "kept_traps.h"

#include "memory.h"

static void release_texts(const lr_crawl_kept_trap *trap) {
  lariat_memory_release(trap->shape);
  lariat_memory_release(trap->reason);
}

bool lr_crawl_kept_traps_add(lr_crawl_kept_traps *list, const char *shape,
                             uint32_t pages, const char *reason) {
  lr_crawl_kept_trap trap = {.shape = lr_crawl_copy_text(shape),
                             .reason = lr_crawl_copy_text(reason),
                             .pages = pages};
  lr_crawl_kept_trap *traps = lr_crawl_grow(list->traps, &list->capacity,
                                            list->count + 1, sizeof *traps);
  if (traps) list->traps = traps;
  if (!traps || !trap.shape || !trap.reason) {
    release_texts(&trap);
    return false;
  }
  traps[list->count++] = trap;
  return true;
}

void lr_crawl_kept_traps_clear(lr_crawl_kept_traps *list) {
  for (size_t i = 0; i < list->count; i++) release_texts(&list->traps[i]);
  lariat_memory_release(list->traps);
  *list = (lr_crawl_kept_traps){0};
}
