/* SPDX-License-Identifier: MIT
 * shared_known.c: a URL, the way that led to it, its outcomes and its place,
 * read from the database of a shared crawl. */
#include "shared_known.h"

#include <string.h>

#include "crawl_config.h"
#include "explanation.h"
#include "finding.h"
#include "memory.h"
#include "shared_frontier_private.h"
#include "shared_session.h"

enum { MOST_STEPS = 64 };

/* ---- Past outcomes ---- */

static void release_text(const char *text) {
  lariat_memory_release((void *)(uintptr_t)text);
}

void lr_crawl_past_list_clear(lr_crawl_past_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    release_text(list->outcomes[i].warc);
    release_text(list->outcomes[i].type);
    release_text(list->outcomes[i].note);
  }
  lariat_memory_release(list->outcomes);
  *list = (lr_crawl_past_list){0};
}

static bool add_past(void *context, const lr_crawl_past_outcome *outcome) {
  lr_crawl_past_list *list = context;
  lr_crawl_past_outcome *outcomes = lr_crawl_grow(
      list->outcomes, &list->capacity, list->count + 1, sizeof *outcomes);
  if (!outcomes) return false;
  list->outcomes = outcomes;
  lr_crawl_past_outcome *copy = &outcomes[list->count++];
  *copy = *outcome;
  copy->warc = outcome->warc ? lr_crawl_copy_text(outcome->warc) : NULL;
  copy->type = outcome->type ? lr_crawl_copy_text(outcome->type) : NULL;
  copy->note = outcome->note ? lr_crawl_copy_text(outcome->note) : NULL;
  copy->digest = NULL;
  copy->etag = copy->last_modified = NULL;
  return true;
}

void lr_crawl_shared_frontier_each_outcome(
    const lr_crawl_shared_frontier *frontier,
    lr_crawl_outcome_callback *callback, void *context) {
  for (size_t i = 0; i < frontier->past.count; i++)
    if (!callback(context, &frontier->past.outcomes[i])) return;
}

/* ---- The URL ---- */

/* Puts a URL that was found into the frontier; it is the frontier's then. */
static bool keep_url(lr_crawl_shared_frontier *frontier,
                     const lr_crawl_known_url *known) {
  lr_crawl_shared_url url = {.id = known->id,
                             .via = known->via,
                             .url = known->url,
                             .depth = known->depth,
                             .priority = known->priority,
                             .hops_off_site = known->hops_off_site,
                             .hop = known->hop};
  if (lr_crawl_leased_add(&frontier->urls, &url)) return true;
  lariat_memory_release(url.url);
  return false;
}

static void add_place(lr_crawl_bytes *json,
                      const lr_crawl_shared_place *place) {
  lr_crawl_bytes_add_text(json, ",\"place\":{\"site\":");
  lr_crawl_bytes_add_json(json, place->site);
  lr_crawl_bytes_format(
      json,
      ",\"queued\":%s,\"tries\":%u,\"before\":%llu,\"worker\":%u,"
      "\"due_in_ms\":%lld",
      place->queued ? "true" : "false", place->tries,
      (unsigned long long)place->before, place->owner,
      (long long)place->due_ms);
  if (place->queue_ms != INT64_MAX)
    lr_crawl_bytes_format(json, ",\"site_due_in_ms\":%lld",
                          (long long)place->queue_ms);
  lr_crawl_bytes_add_text(json, "}");
}

/* Reads the URLs that led to one. */
static lariat_status read_way(lr_crawl_shared_frontier *frontier,
                              lr_crawl_shared_store *store, uint64_t queue,
                              uint64_t via, lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  for (unsigned i = 0; !status && via && i < MOST_STEPS; i++) {
    lr_crawl_known_url step = {0};
    status = lr_crawl_shared_find(store, queue, via, &step, NULL, fault);
    if (status) break;
    via = lr_crawl_leased_find(&frontier->urls, step.via) ? 0 : step.via;
    queue = step.host;
    if (!keep_url(frontier, &step)) status = LARIAT_ENOMEM;
  }
  return status == LARIAT_ENOTFOUND ? LARIAT_OK : status;
}

static lariat_status read_url(lr_crawl_shared_known *known,
                              lr_crawl_shared_frontier *frontier,
                              lr_crawl_shared_store *store, uint64_t queue,
                              uint64_t id, lr_crawl_fault *fault) {
  lr_crawl_known_url url = {0};
  lr_crawl_shared_place place = {0};
  lariat_status status =
      lr_crawl_shared_find(store, queue, id, &url, &place, fault);
  if (place.site) add_place(&known->place, &place);
  lariat_memory_release(place.site);
  if (status) return status == LARIAT_ENOTFOUND ? LARIAT_OK : status;
  uint64_t via = url.via;
  queue = url.host;
  if (!keep_url(frontier, &url)) return LARIAT_ENOMEM;
  status = lr_crawl_shared_each_outcome(store, queue, id, add_past,
                                        &frontier->past, fault);
  return status ? status : read_way(frontier, store, queue, via, fault);
}

/* ---- The session ---- */

lariat_status lr_crawl_shared_known_settings(const char *config,
                                             lr_crawl_settings **out,
                                             lr_crawl_fault *fault) {
  lariat_crawl_options defaults = lariat_crawl_defaults();
  lr_crawl_config *joined = NULL;
  defaults.directory = ".";
  lariat_status status = lr_crawl_config_join(&defaults, config, true, &joined);
  if (status == LARIAT_OK)
    status = lr_crawl_settings_new(lr_crawl_config_options(joined), out, fault);
  lr_crawl_config_free(joined);
  return status;
}

static lariat_status look_up(lr_crawl_shared_known *known,
                             lr_crawl_shared_frontier *frontier,
                             lr_crawl_shared_store *store,
                             const lariat_url *url, lr_crawl_fault *fault) {
  char origin[LR_CRAWL_MOST_ORIGIN], site[LR_CRAWL_MOST_SITE];
  uint64_t id =
      lr_crawl_fingerprint_of(known->settings->keys, known->hash, url);
  if (!id) return LARIAT_ENOMEM;
  if (lr_crawl_origin_of(url, origin, sizeof origin) >= sizeof origin)
    return LARIAT_OK;
  size_t length = lr_crawl_shared_site(origin, site, sizeof site);
  if (length >= sizeof site) return LARIAT_OK;
  return read_url(known, frontier, store,
                  lr_crawl_fingerprint(known->hash, site, length), id, fault);
}

static lariat_status read_store(lr_crawl_shared_known *known,
                                lr_crawl_shared_store *store,
                                lr_crawl_fault *fault) {
  lariat_url *url = NULL;
  lr_crawl_shared_frontier *frontier = lr_crawl_allocate(1, sizeof *frontier);
  known->hash = lr_crawl_shared_hash_key(store);
  if (frontier) frontier->lock = -1;
  lariat_status status = frontier ? LARIAT_OK : LARIAT_ENOMEM;
  if (!status && !known->settings)
    status = lr_crawl_shared_known_settings(lr_crawl_shared_config(store),
                                            &known->settings, fault);
  if (!status) status = lr_crawl_explained_url(known->url, &url);
  if (!status) status = look_up(known, frontier, store, url, fault);
  lariat_url_free(url);
  known->frontier = status ? NULL : lr_crawl_frontier_of_shared(frontier);
  if (!known->frontier) lr_crawl_shared_frontier_close(frontier);
  return !status && !known->frontier ? LARIAT_ENOMEM : status;
}

static lariat_status ask(void *context, lariat_reactor *reactor,
                         lr_crawl_fault *fault) {
  lr_crawl_shared_known *known = context;
  lr_crawl_shared_store *store = NULL;
  lariat_status status = lr_crawl_shared_open(
      &(lr_crawl_shared_options){.reactor = reactor,
                                 .connection = known->connection,
                                 .name = known->name,
                                 .read_only = true},
      &store, fault);
  if (!status) status = read_store(known, store, fault);
  lr_crawl_shared_close(store);
  return status;
}

lariat_status lr_crawl_shared_known_ask(lr_crawl_shared_known *known,
                                        lr_crawl_fault *fault) {
  return lr_crawl_session_run(ask, known, fault);
}

void lr_crawl_shared_known_clear(lr_crawl_shared_known *known) {
  lr_crawl_frontier_close(known->frontier);
  lr_crawl_bytes_clear(&known->place);
  known->frontier = NULL;
}
