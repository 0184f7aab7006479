/* SPDX-License-Identifier: MIT
 * hdr_counts.h: reads what is in HdrHistogram's encoding when it is not
 * compressed, in pieces, so that what a small text is inflated to need never be
 * in memory. */
#ifndef LOAD_HDR_COUNTS_H
#define LOAD_HDR_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/histogram.h>
#include <lariat/load/error.h>
#include <lariat/status.h>

#include "hdr_layout.h"

/* How far it was read.  All zero but for `histogram`, which gets the counts. */
typedef struct lr_load_hdr_counts {
  lariat_histogram *histogram;
  lr_load_hdr_layout layout;
  uint64_t payload_left; /* bytes of counts to come */
  uint64_t index;        /* of the next count */
  uint64_t number;       /* what was read of it */
  unsigned number_bytes;
  unsigned header_length; /* bytes that were read of the header */
  uint8_t header[LR_LOAD_HDR_HEADER];
} lr_load_hdr_counts;

/* Reads a piece; `*used` gets how many bytes of it belong to the histogram,
 * which is `length` until all its counts are there.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  it is no such histogram; see the error */
lariat_status lr_load_hdr_counts_feed(lr_load_hdr_counts *counts,
                                      const uint8_t *bytes, size_t length,
                                      size_t *used, lariat_load_error *error);

/* Tells whether all counts are there: LARIAT_OK, or LARIAT_EINVAL and why
 * not. */
lariat_status lr_load_hdr_counts_end(const lr_load_hdr_counts *counts,
                                     lariat_load_error *error);

/* Says what is known of a cookie that is not the one expected. */
lariat_status lr_load_hdr_refuse_cookie(uint32_t cookie,
                                        lariat_load_error *error);

#endif
