/* SPDX-License-Identifier: MIT
 * date.c: dates and delays of HTTP headers. */
#include "http/date.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

bool lr_date_parse(const char *text, int64_t *seconds) {
  time_t at = curl_getdate(text, NULL);
  *seconds = (int64_t)at;
  return at != -1;
}

/* Reads digits alone; more than will ever be waited for is as good as any. */
static bool read_seconds(const char *text, uint64_t *seconds) {
  size_t digits = strspn(text, "0123456789");
  if (digits == 0 || text[digits]) return false;
  *seconds = digits > 9 ? UINT32_MAX : strtoul(text, NULL, 10);
  return true;
}

uint64_t lr_retry_after_ns(const char *text, const char *date, int64_t wall_s) {
  uint64_t seconds = 0;
  int64_t at;
  int64_t from;
  if (read_seconds(text, &seconds)) return seconds * LR_NS_PER_S;
  if (!lr_date_parse(text, &at)) return 0;
  if (!date || !lr_date_parse(date, &from)) from = wall_s;
  return at > from ? (uint64_t)(at - from) * LR_NS_PER_S : 0;
}
