/* SPDX-License-Identifier: MIT
 * changes.h: what has changed since the last time, of a crawl with --again or
 * --since. */
#ifndef TOOLS_LARIAT_CRAWL_CHANGES_H
#define TOOLS_LARIAT_CRAWL_CHANGES_H

#include <stdbool.h>
#include <stdio.h>

/* Prints a line with the sums, where there was a last time. */
void changes_print_sums(const char *directory, FILE *file);

/* Prints a line for each URL that is not the same: its state and the URL, or an
 * object of JSON, which those that are the same have, too.  Returns the exit
 * code. */
int changes_print(const char *directory, bool json, FILE *file);

#endif
