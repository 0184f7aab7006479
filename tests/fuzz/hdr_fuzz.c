/* SPDX-License-Identifier: MIT
 * hdr_fuzz.c: whatever is decoded has the counts that a second reader finds,
 * and comes out of an encoding of its own as it went in; logs are read to their
 * end or to a fault that is told. */
#include "load/base64.h"

#include <lariat/load/hdr.h>
#include <lariat/load/report.h>

#include <math.h>
#include <stdlib.h>
#include <zlib.h>

#include "fuzz/fuzz.h"

enum { HEADER = 40, OUTER = 8, WIDEST = 9 };

/* ---- What was decoded ---- */

static bool is_same(const lariat_histogram *a, const lariat_histogram *b) {
  lariat_histogram_bucket left = {0};
  lariat_histogram_bucket right = {0};
  while (lariat_histogram_next(a, &left))
    if (!lariat_histogram_next(b, &right) || left.index != right.index ||
        left.count != right.count)
      return false;
  return !lariat_histogram_next(b, &right);
}

/* Encodes what was decoded, and decodes that. */
static void check_again(const lariat_histogram *histogram) {
  char *text = NULL;
  size_t length = 0;
  lariat_histogram *again = NULL;
  FUZZ_REQUIRE(lariat_load_hdr_encode(histogram, &text, &length) == LARIAT_OK);
  FUZZ_REQUIRE(strlen(text) == length);
  FUZZ_REQUIRE(lariat_load_hdr_decode(text, length, &again, NULL) == LARIAT_OK);
  FUZZ_REQUIRE(is_same(histogram, again));
  lariat_load_text_free(text);
  lariat_histogram_free(again);
}

/* Decodes; NULL with a reason. */
static lariat_histogram *decode(const char *text, size_t length) {
  lariat_histogram *out = NULL;
  lariat_load_error error = {0};
  char *copy = fuzz_copy(text, length);
  lariat_status status = lariat_load_hdr_decode(copy, length, &out, &error);
  FUZZ_REQUIRE(status == LARIAT_OK || status == LARIAT_EINVAL);
  FUZZ_REQUIRE((out != NULL) == (status == LARIAT_OK));
  FUZZ_REQUIRE((error.message[0] != '\0') == (status != LARIAT_OK));
  FUZZ_REQUIRE(error.byte <= length);
  free(copy);
  if (out) check_again(out);
  return out;
}

static lariat_histogram *decode_bytes(const uint8_t *bytes, size_t length) {
  char *text = malloc(lr_load_base64_length(length) + 1);
  if (!text) abort();
  lr_load_base64_encode(bytes, length, text);
  lariat_histogram *out = decode(text, lr_load_base64_length(length));
  free(text);
  return out;
}

/* ---- A second reader ---- */

static uint64_t get_number(const uint8_t *bytes, unsigned count) {
  uint64_t number = 0;
  for (unsigned i = 0; i < count; i++) number = number << 8 | bytes[i];
  return number;
}

/* Adds up the counts, in the way of a reader that trusts what it reads. */
static uint64_t count_values(const uint8_t *bytes) {
  const uint8_t *at = bytes + HEADER;
  const uint8_t *end = at + get_number(bytes + 4, 4);
  uint64_t total = 0;
  while (at < end) {
    uint64_t number = 0;
    unsigned i = 0;
    for (; i < WIDEST - 1 && at[i] & 0x80; i++)
      number |= (uint64_t)(at[i] & 0x7f) << 7 * i;
    number |= (uint64_t)at[i] << 7 * i;
    at += i + 1;
    if (!(number & 1)) total += number >> 1;
  }
  return total;
}

static void check_plain(const uint8_t *bytes, size_t length) {
  lariat_histogram *out = decode_bytes(bytes, length);
  if (!out) return;
  if (bytes[3] % 16 == 3)
    FUZZ_REQUIRE(lariat_histogram_count(out) == count_values(bytes));
  lariat_histogram_free(out);
}

/* Compresses it first: the same comes of it. */
static void check_compressed(const uint8_t *bytes, size_t length) {
  uLongf size = compressBound(length);
  uint8_t *packed = malloc(OUTER + size);
  if (!packed || compress(packed + OUTER, &size, bytes, length) != Z_OK)
    abort();
  const uint8_t cookie[4] = {0x1c, 0x84, 0x93, 0x14};
  memcpy(packed, cookie, sizeof cookie);
  for (unsigned i = 0; i < 4; i++)
    packed[4 + i] = (uint8_t)(size >> 8 * (3 - i));
  lariat_histogram *compressed = decode_bytes(packed, OUTER + size);
  lariat_histogram *bare = decode_bytes(bytes, length);
  if (compressed) FUZZ_REQUIRE(bare && is_same(compressed, bare));
  lariat_histogram_free(compressed);
  lariat_histogram_free(bare);
  free(packed);
}

/* ---- Logs ---- */

static lariat_status take(void *context,
                          const lariat_load_hdr_interval *interval) {
  size_t *count = context;
  FUZZ_REQUIRE(strlen(interval->tag) <= LARIAT_LOAD_HDR_LONGEST_TAG);
  FUZZ_REQUIRE(isfinite(interval->start_s) && interval->length_s >= 0);
  FUZZ_REQUIRE(interval->histogram != NULL);
  ++*count;
  return LARIAT_OK;
}

static void check_log(const uint8_t *bytes, size_t length) {
  size_t count = 0;
  lariat_load_error error = {0};
  char *copy = fuzz_copy(bytes, length);
  lariat_status status =
      lariat_load_hdr_log_parse(copy, length, take, &count, &error);
  FUZZ_REQUIRE(status == LARIAT_OK || status == LARIAT_EINVAL);
  FUZZ_REQUIRE((error.message[0] != '\0') == (status != LARIAT_OK));
  FUZZ_REQUIRE(error.byte <= length && count <= length / 6);
  free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  switch (fuzz_read_byte(&input) % 4) {
  case 0:
    check_plain(input.at, input.left);
    break;
  case 1:
    check_compressed(input.at, input.left);
    break;
  case 2:
    check_log(input.at, input.left);
    break;
  default:
    lariat_histogram_free(decode((const char *)input.at, input.left));
    break;
  }
  return 0;
}

/* ---- Seeds ---- */

#define TEXT "HISTFAAAACd4nJNpmSzMwMAgxwABzFCaEch0M9ixgMH+A0TgOCPTUdwIAFdmDDs="
#define COOKIE "\x1c\x84\x93\x13"
#define HOUR "\0\0\0\0\0\0\0\1\0\0\3\x46\x30\xb8\xa0\0\x3f\xf0\0\0\0\0\0\0"

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text encodings[] = {
      FUZZ_TEXT(COOKIE "\0\0\0\1\0\0\0\0\0\0\0\3" HOUR "\0"),
      FUZZ_TEXT(COOKIE "\0\0\0\4\0\0\0\1\0\0\0\3" HOUR "\xc7\1\2\2"),
      FUZZ_TEXT(COOKIE "\0\0\0\4\0\0\0\0\0\0\0\1" HOUR "\1\xd8\4\3"),
      FUZZ_TEXT(COOKIE "\0\0\0\4\0\0\0\0\0\0\0\5" HOUR "\xfe\xff\4\3"),
      FUZZ_TEXT(COOKIE "\0\0\0\x0a\0\0\0\0\0\0\0\0" HOUR
                       "\xff\xff\xff\xff\xff\xff\xff\xff\xff\2"),
      FUZZ_TEXT(COOKIE "\0\0\0\x0a\0\0\0\0\0\0\0\2" HOUR
                       "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\2"),
  };
  static const struct fuzz_text logs[] = {
      FUZZ_TEXT("#[Histogram log format version 1.3]\n"
                "#[StartTime: 1441812279.474 (seconds since epoch), x]\n"
                "#[BaseTime: 1441812279.474 (seconds since epoch)]\n"
                "\"StartTimestamp\",\"Interval_Length\"\n"
                "Tag=late,0.127,1.007,2.769," TEXT "\n1,1,1," TEXT "\n"),
      FUZZ_TEXT("# x\r\nTag=a 1441812279.474 1 9 " TEXT "\r\n\r\n"),
  };
  static const struct fuzz_text texts[] = {FUZZ_TEXT(TEXT)};
  fuzz_give_all(sink, context, "\0", 1, encodings, FUZZ_COUNT(encodings));
  fuzz_give_all(sink, context, "\1", 1, encodings, FUZZ_COUNT(encodings));
  fuzz_give_all(sink, context, "\2", 1, logs, FUZZ_COUNT(logs));
  fuzz_give_all(sink, context, "\3", 1, texts, FUZZ_COUNT(texts));
}
