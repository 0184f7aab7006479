/* SPDX-License-Identifier: MIT
 * labels: same-libcurl
 * hdr_stress.c: random histograms through HdrHistogram's encoding and back have
 * the same counts in the same buckets, and every percentile is the same.
 *
 * usage: hdr_stress [HISTOGRAMS [SEED]]   by hand: 1000000, some 4 minutes */
#include <lariat/load/hdr.h>
#include <lariat/load/report.h>

#include <stdio.h>
#include <stdlib.h>

#include "support/scale.h"

enum { FULL = 20000, MOST_RUNS = 64 };

static const double percentages[] = {0,  1,  10,   25,    50,     75,
                                     90, 99, 99.9, 99.99, 99.999, 100};

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* Draws a number below 2^bits of any size. */
static uint64_t draw(uint64_t *state, unsigned bits) {
  return next_random(state) >> (64 - bits + next_random(state) % bits);
}

/* Records values, or runs of neighbours, of all sizes or of times. */
static void fill(lariat_histogram *histogram, uint64_t *state) {
  unsigned bits = next_random(state) % 2 ? 62 : 32;
  unsigned counts = next_random(state) % 4 ? 10 : 50;
  for (uint64_t i = next_random(state) % MOST_RUNS; i; i--) {
    uint64_t value = draw(state, bits);
    uint64_t run = next_random(state) % 8 ? 1 : next_random(state) % 200;
    for (; run; run--)
      lariat_histogram_record_count(histogram, value + run,
                                    draw(state, counts));
  }
}

static int differ(const lariat_histogram *a, const lariat_histogram *b) {
  lariat_histogram_bucket left = {0};
  lariat_histogram_bucket right = {0};
  while (lariat_histogram_next(a, &left))
    if (!lariat_histogram_next(b, &right) || left.index != right.index ||
        left.count != right.count)
      return 1;
  if (lariat_histogram_next(b, &right)) return 1;
  for (size_t i = 0; i < sizeof percentages / sizeof percentages[0]; i++)
    if (lariat_histogram_percentile(a, percentages[i]) !=
        lariat_histogram_percentile(b, percentages[i]))
      return 1;
  return 0;
}

/* Sends one there and back; false: it came back as another. */
static int check(const lariat_histogram *histogram, uint64_t *bytes) {
  char *text = NULL;
  size_t length = 0;
  lariat_histogram *back = NULL;
  lariat_load_error error = {0};
  if (lariat_load_hdr_encode(histogram, &text, &length) != LARIAT_OK) return 0;
  *bytes += length;
  if (lariat_load_hdr_decode(text, length, &back, &error) != LARIAT_OK) {
    fprintf(stderr, "%s: %s\n", text, error.message);
    return 0;
  }
  int differs = differ(histogram, back);
  if (differs) fprintf(stderr, "another one came back: %s\n", text);
  lariat_load_text_free(text);
  lariat_histogram_free(back);
  return !differs;
}

int main(int argc, char **argv) {
  uint64_t count = scale_of(FULL, argc, argv);
  uint64_t state = argc > 2 ? strtoull(argv[2], NULL, 10) | 1 : 20261130;
  uint64_t bytes = 0;
  uint64_t values = 0;
  lariat_histogram *histogram;
  if (lariat_histogram_new(&histogram) != LARIAT_OK) return 1;
  for (uint64_t i = 0; i < count; i++) {
    lariat_histogram_reset(histogram);
    fill(histogram, &state);
    values += lariat_histogram_count(histogram) > 0;
    if (!check(histogram, &bytes)) return 1;
  }
  lariat_histogram_free(histogram);
  printf("%llu histograms, %llu with values, %llu bytes of text\n",
         (unsigned long long)count, (unsigned long long)values,
         (unsigned long long)bytes);
  return 0;
}
