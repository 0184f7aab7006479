/* SPDX-License-Identifier: MIT
 * schema.c: tables that are appended to, but for what is known of hosts, the
 * lengths of files and counters.  There is no index beside the keys: a crawl
 * never looks anything up that is not a row's number. */
#include "schema.h"

#include <stdbool.h>
#include <stdio.h>

#include "store.h"

/* URLs and what came of them.  A URL without an outcome, or whose last one is 8
 * (later), is queued. */
static const char version_1[] =
    "create table host(id integer primary key, origin text not null,"
    " prefix text not null);"
    "create table url(id integer primary key, host integer not null,"
    " via integer, fingerprint integer, depth integer not null,"
    " priority integer not null, hop text, hops_off_site integer not null,"
    " path text not null);"
    "create table outcome(seq integer primary key, url integer not null,"
    " kind integer not null, status integer, at_ns integer, took_ms integer,"
    " bytes integer, digest blob, warc integer, offset integer,"
    " length integer, response_offset integer, response_length integer,"
    " next_s integer, type integer, note text);"
    "create table media_type(id integer primary key, name text not null);"
    "create table warc(id integer primary key, name text not null,"
    " length integer not null, closed integer not null);"
    "create table setting(name text primary key, value) without rowid;"
    "create view page as select u.id, " LR_CRAWL_URL_IN_SQL
    " as url, u.depth, u.hop, u.via, o.seq, o.kind,"
    " o.status, o.at_ns, o.took_ms, o.bytes, t.name as type,"
    " hex(o.digest) as sha1, w.name as warc, o.offset, o.length, o.note"
    " from outcome o join url u on u.id = o.url join host h on h.id = u.host"
    " left join media_type t on t.id = o.type"
    " left join warc w on w.id = o.warc;";

/* Validators that a later crawl asks servers with, facts about hosts, the
 * lengths of lines and edges, and what was counted and done. */
static const char version_2[] =
    "alter table host add column ip text;"
    "alter table host add column delay_ms integer;"
    "alter table host add column note text;"
    "create table robots(host integer primary key, at_s integer,"
    " expires_s integer, status integer, body blob);"
    "alter table outcome add column etag text;"
    "alter table outcome add column last_modified;"
    "create table earlier(id integer primary key, at_ns integer, etag text,"
    " last_modified, digest blob);"
    "create table sink(path text primary key, length integer not null)"
    " without rowid;"
    "create table counter(name text primary key, value integer not null)"
    " without rowid;"
    "create table config(seq integer primary key, at_s integer, text text);"
    "create table log(seq integer primary key, at_s integer, what text);";

/* A robots.txt is packed (packed_text.h); `length` is that of its text.  The
 * bytes of bodies are counted over all runs.  A body that two pages had in
 * common is where `target` has it.  Shapes stay closed. */
static const char version_3[] =
    "alter table robots add column length integer;"
    "update robots set length = length(body);"
    "alter table earlier add column target text;"
    "create table trap(shape text primary key, pages integer not null,"
    " reason text not null) without rowid;"
    "insert or replace into counter select 'frontier:bytes',"
    " coalesce(sum(bytes), 0) from outcome;";

/* The status of before tells what has changed. */
static const char version_4[] =
    "alter table earlier add column status integer;";

static const char *const steps[] = {version_1, version_2, version_3, version_4};

_Static_assert(sizeof steps / sizeof *steps == LR_CRAWL_SCHEMA_VERSION,
               "each version has its step");

/* ---- What a database says of itself ---- */

static int read_integer(void *number, int count, char **values, char **names) {
  (void)names;
  if (count == 1 && values[0]) sscanf(values[0], "%d", (int *)number);
  return 0;
}

typedef struct identity {
  int application, version, tables;
} identity;

static lariat_status tell_sqlite(sqlite3 *database, int code, const char *path,
                                 lr_crawl_fault *fault) {
  if (code == SQLITE_NOMEM) return lr_crawl_fault_memory(fault);
  if (code == SQLITE_NOTADB)
    return lr_crawl_fault_set(fault, LARIAT_EFORMAT, 0, "%s is not a database",
                              path);
  int error = lr_crawl_store_errno(database, code);
  return lr_crawl_fault_set(fault, LARIAT_ESYSTEM, error, "%s: %s", path,
                            sqlite3_errmsg(database));
}

static lariat_status read_identity(sqlite3 *database, const char *path,
                                   identity *found, lr_crawl_fault *fault) {
  const struct {
    const char *text;
    int *number;
  } questions[] = {{"pragma application_id", &found->application},
                   {"pragma user_version", &found->version},
                   {"select count(*) from sqlite_schema", &found->tables}};
  *found = (identity){0};
  for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
    int code = sqlite3_exec(database, questions[i].text, read_integer,
                            questions[i].number, NULL);
    if (code) return tell_sqlite(database, code, path, fault);
  }
  return LARIAT_OK;
}

/* Refuses what is not a crawl's, or newer. */
static lariat_status check_identity(const char *path, const identity *found,
                                    lr_crawl_fault *fault) {
  bool empty = !found->application && !found->tables;
  if (!empty && found->application != LR_CRAWL_APPLICATION_ID)
    return lr_crawl_fault_set(fault, LARIAT_EFORMAT, 0,
                              "%s is a database of another program", path);
  if (found->version > LR_CRAWL_SCHEMA_VERSION)
    return lr_crawl_fault_set(
        fault, LARIAT_EFORMAT, 0,
        "%s was written by a newer lariat: it has version %d, and this lariat "
        "knows versions up to %d",
        path, found->version, LR_CRAWL_SCHEMA_VERSION);
  return LARIAT_OK;
}

/* ---- Steps ---- */

static int take_steps(sqlite3 *database, int from, int to) {
  char last[96];
  int code = sqlite3_exec(database, "begin immediate", NULL, NULL, NULL);
  for (; from < to && !code; from++)
    code = sqlite3_exec(database, steps[from], NULL, NULL, NULL);
  snprintf(last, sizeof last,
           "pragma application_id = %d; pragma user_version = %d; commit",
           LR_CRAWL_APPLICATION_ID, to);
  return code ? code : sqlite3_exec(database, last, NULL, NULL, NULL);
}

lariat_status lr_crawl_schema_upgrade(sqlite3 *database, const char *path,
                                      int version, lr_crawl_fault *fault) {
  identity found;
  lariat_status status = read_identity(database, path, &found, fault);
  if (!status) status = check_identity(path, &found, fault);
  if (status || found.version >= version) return status;
  int code = take_steps(database, found.version, version);
  if (!code) return LARIAT_OK;
  status = tell_sqlite(database, code, path, fault);
  if (!sqlite3_get_autocommit(database))
    (void)sqlite3_exec(database, "rollback", NULL, NULL, NULL);
  return status;
}

lariat_status lr_crawl_schema_check(sqlite3 *database, const char *path,
                                    lr_crawl_fault *fault) {
  identity found;
  lariat_status status = read_identity(database, path, &found, fault);
  if (!status) status = check_identity(path, &found, fault);
  if (status || found.version == LR_CRAWL_SCHEMA_VERSION) return status;
  return lr_crawl_fault_set(
      fault, LARIAT_EFORMAT, 0,
      found.tables ? "%s was written by an older lariat: go on with the crawl "
                     "once, and it is brought up to date"
                   : "%s holds no crawl yet",
      path);
}
