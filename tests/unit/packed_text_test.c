/* SPDX-License-Identifier: MIT
 * packed_text_test.c: texts that shrink, texts that do not, and bytes that are
 * none. */
#include "crawl/packed_text.h"

#include <stdio.h>
#include <string.h>

#include <zlib.h>

#include "crawl/memory.h"
#include "support/fixture.h"

static struct fixture fixture;

static void expect_same(const char *text, size_t length) {
  lr_crawl_packed_text packed = lr_crawl_text_pack(text, length);
  CU_ASSERT_TRUE(packed.size <= length);
  char *back = lr_crawl_text_unpack(packed.bytes, packed.size, length);
  CU_ASSERT_PTR_NOT_NULL_FATAL(back);
  CU_ASSERT_EQUAL(memcmp(back, text, length), 0);
  CU_ASSERT_EQUAL(back[length], '\0');
  lariat_memory_release(back);
  lr_crawl_packed_text_clear(&packed);
}

/* Bytes of which each length is packed: those of a text, and random ones. */
static void test_round_trips(void) {
  enum { MOST = 3000 };
  static char text[MOST], noise[MOST];
  unsigned random = 1;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < MOST; i++) {
    random = random * 1103515245u + 12345u;
    text[i] = "Disallow: /a\n"[i % 13];
    noise[i] = (char)(random >> 16);
  }
  for (size_t length = 0; length <= MOST; length += length < 200 ? 1 : 97) {
    expect_same(text, length);
    expect_same(noise, length);
  }
  fixture_close(&fixture);
}

static void test_long_text(void) {
  enum { LENGTH = 512000 };
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  char *text = lr_crawl_allocate(LENGTH, 1);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  memset(text, '#', LENGTH);
  lr_crawl_packed_text packed = lr_crawl_text_pack(text, LENGTH);
  CU_ASSERT_TRUE(packed.size < LENGTH / 100);
  lr_crawl_packed_text_clear(&packed);
  expect_same(text, LENGTH);
  lariat_memory_release(text);
  fixture_close(&fixture);
}

/* What others make of zlib's format, and they of ours. */
static void test_format(void) {
  char text[500], out[600];
  uLongf size = sizeof out, length = sizeof out;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  memset(text, 'a', sizeof text);
  CU_ASSERT_EQUAL(compress((Bytef *)out, &size, (Bytef *)text, sizeof text),
                  Z_OK);
  char *back = lr_crawl_text_unpack(out, size, sizeof text);
  CU_ASSERT_PTR_NOT_NULL_FATAL(back);
  CU_ASSERT_EQUAL(memcmp(back, text, sizeof text), 0);
  lariat_memory_release(back);
  lr_crawl_packed_text packed = lr_crawl_text_pack(text, sizeof text);
  CU_ASSERT_EQUAL(uncompress((Bytef *)out, &length, (const Bytef *)packed.bytes,
                             packed.size),
                  Z_OK);
  CU_ASSERT_EQUAL(length, sizeof text);
  lr_crawl_packed_text_clear(&packed);
  fixture_close(&fixture);
}

static void test_other_bytes(void) {
  static const char bytes[] = "these are no bytes of zlib's format";
  char text[500];
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  CU_ASSERT_PTR_NULL(lr_crawl_text_unpack(bytes, sizeof bytes, 100));
  CU_ASSERT_PTR_NULL(lr_crawl_text_unpack("", 0, 100));
  memset(text, 'a', sizeof text);
  lr_crawl_packed_text packed = lr_crawl_text_pack(text, sizeof text);
  CU_ASSERT_PTR_NULL(
      lr_crawl_text_unpack(packed.bytes, packed.size, sizeof text - 1));
  CU_ASSERT_PTR_NULL(
      lr_crawl_text_unpack(packed.bytes, packed.size - 1, sizeof text));
  CU_ASSERT_PTR_NULL(
      lr_crawl_text_unpack(packed.bytes, packed.size, sizeof text + 1));
  lr_crawl_packed_text_clear(&packed);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"texts and bytes of all lengths come back", test_round_trips},
      {"a long text is short", test_long_text},
      {"it is zlib's format", test_format},
      {"other bytes are no text", test_other_bytes},
  };
  return fixture_main("packed_text", tests, FIXTURE_COUNT(tests), argc, argv);
}
