/* SPDX-License-Identifier: MIT
 * memory_test.c: the settable allocator and what is built on it. */
#include "base/memory.h"

#include <stdint.h>
#include <string.h>

#include "support/fixture.h"
#include <lariat/allocator.h>

static void test_alloc_and_free(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  char *memory = lr_alloc(10);
  CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
  memset(memory, 'x', 10);
  memory = lr_realloc(memory, 1000);
  CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
  CU_ASSERT_EQUAL(memory[9], 'x');
  CU_ASSERT_EQUAL(fixture_live_blocks(&f), 1);
  CU_ASSERT_TRUE(fixture_live_bytes(&f) >= 1000);
  lr_free(memory);
  lr_free(NULL);
  fixture_close(&f);
}

static void test_zero_bytes(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  void *nothing = lr_alloc(0);
  CU_ASSERT_PTR_NOT_NULL(nothing);
  void *resized = lr_realloc(NULL, 0);
  CU_ASSERT_PTR_NOT_NULL(resized);
  lr_free(nothing);
  lr_free(resized);
  fixture_close(&f);
}

static void test_zeroed(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  unsigned char *memory = lr_alloc_zero(100);
  CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
  unsigned sum = 0;
  for (int i = 0; i < 100; i++) sum += memory[i];
  CU_ASSERT_EQUAL(sum, 0);
  lr_free(memory);
  fixture_close(&f);
}

static void test_lines(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  unsigned char *lines[20];
  for (size_t i = 0; i < FIXTURE_COUNT(lines); i++) {
    lines[i] = lr_alloc_lines(1 + i * 7);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lines[i]);
    CU_ASSERT_EQUAL((uintptr_t)lines[i] % 64, 0);
    for (size_t k = 0; k < 1 + i * 7; k++) CU_ASSERT_EQUAL(lines[i][k], 0);
    memset(lines[i], 0xff, 1 + i * 7);
  }
  for (size_t i = 0; i < FIXTURE_COUNT(lines); i++) lr_free_lines(lines[i]);
  lr_free_lines(NULL);
  volatile size_t everything = SIZE_MAX;
  CU_ASSERT_PTR_NULL(lr_alloc_lines(everything));
  fixture_close(&f);
}

static void test_copies(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  char *bytes = lr_copy_bytes("a\0b", 3);
  CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
  CU_ASSERT_EQUAL(memcmp(bytes, "a\0b", 4), 0);
  char *text = lr_copy_string("lasso");
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  CU_ASSERT_STRING_EQUAL(text, "lasso");
  char *none = lr_copy_bytes(NULL, 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(none);
  CU_ASSERT_STRING_EQUAL(none, "");
  lr_free(bytes);
  lr_free(text);
  lr_free(none);
  volatile size_t everything = SIZE_MAX;
  CU_ASSERT_PTR_NULL(lr_copy_bytes("x", everything));
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  char *kept = lr_copy_string("kept");
  CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
  fixture_fail_allocations_from(&f, 1);
  CU_ASSERT_PTR_NULL(lr_alloc(1));
  CU_ASSERT_PTR_NULL(lr_alloc_zero(1));
  CU_ASSERT_PTR_NULL(lr_alloc_lines(1));
  CU_ASSERT_PTR_NULL(lr_realloc(kept, 100));
  CU_ASSERT_PTR_NULL(lr_copy_string("x"));
  fixture_fail_allocation(&f, 2);
  void *first = lr_alloc(1);
  CU_ASSERT_PTR_NOT_NULL(first);
  CU_ASSERT_PTR_NULL(lr_alloc(1));
  void *third = lr_alloc(1);
  CU_ASSERT_PTR_NOT_NULL(third);
  CU_ASSERT_STRING_EQUAL(kept, "kept");
  lr_free(first);
  lr_free(third);
  lr_free(kept);
  fixture_close(&f);
}

static void test_public_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  uint64_t before = fixture_live_blocks(&f);
  char *memory = lariat_memory_resize(NULL, 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
  char *larger = lariat_memory_resize(memory, 100);
  CU_ASSERT_PTR_NOT_NULL_FATAL(larger);
  CU_ASSERT_EQUAL(fixture_live_blocks(&f), before + 1);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(lariat_memory_allocate(1));
  lariat_memory_release(larger);
  lariat_memory_release(NULL);
  CU_ASSERT_EQUAL(fixture_live_blocks(&f), before);
  fixture_close(&f);
}

static void test_refused_allocator(void) {
  const lariat_allocator half = {NULL, NULL, NULL, NULL};
  CU_ASSERT_EQUAL(lariat_set_allocator(&half), LARIAT_EINVAL);
  void *memory = lr_alloc(1);
  CU_ASSERT_PTR_NOT_NULL(memory);
  lr_free(memory);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"memory is got, resized and given back", test_alloc_and_free},
      {"zero bytes are not out of memory", test_zero_bytes},
      {"zeroed memory is zero", test_zeroed},
      {"lines start at a cache line", test_lines},
      {"copies end with a NUL", test_copies},
      {"out of memory is NULL", test_out_of_memory},
      {"others get memory from the same allocator", test_public_memory},
      {"an allocator without functions is refused", test_refused_allocator},
  };
  return fixture_main("memory", tests, FIXTURE_COUNT(tests), argc, argv);
}
