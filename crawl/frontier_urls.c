/* SPDX-License-Identifier: MIT
 * frontier_urls.c: the way of a URL: offered, queued, handed out, given back or
 * finished, due later. */
#include "frontier_private.h"
#include "memory.h"

/* Ids have 32 bits: half of the memory of a queue. */
enum { PRIORITY_BITS = 3 };

/* ---- Queues ---- */

bool lr_crawl_frontier_queue(lr_crawl_frontier *frontier, uint32_t host,
                             lr_crawl_queue_place place) {
  lr_crawl_host *to = lr_crawl_hosts_at(&frontier->hosts, host);
  if (!lr_crawl_queue_put(&frontier->queues, &to->queue, place)) return false;
  frontier->hosts_with_queue += to->queued == 0;
  frontier->in_queues++;
  to->queued++;
  return true;
}

/* Calls back for a host that has the first URL to take. */
static void tell_host(lr_crawl_frontier *frontier, uint32_t host) {
  const lr_crawl_host *of = lr_crawl_hosts_at(&frontier->hosts, host);
  if (of->queued == 1 && frontier->on_host)
    frontier->on_host(frontier->host_context, host, of->origin);
}

void lr_crawl_frontier_on_host(lr_crawl_frontier *frontier,
                               lr_crawl_host_callback *callback,
                               void *context) {
  if (frontier->shared) {
    lr_crawl_shared_frontier_on_host(frontier->shared, callback, context);
    return;
  }
  frontier->on_host = callback;
  frontier->host_context = context;
}

void lr_crawl_frontier_tell_hosts(lr_crawl_frontier *frontier) {
  if (frontier->shared) {
    lr_crawl_shared_frontier_tell_hosts(frontier->shared);
    return;
  }
  for (uint32_t host = 1; host <= frontier->hosts.count; host++) {
    const lr_crawl_host *of = lr_crawl_hosts_at(&frontier->hosts, host);
    if (of->queued && frontier->on_host)
      frontier->on_host(frontier->host_context, host, of->origin);
  }
}

/* ---- Offering ---- */

bool lr_crawl_frontier_has_seen(const lr_crawl_frontier *frontier,
                                uint64_t fingerprint) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_has_seen(frontier->shared, fingerprint);
  return lr_crawl_seen_has(&frontier->seen, fingerprint);
}

/* Fills the path of a record: the URL without its host's prefix, if a path
 * follows that. */
static void set_path(lr_crawl_url_record *record, const lr_crawl_host *host,
                     const lr_crawl_found_url *url) {
  bool begins = url->length > host->prefix && url->url[host->prefix] == '/' &&
                memcmp(url->url, host->origin, host->prefix) == 0;
  record->path = url->url + (begins ? host->prefix : 0);
  record->length = url->length - (begins ? host->prefix : 0u);
}

static lr_crawl_url_record make_record(const lr_crawl_found_url *url,
                                       uint32_t host, bool is_own) {
  return (lr_crawl_url_record){.fingerprint = url->fingerprint,
                               .via = url->via,
                               .host = host,
                               .depth = url->depth,
                               .priority = url->priority % LR_CRAWL_PRIORITIES,
                               .hops_off_site = url->hops_off_site,
                               .hop = url->hop,
                               .is_own = is_own};
}

/* Adds a URL whose fingerprint has space in the table.  `false`: out of memory,
 * and nothing has changed but that the host is known. */
static bool add_url(lr_crawl_frontier *frontier, const lr_crawl_found_url *url,
                    uint32_t host) {
  bool is_own = url->fingerprint ==
                lr_crawl_fingerprint(frontier->key, url->url, url->length);
  lr_crawl_url_record record = make_record(url, host, is_own);
  lr_crawl_queue_place place = {.id = frontier->texts.next,
                                .priority = record.priority};
  set_path(&record, lr_crawl_hosts_at(&frontier->hosts, host), url);
  if (!lr_crawl_texts_add(&frontier->texts, &record)) return false;
  if (lr_crawl_frontier_queue(frontier, host, place)) return true;
  lr_crawl_texts_take_back(&frontier->texts);
  return false;
}

static lariat_status add_new(lr_crawl_frontier *frontier,
                             const lr_crawl_found_url *url) {
  if (!url->length || !url->origin || !url->origin[0] ||
      strlen(url->origin) > UINT16_MAX)
    return LARIAT_EINVAL;
  if (frontier->texts.next == UINT32_MAX) return LARIAT_EOVERLOAD;
  if (!lr_crawl_seen_make_space(&frontier->seen, url->fingerprint))
    return LARIAT_ENOMEM;
  uint32_t host = lr_crawl_hosts_add(&frontier->hosts, url->origin);
  if (!host || !add_url(frontier, url, host)) return LARIAT_ENOMEM;
  lr_crawl_seen_add(&frontier->seen, url->fingerprint);
  tell_host(frontier, host);
  return LARIAT_OK;
}

lariat_status lr_crawl_frontier_offer(lr_crawl_frontier *frontier,
                                      const lr_crawl_found_url *url,
                                      bool *added) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_offer(frontier->shared, url, added);
  *added = false;
  if (lr_crawl_seen_has(&frontier->seen, url->fingerprint)) return LARIAT_OK;
  lariat_status status = add_new(frontier, url);
  *added = status == LARIAT_OK;
  return status;
}

/* ---- Reading ---- */

char *lr_crawl_frontier_url_text(const lr_crawl_frontier *frontier,
                                 const lr_crawl_url_record *record) {
  const lr_crawl_host *host = lr_crawl_hosts_at(&frontier->hosts, record->host);
  size_t prefix = host && record->path[0] == '/' ? host->prefix : 0;
  char *url = lariat_memory_allocate(prefix + record->length + 1);
  if (!url) return NULL;
  if (prefix) memcpy(url, host->origin, prefix);
  memcpy(url + prefix, record->path, record->length);
  url[prefix + record->length] = 0;
  return url;
}

static lr_crawl_url_record read_row(lr_crawl_store *store) {
  const lr_crawl_statement from = LR_CRAWL_GET_URL;
  const char *hop = lr_crawl_store_text(store, from, 6);
  const char *path = lr_crawl_store_text(store, from, 8);
  return (lr_crawl_url_record){
      .host = (uint32_t)lr_crawl_store_integer(store, from, 1),
      .via = (uint64_t)lr_crawl_store_integer(store, from, 2),
      .fingerprint = (uint64_t)lr_crawl_store_integer(store, from, 3),
      .is_own = sqlite3_column_type(store->statements[from], 3) == SQLITE_NULL,
      .depth = (uint32_t)lr_crawl_store_integer(store, from, 4),
      .priority = (uint8_t)lr_crawl_store_integer(store, from, 5),
      .hop = hop ? hop[0] : '-',
      .hops_off_site = (uint8_t)lr_crawl_store_integer(store, from, 7),
      .path = path ? path : "",
      .length = path ? (uint32_t)strlen(path) : 0};
}

lariat_status lr_crawl_frontier_read_record(lr_crawl_frontier *frontier,
                                            uint32_t id,
                                            lr_crawl_url_record *record,
                                            lr_crawl_fault *fault) {
  if (lr_crawl_texts_find(&frontier->texts, id, record)) return LARIAT_OK;
  bool row = false;
  lariat_status status = lr_crawl_store_ask(&frontier->store, &row, fault,
                                            LR_CRAWL_GET_URL, "i", (int64_t)id);
  if (status) return status;
  if (!row)
    return lr_crawl_fault_set(fault, LARIAT_ENOTFOUND, 0,
                              "the crawl's database has no URL %u", id);
  *record = read_row(&frontier->store);
  return LARIAT_OK;
}

/* ---- Handing out ---- */

void lr_crawl_queued_url_clear(lr_crawl_queued_url *url) {
  lariat_memory_release(url->url);
  lariat_memory_release(url->old_url);
  lariat_memory_release(url->via_url);
  lariat_memory_release(url->hop_path);
  lariat_memory_release(url->etag);
  lariat_memory_release(url->last_modified);
  *url = (lr_crawl_queued_url){0};
}

/* Reads all of a queued URL but its tries. */
static lariat_status read_queued(lr_crawl_frontier *frontier, uint32_t id,
                                 lr_crawl_queued_url *out,
                                 lr_crawl_fault *fault) {
  lr_crawl_url_record record;
  lariat_status status =
      lr_crawl_frontier_read_record(frontier, id, &record, fault);
  if (status) return status;
  *out = (lr_crawl_queued_url){
      .id = id,
      .url = lr_crawl_frontier_url_text(frontier, &record),
      .depth = record.depth,
      .priority = record.priority,
      .hop = record.hop,
      .hops_off_site = record.hops_off_site,
      .via = record.via};
  lr_crawl_store_end(&frontier->store, LR_CRAWL_GET_URL);
  if (!out->url) return lr_crawl_fault_memory(fault);
  return frontier->has_earlier
             ? lr_crawl_frontier_look_earlier(frontier, out, fault)
             : LARIAT_OK;
}

/* Moves the first URL of a host's queue to those that are handed out, for
 * whom there is space. */
static uint32_t move_out(lr_crawl_frontier *frontier, lr_crawl_host *host,
                         uint32_t host_id) {
  lr_crawl_queue_place place = lr_crawl_queue_first(&host->queue);
  uint32_t tries = lr_crawl_id_map_take(&frontier->tries, place.id).second;
  lr_crawl_queue_take(&frontier->queues, &host->queue);
  lr_crawl_id_map_set(
      &frontier->handed_out,
      (lr_crawl_id_entry){.id = place.id,
                          .first = host_id,
                          .second = tries << PRIORITY_BITS | place.priority});
  host->queued--;
  frontier->in_queues--;
  frontier->hosts_with_queue -= host->queued == 0;
  return tries;
}

static bool take_one(lr_crawl_frontier *frontier, lr_crawl_host *host,
                     uint32_t host_id, lr_crawl_queued_url *out) {
  uint32_t id = lr_crawl_queue_first(&host->queue).id;
  lariat_status status = lr_crawl_id_map_make_space(&frontier->handed_out)
                             ? LARIAT_OK
                             : lr_crawl_fault_memory(&frontier->failure);
  *out = (lr_crawl_queued_url){0};
  if (!status) status = read_queued(frontier, id, out, &frontier->failure);
  if (status)
    lr_crawl_queued_url_clear(out);
  else
    out->tries = move_out(frontier, host, host_id);
  return !status;
}

size_t lr_crawl_frontier_take(lr_crawl_frontier *frontier, uint64_t host,
                              size_t most, lr_crawl_queued_url *out) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_take(frontier->shared, host, most, out);
  lr_crawl_host *from = lr_crawl_hosts_at(&frontier->hosts, host);
  size_t taken = 0;
  if (!from) return 0;
  while (taken < most && from->queued &&
         take_one(frontier, from, (uint32_t)host, &out[taken]))
    taken++;
  return taken;
}

/* Remembers how often a URL was tried that goes to a queue; false: out of
 * memory. */
static bool keep_tries(lr_crawl_frontier *frontier, uint32_t id,
                       uint32_t tries) {
  if (!tries) return true;
  if (!lr_crawl_id_map_make_space(&frontier->tries)) return false;
  lr_crawl_id_map_set(&frontier->tries,
                      (lr_crawl_id_entry){.id = id, .second = tries});
  return true;
}

lariat_status lr_crawl_frontier_give_back(lr_crawl_frontier *frontier,
                                          uint64_t id) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_give_back(frontier->shared, id);
  lr_crawl_id_entry *entry =
      id <= UINT32_MAX
          ? lr_crawl_id_map_find(&frontier->handed_out, (uint32_t)id)
          : NULL;
  if (!entry) return LARIAT_ENOTFOUND;
  lr_crawl_id_entry out = *entry;
  lr_crawl_queue_place place = {.id = out.id,
                                .priority = out.second % LR_CRAWL_PRIORITIES};
  lr_crawl_host *host = lr_crawl_hosts_at(&frontier->hosts, out.first);
  if (!keep_tries(frontier, out.id, out.second >> PRIORITY_BITS) ||
      !lr_crawl_queue_put_first(&frontier->queues, &host->queue, place))
    return LARIAT_ENOMEM;
  lr_crawl_id_map_take(&frontier->handed_out, out.id);
  frontier->hosts_with_queue += host->queued == 0;
  frontier->in_queues++;
  host->queued++;
  tell_host(frontier, out.first);
  return LARIAT_OK;
}

/* ---- Later ---- */

int64_t lr_crawl_frontier_wake(lr_crawl_frontier *frontier, int64_t now_s) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_wake(frontier->shared, now_s);
  while (frontier->later.count && frontier->later.urls[0].due_s <= now_s) {
    lr_crawl_due_url url = frontier->later.urls[0];
    lr_crawl_queue_place place = {.id = url.id, .priority = url.priority};
    if (!keep_tries(frontier, url.id, url.tries) ||
        !lr_crawl_frontier_queue(frontier, url.host, place))
      return now_s + 1; /* out of memory: another try then */
    (void)lr_crawl_due_take(&frontier->later);
    tell_host(frontier, url.host);
  }
  return frontier->later.count ? frontier->later.urls[0].due_s : INT64_MAX;
}

/* ---- Finishing ---- */

/* Adds an outcome to those that wait for the commit. */
static bool keep_outcome(lr_crawl_outcome_list *list,
                         const lr_crawl_outcome *outcome) {
  lr_crawl_outcome *outcomes = lr_crawl_grow(list->outcomes, &list->capacity,
                                             list->count + 1, sizeof *outcomes);
  if (!outcomes) return false;
  list->outcomes = outcomes;
  outcomes[list->count++] = *outcome;
  list->bytes += outcome->records_length;
  if (outcome->line) list->bytes += strlen(outcome->line) + 1;
  if (outcome->edges) list->bytes += strlen(outcome->edges);
  return true;
}

/* Says when a URL is due again; there is space for it. */
static void put_later(lr_crawl_frontier *frontier, lr_crawl_id_entry out,
                      int64_t next_s) {
  lr_crawl_due_add(
      &frontier->later,
      (lr_crawl_due_url){.due_s = lr_crawl_due_time(next_s),
                         .id = out.id,
                         .host = out.first,
                         .priority = out.second % LR_CRAWL_PRIORITIES,
                         .tries =
                             ((out.second >> PRIORITY_BITS) + 1) & 0x1fffffff});
}

static lariat_status finish_url(lr_crawl_frontier *frontier,
                                const lr_crawl_outcome *outcome) {
  bool later = outcome->kind == LR_CRAWL_LATER;
  uint32_t id = (uint32_t)outcome->url;
  if (outcome->url > UINT32_MAX ||
      !lr_crawl_id_map_find(&frontier->handed_out, id))
    return LARIAT_ENOTFOUND;
  if ((later && !lr_crawl_due_make_space(&frontier->later)) ||
      !keep_outcome(&frontier->outcomes, outcome))
    return LARIAT_ENOMEM;
  lr_crawl_id_entry out = lr_crawl_id_map_take(&frontier->handed_out, id);
  if (later) put_later(frontier, out, outcome->next_s);
  frontier->by_kind[outcome->kind % LR_CRAWL_OUTCOME_KINDS]++;
  frontier->bytes += outcome->bytes;
  return LARIAT_OK;
}

lariat_status lr_crawl_frontier_finish(lr_crawl_frontier *frontier,
                                       lr_crawl_outcome *outcome) {
  if (frontier->shared)
    return lr_crawl_shared_frontier_finish(frontier->shared, outcome);
  lariat_status status = LARIAT_OK;
  if (outcome->url)
    status = finish_url(frontier, outcome);
  else if (!keep_outcome(&frontier->outcomes, outcome))
    status = LARIAT_ENOMEM;
  if (!status) *outcome = (lr_crawl_outcome){0};
  return status;
}
