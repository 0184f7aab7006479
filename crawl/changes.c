/* SPDX-License-Identifier: MIT
 * changes.c: what this crawl's outcomes are beside those that were there
 * before: of an earlier crawl, or of this one before it was begun again. */
#include <string.h>

#include "changes.h"
#include "frontier_private.h"
#include "memory.h"
#include "store.h"

/* The last outcome of each URL that was asked for, but of sitemaps. */
static const char all_outcomes[] =
    "select " LR_CRAWL_URL_IN_SQL " as url, o.kind, o.status, o.digest, e.id,"
    " e.status, e.digest from outcome o join url u on u.id = o.url"
    " join host h on h.id = u.host"
    " left join earlier e on e.id = lariat_hash(" LR_CRAWL_URL_IN_SQL ")"
    " where o.seq in (select max(seq) from outcome"
    "  where seq > ? and kind in (1, 2, 3, 4) group by url)"
    " and coalesce(u.hop, '') <> 'S' order by o.seq";

enum { URL, KIND, STATUS, DIGEST, OLD, OLD_STATUS, OLD_DIGEST };

static bool is_same_digest(sqlite3_stmt *row) {
  int length = sqlite3_column_bytes(row, DIGEST);
  return length && length == sqlite3_column_bytes(row, OLD_DIGEST) &&
         memcmp(sqlite3_column_blob(row, DIGEST),
                sqlite3_column_blob(row, OLD_DIGEST), (size_t)length) == 0;
}

/* Tells whether there was something: an answer that is no error.  A row without
 * a status is one of a crawl that did not keep it. */
static bool was_there(sqlite3_stmt *row) {
  return sqlite3_column_type(row, OLD) != SQLITE_NULL &&
         sqlite3_column_int(row, OLD_STATUS) < 400;
}

static lr_crawl_change judge(sqlite3_stmt *row) {
  int status = sqlite3_column_int(row, STATUS);
  int old_status = sqlite3_column_int(row, OLD_STATUS);
  bool is_there =
      sqlite3_column_int(row, KIND) != LR_CRAWL_FAILED && status < 400;
  if (!is_there && !was_there(row)) return LR_CRAWL_CHANGE_NONE;
  if (!is_there)
    return status == 404 || status == 410 ? LR_CRAWL_CHANGE_GONE
                                          : LR_CRAWL_CHANGE_FAILED;
  if (!was_there(row)) return LR_CRAWL_CHANGE_NEW;
  if (status == 304 || is_same_digest(row)) {
    bool other = old_status && status != 304 && old_status != 304 &&
                 old_status / 100 != status / 100;
    return other ? LR_CRAWL_CHANGE_CHANGED : LR_CRAWL_CHANGE_SAME;
  }
  return LR_CRAWL_CHANGE_CHANGED;
}

static lariat_status tell_rows(sqlite3_stmt *rows, lr_crawl_change_taker *take,
                               void *context) {
  int code;
  while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
    lr_crawl_change change = judge(rows);
    const char *url = (const char *)sqlite3_column_text(rows, URL);
    if (change != LR_CRAWL_CHANGE_NONE && url &&
        !take(context, change, url, sqlite3_column_int(rows, STATUS)))
      return LARIAT_OK;
  }
  return code == SQLITE_DONE ? LARIAT_OK : LARIAT_ESYSTEM;
}

lariat_status lr_crawl_frontier_each_change(lr_crawl_frontier *frontier,
                                            lr_crawl_change_taker *take,
                                            void *context) {
  lr_crawl_store *store = &frontier->store;
  sqlite3_stmt *rows = NULL;
  bool row = false;
  lariat_status status = lr_crawl_store_ask(
      store, &row, NULL, LR_CRAWL_GET_SETTING, "t", "compared");
  int64_t compared =
      row ? lr_crawl_store_integer(store, LR_CRAWL_GET_SETTING, 0) : 0;
  lr_crawl_store_end(store, LR_CRAWL_GET_SETTING);
  if (status != LARIAT_OK) return status;
  if (!row) return LARIAT_ENOTFOUND;
  status = lr_crawl_frontier_add_hash(frontier, NULL);
  if (status == LARIAT_OK)
    status = lr_crawl_store_check(
        store,
        sqlite3_prepare_v2(store->database, all_outcomes, -1, &rows, NULL),
        NULL);
  if (status == LARIAT_OK) {
    sqlite3_bind_int64(rows, 1, compared);
    status = tell_rows(rows, take, context);
  }
  sqlite3_finalize(rows);
  return status;
}
