/* SPDX-License-Identifier: MIT
 * postgres.h: a connection to PostgreSQL on a reactor, for coroutines: it
 * awaits the server, and the reactor goes on meanwhile.  What is asked for is
 * sent in one piece (libpq's pipeline mode), values and rows are in
 * PostgreSQL's binary forms.  A connection that is lost is opened anew by the
 * next connect.
 *
 * "Waits" means: in a coroutine of the reactor, one at a time. */
#ifndef CRAWL_POSTGRES_H
#define CRAWL_POSTGRES_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/reactor.h>
#include <lariat/status.h>

#include "fault.h"

typedef struct lr_crawl_postgres lr_crawl_postgres;

/* A statement that each new connection prepares: types of values are to be told
 * by casts, "$1::bigint". */
typedef struct lr_crawl_postgres_statement {
  const char *name, *text;
} lr_crawl_postgres_statement;

typedef struct lr_crawl_postgres_options {
  lariat_reactor *reactor;
  const char *connection; /* a URL, or "key=value ..." */
  uint64_t answer_ms;     /* how long the server may be silent */
  bool writes;            /* of several servers, one that can be written */
} lr_crawl_postgres_options;

/* Makes one that is not connected; copies the options.  NULL: out of memory. */
lr_crawl_postgres *
lr_crawl_postgres_new(const lr_crawl_postgres_options *options);

/* Closes the connection, without a wait, and frees.  NULL is allowed. */
void lr_crawl_postgres_free(lr_crawl_postgres *postgres);

bool lr_crawl_postgres_is_connected(const lr_crawl_postgres *postgres);

/* Closes the connection, without a wait. */
void lr_crawl_postgres_disconnect(lr_crawl_postgres *postgres);

/* Makes sure that the server is waited for this long from now on. */
void lr_crawl_postgres_set_answer_ms(lr_crawl_postgres *postgres, uint64_t ms);

/* Connects.  Waits.  A connection that the server has closed meanwhile, as far
 * as that is known here, is none.  `*is_new` tells of one that is another.
 *
 * LARIAT_OK          connected, or it was
 * LARIAT_EINVAL      the connection cannot be read
 * LARIAT_ECONNECT    no connection
 * LARIAT_ECANCELLED, LARIAT_ECLOSED, LARIAT_ENOMEM */
lariat_status lr_crawl_postgres_connect(lr_crawl_postgres *postgres,
                                        bool *is_new, lr_crawl_fault *fault);

/* Prepares statements, up to one without a name.  Waits.  As
 * lr_crawl_postgres_run. */
lariat_status
lr_crawl_postgres_prepare(lr_crawl_postgres *postgres,
                          const lr_crawl_postgres_statement *statements,
                          lr_crawl_fault *fault);

/* Runs statements in one transaction, with ';' between them, that have neither
 * values nor rows.  Waits.  As lr_crawl_postgres_run. */
lariat_status lr_crawl_postgres_script(lr_crawl_postgres *postgres,
                                       const char *text, lr_crawl_fault *fault);

/* ---- Statements ---- */

/* A value in its binary form; NULL: null. */
typedef struct lr_crawl_postgres_value {
  const char *bytes;
  int length;
} lr_crawl_postgres_value;

enum { LR_CRAWL_POSTGRES_VALUES = 24 };

typedef struct lr_crawl_postgres_step {
  const char *name; /* of a prepared statement; NULL: `text` is one */
  const char *text;
  const lr_crawl_postgres_value *values;
  int count;
  bool ends; /* its transaction; so does the last step */
} lr_crawl_postgres_step;

/* Runs steps, sent at once; each transaction is done whole or not at all, and
 * the next one is done in any case.  `results` has a result for each step that
 * was done, NULL for others: they are the caller's (lr_crawl_postgres_clear),
 * also where the call fails.  Waits.
 *
 * LARIAT_OK
 * LARIAT_EAGAIN      a deadlock, or another one was first: worth the same again
 * LARIAT_ENOTFOUND   a step has divided by zero: how a statement says that what
 *                    it relies on is not so
 * LARIAT_EALREADY    a unique key is there already
 * LARIAT_ECONNECT    not connected, or no more: it may have been done
 * LARIAT_ESYSTEM     the server refuses; `fault->error` may be ENOSPC
 * LARIAT_ECANCELLED, LARIAT_ECLOSED, LARIAT_ENOMEM   the connection is closed
 */
lariat_status lr_crawl_postgres_run(lr_crawl_postgres *postgres,
                                    const lr_crawl_postgres_step *steps,
                                    size_t count, PGresult **results,
                                    lr_crawl_fault *fault);

void lr_crawl_postgres_clear(PGresult **results, size_t count);

/* ---- Rows ---- */

/* Return a column's value: an integer of any size, 0 for null; a text or bytes,
 * which are the result's, NULL for null.  `length` may be NULL. */
int64_t lr_crawl_postgres_integer(const PGresult *result, int row, int column);
const char *lr_crawl_postgres_text(const PGresult *result, int row, int column,
                                   size_t *length);

static inline uint64_t lr_crawl_postgres_number(const PGresult *result, int row,
                                                int column) {
  return (uint64_t)lr_crawl_postgres_integer(result, row, column);
}

#endif
