/* SPDX-License-Identifier: MIT
 * cookie_date.c: the dates of cookies.  Tokens are taken in any order: the
 * first that looks like a time is the time, and so on (RFC 6265bis, 5.1.1). */
#include "http/cookie_date.h"

#include "http/field.h"

/* The parts that were found so far. */
typedef struct cookie_date {
  bool has_time;
  bool has_day;
  bool has_month;
  bool has_year;
  int time[3]; /* hour, minute, second */
  int day;
  int month; /* from 0 on */
  int year;
} cookie_date;

/* delimiter = %x09 / %x20-2F / %x3B-40 / %x5B-60 / %x7B-7E */
static bool is_delimiter(char c) {
  unsigned char byte = (unsigned char)c;
  return byte == 0x09 || (byte >= 0x20 && byte <= 0x2f) ||
         (byte >= 0x3b && byte <= 0x40) || (byte >= 0x5b && byte <= 0x60) ||
         (byte >= 0x7b && byte <= 0x7e);
}

/* Reads `least` to `most` digits that no other digit follows; returns where
 * they end, or NULL. */
static const char *read_digits(const char *at, const char *end, int least,
                               int most, int *number) {
  int count = 0;
  *number = 0;
  for (; at < end && lr_is_digit(*at); at++, count++) {
    if (count == most) return NULL;
    *number = *number * 10 + (*at - '0');
  }
  return count < least ? NULL : at;
}

/* time = 1*2DIGIT ":" 1*2DIGIT ":" 1*2DIGIT [ non-digit *OCTET ] */
static bool read_time(cookie_date *date, const char *at, const char *end) {
  int time[3];
  for (int i = 0; i < 3; i++) {
    if (i > 0 && (at == end || *at++ != ':')) return false;
    at = read_digits(at, end, 1, 2, &time[i]);
    if (!at) return false;
  }
  for (int i = 0; i < 3; i++) date->time[i] = time[i];
  return true;
}

/* month = "jan" / "feb" / ... *OCTET */
static bool read_month(cookie_date *date, const char *at, const char *end) {
  static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (end - at < 3) return false;
  for (int i = 0; i < 12; i++) {
    if (!lr_name_equal(at, months + 3 * (size_t)i, 3)) continue;
    date->month = i;
    return true;
  }
  return false;
}

/* Takes a token for the first of the four that it can be, and that was not
 * found yet. */
static void take_token(cookie_date *date, const char *at, const char *end) {
  if (!date->has_time && read_time(date, at, end))
    date->has_time = true;
  else if (!date->has_day && read_digits(at, end, 1, 2, &date->day))
    date->has_day = true;
  else if (!date->has_month && read_month(date, at, end))
    date->has_month = true;
  else if (!date->has_year && read_digits(at, end, 2, 4, &date->year))
    date->has_year = true;
}

static int days_of_month(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month] + (month == 1 && leap);
}

/* Gives a year of two digits its century. */
static void complete_year(cookie_date *date) {
  if (date->year >= 70 && date->year <= 99) date->year += 1900;
  if (date->year >= 0 && date->year <= 69) date->year += 2000;
}

static bool is_date(const cookie_date *date) {
  if (!date->has_time || !date->has_day || !date->has_month || !date->has_year)
    return false;
  if (date->time[0] > 23 || date->time[1] > 59 || date->time[2] > 59)
    return false;
  return date->year >= 1601 && date->day >= 1 &&
         date->day <= days_of_month(date->year, date->month);
}

/* Counts the days from the beginning of the year 0, of a calendar that was
 * always the Gregorian one, to that of `year`. */
static int64_t days_before(int64_t year) {
  int64_t past = year - 1;
  return year * 365 + past / 4 - past / 100 + past / 400 + 1;
}

static int64_t seconds_of(const cookie_date *date) {
  int64_t days = days_before(date->year) - days_before(1970) + date->day - 1;
  for (int month = 0; month < date->month; month++)
    days += days_of_month(date->year, month);
  return ((days * 24 + date->time[0]) * 60 + date->time[1]) * 60 +
         date->time[2];
}

bool lr_cookie_date_read(const char *text, size_t length, int64_t *seconds) {
  cookie_date date = {0};
  const char *end = text + length;
  const char *at = text;
  while (at < end) {
    while (at < end && is_delimiter(*at)) at++;
    const char *token = at;
    while (at < end && !is_delimiter(*at)) at++;
    if (at > token) take_token(&date, token, at);
  }
  complete_year(&date);
  if (!is_date(&date)) return false;
  *seconds = seconds_of(&date);
  return true;
}
