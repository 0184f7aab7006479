/* SPDX-License-Identifier: MIT
 * hdr_encoder.c: a histogram in HdrHistogram's encoding, version 2, compressed.
 *
 * Big-endian: a cookie, the length of a zlib stream, and that stream, which has
 * a header of 40 bytes and the counts up to that of the largest value. */
#include <lariat/load/hdr.h>

#include <zlib.h>

#include <lariat/allocator.h>

#include "base64.h"
#include "hdr_layout.h"
#include <lariat/allocator.h>

/* The highest value that is declared: an hour in nanoseconds, and its doubles
 * if there are larger values.  Readers allocate by it, and those that add
 * histograms want it to be the same in each. */
#define HOUR UINT64_C(3600000000000)

/* ---- Bytes ---- */

static uint8_t *put_number(uint8_t *at, uint64_t number, unsigned bytes) {
  for (unsigned i = 0; i < bytes; i++)
    at[i] = (uint8_t)(number >> 8 * (bytes - 1 - i));
  return at + bytes;
}

/* Writes a number that is small whether it is above 0 or below (ZigZag), seven
 * bits in a byte, the lowest first; the ninth byte has eight. */
static uint8_t *put_zigzag(uint8_t *at, int64_t number) {
  uint64_t bits = (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
  for (int i = 0; i < LR_LOAD_HDR_WIDEST - 1; i++, bits >>= 7) {
    *at++ = (uint8_t)(bits < 0x80 ? bits : bits | 0x80);
    if (bits < 0x80) return at;
  }
  *at++ = (uint8_t)bits;
  return at;
}

/* ---- The counts ---- */

/* Known before they are written. */
struct extent {
  size_t used;      /* buckets that have values */
  uint64_t highest; /* that may be in the last of them */
};

/* False: there are values or counts that the encoding has no numbers for. */
static bool measure(const lariat_histogram *histogram, struct extent *out) {
  lariat_histogram_bucket bucket = {0};
  *out = (struct extent){0, 0};
  while (lariat_histogram_next(histogram, &bucket)) {
    if (bucket.count > INT64_MAX) return false;
    out->used++;
    out->highest = bucket.highest;
  }
  return out->highest <= INT64_MAX &&
         lariat_histogram_count(histogram) <= INT64_MAX;
}

static uint64_t choose_highest(uint64_t needed) {
  uint64_t highest = HOUR;
  while (highest < needed) highest = highest * 2 + 1;
  return highest < INT64_MAX ? highest : INT64_MAX;
}

/* A negative number is so many empty buckets.  An empty histogram has a count
 * of 0, as Java's. */
static uint8_t *put_counts(uint8_t *at, const lariat_histogram *histogram) {
  lariat_histogram_bucket bucket = {0};
  size_t next = 0;
  while (lariat_histogram_next(histogram, &bucket)) {
    if (bucket.index > next)
      at = put_zigzag(at, -(int64_t)(bucket.index - next));
    at = put_zigzag(at, (int64_t)bucket.count);
    next = bucket.index + 1;
  }
  return next ? at : put_zigzag(at, 0);
}

/* Fills `bytes` with header and counts; returns how many there are. */
static size_t fill(const lariat_histogram *histogram, uint64_t highest,
                   uint8_t *bytes) {
  const uint64_t one = UINT64_C(0x3ff0000000000000); /* 1.0, as its bits */
  uint8_t *end = put_counts(bytes + LR_LOAD_HDR_HEADER, histogram);
  size_t length = (size_t)(end - bytes);
  uint8_t *at = put_number(bytes, LR_LOAD_HDR_COOKIE | LR_LOAD_HDR_ZIGZAG, 4);
  at = put_number(at, length - LR_LOAD_HDR_HEADER, 4);
  at = put_number(at, 0, 4);
  at = put_number(at, LR_LOAD_HDR_DIGITS, 4);
  at = put_number(at, 1, 8);
  at = put_number(at, choose_highest(highest), 8);
  (void)put_number(at, one, 8);
  return length;
}

/* ---- Compressed, and as text ---- */

/* Makes the bytes of all into new memory. */
static lariat_status pack(const uint8_t *inner, size_t length, uint8_t **out,
                          size_t *size) {
  uLongf compressed = compressBound(length);
  uint8_t *bytes = lariat_memory_allocate(LR_LOAD_HDR_OUTER + compressed);
  if (!bytes) return LARIAT_ENOMEM;
  if (compress(bytes + LR_LOAD_HDR_OUTER, &compressed, inner, length) != Z_OK) {
    lariat_memory_release(bytes);
    return LARIAT_ENOMEM; /* there is space: nothing else can fail */
  }
  uint8_t *at =
      put_number(bytes, LR_LOAD_HDR_COMPRESSED | LR_LOAD_HDR_ZIGZAG, 4);
  (void)put_number(at, compressed, 4);
  *out = bytes;
  *size = LR_LOAD_HDR_OUTER + compressed;
  return LARIAT_OK;
}

static lariat_status write_text(const uint8_t *bytes, size_t size, char **text,
                                size_t *length) {
  char *made = lariat_memory_allocate(lr_load_base64_length(size) + 1);
  if (!made) return LARIAT_ENOMEM;
  lr_load_base64_encode(bytes, size, made);
  *text = made;
  *length = lr_load_base64_length(size);
  return LARIAT_OK;
}

lariat_status lariat_load_hdr_encode(const lariat_histogram *histogram,
                                     char **text, size_t *length) {
  struct extent extent;
  uint8_t *packed = NULL;
  size_t size;
  if (!text || !length || !measure(histogram, &extent)) return LARIAT_EINVAL;
  *text = NULL;
  uint8_t *inner = lariat_memory_allocate(
      LR_LOAD_HDR_HEADER + (2 * extent.used + 1) * LR_LOAD_HDR_WIDEST);
  if (!inner) return LARIAT_ENOMEM;
  lariat_status status =
      pack(inner, fill(histogram, extent.highest, inner), &packed, &size);
  lariat_memory_release(inner);
  if (status == LARIAT_OK) status = write_text(packed, size, text, length);
  lariat_memory_release(packed);
  return status;
}
