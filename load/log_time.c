/* SPDX-License-Identifier: MIT
 * log_time.c: dates of the Gregorian calendar, and their offsets from UTC. */
#include "log_time.h"

#include <string.h>

#include "reader.h"

#define NS_PER_S UINT64_C(1000000000)
#define S_PER_DAY INT64_C(86400)

struct date {
  unsigned year, month, day, hour, minute, second;
  int offset_s; /* how much later it is there than in UTC */
  uint64_t fraction_ns;
};

/* ---- Digits ---- */

/* Reads just `count` digits. */
static bool read_digits(lr_load_reader *reader, unsigned count,
                        unsigned *number) {
  *number = 0;
  for (; count; count--, reader->at++) {
    if (lr_load_reader_done(reader)) return false;
    char c = reader->text[reader->at];
    if (c < '0' || c > '9') return false;
    *number = *number * 10 + (unsigned)(c - '0');
  }
  return true;
}

/* Reads "13:50:01". */
static bool read_clock(lr_load_reader *reader, struct date *date) {
  return read_digits(reader, 2, &date->hour) &&
         lr_load_read_byte(reader, ':') &&
         read_digits(reader, 2, &date->minute) &&
         lr_load_read_byte(reader, ':') &&
         read_digits(reader, 2, &date->second);
}

/* Reads ".123": up to nine digits count. */
static bool read_fraction(lr_load_reader *reader, struct date *date) {
  uint64_t unit = NS_PER_S / 10;
  unsigned digit;
  if (!lr_load_read_byte(reader, '.')) return true;
  size_t start = reader->at;
  for (; read_digits(reader, 1, &digit); unit /= 10)
    date->fraction_ns += digit * unit;
  return reader->at > start;
}

/* Reads "+0100", "+01:00" or, of ISO 8601, "Z". */
static bool read_offset(lr_load_reader *reader, bool iso, struct date *date) {
  unsigned hours;
  unsigned minutes;
  if (iso && lr_load_read_byte(reader, 'Z')) return true;
  bool west = lr_load_read_byte(reader, '-');
  if (!west && !lr_load_read_byte(reader, '+')) return false;
  if (!read_digits(reader, 2, &hours)) return false;
  if (iso) (void)lr_load_read_byte(reader, ':');
  if (!read_digits(reader, 2, &minutes) || hours > 23 || minutes > 59)
    return false;
  date->offset_s = (int)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
  return true;
}

/* ---- Dates ---- */

/* Reads "Nov". */
static bool read_month(lr_load_reader *reader, unsigned *month) {
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (reader->length - reader->at < 3) return false;
  for (*month = 1; *month <= 12; ++*month)
    if (memcmp(months + 3 * (*month - 1), reader->text + reader->at, 3) == 0)
      break;
  reader->at += 3;
  return *month <= 12;
}

static bool is_leap(unsigned year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Returns the days from the start of 1970 to the start of a year. */
static int64_t count_days(unsigned year) {
  int64_t before = (int64_t)year - 1;
  return 365 * ((int64_t)year - 1970) + before / 4 - before / 100 +
         before / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
}

/* Makes the time of a date; false: there is none like that. */
static bool make_time(const struct date *date, uint64_t *ns) {
  static const unsigned char lengths[] = {31, 28, 31, 30, 31, 30,
                                          31, 31, 30, 31, 30, 31};
  if (date->year < 1970 || date->year > 2400) return false;
  if (date->month < 1 || date->month > 12 || date->hour > 23 ||
      date->minute > 59 || date->second > 60)
    return false;
  int64_t days = count_days(date->year);
  for (unsigned month = 1; month < date->month; month++)
    days += lengths[month - 1] + (month == 2 && is_leap(date->year));
  unsigned length = lengths[date->month - 1] +
                    (date->month == 2 && is_leap(date->year) ? 1u : 0u);
  if (date->day < 1 || date->day > length) return false;
  int64_t seconds = (days + date->day - 1) * S_PER_DAY +
                    (int64_t)date->hour * 3600 + (int64_t)date->minute * 60 +
                    date->second - date->offset_s;
  if (seconds < 0) return false;
  *ns = (uint64_t)seconds * NS_PER_S + date->fraction_ns;
  return true;
}

bool lr_load_log_time_local(const char *text, size_t length, uint64_t *ns) {
  lr_load_reader reader = {text, length, 0};
  struct date date = {.year = 0};
  return read_digits(&reader, 2, &date.day) &&
         lr_load_read_byte(&reader, '/') && read_month(&reader, &date.month) &&
         lr_load_read_byte(&reader, '/') &&
         read_digits(&reader, 4, &date.year) &&
         lr_load_read_byte(&reader, ':') && read_clock(&reader, &date) &&
         lr_load_read_byte(&reader, ' ') &&
         read_offset(&reader, false, &date) && lr_load_reader_done(&reader) &&
         make_time(&date, ns);
}

bool lr_load_log_time_iso(const char *text, size_t length, uint64_t *ns) {
  lr_load_reader reader = {text, length, 0};
  struct date date = {.year = 0};
  return read_digits(&reader, 4, &date.year) &&
         lr_load_read_byte(&reader, '-') &&
         read_digits(&reader, 2, &date.month) &&
         lr_load_read_byte(&reader, '-') &&
         read_digits(&reader, 2, &date.day) &&
         lr_load_read_byte(&reader, 'T') && read_clock(&reader, &date) &&
         read_fraction(&reader, &date) && read_offset(&reader, true, &date) &&
         lr_load_reader_done(&reader) && make_time(&date, ns);
}

bool lr_load_log_time_seconds(const char *text, size_t length, uint64_t *ns) {
  lr_load_reader reader = {text, length, 0};
  const uint64_t most = UINT64_C(13600000000000000); /* us, the year 2400 */
  uint64_t us;
  if (!lr_load_read_decimal(&reader, 6, most, &us) ||
      !lr_load_reader_done(&reader))
    return false;
  *ns = us * 1000;
  return true;
}
