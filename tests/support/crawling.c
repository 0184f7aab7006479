/* SPDX-License-Identifier: MIT
 * crawling.c: a crawl from its options to its end. */
#include "support/crawling.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/failure.h>

void crawling_open(struct crawling *c, const struct site_page *pages,
                   size_t count, site_compute *compute) {
  memset(c, 0, sizeof *c);
  fixture_open(&c->f, FIXTURE_PLAIN);
  c->site = site_start(pages, count, compute);
  snprintf(c->directory, sizeof c->directory, "/tmp/lariat-crawl-XXXXXX");
  if (!mkdtemp(c->directory)) abort();
  c->options = lariat_crawl_defaults();
  c->pool = lariat_pool_defaults();
  c->client = lariat_client_defaults();
  c->client.http = LARIAT_HTTP_1_1;
  c->pool.addresses.allow_nets = "127.0.0.0/8";
  c->options.directory = c->directory;
  c->options.pool = &c->pool;
  c->options.client = &c->client;
  c->options.seeds = c->seeds;
  c->options.delay_ms = 0;
  c->options.reactors = 2;
}

static int remove_file(const char *path, const struct stat *about, int kind,
                       struct FTW *place) {
  (void)about;
  (void)kind;
  (void)place;
  return remove(path);
}

void crawling_close(struct crawling *c) {
  site_stop(c->site);
  (void)nftw(c->directory, remove_file, 16, FTW_DEPTH | FTW_PHYS);
  fixture_close(&c->f);
}

void crawling_seed(struct crawling *c, const char *host, const char *path) {
  if (c->options.seed_count == CRAWLING_SEEDS) abort();
  c->seeds[c->options.seed_count++] =
      (lariat_crawl_seed){.url = site_url(c->site, host, path), .priority = 4};
}

static lariat_value take_end(lariat_value result, void *context) {
  struct crawling *c = context;
  c->ended = true;
  c->status =
      lariat_is_failure(result) ? lariat_failure_status(result) : LARIAT_OK;
  return lariat_value_drop(result);
}

void crawling_start(struct crawling *c) {
  lariat_crawl_error error = {""};
  c->ended = false;
  lariat_status status = lariat_crawl_new(&c->options, &c->crawl, &error);
  if (status != LARIAT_OK) {
    fixture_fail("no crawl: %s: %s", lariat_status_name(status), error.message);
    abort();
  }
  lariat_deferred *done = lariat_crawl_start(c->crawl);
  lariat_deferred_forget(lariat_deferred_add_both(done, take_end, c));
}

static bool has_ended(void *context) {
  return ((struct crawling *)context)->ended;
}

void crawling_finish(struct crawling *c) {
  CU_ASSERT_FATAL(fixture_run_until(&c->f, has_ended, c, 20000));
  c->stats.size = sizeof c->stats;
  CU_ASSERT_EQUAL(lariat_crawl_read_stats(c->crawl, &c->stats), LARIAT_OK);
  lariat_crawl_free(c->crawl);
  c->crawl = NULL;
}

void crawling_run(struct crawling *c) {
  crawling_start(c);
  crawling_finish(c);
}
