/* SPDX-License-Identifier: MIT
 * free_list.h: blocks of one size that are kept for their next use, for one
 * thread.  Only those of malloc are kept: an allocator that was set sees each
 * block come and go, and so does AddressSanitizer.  With checks on they go to
 * the quarantine. */
#ifndef LR_BASE_FREE_LIST_H
#define LR_BASE_FREE_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/quarantine.h"

typedef struct lr_free_list {
  void *first; /* each begins with the pointer to the next */
  uint32_t kept;
  uint32_t most; /* that are kept */
  size_t bytes;  /* of each, a pointer at least */
} lr_free_list;

/* Makes an empty list of blocks of `bytes` each, which keeps `most` of them, or
 * none where they are not malloc's. */
void lr_free_list_init(lr_free_list *blocks, size_t bytes, uint32_t most);

/* Frees the blocks that are kept. */
void lr_free_list_clear(lr_free_list *blocks);

/* Takes a block, kept or new; NULL when out of memory. */
static inline void *lr_free_list_take(lr_free_list *blocks) {
  void *block = blocks->first;
  if (!block) return lr_alloc(blocks->bytes);
  blocks->first = *(void **)block;
  blocks->kept--;
  return block;
}

/* Gives a block back: keeps or frees it. */
static inline void lr_free_list_give(lr_free_list *blocks, void *block) {
  if (blocks->kept >= blocks->most) {
    lr_quarantine_free(block);
    return;
  }
  *(void **)block = blocks->first;
  blocks->first = block;
  blocks->kept++;
}

#endif
