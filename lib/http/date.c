/* SPDX-License-Identifier: MIT
 * date.c: dates and delays of HTTP headers. */
#include "http/date.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "http/field.h"

/* The longest text that may be a date. */
enum { LONGEST_DATE = 128 };

/* Versions of libcurl differ in whether "gmt" is a time zone, so it gets all in
 * upper case, which names of days and months may be. */
bool lr_date_parse(const char *text, int64_t *seconds) {
  char upper[LONGEST_DATE + 1];
  size_t length = strnlen(text, sizeof upper);
  if (length > LONGEST_DATE) return false;
  for (size_t i = 0; i <= length; i++) upper[i] = lr_ascii_upper(text[i]);
  time_t at = curl_getdate(upper, NULL);
  *seconds = (int64_t)at;
  return at != -1;
}

/* The longest wait, as good as any that nobody lives to see: 136 years.  As
 * nanoseconds it is within 64 bits, and the wait for a date is not. */
static const uint64_t longest_s = UINT32_MAX;

/* Reads digits alone. */
static bool read_seconds(const char *text, uint64_t *seconds) {
  size_t digits = strspn(text, "0123456789");
  if (digits == 0 || text[digits]) return false;
  size_t zeros = strspn(text, "0");
  *seconds = digits - zeros > 9 ? longest_s : strtoul(text, NULL, 10);
  return true;
}

/* Returns the nanoseconds from one moment to another; 0 when it is over. */
static uint64_t wait_ns(int64_t from_s, int64_t at_s) {
  if (at_s <= from_s) return 0;
  uint64_t seconds = (uint64_t)at_s - (uint64_t)from_s;
  return (seconds < longest_s ? seconds : longest_s) * LR_NS_PER_S;
}

uint64_t lr_retry_after_ns(const char *text, const char *date, int64_t wall_s) {
  uint64_t seconds = 0;
  int64_t at;
  int64_t from;
  if (read_seconds(text, &seconds)) return seconds * LR_NS_PER_S;
  if (!lr_date_parse(text, &at)) return 0;
  if (!date || !lr_date_parse(date, &from)) from = wall_s;
  return wait_ns(from, at);
}
