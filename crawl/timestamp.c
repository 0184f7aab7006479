/* SPDX-License-Identifier: MIT
 * timestamp.c: reads times, and refuses what is on no calendar. */
#include "timestamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include <lariat/crawl/sitemap.h>

struct moment {
  int year, month, day;
  int hour, minute, second;
  int offset; /* minutes east of UTC */
};

/* ---- The calendar ---- */

static bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of_month(int year, int month) {
  static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[month - 1] + (month == 2 && is_leap(year));
}

/* Counts the days from the first of the year 1 to that of `year`. */
static int64_t days_before_year(int year) {
  int64_t past = year - 1;
  return past * 365 + past / 4 - past / 100 + past / 400;
}

static bool is_possible(const struct moment *m) {
  return m->year >= 1 && m->year <= 9999 && m->month >= 1 && m->month <= 12 &&
         m->day >= 1 && m->day <= days_of_month(m->year, m->month) &&
         m->hour <= 24 && m->minute <= 59 && m->second <= 60;
}

static int64_t count_seconds(const struct moment *m) {
  if (!is_possible(m)) return LARIAT_CRAWL_NO_TIME;
  int64_t days = days_before_year(m->year) - days_before_year(1970);
  for (int month = 1; month < m->month; month++)
    days += days_of_month(m->year, month);
  days += m->day - 1;
  int64_t minutes = (days * 24 + m->hour) * 60 + m->minute - m->offset;
  return minutes * 60 + m->second;
}

/* ---- Parts ---- */

/* Reads a number of `least` to `most` digits; false: there is none. */
static bool read_number(const char **at, int least, int most, int *number) {
  int count = 0;
  *number = 0;
  for (; count < most && **at >= '0' && **at <= '9'; count++)
    *number = *number * 10 + *(*at)++ - '0';
  return count >= least && (**at < '0' || **at > '9' || count == most);
}

static bool skip(const char **at, const char *any) {
  bool found = **at && strchr(any, **at);
  *at += found;
  return found;
}

/* Reads "+01:00" or "-0130". */
static bool read_offset(const char **at, int *offset) {
  bool west = **at == '-';
  int hours, minutes;
  if (!skip(at, "+-") || !read_number(at, 2, 2, &hours)) return false;
  skip(at, ":");
  if (!read_number(at, 2, 2, &minutes) || minutes > 59) return false;
  *offset = hours * 60 + minutes;
  if (west) *offset = -*offset;
  return hours <= 24;
}

/* Reads "12:00", "12:00:00" or "12:00:00.5". */
static bool read_clock(const char **at, struct moment *m) {
  if (!read_number(at, 1, 2, &m->hour) || !skip(at, ":") ||
      !read_number(at, 2, 2, &m->minute))
    return false;
  if (skip(at, ":") && !read_number(at, 2, 2, &m->second)) return false;
  if (skip(at, ".,"))
    while (skip(at, "0123456789")) continue;
  return true;
}

static bool read_w3c_zone(const char **at, struct moment *m) {
  return !**at || skip(at, "Zz") || read_offset(at, &m->offset);
}

/* Reads a year, and what there is of month, day and time. */
static bool read_w3c(const char **at, struct moment *m) {
  if (!read_number(at, 4, 4, &m->year)) return false;
  if (!skip(at, "-")) return true;
  if (!read_number(at, 2, 2, &m->month)) return false;
  if (!skip(at, "-")) return true;
  if (!read_number(at, 2, 2, &m->day)) return false;
  if (!skip(at, "Tt ")) return true;
  return read_clock(at, m) && read_w3c_zone(at, m);
}

int64_t lr_crawl_timestamp_w3c(const char *text) {
  struct moment m = {.month = 1, .day = 1};
  if (!read_w3c(&text, &m) || *text) return LARIAT_CRAWL_NO_TIME;
  return count_seconds(&m);
}

/* ---- Mail ---- */

static void skip_blanks(const char **at) {
  while (skip(at, " \t\r\n")) continue;
}

/* Returns where one of some names of `length` letters stands, or -1. */
static int read_name(const char **at, const char *names, size_t length) {
  for (int i = 0; names[(size_t)i * length]; i++)
    if (strncasecmp(*at, names + (size_t)i * length, length) == 0) {
      *at += length;
      return i;
    }
  return -1;
}

static bool read_month(const char **at, struct moment *m) {
  m->month = 1 + read_name(at, "JanFebMarAprMayJunJulAugSepOctNovDec", 3);
  while (**at && !strchr(" \t-", **at)) ++*at;
  return m->month > 0;
}

/* Reads a year; of one with two or three digits the century is left out. */
static bool read_year(const char **at, struct moment *m) {
  const char *begin = *at;
  if (!read_number(at, 2, 4, &m->year)) return false;
  if (*at - begin < 4) m->year += m->year < 50 ? 2000 : 1900;
  return true;
}

/* Reads an offset, or one of RFC 822's names.  Others are UTC (RFC 5322). */
static bool read_mail_zone(const char **at, struct moment *m) {
  static const char names[] = "ESTEDTCSTCDTMSTMDTPSTPDT";
  static const int hours[] = {-5, -4, -6, -5, -7, -6, -8, -7};
  if (**at == '+' || **at == '-') return read_offset(at, &m->offset);
  int zone = read_name(at, names, 3);
  if (zone >= 0) m->offset = hours[zone] * 60;
  return true;
}

static bool read_mail(const char **at, struct moment *m) {
  const char *comma = strchr(*at, ',');
  if (comma) *at = comma + 1;
  skip_blanks(at);
  if (!read_number(at, 1, 2, &m->day)) return false;
  while (skip(at, " \t-")) continue;
  if (!read_month(at, m)) return false;
  while (skip(at, " \t-")) continue;
  if (!read_year(at, m)) return false;
  skip_blanks(at);
  if (!**at) return true;
  if (!read_clock(at, m)) return false;
  skip_blanks(at);
  return read_mail_zone(at, m);
}

int64_t lr_crawl_timestamp_mail(const char *text) {
  struct moment m = {0};
  return read_mail(&text, &m) ? count_seconds(&m) : LARIAT_CRAWL_NO_TIME;
}
