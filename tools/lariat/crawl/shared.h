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

/* The crawl of which a directory is a worker's. */
struct shared_place_of {
  struct shared_place place;
  char *frontier, *name;
  bool is_worker; /* false: it is none, and there is no place */
};

/* Reads it; false: it is one, but does not remember the database, or memory is
 * out: said.  To be freed in each case.  Loading says nothing, and is false
 * without memory only. */
bool shared_place_read(struct shared_place_of *of, const char *directory);
bool shared_place_load(struct shared_place_of *of, const char *directory);
void shared_place_free(struct shared_place_of *of);

/* Do it, say what is wrong, and return the exit code. */
int shared_status(const struct shared_place *place, bool json);
int shared_order(const struct shared_place *place, lariat_crawl_order order);
int shared_why(const struct shared_place *place, const char *url, bool json);
int shared_repair(const char *directory, const struct shared_place *place);

/* `lariat crawl why --frontier URL ...`: argv[0] is the command's name. */
int shared_why_main(int argc, char **argv, bool json);

#endif
