/* SPDX-License-Identifier: MIT
 * spelling.c: the distance of Damerau and Levenshtein (optimal string
 * alignment), with three rows of its table. */
#include "spelling.h"

#include <string.h>

enum { NAME_MAX_BYTES = 40 };

/* The rows of the table: that of this letter of `a`, and the two before. */
struct rows {
  size_t now[NAME_MAX_BYTES + 1];
  size_t last[NAME_MAX_BYTES + 1];
  size_t older[NAME_MAX_BYTES + 1];
};

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Returns what letter `i` of `a` and letter `j` of `b` cost at the least. */
static size_t cost_of(const struct rows *rows, const char *a, const char *b,
                      size_t i, size_t j) {
  size_t change = rows->last[j - 1] + (a[i - 1] != b[j - 1]);
  size_t cost = least(change, least(rows->last[j], rows->now[j - 1]) + 1);
  if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
    cost = least(cost, rows->older[j - 2] + 1);
  return cost;
}

size_t spelling_distance(const char *a, const char *b) {
  struct rows rows = {{0}, {0}, {0}};
  size_t rows_count = strlen(a);
  size_t columns = strlen(b);
  if (rows_count > NAME_MAX_BYTES || columns > NAME_MAX_BYTES)
    return NAME_MAX_BYTES;
  for (size_t j = 0; j <= columns; j++) rows.now[j] = j;
  for (size_t i = 1; i <= rows_count; i++) {
    memcpy(rows.older, rows.last, sizeof rows.older);
    memcpy(rows.last, rows.now, sizeof rows.last);
    rows.now[0] = i;
    for (size_t j = 1; j <= columns; j++)
      rows.now[j] = cost_of(&rows, a, b, i, j);
  }
  return rows.now[columns];
}

bool spelling_is_near(const char *typed, const char *name) {
  size_t length = strlen(typed);
  if (length >= 2 && strncmp(name, typed, length) == 0) return true;
  return length >= 2 && length <= NAME_MAX_BYTES &&
         spelling_distance(typed, name) <= length / 3;
}
