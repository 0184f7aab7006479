/* SPDX-License-Identifier: MIT
 * earlier_urls.c: the URLs of an earlier crawl, offered to a new one.  What is
 * behind a page that has not changed is found by no other way, since an answer
 * 304 has no links. */
#include <string.h>

#include "crawl_private.h"
#include "directory.h"
#include "finding.h"
#include "memory.h"
#include "store.h"

/* So many are offered between two commits: their texts wait in memory. */
enum { COMMIT_URLS = 10000 };

/* Where this crawl has taken them all. */
static const char taken_name[] = "since.taken";

/* URLs that were parked as traps are left to the traps of the new crawl. */
static const char all_urls[] =
    "select " LR_CRAWL_URL_IN_SQL ", u.depth, u.hop, u.hops_off_site,"
    " u.priority from url u join host h on h.id = u.host where u.id not in"
    " (select url from outcome where kind = 7) order by u.id";

/* ---- One ---- */

typedef struct earlier_url {
  lr_crawl_found_url found;
  lariat_url *url;
  char origin[LR_CRAWL_MOST_ORIGIN];
} earlier_url;

static bool is_in_scope(const lariat_crawl *crawl, const earlier_url *earlier) {
  uint8_t hops = earlier->found.hops_off_site;
  if (earlier->found.hop == 'S') return !crawl->settings->options.no_sitemaps;
  lr_crawl_scope_question question = {.url = earlier->url,
                                      .depth = earlier->found.depth,
                                      .requisite = earlier->found.hop == 'E',
                                      .via_in_scope_site = hops < 2,
                                      .hops_off_site =
                                          (uint8_t)(hops ? hops - 1 : 0)};
  return lr_crawl_scope_decide(crawl->scope, &question).accepted;
}

static lariat_status offer_one(lariat_crawl *crawl, earlier_url *earlier) {
  const lr_crawl_settings *settings = crawl->settings;
  lr_crawl_found_url *found = &earlier->found;
  size_t length;
  bool added;
  found->url = lr_crawl_fetched_text(earlier->url, &length);
  found->length = (uint32_t)length;
  found->origin = earlier->origin;
  found->fingerprint =
      lr_crawl_fingerprint_of(settings->keys, settings->hash, earlier->url);
  if (!found->fingerprint) return LARIAT_ENOMEM;
  if (lr_crawl_origin_of(earlier->url, earlier->origin,
                         sizeof earlier->origin) >= sizeof earlier->origin ||
      !is_in_scope(crawl, earlier) || lr_crawl_is_host_too_many(crawl, found))
    return LARIAT_OK;
  return lr_crawl_frontier_offer(crawl->frontier, found, &added);
}

static lariat_status take_row(lariat_crawl *crawl, sqlite3_stmt *row) {
  const char *text = (const char *)sqlite3_column_text(row, 0);
  const char *hop = (const char *)sqlite3_column_text(row, 2);
  earlier_url earlier = {
      .found = {.depth = (uint32_t)sqlite3_column_int64(row, 1),
                .hop = hop && *hop ? *hop : '-',
                .hops_off_site = (uint8_t)sqlite3_column_int(row, 3),
                .priority = (uint8_t)sqlite3_column_int(row, 4)}};
  if (!text) return LARIAT_OK;
  lariat_status status =
      lariat_url_parse(text, strlen(text), NULL, &earlier.url, NULL);
  if (status == LARIAT_OK) status = offer_one(crawl, &earlier);
  lariat_url_free(earlier.url);
  return status == LARIAT_EURL || status == LARIAT_ESCHEME ? LARIAT_OK : status;
}

/* ---- All ---- */

static lariat_status take_rows(lariat_crawl *crawl, sqlite3_stmt *rows) {
  lariat_status status = LARIAT_OK;
  int code = SQLITE_ROW;
  for (size_t count = 1; status == LARIAT_OK; count++) {
    code = sqlite3_step(rows);
    if (code != SQLITE_ROW) break;
    status = take_row(crawl, rows);
    if (count % COMMIT_URLS == 0 && !lr_crawl_commit(crawl))
      return LARIAT_ESYSTEM;
  }
  if (status == LARIAT_OK && code != SQLITE_DONE) status = LARIAT_ESYSTEM;
  return status;
}

static lariat_status offer_from(lariat_crawl *crawl, const char *path) {
  lr_crawl_store store;
  sqlite3_stmt *rows = NULL;
  lr_crawl_fault fault = {0};
  lariat_status status =
      lr_crawl_store_open(&store, path, LR_CRAWL_STORE_READ, &fault);
  if (status == LARIAT_OK)
    status = lr_crawl_store_check(
        &store, sqlite3_prepare_v2(store.database, all_urls, -1, &rows, NULL),
        &fault);
  if (status == LARIAT_OK) status = take_rows(crawl, rows);
  sqlite3_finalize(rows);
  lr_crawl_store_close(&store);
  return status;
}

lariat_status lr_crawl_offer_earlier(lariat_crawl *crawl) {
  const char *since = crawl->settings->options.since;
  if (!since || lr_crawl_frontier_counter(crawl->frontier, taken_name))
    return LARIAT_OK;
  char *path = lr_crawl_directory_path(since, "crawl.db");
  lariat_status status = path ? offer_from(crawl, path) : LARIAT_ENOMEM;
  lariat_memory_release(path);
  if (status != LARIAT_OK) return status;
  return lr_crawl_frontier_set_counter(crawl->frontier, taken_name, 1);
}
