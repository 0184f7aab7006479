/* SPDX-License-Identifier: MIT
 * shared_commit_test.c: commits of a shared crawl on a real PostgreSQL: once
 * and whole, by whoever has the leases; and the races that were found by
 * trying: deadlocks of inserts and updates, wake-ups that get lost, fencing. */
#include <errno.h>
#include <libpq-fe.h>

#include "crawl/shared_store.h"
#include "support/shared_crawl.h"

static struct postgres *server;

/* ---- A session of the test's own ---- */

static PGconn *open_session(const char *schema) {
  char path[100];
  PGconn *conn = PQconnectdb(server->connection);
  snprintf(path, sizeof path, "set search_path to \"%s\"", schema);
  PQclear(PQexec(conn, path));
  return conn;
}

static void run_in(PGconn *conn, const char *sql) {
  PGresult *result = PQexec(conn, sql);
  ExecStatusType kind = PQresultStatus(result);
  if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK)
    fixture_fail("%s: %s", sql, PQerrorMessage(conn));
  PQclear(result);
}

/* How many of the stores' connections wait for a lock. */
static bool one_waits(void *context) {
  (void)context;
  return postgres_ask(server, NULL,
                      "select count(*) from pg_stat_activity where"
                      " application_name = 'lariat' and"
                      " wait_event_type = 'Lock'") == 1;
}

/* ---- Committing ---- */

static void take_and_finish(struct shared_crawl *crawl) {
  struct shared_batch b;
  lr_crawl_shared_counts counts;
  shared_open(crawl, 0);
  shared_seed(crawl, 0, 7, 1, 2);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 1, 10);
  CU_ASSERT_EQUAL_FATAL(list.count, 1);
  lr_crawl_lease_list_clear(&list);
  shared_batch_begin(&b, crawl->stores[0]);
  shared_add_queue(&b, 7, 1);
  lr_crawl_outcome *outcome = shared_add_outcome(&b, 7, 1, LR_CRAWL_FETCHED);
  outcome->at_ns = 1234567890123456789;
  outcome->has_digest = true;
  memset(outcome->digest, 0xab, sizeof outcome->digest);
  outcome->type = (char *)(uintptr_t) "text/html";
  outcome->note = (char *)(uintptr_t) "caf\xe9 \xf0\x9f\x98\x80";
  outcome->etag = (char *)(uintptr_t) "\"\xff\"";
  outcome->last_modified = (char *)(uintptr_t) "Mon, 30 Nov 2026 20:00:00 GMT";
  outcome->response_offset = 3;
  outcome->response_length = 4;
  b.places[0].warc = 1;
  b.places[0].offset = 100;
  b.places[0].length = 50;
  shared_add_outcome(&b, 7, 0, LR_CRAWL_FETCHED); /* a robots.txt: no row */
  (void)shared_add_found(&b, 7, 1);               /* known */
  (void)shared_add_found(&b, 7, 5);
  (void)shared_add_found(&b, 7, 5);
  (void)shared_add_found(&b, 8, 6);
  const lr_crawl_shared_file files[] = {
      {.id = 1, .name = "a.warc.gz", .length = 150},
      {.name = "lines", .length = 9, .closed = true}};
  b.batch.files = files;
  b.batch.file_count = 2;
  CU_ASSERT_EQUAL(shared_commit(crawl, 0, &b), 2);
  CU_ASSERT_EQUAL(lr_crawl_shared_last_batch(crawl->stores[0]), 2);
  CU_ASSERT_EQUAL(
      shared_ask(crawl,
                 "select count(*) from page where url = 'http://7.test/1'"
                 " and site = '7.test' and kind = 1 and status = 200"
                 " and warc = 'a.warc.gz' and \"offset\" = 100 and length = 50"
                 " and sha1 = repeat('AB', 20) and bytes = 10 and worker = 1"
                 " and type = 'text/html'"
                 " and note = U&'caf\\FFFD \\+01F600'"),
      1);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from outcome where"
                                    " etag is null and last_modified ="
                                    " 'Mon, 30 Nov 2026 20:00:00 GMT' and"
                                    " at_ns = 1234567890123456789 and"
                                    " response_offset = 3 and"
                                    " response_length = 4"),
                  1);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from todo"), 3);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from url"), 4);
  CU_ASSERT_EQUAL(
      lr_crawl_shared_count(crawl->stores[0], true, &counts, &crawl->fault),
      LARIAT_OK);
  CU_ASSERT_EQUAL(counts.known, 4);
  CU_ASSERT_EQUAL(counts.queued, 3);
  CU_ASSERT_EQUAL(counts.by_kind[LR_CRAWL_FETCHED], 1);
  CU_ASSERT_EQUAL(counts.bytes, 10);
  CU_ASSERT_EQUAL(counts.queues, 2);
  CU_ASSERT_EQUAL(counts.leased, 1);
}

static void test_commit(void) {
  shared_test(server, "commit", take_and_finish);
}

static void list_file(void *context, const lr_crawl_shared_file *file) {
  unsigned *seen = context;
  CU_ASSERT_STRING_EQUAL(file->name, file->id ? "b.warc.gz" : "lines");
  CU_ASSERT_EQUAL(file->length, file->id ? 20 : 5);
  CU_ASSERT_EQUAL(file->closed, file->id != 0);
  *seen += 1;
}

/* Lengths are those of the last commit. */
static void keep_files(struct shared_crawl *crawl) {
  struct shared_batch b;
  unsigned seen = 0;
  lr_crawl_shared_file files[] = {{.id = 2, .name = "b.warc.gz", .length = 10},
                                  {.name = "lines", .length = 5}};
  shared_open(crawl, 0);
  shared_open(crawl, 1);
  for (int i = 0; i < 2; i++) {
    shared_batch_begin(&b, crawl->stores[0]);
    b.batch.files = files;
    b.batch.file_count = 2;
    (void)shared_commit(crawl, 0, &b);
    files[0].length = 20;
    files[0].closed = true;
  }
  CU_ASSERT_EQUAL(lr_crawl_shared_each_file(crawl->stores[1], 1, list_file,
                                            &seen, &crawl->fault),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(seen, 2);
  CU_ASSERT_EQUAL(lr_crawl_shared_each_file(crawl->stores[1], 2, list_file,
                                            &seen, &crawl->fault),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(seen, 2);
}

static void test_files(void) { shared_test(server, "files", keep_files); }

/* What is learnt of a host comes with the next lease of its queue. */
static void learn_facts(struct shared_crawl *crawl) {
  struct shared_batch b;
  static char robots[300000];
  lr_crawl_shared_host hosts[] = {
      {.origin = (char *)(uintptr_t) "http://7.test",
       .ip = (char *)(uintptr_t) "192.0.2.1",
       .robots = robots,
       .robots_length = sizeof robots,
       .robots_at_s = 5,
       .robots_expires_s = 6,
       .robots_status = 200,
       .delay_ms = 1500},
      {.origin = (char *)(uintptr_t) "https://7.test"}};
  const uint64_t queues[] = {7, 7};
  memset(robots, 0, sizeof robots);
  memset(robots, 'x', sizeof robots / 2);
  shared_open(crawl, 0);
  shared_open(crawl, 1);
  shared_seed(crawl, 0, 7, 1, 2);
  for (int i = 0; i < 2; i++) {
    lr_crawl_lease_list list = shared_lease(crawl, 0, 1, 1);
    CU_ASSERT_EQUAL_FATAL(list.count, 1);
    shared_batch_begin(&b, crawl->stores[0]);
    shared_add_queue(&b, 7, list.leases[0].epoch);
    b.batch.hosts = hosts;
    b.batch.host_queues = queues;
    b.batch.host_count = 2;
    shared_add_release(&b, 7, 0);
    (void)shared_commit(crawl, 0, &b);
    lr_crawl_lease_list_clear(&list);
    /* Another address; of robots.txt nothing new. */
    hosts[0] =
        (lr_crawl_shared_host){.origin = (char *)(uintptr_t) "http://7.test",
                               .ip = (char *)(uintptr_t) "192.0.2.2",
                               .note = (char *)(uintptr_t) "moved"};
  }
  lr_crawl_lease_list list = shared_lease(crawl, 1, 1, 1);
  CU_ASSERT_EQUAL_FATAL(list.count, 1);
  CU_ASSERT_EQUAL_FATAL(list.leases[0].host_count, 2);
  const lr_crawl_shared_host *host = &list.leases[0].hosts[0];
  CU_ASSERT_STRING_EQUAL(host->origin, "http://7.test");
  CU_ASSERT_STRING_EQUAL(host->ip, "192.0.2.2");
  CU_ASSERT_STRING_EQUAL(host->note, "moved");
  CU_ASSERT_EQUAL(host->robots_at_s, 5);
  CU_ASSERT_EQUAL(host->robots_expires_s, 6);
  CU_ASSERT_EQUAL(host->robots_status, 200);
  CU_ASSERT_EQUAL_FATAL(host->robots_length, sizeof robots);
  CU_ASSERT_EQUAL(memcmp(host->robots, robots, sizeof robots), 0);
  CU_ASSERT_PTR_NULL(list.leases[0].hosts[1].ip);
  CU_ASSERT_PTR_NULL(list.leases[0].hosts[1].robots);
  lr_crawl_lease_list_clear(&list);
}

static void test_facts(void) { shared_test(server, "facts", learn_facts); }

static void refuse_batches(struct shared_crawl *crawl) {
  struct shared_batch b;
  lr_crawl_shared_result result;
  lr_crawl_shared_store *store = shared_open(crawl, 0);
  shared_seed(crawl, 0, 7, 1, 2);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 1, 1);
  lr_crawl_lease_list_clear(&list);
  for (int i = 0; i < 4; i++) {
    static const lr_crawl_shared_host host = {
        .origin = (char *)(uintptr_t) "http://7.test"};
    static const uint64_t queue = 7;
    shared_batch_begin(&b, store);
    if (i == 0) shared_add_outcome(&b, 7, 1, LR_CRAWL_FETCHED);
    if (i == 1) shared_add_release(&b, 7, 0);
    if (i == 2) b.batch.number = 9;
    if (i == 3) {
      b.batch.hosts = &host;
      b.batch.host_queues = &queue;
      b.batch.host_count = 1;
    }
    CU_ASSERT_EQUAL(
        lr_crawl_shared_commit(store, &b.batch, &result, &crawl->fault),
        LARIAT_EINVAL);
  }
  shared_batch_begin(&b, store);
  shared_add_queue(&b, 7, 1);
  shared_add_outcome(&b, 7, 99, LR_CRAWL_FETCHED); /* never handed out */
  CU_ASSERT_EQUAL(
      lr_crawl_shared_commit(store, &b.batch, &result, &crawl->fault),
      LARIAT_EINVAL);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select batch from worker"), 1);
}

static void test_refused(void) { shared_test(server, "no", refuse_batches); }

/* ---- Later ---- */

static void try_later(struct shared_crawl *crawl) {
  struct shared_batch b;
  lr_crawl_shared_store *store = shared_open(crawl, 0);
  shared_seed(crawl, 0, 7, 1, 1);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 1, 5);
  lr_crawl_lease_list_clear(&list);
  shared_batch_begin(&b, store);
  shared_add_queue(&b, 7, 1);
  shared_add_outcome(&b, 7, 1, LR_CRAWL_LATER)->next_s = INT64_MAX;
  shared_add_release(&b, 7, 1000);
  (void)shared_commit(crawl, 0, &b);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from queue, todo where"
                                    " due = not_before and"
                                    " due > now() + interval '9 years'"),
                  1);
  lr_crawl_shared_counts counts;
  CU_ASSERT_EQUAL(lr_crawl_shared_count(store, false, &counts, &crawl->fault),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(counts.queued, 1);
  CU_ASSERT_EQUAL(counts.by_kind[LR_CRAWL_LATER], 1);

  /* A URL that may be fetched at once does not wait for that. */
  shared_seed(crawl, 0, 7, 2, 1);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from queue where"
                                    " due = ready"
                                    " and due < now() + interval '1 h'"),
                  1);
  (void)shared_ask(crawl, "update queue set due = now();"
                          "update todo set not_before = now()");
  list = shared_lease(crawl, 0, 1, 5);
  CU_ASSERT_EQUAL_FATAL(list.count, 1);
  CU_ASSERT_EQUAL_FATAL(list.leases[0].url_count, 2);
  CU_ASSERT_EQUAL(list.leases[0].urls[0].id, 1);
  CU_ASSERT_EQUAL(list.leases[0].urls[0].tries, 1);
  CU_ASSERT_EQUAL(list.leases[0].urls[1].tries, 0);
  lr_crawl_lease_list_clear(&list);
}

static void test_later(void) { shared_test(server, "later", try_later); }

/* ---- Fencing ---- */

static lr_crawl_shared_result commit_lost(struct shared_crawl *crawl, int which,
                                          const struct shared_batch *b) {
  lr_crawl_shared_result result;
  CU_ASSERT_EQUAL(lr_crawl_shared_commit(crawl->stores[which], &b->batch,
                                         &result, &crawl->fault),
                  LARIAT_OK);
  CU_ASSERT_FALSE(result.committed);
  return result;
}

static void lose_lease(struct shared_crawl *crawl) {
  struct shared_batch b;
  shared_open(crawl, 0);
  shared_open(crawl, 1);
  shared_seed(crawl, 0, 7, 1, 1);
  shared_seed(crawl, 0, 8, 2, 1);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 2, 5);
  CU_ASSERT_EQUAL(list.count, 2);
  lr_crawl_lease_list_clear(&list);
  (void)shared_ask(crawl, "update queue set due = now() where id = 7");
  list = shared_lease(crawl, 1, 2, 5);
  CU_ASSERT_EQUAL_FATAL(list.count, 1);
  CU_ASSERT_EQUAL(list.leases[0].queue, 7);
  CU_ASSERT_EQUAL(list.leases[0].epoch, 2);
  lr_crawl_lease_list_clear(&list);

  shared_batch_begin(&b, crawl->stores[0]);
  shared_add_queue(&b, 8, 1);
  shared_add_queue(&b, 7, 1);
  shared_add_outcome(&b, 7, 1, LR_CRAWL_FETCHED);
  shared_add_outcome(&b, 8, 2, LR_CRAWL_FETCHED);
  (void)shared_add_found(&b, 7, 50);
  lr_crawl_shared_result result = commit_lost(crawl, 0, &b);
  CU_ASSERT_EQUAL_FATAL(result.lost_count, 1);
  CU_ASSERT_EQUAL(result.lost[0], 7);
  lariat_memory_release(result.lost);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from outcome"), 0);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from url"), 2);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select batch from worker where id = 1"),
                  2);

  /* A loss that is known needs no database; the batch is made anew. */
  result = commit_lost(crawl, 0, &b);
  CU_ASSERT_EQUAL(result.lost_count, 1);
  lariat_memory_release(result.lost);
  shared_batch_begin(&b, crawl->stores[0]);
  shared_add_queue(&b, 8, 1);
  shared_add_outcome(&b, 8, 2, LR_CRAWL_FETCHED);
  (void)shared_commit(crawl, 0, &b);
  shared_batch_begin(&b, crawl->stores[1]);
  shared_add_queue(&b, 7, 2);
  shared_add_outcome(&b, 7, 1, LR_CRAWL_FETCHED);
  (void)shared_commit(crawl, 1, &b);
  lr_crawl_shared_counts counts;
  CU_ASSERT_EQUAL(
      lr_crawl_shared_count(crawl->stores[1], false, &counts, &crawl->fault),
      LARIAT_OK);
  CU_ASSERT_TRUE(counts.is_over);
  CU_ASSERT_EQUAL(counts.by_kind[LR_CRAWL_FETCHED], 2);
}

static void test_lost(void) { shared_test(server, "lost", lose_lease); }

/* What was fetched in time is good, if nobody has had the queue since. */
static void commit_late(struct shared_crawl *crawl) {
  struct shared_batch b;
  shared_open(crawl, 0);
  shared_seed(crawl, 0, 7, 1, 1);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 2, 5);
  lr_crawl_lease_list_clear(&list);
  shared_expire(crawl);
  shared_batch_begin(&b, crawl->stores[0]);
  shared_add_queue(&b, 7, 1);
  shared_add_outcome(&b, 7, 1, LR_CRAWL_FETCHED);
  (void)shared_commit(crawl, 0, &b);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from todo"), 0);
}

static void test_late(void) { shared_test(server, "late", commit_late); }

/* ---- An answer that is lost ---- */

static struct shared_batch batch;
static lariat_status batch_status;
static lr_crawl_shared_result batch_result;

static void commit_batch(struct shared_crawl *crawl) {
  batch_status = lr_crawl_shared_commit(crawl->stores[0], &batch.batch,
                                        &batch_result, &crawl->fault);
}

static void prepare_answer(struct shared_crawl *crawl) {
  shared_open(crawl, 0);
  shared_seed(crawl, 0, 7, 1, 1);
  shared_seed(crawl, 0, 8, 2, 1);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 2, 5);
  lr_crawl_lease_list_clear(&list);
  shared_batch_begin(&batch, crawl->stores[0]);
  shared_add_queue(&batch, 8, 1);
  shared_add_outcome(&batch, 8, 2, LR_CRAWL_FETCHED);
  shared_add_release(&batch, 8, 0);
  (void)shared_commit(crawl, 0, &batch); /* 8 sleeps */
  shared_batch_begin(&batch, crawl->stores[0]);
  shared_add_queue(&batch, 7, 1);
  shared_add_outcome(&batch, 7, 1, LR_CRAWL_FETCHED);
  (void)shared_add_found(&batch, 8, 3);
  (void)shared_add_found(&batch, 8, 4);
}

/* The transaction is done, but the look behind it waits for a row: then the
 * connection ends, and the worker knows nothing. */
static void test_answer_lost(void) {
  struct shared_crawl crawl = {.server = server, .name = "answer"};
  struct shared_run run;
  fixture_open(&crawl.f, FIXTURE_PLAIN);
  shared_begin(&crawl, &run, prepare_answer);
  shared_finish(&run);
  PGconn *session = open_session(crawl.name);
  run_in(session, "begin; select from queue where id = 8 for update");
  shared_begin(&crawl, &run, commit_batch);
  CU_ASSERT_TRUE(fixture_run_until(&crawl.f, one_waits, NULL, 3000));
  CU_ASSERT_FALSE(run.ended);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) from outcome"), 2);
  run_in(session, "select pg_terminate_backend(pid) from pg_stat_activity"
                  " where application_name = 'lariat'; commit");
  shared_finish(&run);
  CU_ASSERT_EQUAL(batch_status, LARIAT_ECONNECT);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) from queue where"
                                     " id = 8 and due = 'infinity'"),
                  1);
  shared_begin(&crawl, &run, commit_batch);
  shared_finish(&run);
  CU_ASSERT_EQUAL(batch_status, LARIAT_OK);
  CU_ASSERT_TRUE(batch_result.committed);
  CU_ASSERT_EQUAL(batch_result.added, 2);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) from outcome"), 2);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select sum(known) from worker"), 4);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select sum(done) from worker"), 2);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) from queue where"
                                     " id = 8 and due <= now()"),
                  1);
  PQfinish(session);
  shared_begin(&crawl, &run, shared_close_all);
  shared_finish(&run);
  fixture_close(&crawl.f);
}

/* ---- Two workers that name each other's URLs ---- */

enum { ROUNDS = 40 };

/* Leases its queue, and finishes a URL in each round, with links to both. */
static void work_on(struct shared_crawl *crawl, int which) {
  struct shared_batch b;
  lr_crawl_lease_list list = shared_lease(crawl, which, 1, 60);
  CU_ASSERT_EQUAL_FATAL(list.count, 1);
  const lr_crawl_lease *lease = &list.leases[0];
  for (uint64_t i = 0; i < ROUNDS && i < lease->url_count; i++) {
    shared_batch_begin(&b, crawl->stores[which]);
    shared_add_queue(&b, lease->queue, lease->epoch);
    shared_add_outcome(&b, lease->queue, lease->urls[i].id, LR_CRAWL_FETCHED);
    for (uint64_t j = 0; j < 20; j++) {
      (void)shared_add_found(&b, 7 + (j + (uint64_t)which) % 2,
                             1000 + i * 10 + j);
      (void)shared_add_found(&b, 8 - (j + (uint64_t)which) % 2,
                             1 + (i + j) % 30);
    }
    (void)shared_commit(crawl, which, &b);
  }
  lr_crawl_lease_list_clear(&list);
}

static void work_as_first(struct shared_crawl *crawl) { work_on(crawl, 0); }
static void work_as_second(struct shared_crawl *crawl) { work_on(crawl, 1); }

static void prepare_two(struct shared_crawl *crawl) {
  shared_open(crawl, 0);
  shared_open(crawl, 1);
  for (uint64_t queue = 7; queue <= 8; queue++)
    for (uint64_t i = 0; i < 2; i++)
      shared_seed(crawl, 0, queue, queue * 100 + i * 30, 30);
}

static void test_no_deadlock(void) {
  struct shared_crawl crawl = {.server = server, .name = "cross"};
  struct shared_run first, second;
  fixture_open(&crawl.f, FIXTURE_PLAIN);
  int64_t deadlocks = postgres_ask(server, NULL,
                                   "select sum(deadlocks) from"
                                   " pg_stat_database");
  shared_begin(&crawl, &first, prepare_two);
  shared_finish(&first);
  shared_begin(&crawl, &first, work_as_first);
  shared_begin(&crawl, &second, work_as_second);
  shared_finish(&first);
  shared_finish(&second);
  CU_ASSERT_EQUAL(postgres_ask(server, NULL,
                               "select sum(deadlocks) from"
                               " pg_stat_database"),
                  deadlocks);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) from outcome"),
                  2 * ROUNDS);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select sum(known) - sum(done) -"
                                     " (select count(*) from todo)"
                                     " from worker"),
                  0);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) - (select count(*)"
                                     " from todo) from url"),
                  2 * ROUNDS);
  shared_begin(&crawl, &first, shared_close_all);
  shared_finish(&first);
  fixture_close(&crawl.f);
}

/* A commit does not wait for who works on the queue that it names URLs of. */
static void pass_by_locks(struct shared_crawl *crawl) {
  struct shared_batch b;
  shared_open(crawl, 0);
  shared_open(crawl, 1);
  shared_seed(crawl, 0, 7, 1, 2);
  shared_seed(crawl, 0, 8, 10, 2);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 2, 5);
  lr_crawl_lease_list_clear(&list);
  PGconn *session = open_session(crawl->name);
  run_in(session, "begin; select from queue for update;"
                  "select from todo for update; update url set depth = 1");
  shared_batch_begin(&b, crawl->stores[1]);
  (void)shared_add_found(&b, 7, 1);
  (void)shared_add_found(&b, 7, 3);
  (void)shared_add_found(&b, 8, 10);
  (void)shared_add_found(&b, 8, 12);
  CU_ASSERT_EQUAL(shared_commit(crawl, 1, &b), 2);
  run_in(session, "commit");
  PQfinish(session);
}

static void test_locks(void) { shared_test(server, "locks", pass_by_locks); }

/* ---- Wake-ups ---- */

static void release_empty(struct shared_crawl *crawl) {
  shared_open(crawl, 0);
  shared_open(crawl, 1);
  shared_seed(crawl, 0, 7, 1, 1);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 1, 5);
  lr_crawl_lease_list_clear(&list);
  shared_batch_begin(&batch, crawl->stores[0]);
  shared_add_queue(&batch, 7, 1);
  shared_add_outcome(&batch, 7, 1, LR_CRAWL_FETCHED);
  shared_add_release(&batch, 7, 0);
}

static void seed_as_second(struct shared_crawl *crawl) {
  shared_seed(crawl, 1, 7, 2, 1);
}

/* One lets the queue sleep, and has read that it is empty, but not committed;
 * another one adds a URL, and its look sees that the queue is leased. */
static void test_wake_up(void) {
  struct shared_crawl crawl = {.server = server, .name = "wake"};
  struct shared_run run, other;
  fixture_open(&crawl.f, FIXTURE_PLAIN);
  shared_begin(&crawl, &run, release_empty);
  shared_finish(&run);
  (void)shared_ask(&crawl,
                   "create function hold() returns trigger language plpgsql as"
                   " $$ begin perform pg_advisory_xact_lock(1); return new;"
                   " end $$; create trigger hold before update on queue"
                   " for each row when (new.due = 'infinity')"
                   " execute function hold()");
  PGconn *session = open_session(crawl.name);
  run_in(session, "select pg_advisory_lock(1)");
  shared_begin(&crawl, &run, commit_batch);
  CU_ASSERT_TRUE(fixture_run_until(&crawl.f, one_waits, NULL, 3000));
  shared_begin(&crawl, &other, seed_as_second);
  shared_finish(&other);
  CU_ASSERT_FALSE(run.ended);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) from queue where"
                                     " owner = 1"),
                  1);
  run_in(session, "select pg_advisory_unlock(1)");
  shared_finish(&run);
  CU_ASSERT_EQUAL(batch_status, LARIAT_OK);
  CU_ASSERT_TRUE(batch_result.committed);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) from queue where"
                                     " owner is null and due <= now()"),
                  1);
  PQfinish(session);
  shared_begin(&crawl, &run, shared_close_all);
  shared_finish(&run);
  fixture_close(&crawl.f);
}

/* The same the other way round, and without a race. */
static void wake_in_turn(struct shared_crawl *crawl) {
  release_empty(crawl);
  (void)shared_commit(crawl, 0, &batch);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from queue where"
                                    " due = 'infinity'"),
                  1);
  seed_as_second(crawl);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from queue where"
                                    " due <= now()"),
                  1);
  lr_crawl_lease_list list = shared_lease(crawl, 1, 1, 5);
  CU_ASSERT_EQUAL(list.count, 1);
  lr_crawl_lease_list_clear(&list);
}

static void test_wake_in_turn(void) {
  shared_test(server, "turn", wake_in_turn);
}

/* A queue that wakes keeps the delay after its last request. */
static void keep_delay(struct shared_crawl *crawl) {
  release_empty(crawl);
  batch.releases[0].due_ms = 3600000;
  (void)shared_commit(crawl, 0, &batch);
  seed_as_second(crawl);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from queue where"
                                    " due > now() + interval '50 min' and"
                                    " due < now() + interval '61 min'"),
                  1);
}

static void test_delay(void) { shared_test(server, "pause", keep_delay); }

/* A worker that ends between its commit and its look leaves a queue asleep. */
static void sweep(struct shared_crawl *crawl) {
  shared_open(crawl, 0);
  shared_seed(crawl, 0, 7, 1, 1);
  shared_seed(crawl, 0, 8, 2, 1);
  (void)shared_ask(crawl, "update queue set due = 'infinity';"
                          "delete from todo where queue = 8");
  CU_ASSERT_EQUAL(lr_crawl_shared_sweep(crawl->stores[0], &crawl->fault),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(
      shared_ask(crawl, "select sum(id) from queue where due <= now()"), 7);
  (void)shared_ask(crawl, "update queue set due = 'infinity'");
  CU_ASSERT_EQUAL(lr_crawl_shared_sweep(crawl->stores[0], &crawl->fault),
                  LARIAT_OK); /* once a minute, whoever asks */
  CU_ASSERT_EQUAL(
      shared_ask(crawl, "select count(*) from queue where due <= now()"), 0);
}

static void test_sweep(void) { shared_test(server, "sweep", sweep); }

/* ---- Errors of the server ---- */

/* Makes inserts of outcomes fail with a code, `times` times. */
static void make_failing(const struct shared_crawl *crawl, const char *code,
                         int times) {
  (void)postgres_askf(
      server, crawl->name,
      "create sequence attempts; create function fail() returns trigger"
      " language plpgsql as $$ begin if nextval('attempts') <= %d then raise"
      " exception 'made to fail' using errcode = '%s'; end if; return new;"
      " end $$; create trigger fail before insert on outcome"
      " for each row execute function fail()",
      times, code);
}

static void try_again(struct shared_crawl *crawl) {
  release_empty(crawl);
  make_failing(crawl, "40001", 3);
  (void)shared_commit(crawl, 0, &batch);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from outcome"), 1);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select last_value from attempts"), 4);
}

static void test_again(void) { shared_test(server, "again2", try_again); }

static void fail_for_good(struct shared_crawl *crawl, const char *code,
                          lariat_status status, int error) {
  release_empty(crawl);
  make_failing(crawl, code, 1000);
  crawl->fault = (lr_crawl_fault){0};
  commit_batch(crawl);
  CU_ASSERT_EQUAL(batch_status, status);
  CU_ASSERT_FALSE(batch_result.committed);
  CU_ASSERT_EQUAL(crawl->fault.error, error);
  CU_ASSERT_PTR_NOT_NULL(strstr(crawl->fault.message, "made to fail"));
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from outcome"), 0);
  (void)shared_ask(crawl, "drop trigger fail on outcome");
  (void)shared_commit(crawl, 0, &batch);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from outcome"), 1);
}

static void always_late(struct shared_crawl *crawl) {
  fail_for_good(crawl, "40P01", LARIAT_ECONNECT, 0);
}

static void fill_disk(struct shared_crawl *crawl) {
  fail_for_good(crawl, "53100", LARIAT_ESYSTEM, ENOSPC);
}

static void test_always_late(void) {
  shared_test(server, "always", always_late);
}
static void test_full_disk(void) { shared_test(server, "full", fill_disk); }

/* ---- Lookups ---- */

static bool keep_kind(void *context, const lr_crawl_past_outcome *past) {
  int *kinds = context;
  *kinds = *kinds * 10 + (int)past->kind;
  CU_ASSERT_EQUAL(past->url, 1);
  CU_ASSERT_STRING_EQUAL(past->warc, "1/a.warc.gz");
  return true;
}

static void look_up(struct shared_crawl *crawl) {
  struct shared_batch b;
  int kinds = 0;
  lr_crawl_known_url known;
  lr_crawl_shared_place place;
  const lr_crawl_shared_file file = {.id = 1, .name = "a.warc.gz", .length = 5};
  lr_crawl_shared_store *store = shared_open(crawl, 0);
  shared_seed(crawl, 0, 7, 1, 1);
  shared_seed(crawl, 0, 7, 2, 1);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 1, 5);
  lr_crawl_lease_list_clear(&list);
  shared_batch_begin(&b, store);
  shared_add_queue(&b, 7, 1);
  shared_add_outcome(&b, 7, 1, LR_CRAWL_FETCHED);
  b.places[0].warc = 1;
  b.batch.files = &file;
  b.batch.file_count = 1;
  shared_add_found(&b, 7, 3)->via = 1;
  (void)shared_commit(crawl, 0, &b);

  CU_ASSERT_EQUAL(
      lr_crawl_shared_find(store, 7, 3, &known, &place, &crawl->fault),
      LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(known.url, "http://7.test/3");
  CU_ASSERT_EQUAL(known.via, 1);
  CU_ASSERT_EQUAL(known.host, 7);
  CU_ASSERT_TRUE(place.queued);
  CU_ASSERT_EQUAL(place.before, 1);
  CU_ASSERT_EQUAL(place.owner, 1);
  CU_ASSERT_EQUAL(place.due_ms, 0);
  CU_ASSERT_STRING_EQUAL(place.site, "7.test");
  lariat_memory_release(known.url);
  lariat_memory_release(place.site);

  CU_ASSERT_EQUAL(
      lr_crawl_shared_find(store, 0, 1, &known, &place, &crawl->fault),
      LARIAT_OK);
  CU_ASSERT_FALSE(place.queued);
  lariat_memory_release(known.url);
  lariat_memory_release(place.site);
  CU_ASSERT_EQUAL(
      lr_crawl_shared_find(store, 7, 99, &known, &place, &crawl->fault),
      LARIAT_ENOTFOUND);
  CU_ASSERT_STRING_EQUAL(place.site, "7.test");
  lariat_memory_release(place.site);
  CU_ASSERT_EQUAL(lr_crawl_shared_each_outcome(store, 7, 1, keep_kind, &kinds,
                                               &crawl->fault),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(kinds, LR_CRAWL_FETCHED);
}

static void test_lookup(void) { shared_test(server, "look", look_up); }

/* ---- Memory ---- */

/* Each allocation of a commit fails once: nothing is lost, nothing is twice. */
static void test_memory(void) {
  struct shared_crawl crawl = {.server = server, .name = "memory"};
  struct shared_run run;
  fixture_open(&crawl.f, FIXTURE_PLAIN);
  shared_begin(&crawl, &run, prepare_answer);
  shared_finish(&run);
  bool committed = false;
  for (uint64_t nth = 1; nth < 400 && !committed; nth++) {
    batch_status = LARIAT_ENOMEM;
    fixture_fail_allocation(&crawl.f, nth);
    shared_begin(&crawl, &run, commit_batch);
    shared_finish(&run);
    fixture_fail_allocation(&crawl.f, 0);
    committed = batch_status == LARIAT_OK;
  }
  CU_ASSERT_TRUE(committed);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) from outcome"), 2);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select sum(known) from worker"), 4);
  shared_begin(&crawl, &run, shared_close_all);
  shared_finish(&run);
  fixture_close(&crawl.f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"outcomes, what was found, files", test_commit},
      {"lengths of files", test_files},
      {"facts of hosts", test_facts},
      {"batches that make no sense", test_refused},
      {"URLs that are due later", test_later},
      {"a lease that was lost", test_lost},
      {"a lease that is over", test_late},
      {"an answer that is lost", test_answer_lost},
      {"two workers name each other's URLs", test_no_deadlock},
      {"a commit passes by locks of others", test_locks},
      {"a wake-up is not lost", test_wake_up},
      {"sleeping and waking in turn", test_wake_in_turn},
      {"who wakes keeps its delay", test_delay},
      {"a sweep", test_sweep},
      {"what is worth another try", test_again},
      {"what stays so", test_always_late},
      {"a full disk", test_full_disk},
      {"one URL", test_lookup},
      {"memory that fails", test_memory},
  };
  if (!postgres_is_here()) {
    printf("no PostgreSQL here\n");
    return 0;
  }
  server = postgres_start();
  int failed = server ? fixture_main("shared_commit", tests,
                                     FIXTURE_COUNT(tests), argc, argv)
                      : 1;
  postgres_stop(server);
  return failed;
}
