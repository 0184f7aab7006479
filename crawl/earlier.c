/* SPDX-License-Identifier: MIT
 * earlier.c: what an earlier crawl, or earlier outcomes of this one, know of a
 * page: the validators to ask for it with, and the digest of its body.  They
 * are kept under the hash of the URL's text, so that neither crawl's key nor
 * its rules for what counts as seen matter. */
#include <stdio.h>

#include "directory.h"
#include "frontier_private.h"
#include "memory.h"

/* ---- Reading ---- */

static uint64_t hash_text(lr_crawl_hash_key key, const char *url,
                          size_t length) {
  return lr_crawl_fingerprint(key, url, length);
}

/* Reads the key of a crawl from its settings; false: it is none. */
static bool read_hash_key(sqlite3_value *value, lr_crawl_hash_key *key) {
  const void *bytes = sqlite3_value_blob(value);
  if (!bytes || sqlite3_value_bytes(value) != (int)sizeof *key) return false;
  memcpy(key, bytes, sizeof *key);
  return true;
}

/* The function of SQL that hashes a URL: with the crawl's key, or with another
 * that comes after it. */
static void hash_in_sql(sqlite3_context *context, int count,
                        sqlite3_value **values) {
  lr_crawl_hash_key key =
      *(const lr_crawl_hash_key *)sqlite3_user_data(context);
  const char *url = (const char *)sqlite3_value_text(values[0]);
  size_t length = (size_t)sqlite3_value_bytes(values[0]);
  if (!url || (count == 2 && !read_hash_key(values[1], &key)))
    sqlite3_result_null(context);
  else
    sqlite3_result_int64(context, (int64_t)hash_text(key, url, length));
}

#define INSERT                                                                 \
  "insert into main.earlier(id, at_ns, etag, last_modified, digest, target,"   \
  " status)"                                                                   \
  " select lariat_hash(" LR_CRAWL_URL_IN_SQL ") as id, "

/* Takes over what the other crawl knew of earlier ones: what it has of a page
 * itself may say no more than that this was as before. */
static const char inherit[] =
    INSERT "e.at_ns, e.etag, e.last_modified, e.digest, e.target, e.status"
           " from SOURCE.url u join SOURCE.host h on h.id = u.host"
           " join SOURCE.earlier e on e.id = lariat_hash(" LR_CRAWL_URL_IN_SQL
           ", (select value from SOURCE.setting where name = 'hash_key'))"
           " where true on conflict(id) do update set at_ns = excluded.at_ns,"
           " etag = excluded.etag, last_modified = excluded.last_modified,"
           " digest = excluded.digest, target = excluded.target,"
           " status = excluded.status";

/* Later answers win. */
static const char gather_bodies[] =
    INSERT "o.at_ns, o.etag, o.last_modified, o.digest, null, o.status"
           " from SOURCE.outcome o join SOURCE.url u on u.id = o.url"
           " join SOURCE.host h on h.id = u.host"
           " where o.kind in (1, 3) order by 1, o.seq"
           " on conflict(id) do update set at_ns = excluded.at_ns,"
           " etag = excluded.etag, last_modified = excluded.last_modified,"
           " digest = excluded.digest, target = null, status = excluded.status"
           " where excluded.digest is not null";

/* A page that is as it was keeps the place of its body.  A 304 says nothing of
 * the validators that it leaves out. */
#define LAST_REVISITS                                                          \
  " from (select url, max(seq) as seq from SOURCE.outcome"                     \
  " where kind between 1 and 3 group by url) l"                                \
  " join SOURCE.outcome o on o.seq = l.seq and o.kind = 2"                     \
  " join SOURCE.url u on u.id = o.url join SOURCE.host h on h.id = u.host"
static const char gather_revisits[] = INSERT
    "o.at_ns, o.etag, o.last_modified, o.digest, null, o.status" LAST_REVISITS
    " where true on conflict(id) do update set"
    " etag = iif(excluded.etag is null and"
    " excluded.last_modified is null, etag, excluded.etag),"
    " last_modified = iif(excluded.etag is null and"
    " excluded.last_modified is null, last_modified,"
    " excluded.last_modified),"
    " status = iif(excluded.status = 304, status, excluded.status)";

/* The body that a page has in common with another is that one's. */
static const char gather_copies[] =
    INSERT "t.at_ns, o.etag, o.last_modified, o.digest,"
           " coalesce(t.target, o.note), o.status" LAST_REVISITS
           " join main.earlier t on t.id = lariat_hash(o.note)"
           " and t.digest = o.digest"
           " where o.note like 'http%://%' on conflict(id) do update set"
           " at_ns = excluded.at_ns, etag = excluded.etag,"
           " last_modified = excluded.last_modified,"
           " digest = excluded.digest, target = excluded.target,"
           " status = excluded.status";

/* Has the outcomes behind the last one there is compared with the rows. */
static const char begin_comparing[] =
    "insert or replace into main.setting"
    " select 'compared', coalesce(max(seq), 0) from main.outcome";

/* Returns a statement for a database that is attached under a name. */
static char *write_gather(const char *statement, const char *source) {
  enum { MOST_SOURCES = 8, NAME = 8 };
  size_t size = strlen(statement) + (size_t)MOST_SOURCES * NAME, at = 0;
  char *text = lr_crawl_allocate(size, 1);
  if (!text) return NULL;
  for (const char *from = statement; *from; from++) {
    bool name = strncmp(from, "SOURCE", 6) == 0;
    at += (size_t)snprintf(text + at, size - at, "%.*s", name ? NAME : 1,
                           name ? source : from);
    if (name) from += 5;
  }
  return text;
}

static lariat_status run(lr_crawl_frontier *frontier, const char *text,
                         lr_crawl_fault *fault) {
  if (!text) return lr_crawl_fault_memory(fault);
  int code = sqlite3_exec(frontier->store.database, text, NULL, NULL, NULL);
  return lr_crawl_store_check(&frontier->store, code, fault);
}

static lariat_status gather(lr_crawl_frontier *frontier, const char *statement,
                            const char *source, lr_crawl_fault *fault) {
  char *text = write_gather(statement, source);
  lariat_status status = run(frontier, text, fault);
  lariat_memory_release(text);
  return status;
}

lariat_status lr_crawl_frontier_add_hash(lr_crawl_frontier *frontier,
                                         lr_crawl_fault *fault) {
  lariat_status status = LARIAT_OK;
  for (int count = 1; !status && count <= 2; count++)
    status =
        lr_crawl_store_check(&frontier->store,
                             sqlite3_create_function_v2(
                                 frontier->store.database, "lariat_hash", count,
                                 SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                 &frontier->key, hash_in_sql, NULL, NULL, NULL),
                             fault);
  return status;
}

static lariat_status gather_from(lr_crawl_frontier *frontier,
                                 const char *source, lr_crawl_fault *fault) {
  static const char *const steps[] = {inherit, gather_bodies, gather_revisits,
                                      gather_copies};
  bool own = strcmp(source, "main") == 0; /* which has inherited already */
  lariat_status status = lr_crawl_frontier_add_hash(frontier, fault);
  for (size_t i = own; !status && i < sizeof steps / sizeof *steps; i++)
    status = gather(frontier, steps[i], source, fault);
  if (!status) status = run(frontier, begin_comparing, fault);
  return status;
}

/* ---- An earlier crawl's directory ---- */

/* Makes sure that it is a crawl's database, which can be read. */
static lariat_status check_database(const char *path, lr_crawl_fault *fault) {
  lr_crawl_store store;
  lariat_status status =
      lr_crawl_store_open(&store, path, LR_CRAWL_STORE_READ, fault);
  lr_crawl_store_close(&store);
  return status;
}

static lariat_status gather_attached(lr_crawl_frontier *frontier,
                                     const char *since, const char *path,
                                     lr_crawl_fault *fault) {
  lr_crawl_store *store = &frontier->store;
  lariat_status status =
      lr_crawl_store_run(store, fault, LR_CRAWL_ATTACH, "t", path);
  if (status) return status;
  status = lr_crawl_store_begin(store, fault);
  if (!status) status = gather_from(frontier, "since", fault);
  if (!status)
    status = lr_crawl_store_run(store, fault, LR_CRAWL_SET_SETTING, "tt",
                                "since", since);
  if (!status) status = lr_crawl_store_commit(store, fault);
  if (status) lr_crawl_store_rollback(store);
  (void)run(frontier, "detach since", NULL);
  return status;
}

/* Tells whether this directory was read when the crawl was opened before. */
static lariat_status was_read(lr_crawl_frontier *frontier, const char *since,
                              bool *read, lr_crawl_fault *fault) {
  bool row = false;
  lr_crawl_store *store = &frontier->store;
  lariat_status status = lr_crawl_store_ask(store, &row, fault,
                                            LR_CRAWL_GET_SETTING, "t", "since");
  const char *last =
      row ? lr_crawl_store_text(store, LR_CRAWL_GET_SETTING, 0) : NULL;
  *read = last && strcmp(last, since) == 0;
  lr_crawl_store_end(store, LR_CRAWL_GET_SETTING);
  return status;
}

static lariat_status read_since(lr_crawl_frontier *frontier, const char *since,
                                lr_crawl_fault *fault) {
  bool read = false;
  lariat_status status = was_read(frontier, since, &read, fault);
  if (status || read) return status;
  char *path = lr_crawl_directory_path(since, "crawl.db");
  status = path ? check_database(path, fault) : lr_crawl_fault_memory(fault);
  if (!status) status = gather_attached(frontier, since, path, fault);
  lariat_memory_release(path);
  return status;
}

/* ---- The same crawl, again ---- */

static lariat_status read_number(lr_crawl_frontier *frontier, const char *name,
                                 int64_t *number, lr_crawl_fault *fault) {
  bool row = false;
  lr_crawl_store *store = &frontier->store;
  lariat_status status =
      lr_crawl_store_ask(store, &row, fault, LR_CRAWL_GET_SETTING, "t", name);
  if (row) *number = lr_crawl_store_integer(store, LR_CRAWL_GET_SETTING, 0);
  lr_crawl_store_end(store, LR_CRAWL_GET_SETTING);
  return status;
}

/* Begins to fetch all again that is old enough. */
static lariat_status begin_again(lr_crawl_frontier *frontier,
                                 lr_crawl_fault *fault) {
  lr_crawl_store *store = &frontier->store;
  lariat_status status = lr_crawl_store_begin(store, fault);
  if (status) return status;
  status = gather_from(frontier, "main", fault);
  if (!status)
    status = lr_crawl_store_run(store, fault, LR_CRAWL_SET_SETTING, "ti",
                                "again", frontier->again_s);
  if (!status) status = lr_crawl_store_commit(store, fault);
  if (status) lr_crawl_store_rollback(store);
  return status;
}

/* Begins it, or goes on where an earlier run has begun and not ended it. */
static lariat_status read_again(lr_crawl_frontier *frontier,
                                lr_crawl_fault *fault) {
  lariat_status status =
      frontier->again_s
          ? begin_again(frontier, fault)
          : read_number(frontier, "again", &frontier->again_s, fault);
  return status ? status
                : read_number(frontier, "compared", &frontier->compared, fault);
}

void lr_crawl_frontier_end_again(lr_crawl_frontier *frontier) {
  if (!frontier->again_s) return;
  (void)lr_crawl_store_run(&frontier->store, NULL, LR_CRAWL_SET_SETTING, "ti",
                           "again", (int64_t)0);
}

bool lr_crawl_frontier_is_outdated(const lr_crawl_frontier *frontier,
                                   uint64_t seq, int64_t at_ns) {
  const int64_t second_ns = 1000000000;
  return frontier->again_s && (int64_t)seq <= frontier->compared &&
         at_ns < frontier->again_s * second_ns;
}

lariat_status lr_crawl_frontier_read_earlier(lr_crawl_frontier *frontier,
                                             const char *since,
                                             lr_crawl_fault *fault) {
  bool row = false;
  lr_crawl_store *store = &frontier->store;
  lariat_status status = since ? read_since(frontier, since, fault) : LARIAT_OK;
  if (!status) status = read_again(frontier, fault);
  if (!status)
    status = lr_crawl_store_ask(store, &row, fault, LR_CRAWL_HAS_EARLIER, "");
  frontier->has_earlier = row;
  lr_crawl_store_end(store, LR_CRAWL_HAS_EARLIER);
  return status;
}

/* ---- Looking up ---- */

/* Copies a text, if there is one; false: out of memory. */
static bool copy_text(const char *text, char **out) {
  if (!text) return true;
  *out = lr_crawl_copy_text(text);
  return *out != NULL;
}

static bool copy_row(lr_crawl_store *store, lr_crawl_queued_url *url) {
  const lr_crawl_statement from = LR_CRAWL_GET_EARLIER;
  sqlite3_stmt *row = store->statements[from];
  char date[LARIAT_HTTP_DATE_BYTES];
  url->old_at_ns = sqlite3_column_int64(row, 0);
  const void *digest = sqlite3_column_blob(row, 3);
  if (digest && sqlite3_column_bytes(row, 3) == sizeof url->old_digest)
    memcpy(url->old_digest, digest, sizeof url->old_digest);
  return copy_text(lr_crawl_store_text(store, from, 1), &url->etag) &&
         copy_text(lr_crawl_store_date(store, from, 2, date),
                   &url->last_modified) &&
         copy_text(lr_crawl_store_text(store, from, 4), &url->old_url);
}

lariat_status lr_crawl_frontier_look_earlier(lr_crawl_frontier *frontier,
                                             lr_crawl_queued_url *url,
                                             lr_crawl_fault *fault) {
  bool row = false, copied = true;
  lr_crawl_store *store = &frontier->store;
  uint64_t id = hash_text(frontier->key, url->url, strlen(url->url));
  lariat_status status = lr_crawl_store_ask(
      store, &row, fault, LR_CRAWL_GET_EARLIER, "i", (int64_t)id);
  if (row) copied = copy_row(store, url);
  lr_crawl_store_end(store, LR_CRAWL_GET_EARLIER);
  return copied ? status : lr_crawl_fault_memory(fault);
}
