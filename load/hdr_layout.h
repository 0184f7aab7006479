/* SPDX-License-Identifier: MIT
 * hdr_layout.h: which values HdrHistogram counts together, for any of its
 * precisions; and the numbers of its encoding, version 2.
 *
 * Values below 2^(half_bits + 1) units have a bucket each; beyond, each
 * doubling has 2^half_bits of equal width.  A unit is a power of two. */
#ifndef LOAD_HDR_LAYOUT_H
#define LOAD_HDR_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/* ---- The encoding ---- */

/* A cookie, without the bits that say how wide its counts are. */
#define LR_LOAD_HDR_COOKIE UINT32_C(0x1c849303)
#define LR_LOAD_HDR_COMPRESSED UINT32_C(0x1c849304)
#define LR_LOAD_HDR_WIDTH UINT32_C(0xf0)
#define LR_LOAD_HDR_ZIGZAG UINT32_C(0x10)

enum {
  LR_LOAD_HDR_OUTER = 8,     /* bytes before the compressed ones: cookie, length
                              */
  LR_LOAD_HDR_HEADER = 40,   /* bytes before the counts */
  LR_LOAD_HDR_WIDEST = 9,    /* bytes of a count at the most */
  LR_LOAD_HDR_DIGITS = 3,    /* of lariat_histogram */
  LR_LOAD_HDR_HALF_BITS = 10 /* of lariat_histogram, whose unit is 1 */
};

/* ---- The layout ---- */

typedef struct lr_load_hdr_layout {
  unsigned half_bits;
  unsigned unit_bits;
  uint64_t buckets; /* how many there are */
} lr_load_hdr_layout;

/* Makes the layout of a histogram with so many significant digits from `lowest`
 * to `highest`.  False: there is none. */
bool lr_load_hdr_layout_init(lr_load_hdr_layout *layout, int64_t lowest,
                             int64_t highest, uint32_t digits);

/* Puts the lowest and the highest value of the bucket `index`, which there must
 * be; both are below 2^63. */
void lr_load_hdr_layout_range(const lr_load_hdr_layout *layout, uint64_t index,
                              uint64_t *low, uint64_t *high);

#endif
