/* SPDX-License-Identifier: MIT
 * buffer_test.c: bytes that grow at the end. */
#include "base/buffer.h"

#include <stdint.h>
#include <string.h>

#include "support/fixture.h"

static void test_grows(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_buffer buffer;
  lr_buffer_init(&buffer);
  for (int i = 0; i < 10000; i++) {
    char byte = (char)('a' + i % 26);
    CU_ASSERT_TRUE(lr_buffer_append(&buffer, &byte, 1));
  }
  CU_ASSERT_EQUAL(buffer.length, 10000);
  int wrong = 0;
  for (int i = 0; i < 10000; i++) wrong += buffer.bytes[i] != 'a' + i % 26;
  CU_ASSERT_EQUAL(wrong, 0);
  CU_ASSERT_TRUE(fixture_allocations(&f) < 20);
  lr_buffer_clear(&buffer);
  CU_ASSERT_PTR_NULL(buffer.bytes);
  CU_ASSERT_TRUE(lr_buffer_append(&buffer, "again", 5));
  lr_buffer_clear(&buffer);
  fixture_close(&f);
}

static void test_terminate(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_buffer buffer;
  lr_buffer_init(&buffer);
  CU_ASSERT_TRUE(lr_buffer_terminate(&buffer));
  CU_ASSERT_STRING_EQUAL(buffer.bytes, "");
  CU_ASSERT_EQUAL(buffer.length, 0);
  char line[64];
  memset(line, 'x', sizeof line);
  CU_ASSERT_TRUE(lr_buffer_append(&buffer, line, sizeof line));
  CU_ASSERT_EQUAL(buffer.capacity, sizeof line);
  CU_ASSERT_TRUE(lr_buffer_terminate(&buffer));
  CU_ASSERT_EQUAL(buffer.length, sizeof line);
  CU_ASSERT_EQUAL(strlen(buffer.bytes), sizeof line);
  lr_buffer_clear(&buffer);
  fixture_close(&f);
}

static void test_nothing_appended(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_buffer buffer;
  lr_buffer_init(&buffer);
  CU_ASSERT_TRUE(lr_buffer_append(&buffer, NULL, 0));
  CU_ASSERT_PTR_NULL(buffer.bytes);
  lr_buffer_clear(&buffer);
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_buffer buffer;
  lr_buffer_init(&buffer);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_FALSE(lr_buffer_append(&buffer, "x", 1));
  CU_ASSERT_TRUE(lr_buffer_append(&buffer, "kept", 4));
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_FALSE(lr_buffer_reserve(&buffer, 1000));
  CU_ASSERT_EQUAL(buffer.length, 4);
  CU_ASSERT_EQUAL(memcmp(buffer.bytes, "kept", 4), 0);
  CU_ASSERT_FALSE(lr_buffer_reserve(&buffer, SIZE_MAX - 2));
  CU_ASSERT_FALSE(lr_buffer_reserve(&buffer, SIZE_MAX));
  lr_buffer_clear(&buffer);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a buffer grows by doubling", test_grows},
      {"a NUL behind the bytes is not counted", test_terminate},
      {"nothing appended allocates nothing", test_nothing_appended},
      {"out of memory keeps what is there", test_out_of_memory},
  };
  return fixture_main("buffer", tests, FIXTURE_COUNT(tests), argc, argv);
}
