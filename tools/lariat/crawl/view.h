/* SPDX-License-Identifier: MIT
 * view.h: the counts of a crawl in one line for people. */
#ifndef TOOLS_LARIAT_CRAWL_VIEW_H
#define TOOLS_LARIAT_CRAWL_VIEW_H

#include <stddef.h>

#include "crawl/stats_json.h"

/* Returned by value, so that several can be arguments of one printf. */
struct view_number {
  char text[32];
};

/* Writes "1,234,567". */
struct view_number view_count(uint64_t count);

/* Writes a time that is known in milliseconds: "< 1 ms", "35.0 ms", "1.2 s". */
struct view_number view_time(double ms);

/* Writes the line of the progress, without its end, the most important first:
 * a narrow terminal cuts it. */
void view_describe(const struct crawl_counts *counts, char *line,
                   size_t capacity);

/* Writes the same in several lines, for `lariat crawl status`. */
void view_print(const struct crawl_counts *counts, FILE *file);

#endif
