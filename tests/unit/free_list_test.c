/* SPDX-License-Identifier: MIT
 * free_list_test.c: blocks that are kept for their next use. */
#include "base/free_list.h"

#include "support/fixture.h"
#include <lariat/allocator.h>

enum { BYTES = 48, MOST = 3, TAKEN = 5 };

/* An allocator that was set sees each block. */
static void test_nothing_is_kept(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_FALSE(lr_memory_is_malloc());
  lr_free_list blocks;
  lr_free_list_init(&blocks, BYTES, MOST);
  void *block = lr_free_list_take(&blocks);
  CU_ASSERT_PTR_NOT_NULL_FATAL(block);
  CU_ASSERT_EQUAL(fixture_live_blocks(&f), 1);
  lr_free_list_give(&blocks, block);
  CU_ASSERT_EQUAL(fixture_live_blocks(&f), 0);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(lr_free_list_take(&blocks));
  lr_free_list_clear(&blocks);
  fixture_close(&f);
}

/* The last that was given back is the first that is taken; what is too many is
 * freed.  (`most` is set by hand: AddressSanitizer has none kept.) */
static void test_some_are_kept(void) {
  CU_ASSERT_EQUAL(lariat_set_allocator(NULL), LARIAT_OK);
  CU_ASSERT_TRUE(lr_memory_is_malloc());
  lr_free_list blocks;
  void *taken[TAKEN];
  lr_free_list_init(&blocks, BYTES, MOST);
  CU_ASSERT(blocks.most == MOST || blocks.most == 0);
  blocks.most = MOST;
  for (int i = 0; i < TAKEN; i++) {
    taken[i] = lr_free_list_take(&blocks);
    CU_ASSERT_PTR_NOT_NULL_FATAL(taken[i]);
  }
  for (int i = 0; i < TAKEN; i++) lr_free_list_give(&blocks, taken[i]);
  CU_ASSERT_EQUAL(blocks.kept, MOST);
  for (int i = MOST - 1; i >= 0; i--)
    CU_ASSERT_PTR_EQUAL(lr_free_list_take(&blocks), taken[i]);
  CU_ASSERT_EQUAL(blocks.kept, 0);
  for (int i = 0; i < MOST; i++) lr_free_list_give(&blocks, taken[i]);
  lr_free_list_clear(&blocks);
  CU_ASSERT_EQUAL(blocks.kept, 0);
  CU_ASSERT_PTR_NULL(blocks.first);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"an allocator that was set sees each block", test_nothing_is_kept},
      {"of malloc's some are kept", test_some_are_kept},
  };
  return fixture_main("blocks", tests, FIXTURE_COUNT(tests), argc, argv);
}
