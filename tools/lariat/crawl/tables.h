/* SPDX-License-Identifier: MIT
 * tables.h: a crawl's statuses, types, hosts and reasons as text for people: at
 * the end of a run, and for `lariat crawl top`. */
#ifndef TOOLS_LARIAT_CRAWL_TABLES_H
#define TOOLS_LARIAT_CRAWL_TABLES_H

#include <stdio.h>

#include "crawl/survey.h"

/* Print all tables, and those of hosts with `most` rows each.  Both put the
 * survey's names in order. */
void crawl_tables_print(struct survey *survey, FILE *file);
void crawl_tables_print_hosts(struct survey *survey, size_t most, FILE *file);

#endif
