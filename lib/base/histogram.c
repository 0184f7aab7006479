/* SPDX-License-Identifier: MIT
 * histogram.c: counts in HdrHistogram's layout, in pages that are allocated
 * when a value comes that belongs there.
 *
 * Values of the same leading bits share a bucket: those below 2,048 have one
 * each, and beyond that a value shifted right until it has eleven bits says
 * which of the 1,024 buckets of its doubling it is in. */
#include <lariat/histogram.h>

#include <math.h>
#include <string.h>

#include "base/attributes.h"
#include "base/memory.h"

enum {
  HALF_BITS = 10, /* of the buckets of a doubling: three digits need 1,000 */
  HALF = 1 << HALF_BITS,
  DOUBLINGS = 64 - HALF_BITS, /* the first has the values below 2 * HALF */
  BUCKETS = (DOUBLINGS + 1) * HALF,
  PAGE = 256, /* buckets that are allocated together */
  PAGES = BUCKETS / PAGE
};

struct lariat_histogram {
  uint64_t count;
  uint64_t sum_low;
  uint64_t sum_high; /* of the values: 128 bits, so that it cannot overflow */
  uint64_t min;      /* UINT64_MAX: none yet */
  uint64_t max;
  uint64_t lost;
  uint64_t *pages[PAGES];
};

/* ---- Buckets ---- */

static inline size_t index_of(uint64_t value) {
  unsigned highest_bit = 63 - (unsigned)__builtin_clzll(value | (2 * HALF - 1));
  unsigned shift = highest_bit - HALF_BITS;
  return ((size_t)shift << HALF_BITS) + (size_t)(value >> shift);
}

static unsigned shift_of(size_t index) {
  return index < 2 * HALF ? 0 : (unsigned)(index >> HALF_BITS) - 1;
}

static uint64_t lowest_of(size_t index) {
  unsigned shift = shift_of(index);
  return (uint64_t)(index - ((size_t)shift << HALF_BITS)) << shift;
}

static uint64_t highest_of(size_t index) {
  return lowest_of(index) + ((UINT64_C(1) << shift_of(index)) - 1);
}

static uint64_t middle_of(size_t index) {
  return lowest_of(index) + (UINT64_C(1) << shift_of(index)) / 2;
}

/* Returns the first bucket from `index` on that has values; BUCKETS: none. */
static size_t next_used(const lariat_histogram *histogram, size_t index) {
  while (index < BUCKETS) {
    const uint64_t *page = histogram->pages[index / PAGE];
    if (page && page[index % PAGE]) return index;
    index = page ? index + 1 : (index / PAGE + 1) * PAGE;
  }
  return BUCKETS;
}

static uint64_t count_at(const lariat_histogram *histogram, size_t index) {
  return histogram->pages[index / PAGE][index % PAGE];
}

/* ---- Memory ---- */

static void forget_values(lariat_histogram *histogram) {
  histogram->count = histogram->lost = 0;
  histogram->sum_low = histogram->sum_high = 0;
  histogram->min = UINT64_MAX;
  histogram->max = 0;
}

lariat_status lariat_histogram_new(lariat_histogram **out) {
  if (!out) return LARIAT_EINVAL;
  *out = lr_alloc_zero(sizeof **out);
  if (!*out) return LARIAT_ENOMEM;
  forget_values(*out);
  return LARIAT_OK;
}

void lariat_histogram_free(lariat_histogram *histogram) {
  if (!histogram) return;
  for (size_t i = 0; i < PAGES; i++)
    if (histogram->pages[i]) lr_free(histogram->pages[i]);
  lr_free(histogram);
}

static bool make_page(lariat_histogram *histogram, size_t page) {
  uint64_t **slot = &histogram->pages[page];
  if (!*slot) *slot = lr_alloc_zero(PAGE * sizeof **slot);
  return *slot != NULL;
}

lariat_status lariat_histogram_reserve(lariat_histogram *histogram,
                                       uint64_t lowest, uint64_t highest) {
  if (!histogram || lowest > highest) return LARIAT_EINVAL;
  size_t last = index_of(highest) / PAGE;
  for (size_t page = index_of(lowest) / PAGE; page <= last; page++)
    if (!make_page(histogram, page)) return LARIAT_ENOMEM;
  return LARIAT_OK;
}

lariat_status lariat_histogram_copy(const lariat_histogram *histogram,
                                    lariat_histogram **out) {
  if (!out) return LARIAT_EINVAL;
  *out = NULL;
  if (!histogram) return LARIAT_EINVAL;
  lariat_histogram *copy;
  lariat_status status = lariat_histogram_new(&copy);
  if (status != LARIAT_OK) return status;
  status = lariat_histogram_add(copy, histogram);
  if (status == LARIAT_OK)
    *out = copy;
  else
    lariat_histogram_free(copy);
  return status;
}

void lariat_histogram_reset(lariat_histogram *histogram) {
  for (size_t i = 0; i < PAGES; i++)
    if (histogram->pages[i])
      memset(histogram->pages[i], 0, PAGE * sizeof *histogram->pages[i]);
  forget_values(histogram);
}

/* ---- Writing ---- */

static inline void add_sum(lariat_histogram *histogram, uint64_t high,
                           uint64_t low) {
  histogram->sum_low += low;
  histogram->sum_high += high + (histogram->sum_low < low);
}

static inline void note_range(lariat_histogram *histogram, uint64_t min,
                              uint64_t max) {
  if (LR_RARE(min < histogram->min)) histogram->min = min;
  if (LR_RARE(max > histogram->max)) histogram->max = max;
}

/* Adds `value` times `count`: the halves are multiplied crosswise, so that the
 * high word of the product is not lost. */
static void add_product(lariat_histogram *histogram, uint64_t value,
                        uint64_t count) {
  uint64_t value_high = value >> 32, value_low = (uint32_t)value;
  uint64_t count_high = count >> 32, count_low = (uint32_t)count;
  uint64_t middle = value_high * count_low + (value_low * count_low >> 32);
  uint64_t other = value_low * count_high + (uint32_t)middle;
  add_sum(histogram, value_high * count_high + (middle >> 32) + (other >> 32),
          value * count);
}

LR_COLD void lariat_histogram_record_count(lariat_histogram *histogram,
                                           uint64_t value, uint64_t count) {
  size_t index = index_of(value);
  if (count == 0) return;
  if (!make_page(histogram, index / PAGE)) {
    histogram->lost += count;
    return;
  }
  histogram->pages[index / PAGE][index % PAGE] += count;
  histogram->count += count;
  add_product(histogram, value, count);
  note_range(histogram, value, value);
}

void lariat_histogram_record(lariat_histogram *histogram, uint64_t value) {
  size_t index = index_of(value);
  uint64_t *page = histogram->pages[index / PAGE];
  if (LR_RARE(!page)) {
    lariat_histogram_record_count(histogram, value, 1);
    return;
  }
  page[index % PAGE]++;
  histogram->count++;
  add_sum(histogram, 0, value);
  note_range(histogram, value, value);
}

static bool make_pages_of(lariat_histogram *histogram,
                          const lariat_histogram *other) {
  for (size_t page = 0; page < PAGES; page++)
    if (other->pages[page] && !make_page(histogram, page)) return false;
  return true;
}

static void add_page(uint64_t *counts, const uint64_t *others) {
  for (size_t i = 0; i < PAGE; i++) counts[i] += others[i];
}

lariat_status lariat_histogram_add(lariat_histogram *histogram,
                                   const lariat_histogram *other) {
  if (!histogram || !other) return LARIAT_EINVAL;
  if (!make_pages_of(histogram, other)) return LARIAT_ENOMEM;
  for (size_t page = 0; page < PAGES; page++)
    if (other->pages[page])
      add_page(histogram->pages[page], other->pages[page]);
  histogram->count += other->count;
  histogram->lost += other->lost;
  add_sum(histogram, other->sum_high, other->sum_low);
  note_range(histogram, other->min, other->max);
  return LARIAT_OK;
}

/* ---- Reading ---- */

uint64_t lariat_histogram_count(const lariat_histogram *histogram) {
  return histogram ? histogram->count : 0;
}

uint64_t lariat_histogram_lost(const lariat_histogram *histogram) {
  return histogram ? histogram->lost : 0;
}

uint64_t lariat_histogram_min(const lariat_histogram *histogram) {
  return histogram && histogram->count ? histogram->min : 0;
}

uint64_t lariat_histogram_max(const lariat_histogram *histogram) {
  return histogram ? histogram->max : 0;
}

double lariat_histogram_mean(const lariat_histogram *histogram) {
  if (!histogram || !histogram->count) return 0;
  double sum =
      ldexp((double)histogram->sum_high, 64) + (double)histogram->sum_low;
  return sum / (double)histogram->count;
}

/* Returns the mean of the values as if each were the middle of its bucket. */
static double mean_of_middles(const lariat_histogram *histogram) {
  double sum = 0;
  for (size_t i = next_used(histogram, 0); i < BUCKETS;
       i = next_used(histogram, i + 1))
    sum += (double)middle_of(i) * (double)count_at(histogram, i);
  return sum / (double)histogram->count;
}

/* Takes the distances from the mean of the middles: equal values differ from
 * each other by nothing. */
double lariat_histogram_stddev(const lariat_histogram *histogram) {
  if (!histogram || !histogram->count) return 0;
  double mean = mean_of_middles(histogram);
  double sum = 0;
  for (size_t i = next_used(histogram, 0); i < BUCKETS;
       i = next_used(histogram, i + 1)) {
    double distance = (double)middle_of(i) - mean;
    sum += distance * distance * (double)count_at(histogram, i);
  }
  return sqrt(sum / (double)histogram->count);
}

/* Returns the place in the order that `percent` asks for, from 1 on.  Goes down
 * by the smallest step first, so that a product which was rounded up does not
 * take the next place. */
static uint64_t place_of(double percent, uint64_t count) {
  if (!(percent > 0)) return 1;
  double share = (percent < 100 ? nextafter(percent, 0) : 100) / 100;
  double place = ceil(share * (double)count);
  if (place >= (double)count) return count;
  return place < 1 ? 1 : (uint64_t)place;
}

uint64_t lariat_histogram_percentile(const lariat_histogram *histogram,
                                     double percent) {
  if (!histogram || !histogram->count) return 0;
  uint64_t left = place_of(percent, histogram->count);
  size_t index = next_used(histogram, 0);
  while (left > count_at(histogram, index)) {
    left -= count_at(histogram, index);
    index = next_used(histogram, index + 1);
  }
  return percent > 0 ? highest_of(index) : lowest_of(index);
}

/* Goes on behind the last bucket's highest value; a bucket without values is
 * the beginning. */
bool lariat_histogram_next(const lariat_histogram *histogram,
                           lariat_histogram_bucket *bucket) {
  if (!histogram) return false;
  size_t index = next_used(histogram, bucket->count ? bucket->index + 1 : 0);
  if (index == BUCKETS) return false;
  *bucket = (lariat_histogram_bucket){lowest_of(index), highest_of(index),
                                      count_at(histogram, index), index};
  return true;
}
