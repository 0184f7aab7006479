/* SPDX-License-Identifier: MIT
 * merge_seconds.c: the rows of seconds of several parts as those of one run. */
#include <stdlib.h>

#include "memory.h"
#include "merge.h"

#define SECOND_NS INT64_C(1000000000)

/* A part that began later than this is not of the same run, and no more of its
 * seconds is told than that they are behind those of the others. */
enum { MOST_SHIFT_S = 1 << 30 };

/* Returns by how many seconds the rows of a part are behind those of the whole:
 * the nearest number. */
static uint32_t find_shift(int64_t began_ns) {
  int64_t seconds =
      began_ns / SECOND_NS + (began_ns % SECOND_NS * 2 / SECOND_NS);
  if (seconds < 0) return 0;
  return seconds < MOST_SHIFT_S ? (uint32_t)seconds : MOST_SHIFT_S;
}

static uint32_t add_capped(uint32_t a, uint32_t b) {
  return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

/* Puts a row of a part behind those that are there, or joins it with
 * the last one, if that is of the same part and second. */
static void append_row(lr_load_second *rows, size_t *count, size_t first,
                       const lr_load_second *row) {
  if (*count > first && rows[*count - 1].second == row->second)
    lr_load_second_join(&rows[*count - 1], row);
  else
    rows[(*count)++] = *row;
}

/* Appends the rows of a part, in spans of `span` seconds. */
static void append_part(lr_load_second *rows, size_t *count,
                        const lariat_load_result *from, uint32_t shift_s,
                        uint32_t span) {
  size_t first = *count;
  for (size_t i = 0; i < from->second_count; i++) {
    lr_load_second row = from->seconds[i];
    row.second = add_capped(row.second, shift_s);
    row.second -= row.second % span;
    row.span_s = span;
    append_row(rows, count, first, &row);
  }
}

static int compare_rows(const void *a, const void *b) {
  const lr_load_second *row = a;
  const lr_load_second *other = b;
  return (row->second > other->second) - (row->second < other->second);
}

/* Joins the rows of one second, which are next to each other. */
static size_t join_parts(lr_load_second *rows, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (!kept || rows[kept - 1].second != rows[i].second) {
      rows[kept++] = rows[i];
      continue;
    }
    uint32_t reactors = add_capped(rows[kept - 1].reactors, rows[i].reactors);
    lr_load_second_join(&rows[kept - 1], &rows[i]);
    rows[kept - 1].reactors = reactors;
  }
  return kept;
}

/* Fills `rows` with those of all parts; returns how many there are. */
static size_t fill_rows(const lariat_load_merge *merge,
                        const lariat_load_result *result, lr_load_second *rows,
                        uint32_t span) {
  size_t count = 0;
  for (size_t i = 0; i < merge->count; i++)
    append_part(rows, &count, merge->reports[i].result,
                find_shift(result->merged[i].began_ns), span);
  qsort(rows, count, sizeof *rows, compare_rows);
  return join_parts(rows, count);
}

/* Returns the longest span that a row has. */
static uint32_t find_span(const lariat_load_merge *merge) {
  uint32_t span = 1;
  for (size_t i = 0; i < merge->count; i++) {
    const lariat_load_result *result = merge->reports[i].result;
    if (result->second_count && result->seconds[0].span_s > span)
      span = result->seconds[0].span_s;
  }
  return span;
}

lariat_status lr_load_merge_seconds(const lariat_load_merge *merge,
                                    lariat_load_result *result) {
  size_t most = 0;
  uint32_t span = find_span(merge);
  for (size_t i = 0; i < merge->count; i++)
    most += merge->reports[i].result->second_count;
  result->seconds = lr_load_allocate(most + 1, sizeof *result->seconds);
  if (!result->seconds) return LARIAT_ENOMEM;
  result->second_capacity = most + 1;
  result->second_count = fill_rows(merge, result, result->seconds, span);
  while (result->second_count > LR_LOAD_MOST_ROWS && span <= MOST_SHIFT_S) {
    span *= 2;
    result->second_count = fill_rows(merge, result, result->seconds, span);
  }
  return LARIAT_OK;
}
