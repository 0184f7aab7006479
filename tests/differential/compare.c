/* SPDX-License-Identifier: MIT
 * compare.c: two traces, line by line. */
#include "differential/compare.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
  const char *start;
  size_t length;
};

static bool begins_with(const char *text, const char *start) {
  return strncmp(text, start, strlen(start)) == 0;
}

/* The line at `*place`, which moves behind it. */
static struct span next_line(const char **place) {
  struct span line = {*place, strcspn(*place, "\n")};
  *place += line.length;
  if (**place == '\n') ++*place;
  return line;
}

static bool is_end(struct span line) {
  return line.length == 0 ||
         (line.length == 3 && memcmp(line.start, "end", 3) == 0);
}

/* A program's trace at `*place`, which moves behind it. */
static struct span next_trace(const char **place) {
  const char *start = *place;
  while (!is_end(next_line(place))) continue;
  return (struct span){start, (size_t)(*place - start)};
}

static bool is_same(struct span a, struct span b) {
  return a.length == b.length && memcmp(a.start, b.start, a.length) == 0;
}

static bool holds(struct span line, const char *words) {
  return memmem(line.start, line.length, words, strlen(words)) != NULL;
}

static bool tells_of_the_end(struct span line) {
  return begins_with(line.start, "unhandled ") ||
         begins_with(line.start, CIRCLE) || holds(line, " values made, ") ||
         holds(line, " contexts made, ") ||
         holds(line, " blocks of memory left");
}

static struct span next_other_line(const char **place) {
  struct span line = next_line(place);
  while (tells_of_the_end(line)) line = next_line(place);
  return line;
}

static bool is_same_but_for_the_end(const char *lariat, const char *twisted) {
  for (;;) {
    struct span a = next_other_line(&lariat);
    struct span b = next_other_line(&twisted);
    if (!is_same(a, b)) return false;
    if (is_end(a)) return true;
  }
}

static bool has_circle(struct span trace) {
  return memmem(trace.start, trace.length, CIRCLE, sizeof CIRCLE - 1) != NULL;
}

enum comparison compare_traces(const char **lariat, const char **twisted) {
  struct span a = next_trace(lariat);
  struct span b = next_trace(twisted);
  if (is_same(a, b)) return TRACES_SAME;
  if (!has_circle(a) && !has_circle(b)) return TRACES_DIFFER;
  return is_same_but_for_the_end(a.start, b.start) ? TRACES_SAME_IN_PART
                                                   : TRACES_DIFFER;
}
