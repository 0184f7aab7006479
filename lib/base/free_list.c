/* SPDX-License-Identifier: MIT
 * blocks.c: blocks of one size that are kept for their next use. */
#include "base/free_list.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(WATCHED)
#define WATCHED 1
#endif

static uint32_t limit(uint32_t most) {
#ifdef WATCHED
  (void)most;
  return 0;
#else
  return lr_memory_is_malloc() ? most : 0;
#endif
}

void lr_blocks_init(lr_blocks *blocks, size_t bytes, uint32_t most) {
  *blocks = (lr_blocks){.most = limit(most), .bytes = bytes};
}

void lr_blocks_clear(lr_blocks *blocks) {
  while (blocks->kept > 0) lr_free(lr_blocks_take(blocks));
}
