/* SPDX-License-Identifier: MIT
 * hdr_test.c: histograms through HdrHistogram's encoding and back; what its
 * Java version has encoded; and what nobody should have. */
#include <lariat/load/hdr.h>
#include <lariat/load/report.h>

#include <math.h>
#include <string.h>
#include <zlib.h>

#include "load/base64.h"
#include "support/fixture.h"

/* ---- Random histograms ---- */

enum { HISTOGRAMS = 2000 };

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* Draws a number below 2^bits of any size. */
static uint64_t draw(uint64_t *state, unsigned bits) {
  return next_random(state) >> (63 - next_random(state) % bits);
}

static lariat_histogram *make(void) {
  lariat_histogram *made;
  CU_ASSERT_EQUAL_FATAL(lariat_histogram_new(&made), LARIAT_OK);
  return made;
}

/* Makes one of up to 63 values or runs of neighbours, some very often. */
static lariat_histogram *make_random(uint64_t *state) {
  lariat_histogram *made = make();
  for (uint64_t i = next_random(state) % 64; i; i--) {
    uint64_t value = draw(state, 63);
    uint64_t run = next_random(state) % 8 ? 1 : next_random(state) % 50;
    for (; run && value < INT64_MAX - 50; run--)
      lariat_histogram_record_count(made, value + run, 1 + draw(state, 50));
  }
  return made;
}

static bool is_same(const lariat_histogram *a, const lariat_histogram *b) {
  lariat_histogram_bucket left = {0};
  lariat_histogram_bucket right = {0};
  while (lariat_histogram_next(a, &left))
    if (!lariat_histogram_next(b, &right) || left.index != right.index ||
        left.count != right.count)
      return false;
  return !lariat_histogram_next(b, &right);
}

static lariat_histogram *decode(const char *text) {
  lariat_histogram *made = NULL;
  lariat_load_error error = {0};
  if (lariat_load_hdr_decode(text, strlen(text), &made, &error) != LARIAT_OK)
    fixture_fail("%s: %s", text, error.message);
  return made;
}

static char *encode(const lariat_histogram *histogram) {
  char *text = NULL;
  size_t length = 0;
  CU_ASSERT_EQUAL_FATAL(lariat_load_hdr_encode(histogram, &text, &length),
                        LARIAT_OK);
  CU_ASSERT_EQUAL(strlen(text), length);
  return text;
}

static void test_round_trip(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  uint64_t state = 20261130;
  for (int i = 0; i < HISTOGRAMS; i++) {
    lariat_histogram *made = make_random(&state);
    char *text = encode(made);
    lariat_histogram *back = decode(text);
    char *again = encode(back);
    if (!is_same(made, back)) fixture_fail("histogram %d: %s", i, text);
    CU_ASSERT_STRING_EQUAL(text, again);
    lariat_load_text_free(text);
    lariat_load_text_free(again);
    lariat_histogram_free(made);
    lariat_histogram_free(back);
  }
  fixture_close(&f);
}

/* ---- Java's ---- */

/* What HdrHistogram 2.1.11 for Java has encoded, and what it says of it. */
static const struct java {
  const char *text;
  uint64_t count, p50, p99, p100;
  double mean;
} java[] = {
    /* 100, 200, ... 1,000 */
    {"HISTFAAAACd4nJNpmSzMwMAgxwABzFCaEch0M9ixgMH+A0TgOCPTUdwIAFdmDDs=", 10,
     500, 1000, 1000, 550},
    /* nothing */
    {"HISTFAAAACF4nJNpmSzMwMDAyAABzFAayGd2M9ixgMH+A1QEAFKmBEw=", 0, 0, 0, 0, 0},
    /* 0 three times, 1,500 very often, and two large ones */
    {"HISTFAAAADB4nJNpmSzMwMAgyAABzFCaEch0M9ixgMH+A0SAbat4Awg4HP/HyPT4PSMTANts"
     "C4s=",
     1099511627781, 1500, 1500, 3000034656255, 1502.727623068413},
    /* the largest one there is, and 5 */
    {"HISTFAAAACR4nJNpmSzMwMDAxgABzFCasf4/BNh/gAhwMn28z8YEANj6C9s=", 2, 5,
     INT64_MAX, INT64_MAX, 4.6105601185205453E18},
    /* 100,000, 200,000, ... shifted by two bits: a normalizing offset */
    {"HISTFAAAAD14nJNpmSzMwMAgz8DAAaQYmBkggBHIdDPYsYDB/gNEYPMMRqa//EzvOZm62UDo"
     "ITNTKzNTMxgBGQBsVwv4",
     10, 2000895, 4001791, 4001791, 2200000},
};

static bool is_near(double a, double b) {
  return fabs(a - b) <= 1e-9 * fmax(1, fabs(b));
}

static void test_java(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(java); i++) {
    lariat_histogram *back = decode(java[i].text);
    CU_ASSERT_EQUAL(lariat_histogram_count(back), java[i].count);
    CU_ASSERT_EQUAL(lariat_histogram_percentile(back, 50), java[i].p50);
    CU_ASSERT_EQUAL(lariat_histogram_percentile(back, 99), java[i].p99);
    CU_ASSERT_EQUAL(lariat_histogram_percentile(back, 100), java[i].p100);
    if (!is_near(lariat_histogram_mean(back), java[i].mean))
      fixture_fail("%zu: mean %f", i, lariat_histogram_mean(back));
    lariat_histogram_free(back);
  }
  fixture_close(&f);
}

/* One significant digit from 1,000 on: 977 times 0, 1, ... 999.  The
 * percentiles are Java's; the mean is that of the highest values of the
 * buckets. */
static void test_coarse(void) {
  lariat_histogram *back = decode(
      "HISTFAAAAFF4nJNpmSzMwMBQxwABjBCK+QWIZP36kMH+A0SEiYkBA6JymJhYmBCABQjYWOCA"
      "jQMIuOAEB5eAgBAQwggBISUFJSUwhjJcnKAQRJgBAPvMDYs=");
  CU_ASSERT_EQUAL(lariat_histogram_count(back), 1000);
  CU_ASSERT_EQUAL(lariat_histogram_percentile(back, 50), 491519);
  CU_ASSERT_EQUAL(lariat_histogram_percentile(back, 99), 983039);
  CU_ASSERT_EQUAL(lariat_histogram_percentile(back, 100), 983039);
  CU_ASSERT_EQUAL(lariat_histogram_max(back), 983039);
  CU_ASSERT(lariat_histogram_mean(back) >= 488083.2);
  lariat_histogram_free(back);
}

/* Five digits are put into buckets of three: as high as Java's or higher. */
static void test_fine(void) {
  lariat_histogram *back =
      decode("HISTFAAAAMZ4nJNpmSzMwMB9hgECWKE0I5jz9SGD/QeIANPxb9xgfL2Fi2nxb1amh"
             "UC8uZOF6fxfJqaLQHweik+eYmJ6vo8RjJ9CaWQ2stj9bkamzfFMG8EIDwOXbGsM03"
             "V9ppv6IBINYQoSI0KqstU6TK/FmV6Kg0g4A5kkRpD+Gqlo2n4Rpq/cTJ9h6CsGg26"
             "CI8HGwemM4xxMP1lB6DsSSQyDFipHnTE8DB91xtByxklWpt9MKOgnXi4ZCuijZdQZ"
             "o84Y3s4AAIuh+5A=");
  const uint64_t p50 = 48752895, p99 = 96626687;
  uint64_t ours = lariat_histogram_percentile(back, 50);
  CU_ASSERT_EQUAL(lariat_histogram_count(back), 1000);
  CU_ASSERT(ours >= p50 && ours - p50 <= p50 / 1000);
  ours = lariat_histogram_percentile(back, 99);
  CU_ASSERT(ours >= p99 && ours - p99 <= p99 / 1000);
  CU_ASSERT(fabs(lariat_histogram_mean(back) / 4.8801648802E7 - 1) < 1e-6);
  lariat_histogram_free(back);
}

/* ---- By hand ---- */

/* A text that was put together: header, counts, compressed or not. */
struct made {
  uint8_t bytes[512];
  size_t length;
  char text[1024];
};

static void put(struct made *made, uint64_t number, unsigned bytes) {
  while (bytes--) made->bytes[made->length++] = (uint8_t)(number >> 8 * bytes);
}

struct header {
  uint32_t cookie, payload, offset, digits;
  int64_t lowest, highest;
  uint64_t ratio;
};

static const struct header good = {
    0x1c849313, 1, 0, 3, 1, 3600000000000, UINT64_C(0x3ff0000000000000)};

static void write_text(struct made *made, const struct header *header,
                       const char *counts, size_t length) {
  made->length = 0;
  put(made, header->cookie, 4);
  put(made, header->payload, 4);
  put(made, header->offset, 4);
  put(made, header->digits, 4);
  put(made, (uint64_t)header->lowest, 8);
  put(made, (uint64_t)header->highest, 8);
  put(made, header->ratio, 8);
  memcpy(made->bytes + made->length, counts, length);
  made->length += length;
  lr_load_base64_encode(made->bytes, made->length, made->text);
}

static void refuse_text(const char *text, const char *message) {
  lariat_histogram *made = make();
  lariat_histogram *out = made;
  lariat_load_error error = {0};
  CU_ASSERT_EQUAL(lariat_load_hdr_decode(text, strlen(text), &out, &error),
                  LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(out);
  CU_ASSERT_EQUAL(lariat_load_hdr_decode(text, strlen(text), &out, NULL),
                  LARIAT_EINVAL);
  if (strcmp(error.message, message) != 0)
    fixture_fail("%s, not %s", error.message, message);
  lariat_histogram_free(made);
}

static void refuse_header(const struct header *header, const char *counts,
                          size_t length, const char *message) {
  struct made made;
  write_text(&made, header, counts, length);
  refuse_text(made.text, message);
}

/* An empty bucket, 300 values of 1, two empty ones, one value of 4; no more of
 * the header is looked at than there is. */
static void test_by_hand(void) {
  struct made made;
  struct header header = good;
  header.payload = 5;
  header.offset = 1; /* as hdr-histogram-js writes them */
  header.ratio = 1;
  write_text(&made, &header, "\x00\xd8\x04\x03\x02", 5);
  lariat_histogram *back = decode(made.text);
  CU_ASSERT_EQUAL(lariat_histogram_count(back), 301);
  CU_ASSERT_EQUAL(lariat_histogram_percentile(back, 99), 1);
  CU_ASSERT_EQUAL(lariat_histogram_max(back), 4);
  lariat_histogram_free(back);
  header.cookie = 0x1c849303;
  write_text(&made, &header, "\x00\xd8\x04\x03\x02 and more", 14);
  lariat_histogram_free(decode(made.text));
}

static void test_headers_refused(void) {
  const char *none = "no histogram in HdrHistogram's encoding";
  struct header header = good;
  refuse_text("", none);
  refuse_text("AAAA", none);
  refuse_text("AAAAAAAAAAAAAAAA", none);
  refuse_text("HISTFAAAA!==", "no base64");
  header.cookie = 0x1c849318;
  refuse_header(&header, "", 0,
                "version 0 of HdrHistogram's encoding: only 2 is read");
  header.cookie = 0x1c849381;
  refuse_header(&header, "", 0,
                "version 1 of HdrHistogram's encoding: only 2 is read");
  header.cookie = 0x0c72124e;
  refuse_header(&header, "", 0,
                "a histogram of floating-point numbers, which is not read");
  header = good;
  header.digits = 6;
  refuse_header(&header, "\x02", 1,
                "no histogram has 6 digits from 1 to 3600000000000");
  header.digits = UINT32_MAX;
  refuse_header(&header, "\x02", 1,
                "no histogram has 4294967295 digits from 1 to 3600000000000");
  header = good;
  header.lowest = 0;
  refuse_header(&header, "\x02", 1,
                "no histogram has 3 digits from 0 to 3600000000000");
  header.lowest = -1;
  refuse_header(&header, "\x02", 1,
                "no histogram has 3 digits from -1 to 3600000000000");
  header.lowest = INT64_C(1) << 60;
  header.highest = INT64_MAX;
  refuse_header(&header, "\x02", 1,
                "no histogram has 3 digits from 1152921504606846976 to "
                "9223372036854775807");
  header = good;
  header.highest = 1;
  refuse_header(&header, "\x02", 1, "no histogram has 3 digits from 1 to 1");
}

static void test_counts_refused(void) {
  struct header header = good;
  header.highest = 2047; /* 2,048 buckets */
  header.payload = 0xffffffff;
  refuse_header(&header, "", 0, "4294967295 bytes of counts for 2048 buckets");
  header.payload = 2;
  refuse_header(&header, "\x02", 1, "it ends before its last count");
  refuse_header(&header, "\x02\x80", 2, "its last count is cut");
  header.payload = 3; /* 2,048 empty ones, and another */
  refuse_header(&header, "\xff\x1f\x02", 3,
                "a count beyond the histogram's end");
  refuse_header(&header, "\x02\xff\x1f", 3,
                "empty buckets beyond the histogram's end");
  header.payload = 9; /* -2^63 */
  refuse_header(&header, "\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9,
                "empty buckets beyond the histogram's end");
  header.payload = 10; /* 2^63 - 1, and one more */
  refuse_header(&header, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10,
                "2^63 values or more");
}

static void test_largest_count(void) {
  struct made made;
  struct header header = good;
  header.payload = 9;
  write_text(&made, &header, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 9);
  lariat_histogram *back = decode(made.text);
  CU_ASSERT_EQUAL(lariat_histogram_count(back), INT64_MAX);
  char *text = encode(back);
  lariat_histogram *again = decode(text);
  CU_ASSERT(is_same(back, again));
  lariat_load_text_free(text);
  lariat_histogram_free(back);
  lariat_histogram_free(again);
}

/* ---- Compressed ---- */

/* Compresses what write_text has put together. */
static void compress_text(struct made *made, const uint8_t *bytes,
                          size_t length) {
  uint8_t packed[1024];
  uLongf size = sizeof packed;
  CU_ASSERT_EQUAL_FATAL(compress(packed, &size, bytes, length), Z_OK);
  made->length = 0;
  put(made, 0x1c849314, 4);
  put(made, size, 4);
  memcpy(made->bytes + made->length, packed, size);
  made->length += size;
  lr_load_base64_encode(made->bytes, made->length, made->text);
}

/* Cuts and damages: each byte of the compressed text is left out from the end,
 * or changed. */
static void test_damaged(void) {
  uint8_t bytes[256];
  size_t length = 0;
  char text[400];
  CU_ASSERT_FATAL(lr_load_base64_decode(java[0].text, strlen(java[0].text),
                                        bytes, &length));
  for (size_t i = 0; i < length; i++) {
    lariat_histogram *out;
    lr_load_base64_encode(bytes, i, text);
    CU_ASSERT_EQUAL(lariat_load_hdr_decode(text, strlen(text), &out, NULL),
                    LARIAT_EINVAL);
    if (i == 3) continue; /* the width is not looked at */
    bytes[i] ^= 0x55;
    lr_load_base64_encode(bytes, length, text);
    CU_ASSERT_EQUAL(lariat_load_hdr_decode(text, strlen(text), &out, NULL),
                    LARIAT_EINVAL);
    bytes[i] ^= 0x55;
  }
}

/* What follows the compressed bytes is another's. */
static void test_behind(void) {
  uint8_t bytes[256];
  size_t length = 0;
  char text[400];
  CU_ASSERT_FATAL(lr_load_base64_decode(java[0].text, strlen(java[0].text),
                                        bytes, &length));
  memset(bytes + length, 0, 20);
  lr_load_base64_encode(bytes, length + 20, text);
  lariat_histogram *back = decode(text);
  CU_ASSERT_EQUAL(lariat_histogram_count(back), 10);
  lariat_histogram_free(back);
}

/* A megabyte of zeros behind the counts of a few bytes. */
static void test_bomb(void) {
  static uint8_t large[1 << 20];
  struct made made;
  static char text[8192];
  static uint8_t packed[4096];
  uLongf size = sizeof packed - 8;
  write_text(&made, &good, "\x02", 1);
  memcpy(large, made.bytes, made.length);
  CU_ASSERT_EQUAL_FATAL(compress(packed + 8, &size, large, sizeof large), Z_OK);
  made.length = 0;
  put(&made, 0x1c849314, 4);
  put(&made, size, 4);
  memcpy(packed, made.bytes, 8);
  lr_load_base64_encode(packed, size + 8, text);
  refuse_text(text, "more behind its last count");
}

static void test_compressed_twice(void) {
  struct made made;
  struct header header = good;
  header.cookie = 0x1c849314;
  write_text(&made, &header, "\x02", 1);
  uint8_t bytes[sizeof made.bytes];
  size_t length = made.length;
  memcpy(bytes, made.bytes, length);
  compress_text(&made, bytes, length);
  refuse_text(made.text, "a histogram that is compressed twice");
}

/* ---- Limits ---- */

static void test_beyond(void) {
  char *text = NULL;
  size_t length;
  lariat_histogram *made = make();
  lariat_histogram_record(made, INT64_MAX);
  text = encode(made);
  lariat_load_text_free(text);
  lariat_histogram_record(made, (uint64_t)INT64_MAX + 1);
  CU_ASSERT_EQUAL(lariat_load_hdr_encode(made, &text, &length), LARIAT_EINVAL);
  lariat_histogram_reset(made);
  lariat_histogram_record_count(made, 1, INT64_MAX);
  lariat_histogram_record_count(made, 2, 1);
  CU_ASSERT_EQUAL(lariat_load_hdr_encode(made, &text, &length), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_hdr_encode(made, NULL, &length), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_hdr_encode(made, &text, NULL), LARIAT_EINVAL);
  lariat_histogram_free(made);
  text = encode(NULL);
  made = decode(text);
  CU_ASSERT_EQUAL(lariat_histogram_count(made), 0);
  lariat_load_text_free(text);
  lariat_histogram_free(made);
}

/* Whichever of the histogram's own allocations fails. */
static void test_without_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (uint64_t nth = 1;; nth++) {
    lariat_histogram *out;
    fixture_fail_allocation(&f, nth);
    lariat_status status =
        lariat_load_hdr_decode(java[2].text, strlen(java[2].text), &out, NULL);
    fixture_fail_allocation(&f, 0);
    if (status == LARIAT_OK) {
      CU_ASSERT(nth > 3);
      lariat_histogram_free(out);
      break;
    }
    CU_ASSERT_EQUAL(status, LARIAT_ENOMEM);
    CU_ASSERT_PTR_NULL(out);
  }
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"random histograms there and back", test_round_trip},
      {"what Java has encoded", test_java},
      {"fewer digits, and a higher lowest value", test_coarse},
      {"more digits", test_fine},
      {"an encoding by hand, not compressed", test_by_hand},
      {"headers that are refused", test_headers_refused},
      {"counts that are refused", test_counts_refused},
      {"the largest count", test_largest_count},
      {"damaged and cut", test_damaged},
      {"what follows the compressed bytes", test_behind},
      {"more than the counts", test_bomb},
      {"compressed twice", test_compressed_twice},
      {"what cannot be encoded", test_beyond},
      {"without memory", test_without_memory},
  };
  return fixture_main("hdr", tests, FIXTURE_COUNT(tests), argc, argv);
}
