/* SPDX-License-Identifier: MIT
 * shared_count.c: the crawl as a whole: its counts, orders to all workers, the
 * sweep, and what is listed. */
#include <string.h>

#include "memory.h"
#include "shared_private.h"

/* Runs one statement with up to two integers. */
static lariat_status ask(lr_crawl_shared_store *store, const char *text,
                         int count, uint64_t first, uint64_t second,
                         PGresult **rows, lr_crawl_fault *fault) {
  uint64_t places[2];
  const lr_crawl_postgres_value values[] = {
      lr_crawl_postgres_bigint(&places[0], (int64_t)first),
      lr_crawl_postgres_bigint(&places[1], (int64_t)second)};
  const lr_crawl_postgres_step step = {
      .text = text, .values = values, .count = count};
  return lr_crawl_shared_run(store, &step, 1, rows, fault);
}

/* ---- Counts ---- */

static lariat_status count_workers(lr_crawl_shared_store *store,
                                   lr_crawl_shared_counts *out,
                                   lr_crawl_fault *fault) {
  static const char text[] =
      "select coalesce(sum(w.known), 0)::bigint,"
      " coalesce(sum(w.done), 0)::bigint, coalesce(sum(w.bytes), 0)::bigint,"
      " count(*) filter (where w.left_at is null and w.seen_at >"
      " now() - 2 * $1::bigint * interval '1 millisecond'),"
      " (select ordered from crawl), sum(w.kinds[1])::bigint,"
      " sum(w.kinds[2])::bigint, sum(w.kinds[3])::bigint,"
      " sum(w.kinds[4])::bigint, sum(w.kinds[5])::bigint,"
      " sum(w.kinds[6])::bigint, sum(w.kinds[7])::bigint,"
      " sum(w.kinds[8])::bigint, sum(w.kinds[9])::bigint from worker w";
  PGresult *rows;
  lariat_status status = ask(store, text, 1, store->lease_ms, 0, &rows, fault);
  if (!status) {
    store->order = (lr_crawl_shared_order)lr_crawl_postgres_integer(rows, 0, 4);
    *out = (lr_crawl_shared_counts){
        .known = lr_crawl_postgres_number(rows, 0, 0),
        .queued = lr_crawl_postgres_number(rows, 0, 0) -
                  lr_crawl_postgres_number(rows, 0, 1),
        .bytes = lr_crawl_postgres_number(rows, 0, 2),
        .workers = lr_crawl_postgres_number(rows, 0, 3),
        .paused = store->order == LR_CRAWL_SHARED_PAUSE,
        .stopped = store->order == LR_CRAWL_SHARED_STOP};
    out->is_over = out->known && out->queued == 0;
    for (int kind = 0; kind <= LR_CRAWL_LATER; kind++)
      out->by_kind[kind] = lr_crawl_postgres_number(rows, 0, 5 + kind);
  }
  PQclear(rows);
  return status;
}

static lariat_status count_queues(lr_crawl_shared_store *store,
                                  lr_crawl_shared_counts *out,
                                  lr_crawl_fault *fault) {
  static const char text[] =
      "select count(*), count(*) filter (where due <= now()),"
      " count(*) filter (where owner is not null and due > now()) from queue";
  PGresult *rows;
  lariat_status status = ask(store, text, 0, 0, 0, &rows, fault);
  if (!status) {
    out->queues = lr_crawl_postgres_number(rows, 0, 0);
    out->queues_due = lr_crawl_postgres_number(rows, 0, 1);
    out->leased = lr_crawl_postgres_number(rows, 0, 2);
  }
  PQclear(rows);
  return status;
}

lariat_status lr_crawl_shared_count(lr_crawl_shared_store *store, bool whole,
                                    lr_crawl_shared_counts *out,
                                    lr_crawl_fault *fault) {
  *out = (lr_crawl_shared_counts){0};
  lariat_status status = lr_crawl_shared_begin(store, fault);
  if (status) return status;
  status = count_workers(store, out, fault);
  if (!status && whole) status = count_queues(store, out, fault);
  return lr_crawl_shared_end(store, status);
}

/* ---- Orders ---- */

lariat_status lr_crawl_shared_set_order(lr_crawl_shared_store *store,
                                        lr_crawl_shared_order order,
                                        lr_crawl_fault *fault) {
  PGresult *rows;
  lariat_status status = lr_crawl_shared_begin(store, fault);
  if (status) return status;
  status = ask(store, "update crawl set ordered = $1::bigint", 1,
               (uint64_t)order, 0, &rows, fault);
  if (!status) store->order = order;
  PQclear(rows);
  return lr_crawl_shared_end(store, status);
}

lariat_status lr_crawl_shared_sweep(lr_crawl_shared_store *store,
                                    lr_crawl_fault *fault) {
  const lr_crawl_postgres_step step = {
      .name = lr_crawl_shared_statements[LR_CRAWL_SHARED_SWEEP].name};
  PGresult *rows;
  lariat_status status = lr_crawl_shared_begin(store, fault);
  if (status) return status;
  status = lr_crawl_shared_run(store, &step, 1, &rows, fault);
  PQclear(rows);
  return lr_crawl_shared_end(store, status);
}

/* ---- Lists ---- */

lariat_status
lr_crawl_shared_each_worker(lr_crawl_shared_store *store,
                            lr_crawl_shared_member_callback *callback,
                            void *context, lr_crawl_fault *fault) {
  static const char text[] =
      "select w.id, w.host, w.batch, w.kinds[2] + w.kinds[3] + w.kinds[4],"
      " greatest(0, extract(epoch from now() - w.seen_at) * 1000)::bigint,"
      " w.left_at is not null, coalesce(q.leased, 0) from worker w left join"
      " (select owner, count(*) as leased from queue where due > now()"
      " and owner is not null group by owner) q on q.owner = w.id order by "
      "w.id";
  PGresult *rows;
  lariat_status status = lr_crawl_shared_begin(store, fault);
  if (status) return status;
  status = ask(store, text, 0, 0, 0, &rows, fault);
  for (int i = 0; !status && i < PQntuples(rows); i++) {
    const lr_crawl_shared_member member = {
        .id = (uint32_t)lr_crawl_postgres_number(rows, i, 0),
        .host = lr_crawl_postgres_text(rows, i, 1, NULL),
        .batch = lr_crawl_postgres_number(rows, i, 2),
        .pages = lr_crawl_postgres_number(rows, i, 3),
        .seen_ms = lr_crawl_postgres_number(rows, i, 4),
        .has_left = lr_crawl_postgres_number(rows, i, 5) != 0,
        .queues = lr_crawl_postgres_number(rows, i, 6)};
    callback(context, &member);
  }
  PQclear(rows);
  return lr_crawl_shared_end(store, status);
}

lariat_status lr_crawl_shared_each_file(lr_crawl_shared_store *store,
                                        uint32_t worker,
                                        lr_crawl_shared_file_callback *callback,
                                        void *context, lr_crawl_fault *fault) {
  PGresult *rows;
  lariat_status status = lr_crawl_shared_begin(store, fault);
  if (status) return status;
  status = ask(store,
               "select id, name, length, closed from file"
               " where worker = $1::bigint order by id, name",
               1, worker, 0, &rows, fault);
  for (int i = 0; !status && i < PQntuples(rows); i++) {
    const lr_crawl_shared_file file = {
        .id = (uint32_t)lr_crawl_postgres_number(rows, i, 0),
        .name = lr_crawl_postgres_text(rows, i, 1, NULL),
        .length = lr_crawl_postgres_number(rows, i, 2),
        .closed = lr_crawl_postgres_number(rows, i, 3) != 0};
    callback(context, &file);
  }
  PQclear(rows);
  return lr_crawl_shared_end(store, status);
}
