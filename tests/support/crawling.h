/* SPDX-License-Identifier: MIT
 * crawling.h: crawls of a site in a directory that is removed again: options
 * that are quick, a run to the end, and what came of it. */
#ifndef TESTS_SUPPORT_CRAWLING_H
#define TESTS_SUPPORT_CRAWLING_H

#include <stdbool.h>
#include <stddef.h>

#include "lariat/crawl/crawl.h"
#include "support/fixture.h"
#include "support/site.h"

enum { CRAWLING_SEEDS = 16 };

struct crawling {
  struct fixture f;
  struct site *site;
  char directory[64];
  lariat_crawl_options options; /* no delay, two reactors, all of 127.0.0.0/8 */
  lariat_pool_options pool;
  lariat_client_options client;
  lariat_crawl_seed seeds[CRAWLING_SEEDS];
  lariat_crawl *crawl;      /* NULL: none runs */
  lariat_crawl_stats stats; /* of the last run, at its end */
  lariat_status status;     /* that its start came to */
  bool ended;
};

/* Opens the fixture, a site and a directory. */
void crawling_open(struct crawling *c, const struct site_page *pages,
                   size_t count, site_compute *compute);
void crawling_close(struct crawling *c);

/* Adds a seed of the site's. */
void crawling_seed(struct crawling *c, const char *host, const char *path);

/* Makes and starts a crawl; waits for its end, reads the counts, frees it; or
 * all of that. */
void crawling_start(struct crawling *c);
void crawling_finish(struct crawling *c);
void crawling_run(struct crawling *c);

#endif
