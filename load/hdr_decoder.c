/* SPDX-License-Identifier: MIT
 * hdr_decoder.c: a histogram from HdrHistogram's encoding, version 2, whoever
 * has sent it: memory is that of the text and of the histogram, and time grows
 * with the text. */
#include <lariat/load/hdr.h>

#include <string.h>
#include <zlib.h>

#include <lariat/allocator.h>

#include "base64.h"
#include "fault.h"
#include "hdr_counts.h"
#include <lariat/allocator.h>

enum {
  PIECE = 4096,      /* bytes that are inflated at a time */
  MOST_BEHIND = 4096 /* that may follow the counts, up to the checksum */
};

static uint32_t read_cookie(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
         (uint32_t)bytes[2] << 8 | bytes[3];
}

/* ---- Compressed ---- */

struct inflation {
  z_stream stream;
  lr_load_hdr_counts counts;
  size_t behind; /* bytes behind the counts */
  uint8_t piece[PIECE];
};

/* Inflates one piece; `*done`: the stream has ended, and its checksum is
 * right. */
static lariat_status inflate_piece(struct inflation *in, bool *done,
                                   lariat_load_error *error) {
  size_t used;
  in->stream.next_out = in->piece;
  in->stream.avail_out = PIECE;
  int result = inflate(&in->stream, Z_NO_FLUSH);
  size_t made = PIECE - in->stream.avail_out;
  *done = result == Z_STREAM_END;
  if (result == Z_MEM_ERROR) return LARIAT_ENOMEM;
  if (result != Z_OK && !*done)
    return lr_load_fail(error, 0, "its compressed bytes are damaged or cut");
  lariat_status status =
      lr_load_hdr_counts_feed(&in->counts, in->piece, made, &used, error);
  if (status != LARIAT_OK) return status;
  in->behind += made - used;
  return in->behind > MOST_BEHIND
             ? lr_load_fail(error, 0, "more behind its last count")
             : LARIAT_OK;
}

static lariat_status inflate_counts(struct inflation *in,
                                    lariat_load_error *error) {
  bool done = false;
  lariat_status status = LARIAT_OK;
  if (inflateInit(&in->stream) != Z_OK) return LARIAT_ENOMEM;
  while (status == LARIAT_OK && !done) status = inflate_piece(in, &done, error);
  (void)inflateEnd(&in->stream);
  return status == LARIAT_OK ? lr_load_hdr_counts_end(&in->counts, error)
                             : status;
}

/* Reads no further than the compressed bytes: hdr-histogram-js puts all
 * of its buffer into the text. */
static lariat_status read_compressed(const uint8_t *bytes, size_t length,
                                     lariat_histogram *histogram,
                                     lariat_load_error *error) {
  uint32_t compressed = read_cookie(bytes + 4);
  if (compressed > length - LR_LOAD_HDR_OUTER)
    return lr_load_fail(error, 0, "%lu compressed bytes of %lu",
                        (unsigned long)(length - LR_LOAD_HDR_OUTER),
                        (unsigned long)compressed);
  struct inflation in;
  memset(&in, 0, sizeof in);
  in.counts.histogram = histogram;
  in.stream.next_in = (uint8_t *)(uintptr_t)(bytes + LR_LOAD_HDR_OUTER);
  in.stream.avail_in = compressed;
  return inflate_counts(&in, error);
}

/* ---- Either ---- */

static lariat_status read_counts(const uint8_t *bytes, size_t length,
                                 lariat_histogram *histogram,
                                 lariat_load_error *error) {
  lr_load_hdr_counts counts = {.histogram = histogram};
  size_t used;
  lariat_status status =
      lr_load_hdr_counts_feed(&counts, bytes, length, &used, error);
  return status == LARIAT_OK ? lr_load_hdr_counts_end(&counts, error) : status;
}

static lariat_status read_bytes(const uint8_t *bytes, size_t length,
                                lariat_histogram *histogram,
                                lariat_load_error *error) {
  if (length < LR_LOAD_HDR_OUTER)
    return lr_load_fail(error, 0, "no histogram in HdrHistogram's encoding");
  uint32_t cookie = read_cookie(bytes);
  switch (cookie & ~LR_LOAD_HDR_WIDTH) {
  case LR_LOAD_HDR_COMPRESSED:
    return read_compressed(bytes, length, histogram, error);
  case LR_LOAD_HDR_COOKIE:
    return read_counts(bytes, length, histogram, error);
  default:
    return lr_load_hdr_refuse_cookie(cookie, error);
  }
}

static lariat_status read_text(const char *text, size_t length, uint8_t *bytes,
                               lariat_histogram *histogram,
                               lariat_load_error *error) {
  size_t count;
  if (!lr_load_base64_decode(text, length, bytes, &count))
    return lr_load_fail(error, count, "no base64");
  return read_bytes(bytes, count, histogram, error);
}

lariat_status lariat_load_hdr_decode(const char *text, size_t length,
                                     lariat_histogram **out,
                                     lariat_load_error *error) {
  if (!out) return LARIAT_EINVAL;
  *out = NULL;
  if (!text) return lr_load_fail(error, 0, "no text");
  uint8_t *bytes = lariat_memory_allocate(length / 4 * 3 + 1);
  lariat_histogram *histogram = NULL;
  lariat_status status =
      bytes ? lariat_histogram_new(&histogram) : LARIAT_ENOMEM;
  if (status == LARIAT_OK)
    status = read_text(text, length, bytes, histogram, error);
  lariat_memory_release(bytes);
  if (status == LARIAT_OK)
    *out = histogram;
  else
    lariat_histogram_free(histogram);
  return status;
}
