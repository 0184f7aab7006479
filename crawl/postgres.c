/* SPDX-License-Identifier: MIT
 * postgres.c: libpq without its own waits.  It is told to send and to read what
 * there is; what is not there is waited for by the reactor, with a limit, so
 * that a server which is gone without a word is noticed. */
#include "postgres.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "connection_text.h"
#include "memory.h"
#include "postgres_start.h"
#include "postgres_wait.h"

enum { CONNECT_MS = 20000, DEAD_PEER_MS = 10000, STATE_BYTES = 6 };

struct lr_crawl_postgres {
  lariat_reactor *reactor;
  char *connection;
  uint64_t answer_ms;
  bool writes;
  PGconn *conn; /* NULL: not connected */
};

/* ---- Its life ---- */

lr_crawl_postgres *
lr_crawl_postgres_new(const lr_crawl_postgres_options *options) {
  lr_crawl_postgres *postgres = lr_crawl_allocate(1, sizeof *postgres);
  if (!postgres) return NULL;
  *postgres =
      (lr_crawl_postgres){.reactor = options->reactor,
                          .connection = lr_crawl_copy_text(options->connection),
                          .answer_ms = options->answer_ms,
                          .writes = options->writes};
  if (postgres->connection) return postgres;
  lariat_memory_release(postgres);
  return NULL;
}

void lr_crawl_postgres_free(lr_crawl_postgres *postgres) {
  if (!postgres) return;
  lr_crawl_postgres_disconnect(postgres);
  lariat_memory_release(postgres->connection);
  lariat_memory_release(postgres);
}

bool lr_crawl_postgres_is_connected(const lr_crawl_postgres *postgres) {
  return postgres->conn && PQstatus(postgres->conn) == CONNECTION_OK;
}

void lr_crawl_postgres_disconnect(lr_crawl_postgres *postgres) {
  PQfinish(postgres->conn);
  postgres->conn = NULL;
}

void lr_crawl_postgres_set_answer_ms(lr_crawl_postgres *postgres, uint64_t ms) {
  postgres->answer_ms = ms;
}

/* ---- Faults ---- */

/* Says what libpq or the server has said, on one line, without secrets. */
static lariat_status tell(const lr_crawl_postgres *postgres,
                          lariat_status status, const char *message,
                          lr_crawl_fault *fault) {
  char text[400];
  (void)lr_crawl_connection_mask(postgres->connection, message ? message : "",
                                 text, sizeof text);
  for (char *at = text; *at; at++)
    if ((unsigned char)*at < ' ') *at = ' ';
  for (size_t end = strlen(text); end && text[end - 1] == ' ';) text[--end] = 0;
  return lr_crawl_fault_set(fault, status, 0, "the crawl's database: %s", text);
}

/* Closes the connection, and says why. */
static lariat_status lose(lr_crawl_postgres *postgres, lr_crawl_fault *fault) {
  lariat_status status =
      tell(postgres, LARIAT_ECONNECT, PQerrorMessage(postgres->conn), fault);
  lr_crawl_postgres_disconnect(postgres);
  return status;
}

/* Ends a wait that brought nothing: what the server does is not known then. */
static lariat_status give_up(lr_crawl_postgres *postgres, lariat_status status,
                             uint64_t ms, lr_crawl_fault *fault) {
  lr_crawl_postgres_disconnect(postgres);
  if (status == LARIAT_ETIMEDOUT)
    return lr_crawl_fault_set(
        fault, LARIAT_ECONNECT, 0,
        "the crawl's database has not answered for %llu ms",
        (unsigned long long)ms);
  return lr_crawl_fault_set(fault, status, 0, "%s", lariat_status_text(status));
}

/* Says what SQLSTATEs mean here (PostgreSQL's appendix A); those that are not
 * named are refusals. */
static lariat_status status_of(const char *state) {
  static const struct {
    const char *begin;
    lariat_status status;
  } states[] = {{"40", LARIAT_EAGAIN},    /* serialization, deadlock */
                {"55P03", LARIAT_EAGAIN}, /* a lock is not to be had in time */
                {"22012", LARIAT_ENOTFOUND}, /* division by zero */
                {"23505", LARIAT_EALREADY},  /* unique */
                {"08", LARIAT_ECONNECT},
                {"57014", LARIAT_ECONNECT}, /* it took too long */
                {"57P", LARIAT_ECONNECT},   /* shut down, or starting */
                {"53300", LARIAT_ECONNECT}, /* too many connections */
                {"25006", LARIAT_ECONNECT}, /* a standby */
                {"25P", LARIAT_ECONNECT}};  /* idle for too long */
  for (size_t i = 0; i < sizeof states / sizeof *states; i++)
    if (strncmp(state, states[i].begin, strlen(states[i].begin)) == 0)
      return states[i].status;
  return LARIAT_ESYSTEM;
}

/* Says what the server has refused. */
static lariat_status tell_error(lr_crawl_postgres *postgres,
                                const PGresult *result, lr_crawl_fault *fault) {
  const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (!state || PQstatus(postgres->conn) == CONNECTION_BAD)
    return tell(postgres, LARIAT_ECONNECT, PQerrorMessage(postgres->conn),
                fault);
  lariat_status status =
      tell(postgres, status_of(state), message ? message : state, fault);
  if (fault && strcmp(state, "53100") == 0) fault->error = ENOSPC;
  return status;
}

/* ---- Connecting ---- */

static void ignore_notice(void *context, const PGresult *result) {
  (void)context;
  (void)result;
}

/* Starts to connect.  What the user says comes behind what is only a default.
 */
static lariat_status start_connection(lr_crawl_postgres *postgres,
                                      lr_crawl_fault *fault) {
  char dead[16];
  snprintf(dead, sizeof dead, "%d", DEAD_PEER_MS);
  const char *const keys[] = {"fallback_application_name",
                              "keepalives_idle",
                              "keepalives_interval",
                              "keepalives_count",
                              "tcp_user_timeout",
                              "target_session_attrs",
                              "dbname",
                              "client_encoding",
                              NULL};
  const char *const values[] = {"lariat",
                                "5",
                                "2",
                                "3",
                                dead,
                                postgres->writes ? "read-write" : "any",
                                postgres->connection,
                                "UTF8",
                                NULL};
  lariat_status status = lr_crawl_postgres_start(
      postgres->reactor, keys, values, CONNECT_MS, &postgres->conn);
  if (status) return give_up(postgres, status, CONNECT_MS, fault);
  return postgres->conn ? LARIAT_OK : lr_crawl_fault_memory(fault);
}

/* Looks whether the connection can be read at all: libpq's messages about that
 * show it. */
static lariat_status check_connection(const lr_crawl_postgres *postgres,
                                      lr_crawl_fault *fault) {
  char *message = NULL;
  PQconninfoOption *options = PQconninfoParse(postgres->connection, &message);
  bool right = options || (!lr_crawl_connection_is_url(postgres->connection) &&
                           !strchr(postgres->connection, '='));
  PQconninfoFree(options);
  PQfreemem(message);
  if (right) return LARIAT_OK;
  return lr_crawl_fault_set(
      fault, LARIAT_EINVAL, 0,
      "the crawl's database is not named as PostgreSQL's manual has it "
      "(postgres://user@host/name, with %%XX for what is special in a "
      "password)");
}

static lariat_status finish_connection(lr_crawl_postgres *postgres,
                                       lr_crawl_fault *fault) {
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
    if (PQstatus(postgres->conn) == CONNECTION_BAD) break;
    lariat_status status = lr_crawl_postgres_wait(
        postgres->reactor, PQsocket(postgres->conn),
        next == PGRES_POLLING_WRITING ? LR_CRAWL_POSTGRES_WRITABLE
                                      : LR_CRAWL_POSTGRES_READABLE,
        CONNECT_MS);
    if (status) return give_up(postgres, status, CONNECT_MS, fault);
    next = PQconnectPoll(postgres->conn);
  }
  if (next != PGRES_POLLING_OK) return lose(postgres, fault);
  PQsetNoticeReceiver(postgres->conn, ignore_notice, NULL);
  return PQsetnonblocking(postgres->conn, 1) ? lose(postgres, fault)
                                             : LARIAT_OK;
}

/* Reads what the server may have said meanwhile: that it ends, or its end. */
static void read_farewell(lr_crawl_postgres *postgres) {
  for (int i = 0; i < 2 && lr_crawl_postgres_is_connected(postgres); i++) {
    bool reads = PQconsumeInput(postgres->conn);
    if (!reads || PQisBusy(postgres->conn))
      lr_crawl_postgres_disconnect(postgres);
  }
}

lariat_status lr_crawl_postgres_connect(lr_crawl_postgres *postgres,
                                        bool *is_new, lr_crawl_fault *fault) {
  *is_new = false;
  read_farewell(postgres);
  if (lr_crawl_postgres_is_connected(postgres)) return LARIAT_OK;
  lr_crawl_postgres_disconnect(postgres);
  lariat_status status = check_connection(postgres, fault);
  if (status) return status;
  status = start_connection(postgres, fault);
  if (!status) status = finish_connection(postgres, fault);
  *is_new = !status;
  return status;
}

/* ---- Answers ---- */

/* Sends what is to be sent, and reads until a result is there. */
static lariat_status await_result(lr_crawl_postgres *postgres,
                                  lr_crawl_fault *fault) {
  for (;;) {
    int unsent = PQflush(postgres->conn);
    if (unsent < 0 || !PQconsumeInput(postgres->conn))
      return lose(postgres, fault);
    if (!PQisBusy(postgres->conn)) return LARIAT_OK;
    lariat_status status = lr_crawl_postgres_wait(
        postgres->reactor, PQsocket(postgres->conn),
        unsent > 0 ? LR_CRAWL_POSTGRES_EITHER : LR_CRAWL_POSTGRES_READABLE,
        postgres->answer_ms);
    if (status) return give_up(postgres, status, postgres->answer_ms, fault);
  }
}

static lariat_status next_result(lr_crawl_postgres *postgres, PGresult **out,
                                 lr_crawl_fault *fault) {
  *out = NULL;
  lariat_status status = await_result(postgres, fault);
  if (!status) *out = PQgetResult(postgres->conn);
  return status;
}

/* Results so far, of some steps. */
typedef struct progress {
  lariat_status status; /* the first that is not good */
  size_t at;            /* step whose results come */
} progress;

/* Takes a step's result. */
static void take_result(lr_crawl_postgres *postgres, progress *of,
                        PGresult *result, PGresult **place,
                        lr_crawl_fault *fault) {
  ExecStatusType kind = PQresultStatus(result);
  if (kind == PGRES_TUPLES_OK || kind == PGRES_COMMAND_OK) {
    *place = result;
    return;
  }
  if (kind != PGRES_PIPELINE_ABORTED && !of->status)
    of->status = tell_error(postgres, result, fault);
  PQclear(result);
}

/* Reads a step's results, and, where it ends a transaction, that end. */
static lariat_status read_step(lr_crawl_postgres *postgres, progress *of,
                               bool ends, PGresult **place,
                               lr_crawl_fault *fault) {
  PGresult *result;
  lariat_status status = next_result(postgres, &result, fault);
  while (!status && result) {
    take_result(postgres, of, result, place, fault);
    status = next_result(postgres, &result, fault);
  }
  if (status || !ends) return status;
  status = next_result(postgres, &result, fault);
  if (status) return status;
  bool synchronized = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
  /* What is looked at as late as the commit fails here. */
  if (!synchronized && !of->status && result)
    of->status = tell_error(postgres, result, fault);
  PQclear(result);
  return synchronized ? LARIAT_OK : lose(postgres, fault);
}

static lariat_status read_steps(lr_crawl_postgres *postgres,
                                const lr_crawl_postgres_step *steps,
                                size_t count, PGresult **results,
                                lr_crawl_fault *fault) {
  progress of = {.status = LARIAT_OK};
  lariat_status status = LARIAT_OK;
  for (; !status && of.at < count; of.at++)
    status = read_step(postgres, &of, steps[of.at].ends || of.at + 1 == count,
                       &results[of.at], fault);
  return of.status ? of.status : status;
}

/* ---- Steps ---- */

/* Sends a step; false: libpq says why. */
static bool send_step(lr_crawl_postgres *postgres,
                      const lr_crawl_postgres_step *step, bool ends) {
  const char *values[LR_CRAWL_POSTGRES_VALUES];
  int lengths[LR_CRAWL_POSTGRES_VALUES], formats[LR_CRAWL_POSTGRES_VALUES];
  for (int i = 0; i < step->count; i++) {
    values[i] = step->values[i].bytes;
    lengths[i] = step->values[i].length;
    formats[i] = 1;
  }
  int sent = step->name
                 ? PQsendQueryPrepared(postgres->conn, step->name, step->count,
                                       values, lengths, formats, 1)
                 : PQsendQueryParams(postgres->conn, step->text, step->count,
                                     NULL, values, lengths, formats, 1);
  return sent && (!ends || PQpipelineSync(postgres->conn));
}

/* Leaves the pipeline where the connection is still good. */
static lariat_status leave_pipeline(lr_crawl_postgres *postgres,
                                    lariat_status status) {
  bool good = status != LARIAT_ECONNECT &&
              lr_crawl_postgres_is_connected(postgres) &&
              PQexitPipelineMode(postgres->conn);
  if (!good) lr_crawl_postgres_disconnect(postgres);
  return status;
}

static lariat_status tell_absent(lr_crawl_fault *fault) {
  return lr_crawl_fault_set(fault, LARIAT_ECONNECT, 0,
                            "the crawl's database: there is no connection");
}

lariat_status lr_crawl_postgres_run(lr_crawl_postgres *postgres,
                                    const lr_crawl_postgres_step *steps,
                                    size_t count, PGresult **results,
                                    lr_crawl_fault *fault) {
  memset(results, 0, count * sizeof *results);
  if (!lr_crawl_postgres_is_connected(postgres)) return tell_absent(fault);
  bool sent = PQenterPipelineMode(postgres->conn);
  for (size_t i = 0; sent && i < count; i++)
    sent = send_step(postgres, &steps[i], steps[i].ends || i + 1 == count);
  lariat_status status =
      sent ? read_steps(postgres, steps, count, results, fault)
           : lose(postgres, fault);
  return leave_pipeline(postgres, status);
}

void lr_crawl_postgres_clear(PGresult **results, size_t count) {
  for (size_t i = 0; i < count; i++) {
    PQclear(results[i]);
    results[i] = NULL;
  }
}

/* ---- Preparing ---- */

lariat_status
lr_crawl_postgres_prepare(lr_crawl_postgres *postgres,
                          const lr_crawl_postgres_statement *statements,
                          lr_crawl_fault *fault) {
  progress of = {.status = LARIAT_OK};
  size_t count = 0;
  if (!lr_crawl_postgres_is_connected(postgres)) return tell_absent(fault);
  bool sent = PQenterPipelineMode(postgres->conn);
  for (; sent && statements[count].name; count++)
    sent = PQsendPrepare(postgres->conn, statements[count].name,
                         statements[count].text, 0, NULL);
  sent = sent && PQpipelineSync(postgres->conn);
  lariat_status status = sent ? LARIAT_OK : lose(postgres, fault);
  for (size_t i = 0; !status && i < count; i++) {
    PGresult *result = NULL;
    status = read_step(postgres, &of, i + 1 == count, &result, fault);
    PQclear(result);
  }
  return leave_pipeline(postgres, of.status ? of.status : status);
}

lariat_status lr_crawl_postgres_script(lr_crawl_postgres *postgres,
                                       const char *text,
                                       lr_crawl_fault *fault) {
  progress of = {.status = LARIAT_OK};
  PGresult *result, *kept = NULL;
  if (!lr_crawl_postgres_is_connected(postgres)) return tell_absent(fault);
  if (!PQsendQuery(postgres->conn, text)) return lose(postgres, fault);
  lariat_status status = next_result(postgres, &result, fault);
  while (!status && result) {
    take_result(postgres, &of, result, &kept, fault);
    PQclear(kept);
    kept = NULL;
    status = next_result(postgres, &result, fault);
  }
  if (of.status == LARIAT_ECONNECT) lr_crawl_postgres_disconnect(postgres);
  return of.status ? of.status : status;
}

/* ---- Rows ---- */

int64_t lr_crawl_postgres_integer(const PGresult *result, int row, int column) {
  const char *at = PQgetvalue(result, row, column);
  int length = PQgetlength(result, row, column);
  uint64_t number = 0;
  for (int i = 0; i < length; i++) number = number << 8 | (unsigned char)at[i];
  if (length == 2) return (int16_t)number;
  if (length == 4) return (int32_t)number;
  return (int64_t)number;
}

const char *lr_crawl_postgres_text(const PGresult *result, int row, int column,
                                   size_t *length) {
  if (length) *length = (size_t)PQgetlength(result, row, column);
  return PQgetisnull(result, row, column) ? NULL
                                          : PQgetvalue(result, row, column);
}
