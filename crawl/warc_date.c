/* SPDX-License-Identifier: MIT
 * warc_date.c: dates by their shape. */
#include "warc_date.h"

#include <stddef.h>
#include <string.h>

/* Reads as many digits as `shape` has '0'; what else is in it must be there.
 * Returns what is behind; NULL: it is otherwise. */
static const char *match_shape(const char *text, const char *shape) {
  for (; *shape; shape++, text++) {
    bool digit = *text >= '0' && *text <= '9';
    if (*shape == '0' ? !digit : *text != *shape) return NULL;
  }
  return text;
}

bool lr_crawl_warc_is_date(const char *date) {
  static const char *const coarse[] = {"0000", "0000-00", "0000-00-00",
                                       "0000-00-00T00:00Z"};
  for (size_t i = 0; i < sizeof coarse / sizeof coarse[0]; i++) {
    const char *end = match_shape(date, coarse[i]);
    if (end && !*end) return true;
  }
  const char *end = match_shape(date, "0000-00-00T00:00:00");
  if (end && *end == '.') {
    size_t digits = strspn(end + 1, "0123456789");
    end = digits && digits <= 9 ? end + 1 + digits : NULL;
  }
  return end && strcmp(end, "Z") == 0;
}
