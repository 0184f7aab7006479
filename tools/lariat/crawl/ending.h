/* SPDX-License-Identifier: MIT
 * ending.h: what is said of a crawl that has ended, and its exit code. */
#ifndef TOOLS_LARIAT_CRAWL_ENDING_H
#define TOOLS_LARIAT_CRAWL_ENDING_H

#include <lariat/crawl/crawl.h>
#include <stdio.h>

#include "crawl/pace.h"
#include "crawl/settings.h"

/* Prints why it has ended and how much there is, the tables, and how the rest
 * is fetched. */
void ending_print(const struct crawl_counts *counts, const struct pace *pace,
                  const struct crawl_settings *settings, FILE *file);

/* Returns the command that ends an order to all workers, for free(); without
 * secrets; NULL: the crawl is not shared, or memory is out. */
char *ending_resume_command(const struct crawl_settings *settings);

/* Returns the exit code for counts that are read after the end. */
int ending_code(const lariat_crawl_stats *stats);

#endif
