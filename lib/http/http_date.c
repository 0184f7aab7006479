/* SPDX-License-Identifier: MIT
 * http_date.c: dates for users: read, and written. */
#include <lariat/http_date.h>

#include <stdio.h>
#include <string.h>

#include "http/date.h"

/* The first second of the year 1, and the last of 9999. */
static const int64_t first_s = INT64_C(-62135596800);
static const int64_t last_s = INT64_C(253402300799);

enum { DAY_S = 86400, ERA_DAYS = 146097, EPOCH_DAYS = 719468 };

lariat_status lariat_http_date_parse(const char *text, int64_t *seconds) {
  return lr_date_parse(text, seconds) ? LARIAT_OK : LARIAT_EINVAL;
}

/* A day of the Gregorian calendar. */
typedef struct civil_day {
  int year;
  unsigned month; /* 1 to 12 */
  unsigned day;
} civil_day;

/* Returns the day with that number, counted from the first of March of the year
 * 0: years that begin in March have the leap day at their end. */
static civil_day day_of(unsigned number) {
  unsigned era = number / ERA_DAYS;
  unsigned of_era = number % ERA_DAYS;
  unsigned year =
      (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
  unsigned month = (5 * of_year + 2) / 153;
  return (civil_day){(int)(year + era * 400 + (month >= 10)),
                     month < 10 ? month + 3 : month - 9,
                     of_year - (153 * month + 2) / 5 + 1};
}

lariat_status lariat_http_date_write(int64_t seconds,
                                     char text[LARIAT_HTTP_DATE_BYTES]) {
  static const char days[][4] = {"Sun", "Mon", "Tue", "Wed",
                                 "Thu", "Fri", "Sat"};
  static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  text[0] = '\0';
  if (seconds < first_s || seconds > last_s) return LARIAT_EINVAL;
  uint64_t all = (uint64_t)(seconds + (int64_t)EPOCH_DAYS * DAY_S);
  unsigned number = (unsigned)(all / DAY_S);
  unsigned of_day = (unsigned)(all % DAY_S);
  civil_day day = day_of(number);
  char wide[64]; /* for any numbers, as the compiler sees them */
  (void)snprintf(wide, sizeof wide, "%s, %02u %s %04d %02u:%02u:%02u GMT",
                 days[(number + 3) % 7], day.day, months[day.month - 1],
                 day.year, of_day / 3600, of_day / 60 % 60, of_day % 60);
  memcpy(text, wide, LARIAT_HTTP_DATE_BYTES);
  return LARIAT_OK;
}
