/* SPDX-License-Identifier: MIT
 * path_repeat.c: cuts a path into segments, and compares those that are as far
 * apart as a group is long. */
#include "path_repeat.h"

#include <stdint.h>
#include <string.h>

#include "ascii.h"

enum { MOST_SEGMENTS = 64 };

typedef struct segment {
  const char *bytes;
  size_t length;
} segment;

/* Takes the next segment that is not empty; false: there is none. */
static bool take_segment(const char **at, const char *end, segment *one) {
  while (*at < end && **at == '/') ++*at;
  if (*at == end) return false;
  const char *slash = memchr(*at, '/', (size_t)(end - *at));
  if (!slash) slash = end;
  *one = (segment){*at, (size_t)(slash - *at)};
  *at = slash;
  return true;
}

size_t lr_crawl_count_segments(const char *path, size_t length) {
  const char *end = path + length;
  segment one;
  size_t count = 0;
  while (take_segment(&path, end, &one)) count++;
  return count;
}

static bool are_equal(const segment *a, const segment *b) {
  return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static bool is_number(const segment *one) {
  for (size_t i = 0; i < one->length; i++)
    if (!lr_crawl_is_digit(one->bytes[i])) return false;
  return true;
}

static bool are_numbers(const segment *all, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!is_number(&all[i])) return false;
  return true;
}

/* Tells whether a group of `period` segments stands often enough in a row. */
static bool repeats_after(const segment *all, size_t count, size_t period,
                          unsigned times) {
  size_t same = 0; /* segments in a row that are as those a period before */
  for (size_t i = period; i < count; i++) {
    same = are_equal(&all[i], &all[i - period]) ? same + 1 : 0;
    if (same < (size_t)(times - 1) * period) continue;
    if (!are_numbers(&all[i + 1 - period], period)) return true;
    if (same >= (size_t)(2 * times - 1) * period) return true;
  }
  return false;
}

bool lr_crawl_path_repeats(const char *path, size_t length, unsigned times) {
  segment all[MOST_SEGMENTS];
  const char *end = path + length;
  size_t count = 0;
  if (times < 2) return false;
  while (count < MOST_SEGMENTS && take_segment(&path, end, &all[count]))
    count++;
  for (size_t period = 1; period * times <= count; period++)
    if (repeats_after(all, count, period, times)) return true;
  return false;
}
