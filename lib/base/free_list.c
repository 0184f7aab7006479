/* SPDX-License-Identifier: MIT
 * free_list.c: blocks of one size that are kept for their next use. */
#include "base/free_list.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(WATCHED)
#define WATCHED 1
#endif

static uint32_t limit_kept(uint32_t most) {
#ifdef WATCHED
  (void)most;
  return 0;
#else
  return lr_memory_is_malloc() && !lr_quarantine_is_on() ? most : 0;
#endif
}

void lr_free_list_init(lr_free_list *blocks, size_t bytes, uint32_t most) {
  *blocks = (lr_free_list){.most = limit_kept(most), .bytes = bytes};
}

void lr_free_list_clear(lr_free_list *blocks) {
  while (blocks->kept > 0) lr_free(lr_free_list_take(blocks));
}
