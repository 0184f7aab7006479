/* SPDX-License-Identifier: MIT
 * frontier_lookup.c: what is known of URLs and hosts, of a crawl that runs or
 * was stopped. */
#include <lariat/crawl/robots.h>

#include "frontier_private.h"
#include "memory.h"
#include "packed_text.h"

/* ---- Hosts ---- */

uint64_t lr_crawl_frontier_host_count(const lr_crawl_frontier *frontier) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_host_count(frontier->shared);
  return frontier->hosts.count;
}

uint64_t lr_crawl_frontier_host_queued(lr_crawl_frontier *frontier,
                                       uint64_t host) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_host_queued(frontier->shared, host);
  const lr_crawl_host *at = lr_crawl_hosts_at(&frontier->hosts, host);
  return at ? at->queued : 0;
}

uint64_t lr_crawl_frontier_find_host(const lr_crawl_frontier *frontier,
                                     const char *origin) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_find_host(frontier->shared, origin);
  return lr_crawl_hosts_find(&frontier->hosts, origin);
}

const char *lr_crawl_frontier_origin(const lr_crawl_frontier *frontier,
                                     uint64_t host) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_origin(frontier->shared, host);
  const lr_crawl_host *found = lr_crawl_hosts_at(&frontier->hosts, host);
  return found ? found->origin : NULL;
}

lariat_status lr_crawl_frontier_set_host(lr_crawl_frontier *frontier,
                                         const lr_crawl_host_facts *facts) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_set_host(frontier->shared, facts);
  if (!lr_crawl_hosts_at(&frontier->hosts, facts->host))
    return LARIAT_ENOTFOUND;
  return lr_crawl_facts_set(&frontier->facts, facts) ? LARIAT_OK
                                                     : LARIAT_ENOMEM;
}

/* Adds the robots.txt of a row, and returns it, to be released; NULL: there is
 * none.  One that cannot be read is as if it had not been asked for. */
static char *add_robots(lr_crawl_store *store, lr_crawl_host_facts *facts) {
  enum { MOST = 2 * LARIAT_CRAWL_ROBOTS_MOST_BYTES };
  sqlite3_stmt *row = store->statements[LR_CRAWL_GET_FACTS];
  const char *bytes = sqlite3_column_blob(row, 6);
  size_t size = (size_t)sqlite3_column_bytes(row, 6);
  size_t length = (size_t)sqlite3_column_int64(row, 7);
  if (!bytes) return NULL;
  char *text =
      length <= MOST ? lr_crawl_text_unpack(bytes, size, length) : NULL;
  facts->robots = text;
  facts->robots_length = text ? length : 0;
  if (!text) facts->robots_at_s = 0;
  return text;
}

/* Reads the facts, with texts that are SQLite's. */
static lr_crawl_host_facts read_facts(lr_crawl_store *store, uint64_t host) {
  const lr_crawl_statement from = LR_CRAWL_GET_FACTS;
  return (lr_crawl_host_facts){
      .host = host,
      .ip = lr_crawl_store_text(store, from, 0),
      .delay_ms = (uint32_t)lr_crawl_store_integer(store, from, 1),
      .note = lr_crawl_store_text(store, from, 2),
      .robots_at_s = lr_crawl_store_integer(store, from, 3),
      .robots_expires_s = lr_crawl_store_integer(store, from, 4),
      .robots_status = (int)lr_crawl_store_integer(store, from, 5)};
}

bool lr_crawl_frontier_host(lr_crawl_frontier *frontier, uint64_t host,
                            lr_crawl_host_facts *out) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_host(frontier->shared, host, out);
  const lr_crawl_host_facts *changed =
      lr_crawl_facts_find(&frontier->facts, host);
  bool row = false;
  *out = changed ? *changed : (lr_crawl_host_facts){.host = host};
  if (changed) return true;
  if (!lr_crawl_hosts_at(&frontier->hosts, host)) return false;
  (void)lr_crawl_store_ask(&frontier->store, &row, NULL, LR_CRAWL_GET_FACTS,
                           "i", (int64_t)host);
  if (!row) return true; /* it is new: nothing is in the log yet */
  lr_crawl_host_facts facts = read_facts(&frontier->store, host);
  char *robots = add_robots(&frontier->store, &facts);
  lr_crawl_facts_drop(&frontier->read_facts);
  if (lr_crawl_facts_set(&frontier->read_facts, &facts))
    *out = frontier->read_facts.facts[0];
  lariat_memory_release(robots);
  lr_crawl_store_end(&frontier->store, LR_CRAWL_GET_FACTS);
  return true;
}

/* ---- URLs ---- */

static lariat_status show_url(lr_crawl_frontier *frontier, uint64_t id,
                              const lr_crawl_url_record *record,
                              lr_crawl_known_url *out) {
  *out =
      (lr_crawl_known_url){.id = id,
                           .host = record->host,
                           .via = record->via,
                           .fingerprint = record->fingerprint,
                           .depth = record->depth,
                           .priority = record->priority,
                           .hops_off_site = record->hops_off_site,
                           .hop = record->hop,
                           .url = lr_crawl_frontier_url_text(frontier, record)};
  if (!out->url) return LARIAT_ENOMEM;
  if (record->is_own)
    out->fingerprint =
        lr_crawl_fingerprint(frontier->key, out->url, strlen(out->url));
  return LARIAT_OK;
}

lariat_status lr_crawl_frontier_read_url(lr_crawl_frontier *frontier,
                                         uint64_t id, lr_crawl_known_url *out) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_read_url(frontier->shared, id, out);
  lr_crawl_url_record record;
  *out = (lr_crawl_known_url){0};
  if (!id || id > UINT32_MAX) return LARIAT_ENOTFOUND;
  lariat_status status =
      lr_crawl_frontier_read_record(frontier, (uint32_t)id, &record, NULL);
  if (!status) status = show_url(frontier, id, &record, out);
  lr_crawl_store_end(&frontier->store, LR_CRAWL_GET_URL);
  return status;
}

/* Finds the id of a fingerprint among those that are not in the log yet; 0:
 * none. */
static uint32_t find_recent(const lr_crawl_frontier *frontier,
                            uint64_t fingerprint) {
  lr_crawl_url_record record;
  for (uint32_t id = frontier->texts.first; id < frontier->texts.next; id++)
    if (lr_crawl_texts_find(&frontier->texts, id, &record) &&
        record.fingerprint == fingerprint)
      return id;
  return 0;
}

/* Finds the id of a fingerprint among all rows; 0: none. */
static lariat_status search_rows(lr_crawl_frontier *frontier,
                                 uint64_t fingerprint, uint64_t *id) {
  lr_crawl_store *store = &frontier->store;
  bool row = false;
  uint64_t found = 0;
  lariat_status status =
      lr_crawl_store_ask(store, &row, NULL, LR_CRAWL_ALL_URLS, "");
  sqlite3_stmt *statement = store->statements[LR_CRAWL_ALL_URLS];
  while (!status && row) {
    if (!lr_crawl_frontier_read_fingerprint(frontier, statement, &found))
      status = LARIAT_ENOMEM;
    else if (found == fingerprint)
      *id = (uint64_t)sqlite3_column_int64(statement, 0);
    if (status || *id) break;
    status = lr_crawl_store_next(store, &row, NULL, LR_CRAWL_ALL_URLS);
  }
  lr_crawl_store_end(store, LR_CRAWL_ALL_URLS);
  return status;
}

lariat_status lr_crawl_frontier_find_url(lr_crawl_frontier *frontier,
                                         uint64_t fingerprint,
                                         lr_crawl_known_url *out) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_read_url(frontier->shared, fingerprint,
                                             out);
  *out = (lr_crawl_known_url){0};
  if (!frontier->read_only && !lr_crawl_seen_has(&frontier->seen, fingerprint))
    return LARIAT_ENOTFOUND;
  uint64_t id = find_recent(frontier, fingerprint);
  lariat_status status =
      id ? LARIAT_OK : search_rows(frontier, fingerprint, &id);
  if (status) return status;
  return id ? lr_crawl_frontier_read_url(frontier, id, out) : LARIAT_ENOTFOUND;
}

static lariat_status count_rows_before(lr_crawl_store *store,
                                       const lr_crawl_known_url *url,
                                       uint64_t *count) {
  bool row = false;
  lariat_status status = lr_crawl_store_ask(
      store, &row, NULL, LR_CRAWL_COUNT_BEFORE, "iii", (int64_t)url->host,
      (int64_t)url->priority, (int64_t)url->id);
  if (row)
    *count = (uint64_t)lr_crawl_store_integer(store, LR_CRAWL_COUNT_BEFORE, 0);
  lr_crawl_store_end(store, LR_CRAWL_COUNT_BEFORE);
  return status;
}

lariat_status lr_crawl_frontier_count_before(lr_crawl_frontier *frontier,
                                             const lr_crawl_known_url *url,
                                             uint64_t *count) {
  const lr_crawl_host *host = lr_crawl_hosts_at(&frontier->hosts, url->host);
  if (frontier->shared) return LARIAT_ENOTFOUND;
  if (frontier->read_only)
    return count_rows_before(&frontier->store, url, count);
  size_t before =
      host ? lr_crawl_queue_count_before(&host->queue, (uint32_t)url->id)
           : SIZE_MAX;
  *count = before;
  return before == SIZE_MAX ? LARIAT_ENOTFOUND : LARIAT_OK;
}

/* ---- Outcomes ---- */

/* Reads the columns of LR_CRAWL_OUTCOMES. */
static lr_crawl_past_outcome read_outcome(lr_crawl_store *store,
                                          char date[LARIAT_HTTP_DATE_BYTES]) {
  const lr_crawl_statement from = LR_CRAWL_OUTCOMES;
  sqlite3_stmt *row = store->statements[from];
  bool digest = sqlite3_column_bytes(row, 8) == 20;
  return (lr_crawl_past_outcome){
      .seq = (uint64_t)lr_crawl_store_integer(store, from, 0),
      .url = (uint64_t)lr_crawl_store_integer(store, from, 1),
      .host = (uint64_t)lr_crawl_store_integer(store, from, 2),
      .kind = (lr_crawl_outcome_kind)lr_crawl_store_integer(store, from, 3),
      .status = (int)lr_crawl_store_integer(store, from, 4),
      .at_ns = lr_crawl_store_integer(store, from, 5),
      .took_ms = (uint32_t)lr_crawl_store_integer(store, from, 6),
      .bytes = (uint64_t)lr_crawl_store_integer(store, from, 7),
      .digest = digest ? sqlite3_column_blob(row, 8) : NULL,
      .warc = lr_crawl_store_text(store, from, 9),
      .offset = (uint64_t)lr_crawl_store_integer(store, from, 10),
      .length = (uint64_t)lr_crawl_store_integer(store, from, 11),
      .response_offset = (uint64_t)lr_crawl_store_integer(store, from, 12),
      .response_length = (uint64_t)lr_crawl_store_integer(store, from, 13),
      .next_s = lr_crawl_store_integer(store, from, 14),
      .type = lr_crawl_store_text(store, from, 15),
      .note = lr_crawl_store_text(store, from, 16),
      .etag = lr_crawl_store_text(store, from, 17),
      .last_modified = lr_crawl_store_date(store, from, 18, date)};
}

lariat_status
lr_crawl_frontier_each_outcome(lr_crawl_frontier *frontier, uint64_t url,
                               lr_crawl_outcome_callback *callback,
                               void *context) {
  if (frontier->shared) {
    lr_crawl_shared_frontier_each_outcome(frontier->shared, callback, context);
    return LARIAT_OK;
  }
  lr_crawl_store *store = &frontier->store;
  bool row = false, more = true;
  lariat_status status =
      lr_crawl_store_ask(store, &row, NULL, LR_CRAWL_OUTCOMES, "ii",
                         (int64_t)url, (int64_t)(url ? url : UINT32_MAX));
  while (!status && row && more) {
    char date[LARIAT_HTTP_DATE_BYTES];
    lr_crawl_past_outcome outcome = read_outcome(store, date);
    more = callback(context, &outcome);
    if (more)
      status = lr_crawl_store_next(store, &row, NULL, LR_CRAWL_OUTCOMES);
  }
  if (!more) lr_crawl_store_end(store, LR_CRAWL_OUTCOMES);
  return status;
}

const char *lr_crawl_frontier_config(lr_crawl_frontier *frontier) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_config(frontier->shared);
  bool row = false;
  (void)lr_crawl_store_ask(&frontier->store, &row, NULL, LR_CRAWL_GET_CONFIG,
                           "");
  return row ? lr_crawl_store_text(&frontier->store, LR_CRAWL_GET_CONFIG, 0)
             : NULL;
}
