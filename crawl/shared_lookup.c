/* SPDX-License-Identifier: MIT
 * shared_lookup.c: one URL of a shared crawl: where it is, where its queue
 * stands, what came of it. */
#include <string.h>

#include "memory.h"
#include "shared_private.h"

enum { LONG_MS = 600000 }; /* for reading all of a key */

/* Runs one statement with two integers; `slow`: it may take minutes. */
static lariat_status ask(lr_crawl_shared_store *store, const char *text,
                         uint64_t queue, uint64_t id, bool slow,
                         PGresult **rows, lr_crawl_fault *fault) {
  uint64_t places[2];
  const lr_crawl_postgres_value values[] = {
      lr_crawl_postgres_bigint(&places[0], (int64_t)queue),
      lr_crawl_postgres_bigint(&places[1], (int64_t)id)};
  const lr_crawl_postgres_step steps[] = {
      {.text = "select set_config('statement_timeout', '600000', true)"},
      {.text = text, .values = values, .count = 2}};
  PGresult *answers[2];
  if (!slow) return lr_crawl_shared_run(store, &steps[1], 1, rows, fault);
  lr_crawl_postgres_set_answer_ms(store->postgres, LONG_MS);
  lariat_status status = lr_crawl_shared_run(store, steps, 2, answers, fault);
  lr_crawl_postgres_set_answer_ms(store->postgres, store->answer_ms);
  PQclear(answers[0]);
  *rows = answers[1];
  return status;
}

/* ---- The URL ---- */

#define COLUMNS                                                                \
  "select u.queue, u.via, u.depth, u.priority, u.hops_off_site, u.hop, u.url"  \
  " from url u where "

static lariat_status read_known(const PGresult *rows, uint64_t id,
                                lr_crawl_known_url *out,
                                lr_crawl_fault *fault) {
  const char *hop = lr_crawl_postgres_text(rows, 0, 5, NULL);
  const char *url = lr_crawl_postgres_text(rows, 0, 6, NULL);
  *out = (lr_crawl_known_url){
      .id = id,
      .fingerprint = id,
      .host = lr_crawl_postgres_number(rows, 0, 0),
      .via = lr_crawl_postgres_number(rows, 0, 1),
      .depth = (uint32_t)lr_crawl_postgres_number(rows, 0, 2),
      .priority = (uint8_t)lr_crawl_postgres_number(rows, 0, 3),
      .hops_off_site = (uint8_t)lr_crawl_postgres_number(rows, 0, 4),
      .hop = hop && *hop ? *hop : '-',
      .url = lr_crawl_copy_text(url ? url : "")};
  return out->url ? LARIAT_OK : lr_crawl_fault_memory(fault);
}

static lariat_status find_url(lr_crawl_shared_store *store, uint64_t queue,
                              uint64_t id, lr_crawl_known_url *out,
                              lr_crawl_fault *fault) {
  PGresult *rows;
  lariat_status status =
      ask(store, COLUMNS "u.queue = $1::bigint and u.id = $2::bigint", queue,
          id, false, &rows, fault);
  if (!status && PQntuples(rows) == 0) {
    PQclear(rows);
    status = ask(store, COLUMNS "$1::bigint is not null and u.id = $2::bigint",
                 queue, id, true, &rows, fault);
  }
  if (!status)
    status =
        PQntuples(rows) ? read_known(rows, id, out, fault) : LARIAT_ENOTFOUND;
  PQclear(rows);
  return status;
}

/* ---- Its place ---- */

#define MS_UNTIL(time)                                                         \
  "case when isfinite(" time                                                   \
  ") then greatest(0, ceil(extract(epoch from " time                           \
  " - now()) * 1000))::bigint end"

static lariat_status read_place(const PGresult *rows,
                                lr_crawl_shared_place *place,
                                lr_crawl_fault *fault) {
  const char *site = lr_crawl_postgres_text(rows, 0, 0, NULL);
  bool sleeps = PQgetisnull(rows, 0, 2);
  *place = (lr_crawl_shared_place){
      .owner = (uint32_t)lr_crawl_postgres_number(rows, 0, 1),
      .queue_ms = sleeps ? INT64_MAX : lr_crawl_postgres_integer(rows, 0, 2),
      .queued = !PQgetisnull(rows, 0, 3),
      .tries = (uint32_t)lr_crawl_postgres_number(rows, 0, 3),
      .due_ms = lr_crawl_postgres_integer(rows, 0, 4),
      .before = lr_crawl_postgres_number(rows, 0, 5),
      .site = lr_crawl_copy_text(site ? site : "")};
  return place->site ? LARIAT_OK : lr_crawl_fault_memory(fault);
}

static lariat_status find_place(lr_crawl_shared_store *store, uint64_t queue,
                                uint64_t id, lr_crawl_shared_place *place,
                                lr_crawl_fault *fault) {
  static const char text[] =
      "select q.site, case when q.due > now() then q.owner "
      "end, " MS_UNTIL("q.due") ", t.tries, " MS_UNTIL(
          "t.not_before") ", (select count(*) from todo b where "
                          "b.queue = q.id"
                          " and (b.priority, b.seq) < (t.priority, "
                          "t.seq)"
                          " and b.not_before <= now()) from queue q "
                          "left join todo t"
                          " on t.queue = q.id and t.id = $2::bigint "
                          "where q.id = $1::bigint";
  PGresult *rows;
  lariat_status status = ask(store, text, queue, id, true, &rows, fault);
  if (!status && PQntuples(rows)) status = read_place(rows, place, fault);
  PQclear(rows);
  return status;
}

lariat_status lr_crawl_shared_find(lr_crawl_shared_store *store, uint64_t queue,
                                   uint64_t id, lr_crawl_known_url *out,
                                   lr_crawl_shared_place *place,
                                   lr_crawl_fault *fault) {
  *out = (lr_crawl_known_url){0};
  if (place) *place = (lr_crawl_shared_place){0};
  lariat_status status = lr_crawl_shared_begin(store, fault);
  if (status) return status;
  status = find_url(store, queue, id, out, fault);
  lariat_status placed = LARIAT_OK;
  if (place && (status == LARIAT_OK || status == LARIAT_ENOTFOUND))
    placed = find_place(store, status ? queue : out->host, id, place, fault);
  if (placed) {
    lariat_memory_release(out->url);
    *out = (lr_crawl_known_url){0};
  }
  return lr_crawl_shared_end(store, placed ? placed : status);
}

/* ---- Its outcomes ---- */

/* Tells the callback of a row; returns what it does. */
static bool tell_outcome(const PGresult *rows, int row, uint64_t queue,
                         uint64_t id, lr_crawl_outcome_callback *callback,
                         void *context) {
  const lr_crawl_past_outcome past = {
      .seq = lr_crawl_postgres_number(rows, row, 0),
      .url = id,
      .host = queue,
      .kind = (lr_crawl_outcome_kind)lr_crawl_postgres_number(rows, row, 1),
      .status = (int)lr_crawl_postgres_number(rows, row, 2),
      .at_ns = lr_crawl_postgres_integer(rows, row, 3),
      .took_ms = (uint32_t)lr_crawl_postgres_number(rows, row, 4),
      .bytes = lr_crawl_postgres_number(rows, row, 5),
      .digest = (const uint8_t *)lr_crawl_postgres_text(rows, row, 6, NULL),
      .warc = lr_crawl_postgres_text(rows, row, 7, NULL),
      .offset = lr_crawl_postgres_number(rows, row, 8),
      .length = lr_crawl_postgres_number(rows, row, 9),
      .response_offset = lr_crawl_postgres_number(rows, row, 10),
      .response_length = lr_crawl_postgres_number(rows, row, 11),
      .next_s = lr_crawl_postgres_integer(rows, row, 12),
      .type = lr_crawl_postgres_text(rows, row, 13, NULL),
      .note = lr_crawl_postgres_text(rows, row, 14, NULL),
      .etag = lr_crawl_postgres_text(rows, row, 15, NULL),
      .last_modified = lr_crawl_postgres_text(rows, row, 16, NULL)};
  return callback(context, &past);
}

lariat_status lr_crawl_shared_each_outcome(lr_crawl_shared_store *store,
                                           uint64_t queue, uint64_t id,
                                           lr_crawl_outcome_callback *callback,
                                           void *context,
                                           lr_crawl_fault *fault) {
  static const char text[] =
      "select o.seq, o.kind, o.status, o.at_ns, o.took_ms, o.bytes, o.digest,"
      " o.worker::text || '/' || f.name, o.\"offset\", o.length,"
      " o.response_offset, o.response_length, o.next_s, o.type, o.note, o.etag,"
      " o.last_modified from outcome o left join file f on f.worker = o.worker"
      " and f.id = o.warc and o.warc <> 0 where o.queue = $1::bigint"
      " and o.url = $2::bigint order by o.seq";
  PGresult *rows;
  lariat_status status = lr_crawl_shared_begin(store, fault);
  if (status) return status;
  status = ask(store, text, queue, id, false, &rows, fault);
  bool more = !status;
  for (int i = 0; more && i < PQntuples(rows); i++)
    more = tell_outcome(rows, i, queue, id, callback, context);
  PQclear(rows);
  return lr_crawl_shared_end(store, status);
}
