/* SPDX-License-Identifier: MIT
 * hdr.c: lariat's side of the comparison of HdrHistogram's readers and writers,
 * for script/interop.d/hdr.
 *
 * usage: hdr write             a log of histograms of many kinds
 *        hdr check LOG TABLE   what TABLE says of LOG's intervals is so; `-`
 * for a rank that is rounded, not rounded up
 *
 * A line of a table: tag, how many values, and percentiles as 99.9=VALUE,
 * with tabs between.  Where the tag begins with
 * "fine", a writer had more than three significant digits; "digits": up to
 * three, or a lowest value above 1. */
#include <lariat/load/hdr.h>
#include <lariat/load/report.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 65536, SPREAD_VALUES = 100000 };

static void fail(const char *what) {
  fprintf(stderr, "hdr: %s\n", what);
  exit(2);
}

/* ---- Writing ---- */

static void put_text(char *text, size_t length) {
  if (fwrite(text, 1, length, stdout) != length) fail("no output");
  lariat_load_text_free(text);
}

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* Writes one as an interval, and forgets its values. */
static void put(const char *tag, lariat_histogram *histogram) {
  static uint64_t second;
  char *text;
  size_t length;
  if (lariat_load_hdr_log_line(tag, second++ * UINT64_C(1000000000), 1000000000,
                               histogram, &text, &length) != LARIAT_OK)
    fail("a line was not written");
  put_text(text, length);
  lariat_histogram_reset(histogram);
}

/* Values of all sizes up to 2^bits, as often as up to 2^counts. */
static void spread(lariat_histogram *histogram, uint64_t *state, unsigned bits,
                   unsigned counts, unsigned values) {
  for (unsigned i = 0; i < values; i++) {
    unsigned shift = 64 - bits + (unsigned)(next_random(state) % bits);
    uint64_t count = next_random(state) >> (64 - counts);
    lariat_histogram_record_count(histogram, next_random(state) >> shift,
                                  count + 1);
  }
}

static int write_log(void) {
  char *text;
  size_t length;
  uint64_t state = 20261130;
  lariat_histogram *histogram;
  if (lariat_histogram_new(&histogram) != LARIAT_OK ||
      lariat_load_hdr_log_header(1796045463007000000, "0123456789abcdef", &text,
                                 &length) != LARIAT_OK)
    fail("no header");
  put_text(text, length);
  put(NULL, histogram);
  for (unsigned i = 1; i <= 10; i++)
    lariat_histogram_record(histogram, i * 100);
  put("ten", histogram);
  lariat_histogram_record(histogram, 0);
  put("zero", histogram);
  lariat_histogram_record(histogram, 3600000000000);
  put("hour", histogram);
  lariat_histogram_record(histogram, UINT64_C(1) << 50);
  put("long", histogram);
  for (unsigned i = 0; i < 40; i++) {
    spread(histogram, &state, 41, 1 + i, 1 + 20 * i);
    put("spread", histogram);
  }
  spread(histogram, &state, 32, 3, SPREAD_VALUES);
  put("many", histogram);
  lariat_histogram_free(histogram);
  return 0;
}

/* ---- Checking ---- */

struct check {
  FILE *table;
  bool rounded;
  unsigned intervals, figures, wrong;
};

/* Returns the highest value of the bucket with this rank, from 1. */
static uint64_t value_at(const lariat_histogram *histogram, uint64_t rank) {
  lariat_histogram_bucket bucket = {0};
  while (lariat_histogram_next(histogram, &bucket) && rank > bucket.count)
    rank -= bucket.count;
  return bucket.highest;
}

/* Returns a percentile by the rank that is the nearest one. */
static uint64_t rounded_percentile(const lariat_histogram *histogram,
                                   double percent) {
  double place = percent / 100 * (double)lariat_histogram_count(histogram);
  uint64_t rank = (uint64_t)(place + 0.5);
  if (!(percent > 0) || !lariat_histogram_count(histogram))
    return lariat_histogram_percentile(histogram, percent);
  return value_at(histogram, rank ? rank : 1);
}

static uint64_t percentile(const struct check *check,
                           const lariat_histogram *histogram, double percent) {
  return check->rounded ? rounded_percentile(histogram, percent)
                        : lariat_histogram_percentile(histogram, percent);
}

/* Returns the highest value that three digits do not tell from this one. */
static uint64_t widen(uint64_t value) {
  unsigned shift = 0;
  while (value >> shift >= 2048) shift++;
  return value | ((UINT64_C(1) << shift) - 1);
}

/* Of a bucket that was coarser than ours, the lowest value is not known; and
 * HdrHistogram_c has the width of a bucket as the percentiles of nothing. */
static void compare(struct check *check, const char *tag, double percent,
                    uint64_t ours, uint64_t theirs) {
  bool fine = strncmp(tag, "fine", 4) == 0;
  if ((fine || strncmp(tag, "digits", 6) == 0) && !(percent > 0)) return;
  check->figures++;
  if (fine) theirs = widen(theirs);
  if (ours == theirs) return;
  if (check->wrong++ < 10)
    fprintf(stderr, "interval %u (%s), p%g: %llu and not %llu\n",
            check->intervals, tag, percent, (unsigned long long)ours,
            (unsigned long long)theirs);
}

static lariat_status take(void *context,
                          const lariat_load_hdr_interval *interval) {
  static char line[LINE];
  struct check *check = context;
  char *field;
  char *rest = line;
  const lariat_histogram *histogram = interval->histogram;
  if (!fgets(line, sizeof line, check->table))
    fail("the table has fewer lines");
  check->intervals++;
  field = strsep(&rest, "\t\n");
  if (strcmp(field, interval->tag) != 0) fail("another tag");
  field = strsep(&rest, "\t\n");
  if (strtoull(field, NULL, 10) != lariat_histogram_count(histogram))
    fail("another count");
  if (check->rounded && !lariat_histogram_count(histogram)) return LARIAT_OK;
  while ((field = strsep(&rest, "\t\n")) && *field) {
    char *value = strchr(field, '=');
    if (!value) fail("a column without '='");
    double percent = strtod(field, NULL);
    compare(check, interval->tag, percent,
            percentile(check, histogram, percent),
            strtoull(value + 1, NULL, 10));
  }
  return LARIAT_OK;
}

static char *read_file(const char *name, size_t *length) {
  FILE *file = fopen(name, "rb");
  char *bytes = NULL;
  size_t size = 0;
  *length = 0;
  do {
    size += LINE;
    bytes = realloc(bytes, size);
    if (!file || !bytes) fail(name);
    *length += fread(bytes + *length, 1, size - *length, file);
  } while (*length == size);
  (void)fclose(file);
  return bytes;
}

static int check_log(const char *log, const char *table, bool rounded) {
  size_t length;
  lariat_load_error error = {0};
  char *text = read_file(log, &length);
  struct check check = {.table = fopen(table, "r"), .rounded = rounded};
  if (!check.table) fail(table);
  if (lariat_load_hdr_log_parse(text, length, take, &check, &error) !=
      LARIAT_OK)
    fail(error.message);
  if (fgetc(check.table) != EOF) fail("the table has more lines");
  (void)fclose(check.table);
  free(text);
  printf("%u intervals, %u percentiles, %u differ\n", check.intervals,
         check.figures, check.wrong);
  return check.wrong || !check.figures;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "write") == 0) return write_log();
  if ((argc == 4 || argc == 5) && strcmp(argv[1], "check") == 0)
    return check_log(argv[2], argv[3], argc == 5);
  fail("usage: hdr write | hdr check LOG TABLE [-]");
}
