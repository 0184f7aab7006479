/* SPDX-License-Identifier: MIT
 * hdr_counts.c: header and counts of HdrHistogram's encoding, version 2.
 *
 * Two fields of the header are not looked at.  The normalizing offset says how
 * Java keeps the counts in memory: in the encoding they are in order whatever
 * it is (and hdr-histogram-js writes 1 and means 0).  The ratio is for
 * histograms of floating-point numbers (hdr-histogram-js writes the integer 1
 * there). */
#include "hdr_counts.h"

#include <stdbool.h>

#include "fault.h"

/* ---- Cookies ---- */

static const struct {
  uint32_t cookie;
  const char *what;
} others[] = {
    {0x1c849308, "version 0 of HdrHistogram's encoding: only 2 is read"},
    {0x1c849309, "version 0 of HdrHistogram's encoding: only 2 is read"},
    {0x1c849301, "version 1 of HdrHistogram's encoding: only 2 is read"},
    {0x1c849302, "version 1 of HdrHistogram's encoding: only 2 is read"},
    {0x0c72124e, "a histogram of floating-point numbers, which is not read"},
    {0x0c72124f, "a histogram of floating-point numbers, which is not read"},
    {LR_LOAD_HDR_COMPRESSED, "a histogram that is compressed twice"},
};

lariat_status lr_load_hdr_refuse_cookie(uint32_t cookie,
                                        lariat_load_error *error) {
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    if (others[i].cookie == cookie ||
        others[i].cookie == (cookie & ~LR_LOAD_HDR_WIDTH))
      return lr_load_fail(error, 0, "%s", others[i].what);
  return lr_load_fail(error, 0, "no histogram in HdrHistogram's encoding");
}

/* ---- The header ---- */

static uint64_t get_number(const uint8_t *bytes, unsigned count) {
  uint64_t number = 0;
  for (unsigned i = 0; i < count; i++) number = number << 8 | bytes[i];
  return number;
}

static lariat_status read_header(lr_load_hdr_counts *counts,
                                 lariat_load_error *error) {
  const uint8_t *header = counts->header;
  uint32_t cookie = (uint32_t)get_number(header, 4);
  uint64_t payload = get_number(header + 4, 4);
  uint32_t digits = (uint32_t)get_number(header + 12, 4);
  int64_t lowest = (int64_t)get_number(header + 16, 8);
  int64_t highest = (int64_t)get_number(header + 24, 8);
  if ((cookie & ~LR_LOAD_HDR_WIDTH) != LR_LOAD_HDR_COOKIE)
    return lr_load_hdr_refuse_cookie(cookie, error);
  if (!lr_load_hdr_layout_init(&counts->layout, lowest, highest, digits))
    return lr_load_fail(
        error, 0, "no histogram has %lu digits from %lld to %lld",
        (unsigned long)digits, (long long)lowest, (long long)highest);
  if (payload > counts->layout.buckets * LR_LOAD_HDR_WIDEST)
    return lr_load_fail(error, 0, "%llu bytes of counts for %llu buckets",
                        (unsigned long long)payload,
                        (unsigned long long)counts->layout.buckets);
  counts->payload_left = payload;
  return LARIAT_OK;
}

/* ---- Counts ---- */

/* Returns how wide lariat's own bucket of a value is. */
static uint64_t measure_width(uint64_t value) {
  unsigned bit = 63 - (unsigned)__builtin_clzll(value | 1);
  return bit <= LR_LOAD_HDR_HALF_BITS
             ? 1
             : UINT64_C(1) << (bit - LR_LOAD_HDR_HALF_BITS);
}

/* Chooses the value of those that a bucket has: where one of lariat's buckets
 * has all of them, the middle, which is the least wrong for the mean; else the
 * highest, which is the one that percentiles show. */
static uint64_t choose_value(const lr_load_hdr_counts *counts) {
  uint64_t low;
  uint64_t high;
  lr_load_hdr_layout_range(&counts->layout, counts->index, &low, &high);
  uint64_t width = high - low + 1;
  return width <= measure_width(low) ? low + width / 2 : high;
}

static lariat_status record(lr_load_hdr_counts *counts, uint64_t count,
                            lariat_load_error *error) {
  if (counts->index >= counts->layout.buckets)
    return lr_load_fail(error, 0, "a count beyond the histogram's end");
  if (count > INT64_MAX - lariat_histogram_count(counts->histogram))
    return lr_load_fail(error, 0, "2^63 values or more");
  lariat_histogram_record_count(counts->histogram, choose_value(counts), count);
  counts->index++;
  return lariat_histogram_lost(counts->histogram) ? LARIAT_ENOMEM : LARIAT_OK;
}

/* Takes a number: a count, or (negative) how many buckets are empty. */
static lariat_status take_number(lr_load_hdr_counts *counts,
                                 lariat_load_error *error) {
  uint64_t half = counts->number >> 1;
  bool negative = counts->number & 1;
  counts->number = 0;
  counts->number_bytes = 0;
  if (!negative) return record(counts, half, error);
  if (half >= counts->layout.buckets - counts->index)
    return lr_load_fail(error, 0, "empty buckets beyond the histogram's end");
  counts->index += half + 1;
  return LARIAT_OK;
}

static lariat_status take_byte(lr_load_hdr_counts *counts, uint8_t byte,
                               lariat_load_error *error) {
  bool last = counts->number_bytes == LR_LOAD_HDR_WIDEST - 1;
  uint64_t bits = last ? byte : byte & 0x7f;
  counts->number |= bits << 7 * counts->number_bytes++;
  return last || byte < 0x80 ? take_number(counts, error) : LARIAT_OK;
}

/* ---- In pieces ---- */

static size_t take_header(lr_load_hdr_counts *counts, const uint8_t *bytes,
                          size_t length) {
  size_t at = 0;
  while (at < length && counts->header_length < LR_LOAD_HDR_HEADER)
    counts->header[counts->header_length++] = bytes[at++];
  return at;
}

lariat_status lr_load_hdr_counts_feed(lr_load_hdr_counts *counts,
                                      const uint8_t *bytes, size_t length,
                                      size_t *used, lariat_load_error *error) {
  lariat_status status = LARIAT_OK;
  size_t at = take_header(counts, bytes, length);
  if (at && counts->header_length == LR_LOAD_HDR_HEADER)
    status = read_header(counts, error);
  for (; status == LARIAT_OK && at < length && counts->payload_left; at++) {
    counts->payload_left--;
    status = take_byte(counts, bytes[at], error);
  }
  *used = at;
  return status;
}

lariat_status lr_load_hdr_counts_end(const lr_load_hdr_counts *counts,
                                     lariat_load_error *error) {
  if (counts->header_length < LR_LOAD_HDR_HEADER || counts->payload_left)
    return lr_load_fail(error, 0, "it ends before its last count");
  if (counts->number_bytes)
    return lr_load_fail(error, 0, "its last count is cut");
  return LARIAT_OK;
}
