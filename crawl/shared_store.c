/* SPDX-License-Identifier: MIT
 * shared_store.c: a store from its opening to its close, and how each call gets
 * to the database: by a connection that is made anew where it was lost. */
#include "shared_store.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <lariat/coroutine.h>

#include "connection_text.h"
#include "memory.h"
#include "shared_private.h"
#include "shared_schema.h"

enum {
  LEASE_MS = 60000,
  LEAST_ANSWER_MS = 5000,
  MOST_ANSWER_MS = 30000,
  TRIES = 6,
  LONGEST_NAME = 63 /* of PostgreSQL's names */
};

uint64_t lr_crawl_shared_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- Calls ---- */

lariat_status lr_crawl_shared_begin(lr_crawl_shared_store *store,
                                    lr_crawl_fault *fault) {
  if (store->waits)
    return lr_crawl_fault_set(fault, LARIAT_EBUSY, 0,
                              "the crawl's database is being waited for");
  store->waits = true;
  return LARIAT_OK;
}

lariat_status lr_crawl_shared_end(lr_crawl_shared_store *store,
                                  lariat_status status) {
  store->waits = false;
  return status;
}

static lariat_status connect(lr_crawl_shared_store *store,
                             lr_crawl_fault *fault) {
  bool is_new = false;
  lariat_status status =
      lr_crawl_postgres_connect(store->postgres, &is_new, fault);
  if (status || !is_new) return status;
  if (!status)
    status = lr_crawl_postgres_script(store->postgres, store->set_up, fault);
  if (!status && store->is_prepared)
    status = lr_crawl_postgres_prepare(store->postgres,
                                       lr_crawl_shared_statements, fault);
  /* One that is not set up is none. */
  if (status) lr_crawl_postgres_disconnect(store->postgres);
  return status;
}

lariat_status lr_crawl_shared_run(lr_crawl_shared_store *store,
                                  const lr_crawl_postgres_step *steps,
                                  size_t count, PGresult **results,
                                  lr_crawl_fault *fault) {
  memset(results, 0, count * sizeof *results);
  for (unsigned i = 0;; i++) {
    lariat_status status = connect(store, fault);
    if (!status)
      status =
          lr_crawl_postgres_run(store->postgres, steps, count, results, fault);
    if (status != LARIAT_EAGAIN) return status;
    lr_crawl_postgres_clear(results, count);
    if (i + 1 == TRIES) return LARIAT_ECONNECT;
    /* Not all who have met at the same time again. */
    status = lariat_coroutine_sleep((5u << i) + store->worker * 7 % 32);
    if (status) return status;
  }
}

lariat_status lr_crawl_shared_ask_worker(lr_crawl_shared_store *store,
                                         uint64_t *batch, uint64_t *added,
                                         lr_crawl_fault *fault) {
  uint64_t place;
  const lr_crawl_postgres_value worker =
      lr_crawl_postgres_bigint(&place, store->worker);
  const lr_crawl_postgres_step step = {
      .name = lr_crawl_shared_statements[LR_CRAWL_SHARED_WORKER].name,
      .values = &worker,
      .count = 1};
  PGresult *rows;
  lariat_status status = lr_crawl_shared_run(store, &step, 1, &rows, fault);
  if (!status &&
      lr_crawl_postgres_integer(rows, 0, 0) != LR_CRAWL_SHARED_VERSION)
    status = lr_crawl_fault_set(fault, LARIAT_EFORMAT, 0,
                                "the crawl's tables have another version now");
  if (!status && lr_crawl_postgres_number(rows, 0, 1) != store->session)
    status = lr_crawl_fault_set(fault, LARIAT_EBUSY, 0,
                                "another process is worker %u of the crawl now",
                                (unsigned)store->worker);
  if (batch) *batch = status ? 0 : lr_crawl_postgres_number(rows, 0, 2);
  if (added) *added = status ? 0 : lr_crawl_postgres_number(rows, 0, 3);
  PQclear(rows);
  return status;
}

/* ---- Options ---- */

/* Writes what each connection is set to: where its tables are; that it takes
 * the indexes, whatever the tables' statistics say of the first rows; and that
 * the server ends what hangs, and what has lost its worker. */
static char *write_set_up(const char *schema, uint64_t answer_ms) {
  static const char begin[] = "set search_path to ";
  char rest[640];
  int length = snprintf(
      rest, sizeof rest,
      ", pg_temp; set statement_timeout = %llu; set lock_timeout = %llu;"
      " set idle_in_transaction_session_timeout = %llu;"
      " set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2;"
      " set tcp_keepalives_count = 3; set tcp_user_timeout = 10000;"
      " set default_transaction_isolation = 'read committed';"
      " set enable_seqscan = off; set enable_bitmapscan = off;"
      " set enable_hashjoin = off; set enable_mergejoin = off;"
      " set jit = off; set plan_cache_mode = force_generic_plan;"
      " set standard_conforming_strings = on;"
      " set client_min_messages = warning",
      (unsigned long long)answer_ms, (unsigned long long)(answer_ms / 2),
      (unsigned long long)answer_ms);
  lr_crawl_scratch sql = {0};
  lr_crawl_scratch_add(&sql, begin, sizeof begin - 1);
  lr_crawl_shared_quote(&sql, '"', schema);
  lr_crawl_scratch_add(&sql, rest, (size_t)length + 1);
  if (!sql.failed) return sql.bytes;
  lr_crawl_scratch_free(&sql);
  return NULL;
}

static lariat_status copy_options(lr_crawl_shared_store *store,
                                  const lr_crawl_shared_options *options,
                                  const char *schema, lr_crawl_fault *fault) {
  uint64_t lease_ms = options->lease_ms ? options->lease_ms : LEASE_MS;
  uint64_t answer_ms = lease_ms / 2;
  if (answer_ms < LEAST_ANSWER_MS) answer_ms = LEAST_ANSWER_MS;
  if (answer_ms > MOST_ANSWER_MS) answer_ms = MOST_ANSWER_MS;
  const lr_crawl_postgres_options connection = {
      .reactor = options->reactor,
      .connection = options->connection,
      .answer_ms = answer_ms + answer_ms / 2, /* the server's limit is first */
      .writes = !options->read_only};
  *store = (lr_crawl_shared_store){
      .reactor = options->reactor,
      .postgres = lr_crawl_postgres_new(&connection),
      .set_up = write_set_up(schema, answer_ms),
      .host = lr_crawl_copy_text(options->host ? options->host : ""),
      .place = lr_crawl_copy_text(options->place ? options->place : ""),
      .crawl_id = options->crawl_id,
      .directory_id = options->directory_id,
      .lease_ms = lease_ms,
      .delay_ms = options->delay_ms,
      .answer_ms = connection.answer_ms,
      .worker = options->worker,
      .read_only = options->read_only};
  return store->postgres && store->set_up && store->host && store->place
             ? LARIAT_OK
             : lr_crawl_fault_memory(fault);
}

/* ---- Workers ---- */

/* Enters a worker that is new, or again; no row: it may not be. */
static lariat_status run_entry(lr_crawl_shared_store *store, PGresult **rows,
                               lr_crawl_fault *fault) {
  uint64_t places[3];
  lr_crawl_postgres_value values[] = {
      lr_crawl_postgres_text_value(store->host),
      lr_crawl_postgres_text_value(store->place),
      lr_crawl_postgres_bigint(&places[0], (int64_t)store->directory_id),
      lr_crawl_postgres_bigint(&places[1], store->worker),
      lr_crawl_postgres_bigint(&places[2], (int64_t)store->lease_ms)};
  static const char first[] =
      "insert into worker(host, place, directory)"
      " values ($1::text, $2::text, $3::bigint) returning id, session, batch";
  static const char again[] =
      "update worker set session = session + 1, host = $1::text,"
      " place = $2::text, started_at = now(), seen_at = now(), left_at = null"
      " where id = $4::bigint and directory = $3::bigint and"
      " (host = $1::text and place = $2::text or left_at is not null or"
      " seen_at < now() - $5::bigint * interval '1 millisecond')"
      " returning id, session, batch";
  const lr_crawl_postgres_step step = {.text = store->worker ? again : first,
                                       .values = values,
                                       .count = store->worker ? 5 : 3};
  return lr_crawl_shared_run(store, &step, 1, rows, fault);
}

static lariat_status refuse_crawl(lr_crawl_fault *fault) {
  return lr_crawl_fault_set(
      fault, LARIAT_EFORMAT, 0,
      "the directory is a worker's of another crawl of this name: name the "
      "database which that one is in, or begin in a new directory");
}

/* Says why a worker that is there may not be entered. */
static lariat_status refuse_worker(const lr_crawl_shared_store *store,
                                   const PGresult *rows,
                                   lr_crawl_fault *fault) {
  if (lr_crawl_postgres_number(rows, 0, 1) != store->directory_id)
    return refuse_crawl(fault);
  return lr_crawl_fault_set(
      fault, LARIAT_EBUSY, 0,
      "worker %u of the crawl was seen %lld s ago on %.200s: it runs, or ended "
      "a moment ago",
      (unsigned)store->worker, (long long)lr_crawl_postgres_integer(rows, 0, 2),
      lr_crawl_postgres_text(rows, 0, 0, NULL));
}

/* Says why a worker may not be entered. */
static lariat_status refuse_entry(lr_crawl_shared_store *store,
                                  lr_crawl_fault *fault) {
  uint64_t place;
  const lr_crawl_postgres_value worker =
      lr_crawl_postgres_bigint(&place, store->worker);
  const lr_crawl_postgres_step step = {
      .text = "select host, directory,"
              " extract(epoch from now() - seen_at)::bigint"
              " from worker where id = $1::bigint",
      .values = &worker,
      .count = 1};
  PGresult *rows;
  lariat_status status = lr_crawl_shared_run(store, &step, 1, &rows, fault);
  if (!status && PQntuples(rows) == 0)
    status = refuse_crawl(fault);
  else if (!status)
    status = refuse_worker(store, rows, fault);
  PQclear(rows);
  return status;
}

/* Ends the leases of the process that was this worker before: it may have sent
 * until now. */
static lariat_status end_old_leases(lr_crawl_shared_store *store,
                                    lr_crawl_fault *fault) {
  uint64_t places[2];
  const lr_crawl_postgres_value values[] = {
      lr_crawl_postgres_bigint(&places[0], store->worker),
      lr_crawl_postgres_bigint(&places[1], (int64_t)store->delay_ms)};
  const lr_crawl_postgres_step step = {
      .text = "with mine as materialized (select q.id from queue q"
              " where q.owner = $1::bigint order by q.id for no key update)"
              " update queue q set owner = null, due = now(), ready = now() +"
              " greatest($2::bigint, (select max(h.delay_ms) from host h"
              " where h.queue = q.id))::bigint * interval '1 millisecond'"
              " from mine m where q.id = m.id",
      .values = values,
      .count = 2};
  PGresult *rows;
  lariat_status status = lr_crawl_shared_run(store, &step, 1, &rows, fault);
  PQclear(rows);
  return status;
}

static lariat_status enter_worker(lr_crawl_shared_store *store,
                                  lr_crawl_fault *fault) {
  bool again = store->worker != 0;
  PGresult *rows;
  if (again && store->crawl_id &&
      store->crawl_id != lr_crawl_hash_key_id(store->key))
    return refuse_crawl(fault);
  lariat_status status = run_entry(store, &rows, fault);
  if (!status && PQntuples(rows) == 0) {
    PQclear(rows);
    return refuse_entry(store, fault);
  }
  if (!status) {
    store->worker = (uint32_t)lr_crawl_postgres_integer(rows, 0, 0);
    store->session = lr_crawl_postgres_number(rows, 0, 1);
    store->last_batch = lr_crawl_postgres_number(rows, 0, 2);
  }
  PQclear(rows);
  return status || !again ? status : end_old_leases(store, fault);
}

/* ---- Its life ---- */

/* A crawl is not made for a directory that has been in one: it would be another
 * one. */
static lariat_status open_tables(lr_crawl_shared_store *store,
                                 const char *schema, const char *config,
                                 lr_crawl_fault *fault) {
  /* No crawl is made for a worker that was there before: it is another's. */
  lr_crawl_shared_identity identity = {.schema = schema,
                                       .config = store->worker ? NULL : config,
                                       .read_only = store->read_only};
  lariat_status status = connect(store, fault);
  if (!status)
    status = lr_crawl_shared_schema_open(store->postgres, &identity, fault);
  if (status == LARIAT_ENOTFOUND && store->worker)
    status = lr_crawl_fault_set(
        fault, status, 0,
        "the database has no crawl \"%s\", though the directory is a worker's "
        "of one: name the database which that one is in, or begin in a new "
        "directory",
        schema);
  store->config = identity.kept_config;
  store->key = identity.key;
  store->order = (lr_crawl_shared_order)identity.order;
  if (!status)
    status = lr_crawl_postgres_prepare(store->postgres,
                                       lr_crawl_shared_statements, fault);
  store->is_prepared = !status;
  return status;
}

static void free_store(lr_crawl_shared_store *store) {
  lr_crawl_held_clear(&store->held);
  lr_crawl_postgres_free(store->postgres);
  lariat_memory_release(store->set_up);
  lariat_memory_release(store->config);
  lariat_memory_release(store->host);
  lariat_memory_release(store->place);
  lariat_memory_release(store);
}

lariat_status lr_crawl_shared_open(const lr_crawl_shared_options *options,
                                   lr_crawl_shared_store **out,
                                   lr_crawl_fault *fault) {
  const char *schema = options->name ? options->name : "lariat";
  *out = NULL;
  if (!*schema || strlen(schema) > LONGEST_NAME)
    return lr_crawl_fault_set(fault, LARIAT_EINVAL, 0,
                              "a crawl's name has 1 to %d bytes", LONGEST_NAME);
  if (!lr_crawl_connection_is_url(options->connection) &&
      !strchr(options->connection, '='))
    return lr_crawl_fault_set(fault, LARIAT_EINVAL, 0,
                              "the frontier is not a URL: "
                              "postgres://USER@HOST[:PORT]/DATABASE");
  lr_crawl_shared_store *store = lr_crawl_allocate(1, sizeof *store);
  if (!store) return lr_crawl_fault_memory(fault);
  lariat_status status = copy_options(store, options, schema, fault);
  if (!status) status = open_tables(store, schema, options->config, fault);
  if (!status && !store->read_only) status = enter_worker(store, fault);
  if (status)
    free_store(store);
  else
    *out = store;
  return status;
}

/* Gives back the leases that are left. */
static void leave(lr_crawl_shared_store *store) {
  uint64_t places[3];
  lr_crawl_postgres_array queues = {0}, epochs = {0};
  lr_crawl_postgres_value values[5] = {
      lr_crawl_postgres_bigint(&places[0], store->worker),
      lr_crawl_postgres_bigint(&places[1], (int64_t)store->session),
      [4] = lr_crawl_postgres_bigint(&places[2], (int64_t)store->delay_ms)};
  const lr_crawl_postgres_step step = {
      .name = lr_crawl_shared_statements[LR_CRAWL_SHARED_LEAVE].name,
      .values = values,
      .count = 5};
  lr_crawl_postgres_array_begin(&queues, LR_CRAWL_POSTGRES_BIGINT);
  lr_crawl_postgres_array_begin(&epochs, LR_CRAWL_POSTGRES_BIGINT);
  for (size_t i = 0; i < store->held.queue_count; i++) {
    lr_crawl_postgres_array_add(&queues, (int64_t)store->held.queues[i].queue);
    lr_crawl_postgres_array_add(&epochs, store->held.queues[i].epoch);
  }
  PGresult *rows = NULL;
  if (lr_crawl_postgres_array_end(&queues, &values[2]) &&
      lr_crawl_postgres_array_end(&epochs, &values[3]))
    (void)lr_crawl_postgres_run(store->postgres, &step, 1, &rows, NULL);
  PQclear(rows);
  lr_crawl_postgres_array_free(&queues);
  lr_crawl_postgres_array_free(&epochs);
}

void lr_crawl_shared_close(lr_crawl_shared_store *store) {
  if (!store) return;
  if (!store->read_only && !store->waits && lariat_coroutine_running() &&
      lr_crawl_postgres_is_connected(store->postgres))
    leave(store);
  free_store(store);
}

uint32_t lr_crawl_shared_worker(const lr_crawl_shared_store *store) {
  return store->worker;
}

uint64_t lr_crawl_shared_last_batch(const lr_crawl_shared_store *store) {
  return store->last_batch;
}

lr_crawl_hash_key lr_crawl_shared_hash_key(const lr_crawl_shared_store *store) {
  return store->key;
}

const char *lr_crawl_shared_config(const lr_crawl_shared_store *store) {
  return store->config;
}

lr_crawl_shared_order
lr_crawl_shared_ordered(const lr_crawl_shared_store *store) {
  return store->order;
}
