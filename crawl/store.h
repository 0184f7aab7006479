/* SPDX-License-Identifier: MIT
 * store.h: the database of a crawl: its statements, and transactions.  One
 * thread. */
#ifndef CRAWL_STORE_H
#define CRAWL_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include <lariat/http_date.h>
#include <lariat/status.h>

#include "fault.h"

typedef enum lr_crawl_statement {
  LR_CRAWL_BEGIN = 0,
  LR_CRAWL_COMMIT,
  LR_CRAWL_ADD_HOST,    /* id, origin, prefix */
  LR_CRAWL_ADD_URL,     /* id, host, via, fingerprint, depth, priority, hop,
                           hops off site, path */
  LR_CRAWL_ADD_OUTCOME, /* the table's columns */
  LR_CRAWL_ADD_TYPE,    /* id, name */
  LR_CRAWL_SET_FACTS,   /* host, ip, delay, note */
  LR_CRAWL_SET_ROBOTS,  /* host, at, expires, status, body, length */
  LR_CRAWL_ADD_WARC,    /* id, name */
  LR_CRAWL_SET_WARC,    /* id, length, closed */
  LR_CRAWL_SET_SINK,    /* path, length */
  LR_CRAWL_SET_COUNTER, /* name, value */
  LR_CRAWL_ADD_CONFIG,  /* at, text */
  LR_CRAWL_ADD_LOG,     /* at, what */
  LR_CRAWL_SET_SETTING, /* name, value */
  LR_CRAWL_SET_TRAP,    /* shape, pages, reason */
  LR_CRAWL_DROP_TRAP,   /* shape */
  LR_CRAWL_ALL_TRAPS,
  LR_CRAWL_GET_SETTING, /* name */
  LR_CRAWL_GET_SINK,    /* path */
  LR_CRAWL_GET_CONFIG,
  LR_CRAWL_GET_URL,     /* id */
  LR_CRAWL_GET_EARLIER, /* id */
  LR_CRAWL_HAS_EARLIER,
  LR_CRAWL_ATTACH,    /* path, as "since" */
  LR_CRAWL_GET_FACTS, /* host */
  LR_CRAWL_ALL_HOSTS,
  LR_CRAWL_ALL_URLS,
  LR_CRAWL_ALL_ENDS, /* whether times are wanted; url, kind, next, at,
                           seq */
  LR_CRAWL_ALL_TYPES,
  LR_CRAWL_NEXT_WARC, /* id before it */
  LR_CRAWL_ALL_COUNTERS,
  LR_CRAWL_OUTCOMES,     /* first url, last url */
  LR_CRAWL_COUNT_BEFORE, /* host, priority, id */
  LR_CRAWL_LOST_END,     /* warc, length: where its last whole records end */
  LR_CRAWL_LOST,         /* warc, length: drops the outcomes behind that */
  LR_CRAWL_LAST_ROWS,    /* last url, last outcome, last warc */
  LR_CRAWL_STATEMENTS
} lr_crawl_statement;

typedef struct lr_crawl_store {
  sqlite3 *database;
  sqlite3_stmt *statements[LR_CRAWL_STATEMENTS]; /* NULL: not prepared yet */
} lr_crawl_store;

typedef enum lr_crawl_store_mode {
  LR_CRAWL_STORE_READ,   /* of a crawl that another process may run */
  LR_CRAWL_STORE_WRITE,  /* survives the process */
  LR_CRAWL_STORE_DURABLE /* survives the power's loss */
} lr_crawl_store_mode;

/* How a URL is written in SQL, of a row u of url and h of host. */
#define LR_CRAWL_URL_IN_SQL                                                    \
  "iif(substr(u.path, 1, 1) = '/', h.prefix || u.path, u.path)"

/* Opens a database; to write, it is made or brought up to date. */
lariat_status lr_crawl_store_open(lr_crawl_store *store, const char *path,
                                  lr_crawl_store_mode mode,
                                  lr_crawl_fault *fault);
void lr_crawl_store_close(lr_crawl_store *store);

/* Maps the file into memory, for reading all of it, or does so no more: what is
 * mapped and was read counts as the process' memory.  It is only a matter of
 * speed. */
void lr_crawl_store_map(lr_crawl_store *store, bool mapped);

/* Returns the errno of an error of SQLite's.  Where the disk is full, SQLite
 * has often none, or one of something that it has tried then. */
int lr_crawl_store_errno(sqlite3 *database, int code);

/* Says what SQLite has said, if `code` is an error. */
lariat_status lr_crawl_store_check(lr_crawl_store *store, int code,
                                   lr_crawl_fault *fault);

lariat_status lr_crawl_store_begin(lr_crawl_store *store,
                                   lr_crawl_fault *fault);
lariat_status lr_crawl_store_commit(lr_crawl_store *store,
                                    lr_crawl_fault *fault);
void lr_crawl_store_rollback(lr_crawl_store *store);

/* Returns a statement, to bind values to and to step; NULL: it cannot be
 * prepared, as lr_crawl_store_check(store, SQLITE_ERROR) says. */
sqlite3_stmt *lr_crawl_store_get(lr_crawl_store *store,
                                 lr_crawl_statement which);

/* Binds values: 'i' an int64_t, 'n' one of which 0 is NULL, 't' a text or NULL,
 * 'd' a text that may be a date of HTTP, 'b' bytes and a size_t; and runs the
 * statement up to its first row or its end, which `*row` tells.  Texts are not
 * copied. */
lariat_status lr_crawl_store_ask(lr_crawl_store *store, bool *row,
                                 lr_crawl_fault *fault,
                                 lr_crawl_statement which, const char *types,
                                 ...);
lariat_status lr_crawl_store_next(lr_crawl_store *store, bool *row,
                                  lr_crawl_fault *fault,
                                  lr_crawl_statement which);

/* Ends a statement that has rows left. */
void lr_crawl_store_end(lr_crawl_store *store, lr_crawl_statement which);

/* Runs a statement that has no rows. */
#define lr_crawl_store_run(store, fault, ...)                                  \
  lr_crawl_store_ask(store, &(bool){false}, fault, __VA_ARGS__)

/* Returns a column's text, or NULL; it is SQLite's until the next step. */
const char *lr_crawl_store_text(lr_crawl_store *store, lr_crawl_statement which,
                                int column);
/* Returns a column that was bound as 'd', in `buffer` where it was a date. */
const char *lr_crawl_store_date(lr_crawl_store *store, lr_crawl_statement which,
                                int column,
                                char buffer[LARIAT_HTTP_DATE_BYTES]);
int64_t lr_crawl_store_integer(lr_crawl_store *store, lr_crawl_statement which,
                               int column);

#endif
