/* SPDX-License-Identifier: MIT
 * store.c: SQLite with a write-ahead log.  Statements are prepared when they
 * are first used, and kept. */
#include "store.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/statvfs.h>

#include "schema.h"

static const char *const texts[LR_CRAWL_STATEMENTS] = {
    [LR_CRAWL_BEGIN] = "begin immediate",
    [LR_CRAWL_COMMIT] = "commit",
    [LR_CRAWL_ADD_HOST] = "insert into host(id, origin, prefix)"
                          " values(?, ?, ?)",
    [LR_CRAWL_ADD_URL] = "insert into url values(?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [LR_CRAWL_ADD_OUTCOME] =
        "insert into outcome values"
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [LR_CRAWL_ADD_TYPE] = "insert into media_type values(?, ?)",
    [LR_CRAWL_SET_FACTS] = "update host set ip = ?2, delay_ms = ?3, note = ?4"
                           " where id = ?1",
    [LR_CRAWL_SET_ROBOTS] = "insert or replace into robots"
                            " values(?, ?, ?, ?, ?, ?)",
    [LR_CRAWL_ADD_WARC] = "insert into warc values(?, ?, 0, 0)",
    [LR_CRAWL_SET_WARC] = "update warc set length = ?2, closed = ?3"
                          " where id = ?1",
    [LR_CRAWL_SET_SINK] = "insert or replace into sink values(?, ?)",
    [LR_CRAWL_SET_COUNTER] = "insert or replace into counter values(?, ?)",
    [LR_CRAWL_ADD_CONFIG] = "insert into config(at_s, text) values(?, ?)",
    [LR_CRAWL_ADD_LOG] = "insert into log(at_s, what) values(?, ?)",
    [LR_CRAWL_SET_SETTING] = "insert or replace into setting values(?, ?)",
    [LR_CRAWL_SET_TRAP] = "insert or replace into trap values(?, ?, ?)",
    [LR_CRAWL_DROP_TRAP] = "delete from trap where shape = ?",
    [LR_CRAWL_ALL_TRAPS] = "select shape, pages, reason from trap",
    [LR_CRAWL_GET_SETTING] = "select value from setting where name = ?",
    [LR_CRAWL_GET_SINK] = "select length from sink where path = ?",
    [LR_CRAWL_GET_CONFIG] = "select text from config order by seq desc limit 1",
    [LR_CRAWL_GET_URL] = "select id, host, via, fingerprint, depth, priority,"
                         " hop, hops_off_site, path from url where id = ?",
    [LR_CRAWL_GET_EARLIER] = "select at_ns, etag, last_modified, digest, target"
                             " from earlier where id = ?",
    [LR_CRAWL_HAS_EARLIER] = "select 1 from earlier limit 1",
    [LR_CRAWL_ATTACH] = "attach ? as since",
    [LR_CRAWL_GET_FACTS] = "select h.ip, h.delay_ms, h.note, r.at_s,"
                           " r.expires_s, r.status, r.body, r.length"
                           " from host h"
                           " left join robots r on r.host = h.id"
                           " where h.id = ?",
    [LR_CRAWL_ALL_HOSTS] = "select origin from host order by id",
    [LR_CRAWL_ALL_URLS] = "select id, host, fingerprint, priority,"
                          " iif(fingerprint is null, path, null) from url"
                          " order by id",
    [LR_CRAWL_ALL_ENDS] = "select url, kind, iif(kind = 8, next_s, 0),"
                          " iif(?, at_ns, 0), seq from outcome order by seq",
    [LR_CRAWL_ALL_TYPES] = "select name from media_type order by id",
    [LR_CRAWL_NEXT_WARC] = "select id, name, length, closed from warc"
                           " where id > ? order by id limit 1",
    [LR_CRAWL_ALL_COUNTERS] = "select name, value from counter",
    [LR_CRAWL_OUTCOMES] =
        "select o.seq, o.url, u.host, o.kind, o.status, o.at_ns, o.took_ms,"
        " o.bytes, o.digest, w.name, o.offset, o.length, o.response_offset,"
        " o.response_length, o.next_s, t.name, o.note, o.etag,"
        " o.last_modified from outcome o join url u on u.id = o.url"
        " left join warc w on w.id = o.warc"
        " left join media_type t on t.id = o.type"
        " where o.url between ? and ? order by o.seq",
    [LR_CRAWL_COUNT_BEFORE] =
        "select count(*) from url where host = ?1"
        " and (priority, id) < (?2, ?3)"
        " and id not in (select url from outcome where kind <> 8)",
    [LR_CRAWL_LOST_END] = "select coalesce(max(coalesce(offset, 0) + length),"
                          " 0) from outcome where warc = ?1"
                          " and coalesce(offset, 0) + length <= ?2",
    [LR_CRAWL_LOST] = "delete from outcome where warc = ?1"
                      " and coalesce(offset, 0) + length > ?2",
    [LR_CRAWL_LAST_ROWS] = "select (select coalesce(max(id), 0) from url),"
                           " (select coalesce(max(seq), 0) from outcome),"
                           " (select coalesce(max(id), 0) from warc)",
};

/* ---- Opening ---- */

int lr_crawl_store_errno(sqlite3 *database, int code) {
  struct statvfs disk;
  const char *path = sqlite3_db_filename(database, "main");
  code &= 0xff;
  if (code == SQLITE_FULL) return ENOSPC;
  if ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && path &&
      statvfs(path, &disk) == 0 && (!disk.f_bavail || !disk.f_favail))
    return ENOSPC;
  return sqlite3_system_errno(database);
}

lariat_status lr_crawl_store_check(lr_crawl_store *store, int code,
                                   lr_crawl_fault *fault) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
    return LARIAT_OK;
  if (code == SQLITE_NOMEM) return lr_crawl_fault_memory(fault);
  if (code == SQLITE_FULL) /* which SQLite keeps no errno of */
    return lr_crawl_fault_set(fault, LARIAT_ESYSTEM, ENOSPC,
                              "cannot write the crawl's database");
  return lr_crawl_fault_set(
      fault, LARIAT_ESYSTEM, sqlite3_system_errno(store->database),
      "the crawl's database: %s", sqlite3_errmsg(store->database));
}

/* Sets what is not kept in the file. */
static lariat_status set_up(lr_crawl_store *store, lr_crawl_store_mode mode,
                            lr_crawl_fault *fault) {
  static const char *const pragmas[] = {
      [LR_CRAWL_STORE_READ] = "pragma query_only = on;",
      [LR_CRAWL_STORE_WRITE] =
          "pragma journal_mode = wal; pragma synchronous = normal;",
      [LR_CRAWL_STORE_DURABLE] =
          "pragma journal_mode = wal; pragma synchronous = full;"};
  sqlite3_busy_timeout(store->database, 10000);
  int code = sqlite3_exec(store->database, pragmas[mode], NULL, NULL, NULL);
  return lr_crawl_store_check(store, code, fault);
}

lariat_status lr_crawl_store_open(lr_crawl_store *store, const char *path,
                                  lr_crawl_store_mode mode,
                                  lr_crawl_fault *fault) {
  bool reads = mode == LR_CRAWL_STORE_READ;
  *store = (lr_crawl_store){0};
  int flags =
      reads ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  int code = sqlite3_open_v2(path, &store->database,
                             flags | SQLITE_OPEN_NOMUTEX, NULL);
  if (code)
    return lr_crawl_fault_set(fault, LARIAT_ESYSTEM,
                              lr_crawl_store_errno(store->database, code),
                              "cannot open %s", path);
  lariat_status status =
      reads ? lr_crawl_schema_check(store->database, path, fault)
            : lr_crawl_schema_upgrade(store->database, path, 0, fault);
  if (!status) status = set_up(store, mode, fault);
  return status || reads
             ? status
             : lr_crawl_schema_upgrade(store->database, path,
                                       LR_CRAWL_SCHEMA_VERSION, fault);
}

void lr_crawl_store_close(lr_crawl_store *store) {
  for (int i = 0; i < LR_CRAWL_STATEMENTS; i++)
    sqlite3_finalize(store->statements[i]);
  sqlite3_close(store->database);
  *store = (lr_crawl_store){0};
}

void lr_crawl_store_map(lr_crawl_store *store, bool mapped) {
  (void)sqlite3_exec(store->database,
                     mapped ? "pragma mmap_size = 2147418112"
                            : "pragma mmap_size = 0",
                     NULL, NULL, NULL);
}

/* ---- Statements ---- */

sqlite3_stmt *lr_crawl_store_get(lr_crawl_store *store,
                                 lr_crawl_statement which) {
  sqlite3_stmt **statement = &store->statements[which];
  if (*statement)
    sqlite3_reset(*statement);
  else
    sqlite3_prepare_v3(store->database, texts[which], -1,
                       SQLITE_PREPARE_PERSISTENT, statement, NULL);
  return *statement;
}

/* Tells whether a text is a date just as HTTP writes it, so that its seconds
 * can be kept in its place. */
static bool read_date(const char *text, int64_t *seconds) {
  char written[LARIAT_HTTP_DATE_BYTES];
  return lariat_http_date_parse(text, seconds) == LARIAT_OK &&
         lariat_http_date_write(*seconds, written) == LARIAT_OK &&
         strcmp(written, text) == 0;
}

static int bind_date(sqlite3_stmt *statement, int column, const char *text) {
  int64_t seconds;
  return text && read_date(text, &seconds)
             ? sqlite3_bind_int64(statement, column, seconds)
             : sqlite3_bind_text(statement, column, text, -1, SQLITE_STATIC);
}

/* Binds one value; returns SQLite's code. */
static int bind(sqlite3_stmt *statement, int column, char type,
                va_list *values) {
  if (type == 't')
    return sqlite3_bind_text(statement, column, va_arg(*values, const char *),
                             -1, SQLITE_STATIC);
  if (type == 'b') {
    const void *bytes = va_arg(*values, const void *);
    return sqlite3_bind_blob64(statement, column, bytes,
                               va_arg(*values, size_t), SQLITE_STATIC);
  }
  if (type == 'd')
    return bind_date(statement, column, va_arg(*values, const char *));
  int64_t number = va_arg(*values, int64_t);
  return type == 'n' && !number ? sqlite3_bind_null(statement, column)
                                : sqlite3_bind_int64(statement, column, number);
}

lariat_status lr_crawl_store_next(lr_crawl_store *store, bool *row,
                                  lr_crawl_fault *fault,
                                  lr_crawl_statement which) {
  int code = sqlite3_step(store->statements[which]);
  lariat_status status = lr_crawl_store_check(store, code, fault);
  *row = code == SQLITE_ROW;
  if (!*row) sqlite3_reset(store->statements[which]);
  return status;
}

lariat_status lr_crawl_store_ask(lr_crawl_store *store, bool *row,
                                 lr_crawl_fault *fault,
                                 lr_crawl_statement which, const char *types,
                                 ...) {
  sqlite3_stmt *statement = lr_crawl_store_get(store, which);
  *row = false;
  if (!statement)
    return lr_crawl_store_check(store, sqlite3_errcode(store->database), fault);
  va_list values;
  va_start(values, types);
  int code = SQLITE_OK;
  for (int i = 0; types[i] && !code; i++)
    code = bind(statement, i + 1, types[i], &values);
  va_end(values);
  return code ? lr_crawl_store_check(store, code, fault)
              : lr_crawl_store_next(store, row, fault, which);
}

void lr_crawl_store_end(lr_crawl_store *store, lr_crawl_statement which) {
  sqlite3_reset(store->statements[which]);
}

const char *lr_crawl_store_text(lr_crawl_store *store, lr_crawl_statement which,
                                int column) {
  return (const char *)sqlite3_column_text(store->statements[which], column);
}

const char *lr_crawl_store_date(lr_crawl_store *store, lr_crawl_statement which,
                                int column,
                                char buffer[LARIAT_HTTP_DATE_BYTES]) {
  sqlite3_stmt *statement = store->statements[which];
  if (sqlite3_column_type(statement, column) != SQLITE_INTEGER)
    return lr_crawl_store_text(store, which, column);
  int64_t seconds = sqlite3_column_int64(statement, column);
  return lariat_http_date_write(seconds, buffer) == LARIAT_OK ? buffer : NULL;
}

int64_t lr_crawl_store_integer(lr_crawl_store *store, lr_crawl_statement which,
                               int column) {
  return sqlite3_column_int64(store->statements[which], column);
}

/* ---- Transactions ---- */

lariat_status lr_crawl_store_begin(lr_crawl_store *store,
                                   lr_crawl_fault *fault) {
  return lr_crawl_store_run(store, fault, LR_CRAWL_BEGIN, "");
}

lariat_status lr_crawl_store_commit(lr_crawl_store *store,
                                    lr_crawl_fault *fault) {
  return lr_crawl_store_run(store, fault, LR_CRAWL_COMMIT, "");
}

void lr_crawl_store_rollback(lr_crawl_store *store) {
  for (int i = 0; i < LR_CRAWL_STATEMENTS; i++)
    if (store->statements[i]) sqlite3_reset(store->statements[i]);
  if (!sqlite3_get_autocommit(store->database))
    (void)sqlite3_exec(store->database, "rollback", NULL, NULL, NULL);
}
