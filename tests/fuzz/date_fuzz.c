/* SPDX-License-Identifier: MIT
 * date_fuzz.c: the three forms of a date in HTTP (RFC 9110, 5.6.7) are read as
 * what they were written from, and a Retry-After is never shorter than it
 * says. */
#include "http/date.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "fuzz/fuzz.h"

/* The years of the form that has two digits for them, and those of all. */
static const int64_t last_s = INT64_C(253402300799); /* 9999-12-31 */
enum { YEAR_1970 = 70, YEAR_2070 = 170 };

static const char *const short_days[] = {"Sun", "Mon", "Tue", "Wed",
                                         "Thu", "Fri", "Sat"};
static const char *const long_days[] = {"Sunday",    "Monday",   "Tuesday",
                                        "Wednesday", "Thursday", "Friday",
                                        "Saturday"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void require_date(const char *text, int64_t wanted) {
  int64_t seconds = -1;
  FUZZ_REQUIRE(lr_date_parse(text, &seconds));
  FUZZ_REQUIRE(seconds == wanted);
}

/* Writes a moment in each form, and reads it. */
static void check_moment(int64_t moment) {
  char text[64];
  struct tm t;
  time_t at = (time_t)moment;
  if (!gmtime_r(&at, &t)) return;
  (void)snprintf(text, sizeof text, "%s, %02d %s %d %02d:%02d:%02d GMT",
                 short_days[t.tm_wday], t.tm_mday, months[t.tm_mon],
                 t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
  require_date(text, moment);
  (void)snprintf(text, sizeof text, "%s %s %2d %02d:%02d:%02d %d",
                 short_days[t.tm_wday], months[t.tm_mon], t.tm_mday, t.tm_hour,
                 t.tm_min, t.tm_sec, t.tm_year + 1900);
  require_date(text, moment);
  if (t.tm_year < YEAR_1970 + 1 || t.tm_year >= YEAR_2070) return;
  (void)snprintf(text, sizeof text, "%s, %02d-%s-%02d %02d:%02d:%02d GMT",
                 long_days[t.tm_wday], t.tm_mday, months[t.tm_mon],
                 t.tm_year % 100, t.tm_hour, t.tm_min, t.tm_sec);
  require_date(text, moment);
}

/* The wait for a date is what it is away, or as much as there can be. */
static void check_wait(const char *text, const char *date, int64_t wall_s) {
  int64_t at;
  int64_t from;
  uint64_t wait = lr_retry_after_ns(text, date, wall_s);
  FUZZ_REQUIRE(wait == lr_retry_after_ns(text, date, wall_s));
  if (text[0] == '\0' || text[strspn(text, "0123456789")] == '\0') return;
  if (!lr_date_parse(text, &at)) {
    FUZZ_REQUIRE(wait == 0);
    return;
  }
  if (!date || !lr_date_parse(date, &from)) from = wall_s;
  if (at <= from) FUZZ_REQUIRE(wait == 0);
  uint64_t away = at > from ? (uint64_t)(at - from) : 0;
  if (away < UINT32_MAX) FUZZ_REQUIRE(wait == away * LR_NS_PER_S);
}

static void check_seconds(uint32_t seconds) {
  char text[16];
  (void)snprintf(text, sizeof text, "%" PRIu32, seconds);
  uint64_t wait = lr_retry_after_ns(text, NULL, 0);
  FUZZ_REQUIRE(wait >= seconds * LR_NS_PER_S);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  int64_t moment = (int64_t)fuzz_read_number(&input) << 16;
  moment = (moment | fuzz_read_byte(&input) << 8 | 1) % last_s;
  check_moment(moment);
  check_seconds((uint32_t)moment);
  char *text = fuzz_read_field(&input, '\n');
  char *date = fuzz_read_text(&input);
  check_wait(text, NULL, moment);
  check_wait(text, date, moment);
  free(date);
  free(text);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
#define DATE "\nSun, 06 Nov 1994 08:49:37 GMT"
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("Sun, 06 Nov 1994 08:49:37 GMT\nSun, 06 Nov 1994 08:49:00 GMT"),
      FUZZ_TEXT("Sunday, 06-Nov-94 08:49:37 GMT"),
      FUZZ_TEXT("Sun Nov  6 08:49:37 1994"),
      FUZZ_TEXT("120" DATE),
      FUZZ_TEXT("0"),
      FUZZ_TEXT("-1"),
      FUZZ_TEXT("1.5"),
      FUZZ_TEXT("99999999999999999999"),
      FUZZ_TEXT("Fri, 31 Dec 9999 23:59:59 GMT" DATE),
      FUZZ_TEXT("Thu, 01 Jan 1970 00:00:00 GMT"),
      FUZZ_TEXT("Tue, 29 Feb 2000 12:00:00 +0100"),
      FUZZ_TEXT("06 Nov 1994 08:49 EST"),
      FUZZ_TEXT("1994-11-06 08:49:37"),
      FUZZ_TEXT("19941106 08:49:37"),
      FUZZ_TEXT("Sun, 06 Nov 1994 24:60:61 GMT"),
      FUZZ_TEXT("Sun, 31 Feb 1994 08:49:37 GMT"),
      FUZZ_TEXT(" Sun,06 Nov 1994  08:49:37  gmt "),
      FUZZ_TEXT("tomorrow" DATE),
  };
  const size_t count = FUZZ_COUNT(texts);
  fuzz_give_all(sink, context, "\0\1\2\3\4", 5, texts, count);
  fuzz_give_all(sink, context, "\0\0\x7f\xff\xff", 5, texts, count);
}
