/* SPDX-License-Identifier: MIT
 * frontier_load.c: reading a crawl back into memory: first the outcomes, which
 * say what is done and what is due later, then all URLs in their order. */
#include "frontier_private.h"
#include "memory.h"

/* The last outcomes of URLs. */
typedef struct ends {
  uint64_t *done;        /* a bit for each id */
  lr_crawl_id_map later; /* first: due_s, second: tries */
  uint32_t last;         /* id */
} ends;

static inline void set_done(ends *of, uint32_t id, bool done) {
  uint64_t bit = 1ull << id % 64;
  if (done)
    of->done[id / 64] |= bit;
  else
    of->done[id / 64] &= ~bit;
}

static inline bool is_done(const ends *of, uint32_t id) {
  return of->done[id / 64] >> id % 64 & 1;
}

/* ---- Outcomes ---- */

static bool note_later(ends *of, uint32_t id, int64_t next_s) {
  if (!lr_crawl_id_map_make_space(&of->later)) return false;
  lr_crawl_id_entry *known = lr_crawl_id_map_find(&of->later, id);
  uint32_t tries = known ? known->second + 1 : 1;
  lr_crawl_id_map_set(&of->later,
                      (lr_crawl_id_entry){.id = id,
                                          .first = lr_crawl_due_time(next_s),
                                          .second = tries});
  return true;
}

/* Reads one outcome.  One whose URL is fetched again is none. */
static bool note_end(lr_crawl_frontier *frontier, ends *of, sqlite3_stmt *row) {
  uint32_t id = (uint32_t)sqlite3_column_int64(row, 0);
  int kind = sqlite3_column_int(row, 1);
  frontier->by_kind[(unsigned)kind % LR_CRAWL_OUTCOME_KINDS]++;
  if (id > of->last) return true;
  bool later = kind == LR_CRAWL_LATER;
  bool outdated = lr_crawl_frontier_is_outdated(
      frontier, (uint64_t)sqlite3_column_int64(row, 4),
      sqlite3_column_int64(row, 3));
  frontier->outdated_pages +=
      outdated && (kind == LR_CRAWL_FETCHED || kind == LR_CRAWL_REVISIT);
  set_done(of, id, !later && !outdated);
  if (later) return note_later(of, id, sqlite3_column_int64(row, 2));
  if (of->later.count) lr_crawl_id_map_take(&of->later, id);
  return true;
}

static lariat_status read_ends(lr_crawl_frontier *frontier, ends *of,
                               lr_crawl_fault *fault) {
  bool row = false;
  lr_crawl_store *store = &frontier->store;
  lariat_status status =
      lr_crawl_store_ask(store, &row, fault, LR_CRAWL_ALL_ENDS, "i",
                         (int64_t)(frontier->again_s != 0));
  sqlite3_stmt *statement = store->statements[LR_CRAWL_ALL_ENDS];
  while (!status && row) {
    if (!note_end(frontier, of, statement)) {
      lr_crawl_store_end(store, LR_CRAWL_ALL_ENDS);
      return lr_crawl_fault_memory(fault);
    }
    status = lr_crawl_store_next(store, &row, fault, LR_CRAWL_ALL_ENDS);
  }
  return status;
}

/* ---- URLs ---- */

/* Puts a URL that is not done where it waits. */
static bool restore_place(lr_crawl_frontier *frontier, const ends *of,
                          uint32_t host, lr_crawl_queue_place place) {
  const lr_crawl_id_entry *later = lr_crawl_id_map_find(&of->later, place.id);
  if (!later) return lr_crawl_frontier_queue(frontier, host, place);
  if (!lr_crawl_due_make_space(&frontier->later)) return false;
  lr_crawl_due_add(&frontier->later,
                   (lr_crawl_due_url){.due_s = later->first,
                                      .id = place.id,
                                      .host = host,
                                      .priority = place.priority & 7u,
                                      .tries = later->second & 0x1fffffff});
  return true;
}

/* Rows that were read, on the way into the tables: each one's place in memory
 * is asked for when it is read, and used when so many others have been. */
enum { WAITING = 32 };

typedef struct waiting_url {
  uint64_t fingerprint;
  uint32_t id, host;
  uint8_t priority;
} waiting_url;

typedef struct waiting_line {
  waiting_url urls[WAITING];
  size_t next; /* the oldest; id 0: none */
} waiting_line;

static bool restore_url(lr_crawl_frontier *frontier, const ends *of,
                        const waiting_url *url) {
  if (!lr_crawl_hosts_at(&frontier->hosts, url->host)) return true;
  if (!lr_crawl_seen_make_space(&frontier->seen, url->fingerprint))
    return false;
  lr_crawl_seen_add(&frontier->seen, url->fingerprint);
  return is_done(of, url->id) ||
         restore_place(
             frontier, of, url->host,
             (lr_crawl_queue_place){.id = url->id, .priority = url->priority});
}

/* Restores the oldest that waits, and puts another one in its place. */
static bool exchange_url(lr_crawl_frontier *frontier, const ends *of,
                         waiting_line *line, waiting_url url) {
  waiting_url oldest = line->urls[line->next];
  line->urls[line->next] = url;
  line->next = (line->next + 1) % WAITING;
  return !oldest.id || restore_url(frontier, of, &oldest);
}

/* Hashes a URL that is in two parts. */
static bool hash_parts(lr_crawl_hash_key key, const char *prefix, size_t length,
                       const char *path, size_t path_length,
                       uint64_t *fingerprint) {
  char local[2048], *text = local;
  if (length + path_length > sizeof local)
    text = lariat_memory_allocate(length + path_length);
  if (!text) return false;
  if (length) memcpy(text, prefix, length);
  memcpy(text + length, path, path_length);
  *fingerprint = lr_crawl_fingerprint(key, text, length + path_length);
  if (text != local) lariat_memory_release(text);
  return true;
}

bool lr_crawl_frontier_read_fingerprint(const lr_crawl_frontier *frontier,
                                        sqlite3_stmt *row,
                                        uint64_t *fingerprint) {
  *fingerprint = (uint64_t)sqlite3_column_int64(row, 2);
  const char *path = (const char *)sqlite3_column_text(row, 4);
  if (!path) return true;
  const lr_crawl_host *host = lr_crawl_hosts_at(
      &frontier->hosts, (uint64_t)sqlite3_column_int64(row, 1));
  size_t prefix = host && path[0] == '/' ? host->prefix : 0;
  return hash_parts(frontier->key, prefix ? host->origin : NULL, prefix, path,
                    (size_t)sqlite3_column_bytes(row, 4), fingerprint);
}

static bool add_row(lr_crawl_frontier *frontier, const ends *of,
                    waiting_line *line, sqlite3_stmt *row) {
  waiting_url url = {.id = (uint32_t)sqlite3_column_int64(row, 0),
                     .host = (uint32_t)sqlite3_column_int64(row, 1),
                     .priority = (uint8_t)(sqlite3_column_int(row, 3) & 7)};
  const lr_crawl_host *host = lr_crawl_hosts_at(&frontier->hosts, url.host);
  if (!lr_crawl_frontier_read_fingerprint(frontier, row, &url.fingerprint))
    return false;
  if (host) __builtin_prefetch(host);
  lr_crawl_seen_prefetch(&frontier->seen, url.fingerprint);
  return exchange_url(frontier, of, line, url);
}

static lariat_status read_urls(lr_crawl_frontier *frontier, const ends *of,
                               lr_crawl_fault *fault) {
  bool row = false, added = true;
  waiting_line line = {0};
  lr_crawl_store *store = &frontier->store;
  lariat_status status =
      lr_crawl_store_ask(store, &row, fault, LR_CRAWL_ALL_URLS, "");
  sqlite3_stmt *statement = store->statements[LR_CRAWL_ALL_URLS];
  while (!status && row && added) {
    added = add_row(frontier, of, &line, statement);
    if (added)
      status = lr_crawl_store_next(store, &row, fault, LR_CRAWL_ALL_URLS);
  }
  lr_crawl_store_end(store, LR_CRAWL_ALL_URLS);
  for (size_t i = 0; added && i < WAITING; i++)
    added = exchange_url(frontier, of, &line, (waiting_url){0});
  return status || added ? status : lr_crawl_fault_memory(fault);
}

static lariat_status read_state(lr_crawl_frontier *frontier, uint32_t last,
                                lr_crawl_fault *fault) {
  ends of = {.last = last,
             .done = lr_crawl_allocate(last / 64 + 1u, sizeof(uint64_t))};
  lariat_status status = of.done && lr_crawl_seen_reserve(&frontier->seen, last)
                             ? LARIAT_OK
                             : lr_crawl_fault_memory(fault);
  lr_crawl_store_map(&frontier->store, true);
  if (!status) status = read_ends(frontier, &of, fault);
  if (!status) status = read_urls(frontier, &of, fault);
  lr_crawl_store_map(&frontier->store, false);
  lr_crawl_id_map_clear(&of.later);
  lariat_memory_release(of.done);
  return status;
}

/* ---- Names ---- */

/* Reads a table of names, each by `add`, which returns 0 without memory. */
static lariat_status
read_names(lr_crawl_frontier *frontier, lr_crawl_statement which,
           uint32_t (*add)(lr_crawl_frontier *frontier, const char *name),
           lr_crawl_fault *fault) {
  bool row = false;
  lariat_status status =
      lr_crawl_store_ask(&frontier->store, &row, fault, which, "");
  while (!status && row) {
    const char *name = lr_crawl_store_text(&frontier->store, which, 0);
    if (!add(frontier, name ? name : "")) {
      lr_crawl_store_end(&frontier->store, which);
      return lr_crawl_fault_memory(fault);
    }
    status = lr_crawl_store_next(&frontier->store, &row, fault, which);
  }
  return status;
}

static uint32_t add_host(lr_crawl_frontier *frontier, const char *origin) {
  return lr_crawl_hosts_add(&frontier->hosts, origin);
}

static uint32_t add_type(lr_crawl_frontier *frontier, const char *name) {
  return lr_crawl_types_add(&frontier->types, name);
}

static uint32_t add_counter(lr_crawl_frontier *frontier, const char *name) {
  int64_t value =
      lr_crawl_store_integer(&frontier->store, LR_CRAWL_ALL_COUNTERS, 1);
  return lr_crawl_counters_set(&frontier->counters, name, value);
}

/* Reads the numbers of the last rows. */
static lariat_status read_last(lr_crawl_frontier *frontier, uint32_t *url,
                               lr_crawl_fault *fault) {
  bool row = false;
  lr_crawl_store *store = &frontier->store;
  lariat_status status =
      lr_crawl_store_ask(store, &row, fault, LR_CRAWL_LAST_ROWS, "");
  if (status) return status;
  *url = (uint32_t)lr_crawl_store_integer(store, LR_CRAWL_LAST_ROWS, 0);
  frontier->next_outcome =
      (uint64_t)lr_crawl_store_integer(store, LR_CRAWL_LAST_ROWS, 1) + 1;
  lr_crawl_store_end(store, LR_CRAWL_LAST_ROWS);
  return LARIAT_OK;
}

lariat_status lr_crawl_frontier_load(lr_crawl_frontier *frontier,
                                     lr_crawl_fault *fault) {
  uint32_t last = 0;
  lariat_status status = read_last(frontier, &last, fault);
  if (!status)
    status = read_names(frontier, LR_CRAWL_ALL_HOSTS, add_host, fault);
  if (!status)
    status = read_names(frontier, LR_CRAWL_ALL_TYPES, add_type, fault);
  if (!status)
    status = read_names(frontier, LR_CRAWL_ALL_COUNTERS, add_counter, fault);
  if (!status && !frontier->read_only)
    status = read_state(frontier, last, fault);
  lr_crawl_frontier_recall_bytes(frontier);
  lr_crawl_counters_keep(&frontier->counters);
  frontier->types.committed = frontier->types.count;
  frontier->committed_hosts = frontier->hosts.count;
  frontier->next_uncommitted = last + 1;
  lr_crawl_texts_begin(&frontier->texts, last + 1);
  return status;
}
