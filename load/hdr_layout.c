/* SPDX-License-Identifier: MIT
 * hdr_layout.c: the layout of HdrHistogram's counts. */
#include "hdr_layout.h"

/* For 0 to 5 significant digits: the least power of two that is not below twice
 * 10^digits, halved, as its exponent. */
static const unsigned half_bits_of[] = {0, 4, 7, 10, 14, 17};

enum { DIGITS = sizeof half_bits_of / sizeof half_bits_of[0] };

static unsigned find_highest_bit(uint64_t value) {
  return 63 - (unsigned)__builtin_clzll(value);
}

/* Counts the doublings that it takes to have `highest`, of those that end below
 * 2^63. */
static uint64_t count_doublings(unsigned bits, uint64_t highest) {
  uint64_t doublings = 1;
  for (; bits < 63 && UINT64_C(1) << bits <= highest; bits++) doublings++;
  return doublings;
}

bool lr_load_hdr_layout_init(lr_load_hdr_layout *layout, int64_t lowest,
                             int64_t highest, uint32_t digits) {
  if (digits >= DIGITS || lowest < 1 || highest / 2 < lowest) return false;
  unsigned half_bits = half_bits_of[digits];
  unsigned unit_bits = find_highest_bit((uint64_t)lowest);
  if (half_bits + unit_bits > 61) return false;
  uint64_t doublings =
      count_doublings(half_bits + 1 + unit_bits, (uint64_t)highest);
  *layout =
      (lr_load_hdr_layout){half_bits, unit_bits, (doublings + 1) << half_bits};
  return true;
}

void lr_load_hdr_layout_range(const lr_load_hdr_layout *layout, uint64_t index,
                              uint64_t *low, uint64_t *high) {
  uint64_t doubling = index >> layout->half_bits;
  unsigned shift = doubling ? (unsigned)doubling - 1 : 0;
  uint64_t place = index - ((uint64_t)shift << layout->half_bits);
  shift += layout->unit_bits;
  *low = place << shift;
  *high = *low + ((UINT64_C(1) << shift) - 1);
}
