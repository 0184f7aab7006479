/* SPDX-License-Identifier: MIT
 * instant.c: fields of fixed width, and what of them is no date. */
#include "load/instant.h"

#include <string.h>
#include <time.h>

#define SECOND_NS INT64_C(1000000000)
#define MOST_SECONDS INT64_C(7258118400) /* 2200-01-01 */

enum { MINUTE_S = 60, HOUR_S = 3600 };

/* ---- Pieces ---- */

static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/* Reads so many digits. */
static bool read_digits(const char **at, int count, int *number) {
  *number = 0;
  for (int i = 0; i < count; i++, (*at)++) {
    if (!is_digit(**at)) return false;
    *number = *number * 10 + (**at - '0');
  }
  return true;
}

static bool read_byte(const char **at, const char *choice) {
  if (!**at || !strchr(choice, **at)) return false;
  (*at)++;
  return true;
}

/* Reads ".25", if it is there, as nanoseconds. */
static bool read_fraction(const char **at, int64_t *ns) {
  int64_t unit = SECOND_NS / 10;
  *ns = 0;
  if (!read_byte(at, ".")) return true;
  if (!is_digit(**at)) return false;
  for (; is_digit(**at); (*at)++, unit /= 10) *ns += unit * (**at - '0');
  return true;
}

/* Reads "Z" or "+01:00", as seconds that the clock is ahead of UTC. */
static bool read_offset(const char **at, int64_t *seconds) {
  int hours;
  int minutes;
  bool behind = **at == '-';
  *seconds = 0;
  if (read_byte(at, "Zz")) return true;
  if (!read_byte(at, "+-") || !read_digits(at, 2, &hours) ||
      !read_byte(at, ":") || !read_digits(at, 2, &minutes) || hours > 23 ||
      minutes > 59)
    return false;
  *seconds = hours * HOUR_S + minutes * MINUTE_S;
  if (behind) *seconds = -*seconds;
  return true;
}

/* ---- Dates ---- */

static bool read_fields(const char **at, struct tm *tm) {
  if (!read_digits(at, 4, &tm->tm_year) || !read_byte(at, "-") ||
      !read_digits(at, 2, &tm->tm_mon) || !read_byte(at, "-") ||
      !read_digits(at, 2, &tm->tm_mday) || !read_byte(at, "Tt ") ||
      !read_digits(at, 2, &tm->tm_hour) || !read_byte(at, ":") ||
      !read_digits(at, 2, &tm->tm_min) || !read_byte(at, ":") ||
      !read_digits(at, 2, &tm->tm_sec))
    return false;
  tm->tm_year -= 1900;
  tm->tm_mon -= 1;
  return true;
}

/* Makes seconds of the fields, if they are a date that there is: timegm takes
 * the 30th of February for one in March.  A leap second is the one behind. */
static bool count_seconds(const struct tm *fields, int64_t *seconds) {
  struct tm tm = *fields;
  bool leap = tm.tm_sec == 60;
  if (leap) tm.tm_sec = 59;
  struct tm given = tm;
  *seconds = (int64_t)timegm(&tm) + leap;
  return tm.tm_year == given.tm_year && tm.tm_mon == given.tm_mon &&
         tm.tm_mday == given.tm_mday && tm.tm_hour == given.tm_hour &&
         tm.tm_min == given.tm_min && tm.tm_sec == given.tm_sec;
}

static bool read_date(const char *at, int64_t *seconds, int64_t *ns) {
  struct tm tm = {0};
  int64_t ahead;
  if (!read_fields(&at, &tm) || !read_fraction(&at, ns) ||
      !read_offset(&at, &ahead) || *at || !count_seconds(&tm, seconds))
    return false;
  *seconds -= ahead;
  return true;
}

/* ---- Seconds ---- */

static bool read_seconds(const char *at, int64_t *seconds, int64_t *ns) {
  *seconds = 0;
  (void)read_byte(&at, "@");
  if (!is_digit(*at)) return false;
  for (; is_digit(*at); at++) {
    *seconds = *seconds * 10 + (*at - '0');
    if (*seconds > MOST_SECONDS) return false;
  }
  return read_fraction(&at, ns) && !*at;
}

/* ---- All ---- */

bool instant_parse(const char *text, int64_t *ns) {
  int64_t seconds = 0;
  int64_t fraction = 0;
  if (!read_date(text, &seconds, &fraction) &&
      !read_seconds(text, &seconds, &fraction))
    return false;
  if (seconds < 0 || seconds >= MOST_SECONDS) return false;
  *ns = seconds * SECOND_NS + fraction;
  return *ns > 0;
}

void instant_write(int64_t ns, char text[INSTANT_TEXT]) {
  time_t seconds = (time_t)(ns / SECOND_NS);
  struct tm tm;
  if (!gmtime_r(&seconds, &tm) ||
      !strftime(text, INSTANT_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm))
    text[0] = '\0';
}

int64_t instant_now(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}
