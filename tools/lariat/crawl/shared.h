/* SPDX-License-Identifier: MIT
 * shared.h: the commands for a crawl that many workers share, asked of its
 * database. */
#ifndef TOOLS_LARIAT_CRAWL_SHARED_H
#define TOOLS_LARIAT_CRAWL_SHARED_H

#include <lariat/crawl/shared.h>
#include <stdbool.h>

/* The database, and the crawl in it. */
struct shared_place {
  const char *frontier;
  const char *name; /* NULL: the default */
};

/* Do it, say what is wrong, and return the exit code. */
int shared_status(const struct shared_place *place, bool json);
int shared_order(const struct shared_place *place, lariat_crawl_order order);
int shared_why(const struct shared_place *place, const char *url, bool json);
int shared_repair(const char *directory, const struct shared_place *place);

/* `lariat crawl why --frontier URL ...`: argv[0] is the command's name. */
int shared_why_main(int argc, char **argv, bool json);

#endif
