/* SPDX-License-Identifier: MIT
 * gzip_test.c: gzip, whole and in pieces, and what is not gzip. */
#include "http/gzip.h"

#include <string.h>
#include <zlib.h>

#include "support/fixture.h"

enum { TEXT = 100000, SPACE = 200000 };

static char text[TEXT];
static char packed[SPACE];
static size_t packed_length;

/* Words that compress about as text does. */
static void make_text(void) {
  unsigned state = 7;
  for (int i = 0; i < TEXT; i++) {
    state = state * 1103515245u + 12345u;
    text[i] = (char)('a' + (state >> 16) % ((state >> 24) % 20 + 1));
  }
}

static void pack(int window_bits) {
  z_stream stream = {0};
  CU_ASSERT_EQUAL(
      deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY),
      Z_OK);
  stream.next_in = (Bytef *)text;
  stream.avail_in = TEXT;
  stream.next_out = (Bytef *)packed;
  stream.avail_out = SPACE;
  CU_ASSERT_EQUAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed_length = SPACE - stream.avail_out;
  (void)deflateEnd(&stream);
}

/* Feeds `length` packed bytes in pieces; stops at the first that is refused. */
static lr_gzip_result feed(lr_gzip *gzip, size_t length, size_t piece,
                           lr_buffer *decoded, uint64_t most) {
  lr_gzip_result result = LR_GZIP_MORE;
  for (size_t at = 0; at < length && result == LR_GZIP_MORE; at += piece) {
    size_t left = length - at;
    result = lr_gzip_feed(gzip, packed + at, left < piece ? left : piece,
                          decoded, most);
  }
  return result;
}

static void expect(size_t length, size_t piece, lr_gzip_result result,
                   bool whole) {
  lr_gzip_pool pool = {0};
  lr_buffer decoded;
  lr_buffer_init(&decoded);
  lr_gzip *gzip = lr_gzip_take(&pool);
  CU_ASSERT_PTR_NOT_NULL_FATAL(gzip);
  CU_ASSERT_EQUAL(feed(gzip, length, piece, &decoded, UINT64_MAX), result);
  CU_ASSERT_EQUAL(lr_gzip_whole(gzip), whole);
  if (whole) {
    CU_ASSERT_EQUAL(decoded.length, TEXT);
    CU_ASSERT_EQUAL(memcmp(decoded.bytes, text, TEXT), 0);
  }
  lr_gzip_give(&pool, gzip);
  lr_gzip_pool_clear(&pool);
  lr_buffer_clear(&decoded);
}

static void test_whole(void) {
  pack(15 + 16);
  expect(packed_length, packed_length, LR_GZIP_MORE, true);
  for (size_t piece = 1; piece < 5000; piece = piece * 3 + 1)
    expect(packed_length, piece, LR_GZIP_MORE, true);
}

static void test_cut(void) {
  pack(15 + 16);
  for (size_t less = 1; less < 20; less++)
    expect(packed_length - less, 1000, LR_GZIP_MORE, false);
  expect(packed_length / 2, 1000, LR_GZIP_MORE, false);
}

static void test_not_gzip(void) {
  pack(15); /* zlib's own format */
  expect(packed_length, packed_length, LR_GZIP_FALLBACK, false);
  memset(packed, 'x', 100);
  expect(100, 1, LR_GZIP_FALLBACK, false);
  pack(15 + 16);
  packed[packed_length / 2] ^= 0x55;
  lr_gzip_pool pool = {0};
  lr_buffer decoded;
  lr_buffer_init(&decoded);
  lr_gzip *gzip = lr_gzip_take(&pool);
  CU_ASSERT_PTR_NOT_NULL_FATAL(gzip);
  CU_ASSERT_EQUAL(feed(gzip, packed_length, 999, &decoded, UINT64_MAX),
                  LR_GZIP_FALLBACK);
  lr_gzip_give(&pool, gzip);
  lr_gzip_pool_clear(&pool);
  lr_buffer_clear(&decoded);
}

/* One byte, or another piece of gzip, behind the end. */
static void test_more_behind(void) {
  pack(15 + 16);
  size_t length = packed_length;
  packed[length] = 0;
  expect(length + 1, length + 1, LR_GZIP_FALLBACK, true);
  expect(length + 1, 1, LR_GZIP_FALLBACK, true);
  memcpy(packed + length, packed, length);
  expect(2 * length, 4096, LR_GZIP_FALLBACK, true);
}

/* A limit is kept to within one step, however small what makes it. */
static void test_limit(void) {
  lr_gzip_pool pool = {0};
  lr_buffer decoded;
  lr_buffer_init(&decoded);
  memset(text, 'a', TEXT);
  pack(15 + 16);
  lr_gzip *gzip = lr_gzip_take(&pool);
  CU_ASSERT_PTR_NOT_NULL_FATAL(gzip);
  CU_ASSERT_EQUAL(feed(gzip, packed_length, packed_length, &decoded, 1000),
                  LR_GZIP_TOO_LARGE);
  CU_ASSERT(decoded.length < 20000);
  lr_gzip_give(&pool, gzip);
  lr_gzip_pool_clear(&pool);
  lr_buffer_clear(&decoded);
  make_text();
}

/* One that was given up in the middle begins anew. */
static void test_used_again(void) {
  lr_gzip_pool pool = {0};
  pack(15 + 16);
  for (int i = 0; i < 3; i++) {
    lr_buffer decoded;
    lr_buffer_init(&decoded);
    lr_gzip *gzip = lr_gzip_take(&pool);
    CU_ASSERT_PTR_NOT_NULL_FATAL(gzip);
    CU_ASSERT_EQUAL(pool.count, 0);
    size_t length = i == 1 ? packed_length : packed_length / 3;
    CU_ASSERT_EQUAL(feed(gzip, length, 777, &decoded, UINT64_MAX),
                    LR_GZIP_MORE);
    CU_ASSERT_EQUAL(lr_gzip_whole(gzip), i == 1);
    lr_gzip_give(&pool, gzip);
    CU_ASSERT_EQUAL(pool.count, 1);
    lr_buffer_clear(&decoded);
  }
  lr_gzip_pool_clear(&pool);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"whole", test_whole},       {"cut", test_cut},
      {"not gzip", test_not_gzip}, {"more behind", test_more_behind},
      {"limit", test_limit},       {"used again", test_used_again}};
  make_text();
  return fixture_main("gzip", tests, FIXTURE_COUNT(tests), argc, argv);
}
