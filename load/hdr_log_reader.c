/* SPDX-License-Identifier: MIT
 * hdr_log_reader.c: the text of HdrHistogram's logs, versions 1.0 to 1.3, of
 * whoever has written it. */
#include <lariat/load/hdr.h>

#include <stdbool.h>
#include <string.h>

#include "fault.h"

/* A time that is so long before the log's start is no time of day, as Java's
 * reader has it: it is counted from the start. */
#define YEAR_S (365 * 24 * 3600.0)

enum { MOST_SECONDS_DIGITS = 15 };

/* Where in the text one is. */
struct cursor {
  const char *text;
  size_t at;
  size_t end; /* of the line */
};

/* The times of the first lines, in seconds. */
struct times {
  double start;
  double base;
  bool has_start;
  bool has_base;
};

struct log {
  lariat_load_hdr_take take;
  void *context;
  lariat_load_error *error;
  struct times times;
  char tag[LARIAT_LOAD_HDR_LONGEST_TAG + 1];
};

/* ---- Parts of a line ---- */

static bool skip(struct cursor *c, const char *word) {
  size_t length = strlen(word);
  if (c->end - c->at < length || memcmp(c->text + c->at, word, length) != 0)
    return false;
  c->at += length;
  return true;
}

/* Fields end at a comma or a blank. */
static bool is_separator(char byte) { return byte == ',' || byte == ' '; }

static bool skip_separator(struct cursor *c) {
  if (c->at == c->end || !is_separator(c->text[c->at])) return false;
  c->at++;
  return true;
}

/* Returns how long the field is that begins here. */
static size_t measure_field(const struct cursor *c) {
  size_t at = c->at;
  while (at < c->end && !is_separator(c->text[at])) at++;
  return at - c->at;
}

/* Reads digits behind the number of those before them; returns how many. */
static unsigned read_digits(struct cursor *c, double *number) {
  unsigned digits = 0;
  for (; c->at < c->end && c->text[c->at] >= '0' && c->text[c->at] <= '9';
       c->at++, digits++)
    *number = *number * 10 + (c->text[c->at] - '0');
  return digits;
}

/* Reads a number of seconds, with decimals or without. */
static bool read_seconds(struct cursor *c, double *out) {
  double whole = 0;
  double part = 0;
  double scale = 1;
  unsigned digits = read_digits(c, &whole);
  if (digits == 0 || digits > MOST_SECONDS_DIGITS) return false;
  if (skip(c, ".")) {
    digits = read_digits(c, &part);
    if (digits == 0 || digits > MOST_SECONDS_DIGITS) return false;
    for (; digits; digits--) scale *= 10;
  }
  *out = whole + part / scale;
  return true;
}

/* ---- Lines before the intervals ---- */

static lariat_status read_time(struct cursor *c, double *time, bool *is_there,
                               lariat_load_error *error) {
  (void)skip(c, " ");
  size_t at = c->at;
  if (!read_seconds(c, time))
    return lr_load_fail(error, at, "no time in seconds at byte %zu", at);
  *is_there = true;
  return LARIAT_OK;
}

static lariat_status read_version(struct cursor *c, lariat_load_error *error) {
  size_t at = c->at;
  if (skip(c, "1.") && c->at < c->end && c->text[c->at] >= '0' &&
      c->text[c->at] <= '3')
    return LARIAT_OK;
  return lr_load_fail(error, at,
                      "no version from 1.0 to 1.3 of a log at byte %zu", at);
}

/* Reads a line that begins with a #: a comment, if it is nothing else. */
static lariat_status read_comment(struct log *log, struct cursor *c) {
  struct times *times = &log->times;
  if (skip(c, "#[Histogram log format version "))
    return read_version(c, log->error);
  if (skip(c, "#[StartTime:"))
    return read_time(c, &times->start, &times->has_start, log->error);
  if (skip(c, "#[BaseTime:"))
    return read_time(c, &times->base, &times->has_base, log->error);
  return LARIAT_OK;
}

/* ---- Intervals ---- */

/* Makes the seconds from the log's start of those of a line.  Without a start,
 * that is the first interval's. */
static double find_start(struct times *times, double at) {
  if (!times->has_base) {
    bool is_relative = times->has_start && at < times->start - YEAR_S;
    times->base = is_relative ? times->start : 0;
    times->has_base = true;
  }
  if (!times->has_start) times->start = times->base + at;
  times->has_start = true;
  return times->base + at - times->start;
}

static lariat_status read_tag(struct log *log, struct cursor *c) {
  log->tag[0] = '\0';
  if (!skip(c, "Tag=")) return LARIAT_OK;
  size_t length = measure_field(c);
  if (length > LARIAT_LOAD_HDR_LONGEST_TAG ||
      memchr(c->text + c->at, '\0', length))
    return lr_load_fail(log->error, c->at, "no tag up to %d bytes at byte %zu",
                        LARIAT_LOAD_HDR_LONGEST_TAG, c->at);
  memcpy(log->tag, c->text + c->at, length);
  log->tag[length] = '\0';
  c->at += length;
  return skip_separator(c)
             ? LARIAT_OK
             : lr_load_fail(log->error, c->at,
                            "nothing behind the tag at byte %zu", c->at);
}

/* Reads start, length, and the maximum, which says nothing that the histogram
 * does not. */
static lariat_status read_fields(struct log *log, struct cursor *c,
                                 lariat_load_hdr_interval *interval) {
  size_t begin = c->at;
  bool good = read_seconds(c, &interval->start_s) && skip_separator(c) &&
              read_seconds(c, &interval->length_s) && skip_separator(c);
  if (good) {
    c->at += measure_field(c);
    good = skip_separator(c);
  }
  return good ? LARIAT_OK
              : lr_load_fail(log->error, begin,
                             "no start, length and maximum at byte %zu", begin);
}

static lariat_status read_histogram(struct log *log, struct cursor *c,
                                    lariat_load_hdr_interval *interval) {
  lariat_histogram *histogram;
  size_t begin = c->at;
  lariat_status status = lariat_load_hdr_decode(c->text + begin, c->end - begin,
                                                &histogram, log->error);
  if (status != LARIAT_OK) {
    if (log->error) log->error->byte += begin;
    return status;
  }
  interval->histogram = histogram;
  status = log->take(log->context, interval);
  lariat_histogram_free(histogram);
  return status;
}

static lariat_status read_interval(struct log *log, struct cursor *c) {
  lariat_load_hdr_interval interval = {.tag = log->tag};
  lariat_status status = read_tag(log, c);
  if (status == LARIAT_OK) status = read_fields(log, c, &interval);
  if (status != LARIAT_OK) return status;
  interval.start_s = find_start(&log->times, interval.start_s);
  return read_histogram(log, c, &interval);
}

/* ---- The whole ---- */

/* The legend is the line in quotation marks. */
static lariat_status read_line(struct log *log, struct cursor *c) {
  if (c->at == c->end || c->text[c->at] == '"') return LARIAT_OK;
  return c->text[c->at] == '#' ? read_comment(log, c) : read_interval(log, c);
}

lariat_status lariat_load_hdr_log_parse(const char *text, size_t length,
                                        lariat_load_hdr_take take,
                                        void *context,
                                        lariat_load_error *error) {
  if (!text || !take) return LARIAT_EINVAL;
  struct log log = {.take = take, .context = context, .error = error};
  lariat_status status = LARIAT_OK;
  size_t at = 0;
  while (status == LARIAT_OK && at < length) {
    const char *newline = memchr(text + at, '\n', length - at);
    size_t end = newline ? (size_t)(newline - text) : length;
    struct cursor line = {text, at, end};
    if (end > at && text[end - 1] == '\r') line.end--;
    status = read_line(&log, &line);
    at = end + 1;
  }
  return status;
}
