/* SPDX-License-Identifier: MIT
 * hdr_peer.c: HdrHistogram_c, for script/interop.d/hdr, which compiles it where
 * that library is.
 *
 * usage: hdr_peer read LOG       its table: see tests/interop/hdr.c
 *        hdr_peer write LOG      writes a log; its table on the output */
#include <hdr/hdr_histogram.h>
#include <hdr/hdr_histogram_log.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what, int code) {
  fprintf(stderr, "hdr_peer: %s: %s\n", what, hdr_strerror(abs(code)));
  exit(2);
}

static void show(const char *tag, const struct hdr_histogram *histogram) {
  static const double last[] = {99.95, 99.99, 99.999};
  printf("%s\t%" PRId64, tag, histogram->total_count);
  for (int i = 0; i <= 1003; i++) {
    double percent = i <= 1000 ? i / 10.0 : last[i - 1001];
    printf("\t%g=%" PRId64, percent,
           hdr_value_at_percentile(histogram, percent));
  }
  putchar('\n');
}

static void read_log(FILE *file) {
  struct hdr_log_reader reader;
  hdr_log_reader_init(&reader);
  int code = hdr_log_read_header(&reader, file);
  if (code) fail("header", code);
  for (;;) {
    char tag[128] = "";
    struct hdr_log_entry entry;
    struct hdr_histogram *histogram = NULL;
    memset(&entry, 0, sizeof entry);
    entry.tag = tag;
    entry.tag_len = sizeof tag - 1;
    code = hdr_log_read_entry(&reader, file, &entry, &histogram);
    if (code == EOF) break;
    if (code) fail("interval", code);
    show(tag, histogram);
    hdr_close(histogram);
  }
}

static uint64_t state = 20261130;

static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static void write_entry(FILE *file, int digits, int64_t lowest, int values) {
  static struct hdr_log_writer writer;
  struct hdr_histogram *histogram;
  char tag[16];
  struct hdr_log_entry entry;
  memset(&entry, 0, sizeof entry);
  (void)snprintf(tag, sizeof tag, "%s%d", digits > 3 ? "fine" : "digits",
                 digits);
  int code = hdr_init(lowest, INT64_C(3600000000000), digits, &histogram);
  if (code) fail("a histogram", code);
  for (int i = 0; i < values; i++)
    hdr_record_values(
        histogram, (int64_t)(next_random() >> (23 + next_random() % 41)),
        1 + (int64_t)(next_random() >> (34 + next_random() % 30)));
  entry.tag = tag;
  entry.tag_len = strlen(tag);
  entry.interval.tv_sec = 1;
  code = hdr_log_write_entry(&writer, file, &entry, histogram);
  if (code) fail("an interval", code);
  show(tag, histogram);
  hdr_close(histogram);
}

static void write_log(FILE *file) {
  struct hdr_log_writer writer;
  hdr_timespec start = {1796045463, 7000000};
  hdr_log_writer_init(&writer);
  int code = hdr_log_write_header(&writer, file, "Logged by C", &start);
  if (code) fail("header", code);
  for (int digits = 1; digits <= 5; digits++)
    for (int64_t lowest = 1; lowest <= 1000; lowest *= 10)
      for (int values = 0; values <= 3000; values = values * 5 + 1)
        write_entry(file, digits, lowest, values);
}

int main(int argc, char **argv) {
  int reads = argc == 3 && strcmp(argv[1], "read") == 0;
  FILE *file = argc == 3 ? fopen(argv[2], reads ? "rb" : "wb") : NULL;
  if (!file) return 2;
  if (reads)
    read_log(file);
  else
    write_log(file);
  return fclose(file) != 0;
}
