/* SPDX-License-Identifier: MIT
 * shared_store_test.c: the store of a shared crawl on a real PostgreSQL: how it
 * is opened, made and brought up to date; leases, and who has them. */
#include "crawl/shared_store.h"

#include <libpq-fe.h>
#include <signal.h>
#include <unistd.h>

#include "crawl/postgres.h"
#include "support/shared_crawl.h"

static struct postgres *server;

/* ---- Opening ---- */

static void open_two(struct shared_crawl *crawl) {
  lr_crawl_shared_store *one = shared_open(crawl, 0);
  lr_crawl_shared_store *other = shared_open(crawl, 1);
  CU_ASSERT_EQUAL(lr_crawl_shared_worker(one), 1);
  CU_ASSERT_EQUAL(lr_crawl_shared_worker(other), 2);
  CU_ASSERT_EQUAL(lr_crawl_shared_last_batch(other), 0);
  lr_crawl_hash_key first = lr_crawl_shared_hash_key(one);
  lr_crawl_hash_key second = lr_crawl_shared_hash_key(other);
  CU_ASSERT_EQUAL(memcmp(&first, &second, sizeof first), 0);
  CU_ASSERT(first.words[0] != 0 || first.words[1] != 0);
  CU_ASSERT_STRING_EQUAL(lr_crawl_shared_config(other), "{}");
  CU_ASSERT_EQUAL(shared_ask(crawl, "select version from crawl"), 2);
}

static void test_open(void) { shared_test(server, "open", open_two); }

/* Three make the same crawl at once. */
static void open_at_once(struct shared_crawl *crawl) {
  static int next;
  shared_open(crawl, next++);
}

static void test_creation_race(void) {
  struct shared_crawl crawl = {.server = server, .name = "race \"it's\""};
  struct shared_run runs[SHARED_STORES];
  fixture_open(&crawl.f, FIXTURE_PLAIN);
  for (int i = 0; i < SHARED_STORES; i++)
    shared_begin(&crawl, &runs[i], open_at_once);
  for (int i = 0; i < SHARED_STORES; i++) shared_finish(&runs[i]);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) from worker"), 3);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) from crawl"), 1);
  shared_begin(&crawl, &runs[0], shared_close_all);
  shared_finish(&runs[0]);
  fixture_close(&crawl.f);
}

/* Wants an opening with these options to fail. */
static void expect_refused(struct shared_crawl *crawl,
                           const lr_crawl_shared_options *options,
                           lariat_status status, const char *words) {
  lr_crawl_shared_store *store;
  lr_crawl_fault fault = {0};
  CU_ASSERT_EQUAL(lr_crawl_shared_open(options, &store, &fault), status);
  CU_ASSERT_PTR_NULL(store);
  if (!strstr(fault.message, words)) fixture_fail("said: %s", fault.message);
  lr_crawl_shared_close(store);
  (void)crawl;
}

static void refuse_names(struct shared_crawl *crawl) {
  lr_crawl_shared_options options = shared_options(crawl);
  options.config = NULL;
  expect_refused(crawl, &options, LARIAT_ENOTFOUND, "has no crawl \"none\"");
  options.config = "{}";
  options.read_only = true;
  expect_refused(crawl, &options, LARIAT_ENOTFOUND, "has no crawl \"none\"");
  options.name = "";
  expect_refused(crawl, &options, LARIAT_EINVAL, "1 to 63 bytes");
  CU_ASSERT_EQUAL(postgres_ask(server, NULL,
                               "select count(*) from pg_namespace"
                               " where nspname in ('none', '')"),
                  0);
}

static void test_no_crawl(void) { shared_test(server, "none", refuse_names); }

static void refuse_newer(struct shared_crawl *crawl) {
  lr_crawl_shared_options options = shared_options(crawl);
  lr_crawl_lease_list list;
  uint64_t next_ms;
  shared_open(crawl, 0);
  (void)shared_ask(crawl, "update crawl set version = 99");
  expect_refused(crawl, &options, LARIAT_EFORMAT, "it has version 99");
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from worker"), 1);
  CU_ASSERT_EQUAL(lr_crawl_shared_lease(crawl->stores[0], 1, 1, &list, &next_ms,
                                        &crawl->fault),
                  LARIAT_EFORMAT);
}

static void test_newer(void) { shared_test(server, "newer", refuse_newer); }

static void bring_up(struct shared_crawl *crawl) {
  lr_crawl_shared_options options = shared_options(crawl);
  shared_open(crawl, 0);
  (void)shared_ask(crawl, "drop view page; update crawl set version = 1");
  options.read_only = true;
  expect_refused(crawl, &options, LARIAT_EFORMAT, "by an older lariat");
  shared_open(crawl, 1);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select version from crawl"), 2);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from page"), 0);
}

static void test_older(void) { shared_test(server, "older", bring_up); }

static void refuse_other_tables(struct shared_crawl *crawl) {
  lr_crawl_shared_options options = shared_options(crawl);
  (void)postgres_ask(server, NULL,
                     "create schema other;"
                     "create table other.crawl(version int)");
  expect_refused(crawl, &options, LARIAT_EFORMAT, "another program's tables");
  (void)postgres_ask(server, NULL,
                     "drop table other.crawl; create table other.crawl("
                     "application text, version int, secret bytea,"
                     " config text, ordered int)");
  expect_refused(crawl, &options, LARIAT_EFORMAT, "another program's tables");
  (void)postgres_ask(server, NULL, "drop table other.crawl");
  shared_open(crawl, 0); /* the schema is empty: it may be ours */
}

static void test_other_tables(void) {
  shared_test(server, "other", refuse_other_tables);
}

static void refuse_connections(struct shared_crawl *crawl) {
  lr_crawl_shared_options options = shared_options(crawl);
  options.connection = "postgres://me:pa55word@/x?host=/nowhere";
  expect_refused(crawl, &options, LARIAT_ECONNECT, "No such file");
  options.connection = "postgres://me:pa55/word@host/x";
  expect_refused(crawl, &options, LARIAT_ECONNECT, "***");
  options.connection = "host";
  options.connection = "host=a b password=x";
  expect_refused(crawl, &options, LARIAT_EINVAL, "is not named as");
  char connection[256];
  snprintf(connection, sizeof connection, "%s dbname=absent password=pa55word",
           server->connection);
  options.connection = connection;
  expect_refused(crawl, &options, LARIAT_ECONNECT, "does not exist");
}

static void test_no_connection(void) {
  shared_test(server, "away", refuse_connections);
}

static void refuse_encoding(struct shared_crawl *crawl) {
  char connection[256];
  lr_crawl_shared_options options = shared_options(crawl);
  (void)postgres_ask(server, NULL,
                     "create database latin encoding 'LATIN1'"
                     " template template0 locale 'C'");
  snprintf(connection, sizeof connection, "%s dbname=latin",
           server->connection);
  options.connection = connection;
  expect_refused(crawl, &options, LARIAT_EFORMAT, "encoding other than UTF8");
}

static void test_encoding(void) { shared_test(server, "e", refuse_encoding); }

/* ---- Leases ---- */

static void lease_in_order(struct shared_crawl *crawl) {
  struct shared_batch b;
  shared_open(crawl, 0);
  shared_open(crawl, 1);
  shared_batch_begin(&b, crawl->stores[0]);
  lr_crawl_shared_found *late = shared_add_found(&b, 7, 30);
  late->priority = 5;
  late->depth = 3;
  late->hop = 'R';
  late->redirects = 2;
  late->hops_off_site = 1;
  late->via = UINT64_MAX - 1;
  (void)shared_add_found(&b, 7, 20);
  CU_ASSERT_EQUAL(shared_commit(crawl, 0, &b), 2);
  shared_seed(crawl, 0, 7, 10, 1); /* later than 20 */
  lr_crawl_lease_list list = shared_lease(crawl, 1, 8, 10);
  CU_ASSERT_EQUAL_FATAL(list.count, 1);
  const lr_crawl_lease *lease = &list.leases[0];
  CU_ASSERT_EQUAL(lease->queue, 7);
  CU_ASSERT_EQUAL(lease->epoch, 1);
  CU_ASSERT_EQUAL(lease->wait_ms, 0);
  CU_ASSERT_FALSE(lease->has_more);
  CU_ASSERT_STRING_EQUAL(lease->site, "7.test");
  CU_ASSERT_EQUAL_FATAL(lease->url_count, 3);
  CU_ASSERT_EQUAL(lease->urls[0].id, 20);
  CU_ASSERT_EQUAL(lease->urls[1].id, 10);
  const lr_crawl_shared_url *url = &lease->urls[2];
  CU_ASSERT_EQUAL(url->id, 30);
  CU_ASSERT_EQUAL(url->via, UINT64_MAX - 1);
  CU_ASSERT_EQUAL(url->priority, 5);
  CU_ASSERT_EQUAL(url->depth, 3);
  CU_ASSERT_EQUAL(url->hop, 'R');
  CU_ASSERT_EQUAL(url->redirects, 2);
  CU_ASSERT_EQUAL(url->hops_off_site, 1);
  CU_ASSERT_EQUAL(url->tries, 0);
  CU_ASSERT_STRING_EQUAL(url->url, "http://7.test/30");
  lr_crawl_lease_list_clear(&list);
  list = shared_lease(crawl, 0, 8, 10);
  CU_ASSERT_EQUAL(list.count, 0);
  lr_crawl_lease_list_clear(&list);
}

static void test_lease(void) { shared_test(server, "lease", lease_in_order); }

/* Large and small ids: PostgreSQL knows no unsigned ones. */
static void lease_many(struct shared_crawl *crawl) {
  uint64_t queue = UINT64_C(0xf000000000000000), seen = 0;
  shared_open(crawl, 0);
  shared_open(crawl, 1);
  for (uint64_t i = 0; i < 4; i++)
    shared_seed(crawl, 0, queue + (i << 61), queue + i * 100, 5);
  for (int which = 0; which < 2; which++) {
    lr_crawl_lease_list list = shared_lease(crawl, which, 2, 3);
    CU_ASSERT_EQUAL(list.count, 2);
    for (size_t i = 0; i < list.count; i++) {
      CU_ASSERT_EQUAL(list.leases[i].url_count, 3);
      CU_ASSERT_TRUE(list.leases[i].has_more);
      seen |= UINT64_C(1) << ((list.leases[i].queue - queue) >> 61);
    }
    lr_crawl_lease_list_clear(&list);
  }
  CU_ASSERT_EQUAL(seen, 0xf);
}

static void test_many(void) { shared_test(server, "many", lease_many); }

static lariat_status renew(struct shared_crawl *crawl, int which,
                           uint64_t queue, int64_t epoch, size_t most,
                           lr_crawl_lease_list *list) {
  return lr_crawl_shared_renew(crawl->stores[which], &queue, &epoch, 1, most,
                               list, &crawl->fault);
}

/* A renewal brings what is not with the worker already. */
static void renew_leases(struct shared_crawl *crawl) {
  struct shared_batch b;
  shared_open(crawl, 0);
  shared_open(crawl, 1);
  shared_seed(crawl, 0, 7, 1, 6);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 8, 3);
  CU_ASSERT_EQUAL_FATAL(list.count, 1);
  CU_ASSERT_EQUAL(list.leases[0].url_count, 3);
  uint64_t first = list.leases[0].urls[0].id;
  lr_crawl_lease_list_clear(&list);

  CU_ASSERT_EQUAL(renew(crawl, 0, 7, 1, 3, &list), LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(list.count, 1);
  CU_ASSERT_EQUAL(list.leases[0].url_count, 0);
  CU_ASSERT_TRUE(list.leases[0].has_more);
  lr_crawl_lease_list_clear(&list);

  shared_batch_begin(&b, crawl->stores[0]);
  shared_add_queue(&b, 7, 1);
  shared_add_outcome(&b, 7, first, LR_CRAWL_FETCHED);
  (void)shared_commit(crawl, 0, &b);
  CU_ASSERT_EQUAL(renew(crawl, 0, 7, 1, 3, &list), LARIAT_OK);
  CU_ASSERT_EQUAL(list.leases[0].url_count, 1);
  lr_crawl_lease_list_clear(&list);
  CU_ASSERT_EQUAL(renew(crawl, 0, 7, 1, 60, &list), LARIAT_OK);
  CU_ASSERT_EQUAL(list.leases[0].url_count, 2);
  CU_ASSERT_FALSE(list.leases[0].has_more);
  lr_crawl_lease_list_clear(&list);

  /* Over, but nobody has had it since; then another worker has. */
  shared_expire(crawl);
  CU_ASSERT_EQUAL(renew(crawl, 0, 7, 1, 0, &list), LARIAT_OK);
  CU_ASSERT_EQUAL(list.count, 1);
  lr_crawl_lease_list_clear(&list);
  shared_expire(crawl);
  list = shared_lease(crawl, 1, 8, 60);
  CU_ASSERT_EQUAL_FATAL(list.count, 1);
  CU_ASSERT_EQUAL(list.leases[0].epoch, 2);
  CU_ASSERT_EQUAL(list.leases[0].url_count, 5);
  lr_crawl_lease_list_clear(&list);
  CU_ASSERT_EQUAL(renew(crawl, 0, 7, 1, 60, &list), LARIAT_OK);
  CU_ASSERT_EQUAL(list.count, 0);
  lr_crawl_lease_list_clear(&list);
}

static void test_renew(void) { shared_test(server, "renew", renew_leases); }

/* The delay of a queue whose worker is gone begins with its lease's end. */
static void wait_for_delay(struct shared_crawl *crawl) {
  crawl->delay_ms = 3600000;
  shared_open(crawl, 0);
  shared_open(crawl, 1);
  shared_seed(crawl, 0, 7, 1, 2);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 8, 3);
  CU_ASSERT_EQUAL(list.count, 1);
  lr_crawl_lease_list_clear(&list);
  (void)shared_ask(crawl, "insert into host(queue, origin, delay_ms)"
                          " values (7, 'http://7.test', 7200000)");
  shared_expire(crawl);
  list = shared_lease(crawl, 1, 8, 3);
  CU_ASSERT_EQUAL_FATAL(list.count, 1);
  CU_ASSERT(list.leases[0].wait_ms > 3600000);
  CU_ASSERT(list.leases[0].wait_ms <= 7200000);
  lr_crawl_lease_list_clear(&list);

  /* What is closed waits as well; it is due, for whoever keeps the delay. */
  lr_crawl_shared_close(crawl->stores[1]);
  crawl->stores[1] = NULL;
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from queue where"
                                    " owner is null and due > now()"
                                    " and ready = due"),
                  1);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from worker"
                                    " where left_at is not null"),
                  1);
}

static void test_delay(void) { shared_test(server, "delay", wait_for_delay); }

static void say_when(struct shared_crawl *crawl) {
  uint64_t next_ms;
  lr_crawl_lease_list list;
  lr_crawl_shared_store *store = shared_open(crawl, 0);
  CU_ASSERT_EQUAL(
      lr_crawl_shared_lease(store, 1, 1, &list, &next_ms, &crawl->fault),
      LARIAT_OK);
  CU_ASSERT_EQUAL(next_ms, UINT64_MAX);
  lr_crawl_lease_list_clear(&list);
  shared_seed(crawl, 0, 7, 1, 1);
  (void)shared_ask(crawl, "update queue set due = now() + interval '1 hour'");
  CU_ASSERT_EQUAL(
      lr_crawl_shared_lease(store, 1, 1, &list, &next_ms, &crawl->fault),
      LARIAT_OK);
  CU_ASSERT_EQUAL(list.count, 0);
  CU_ASSERT(next_ms > 3000000 && next_ms <= 3600000);
  lr_crawl_lease_list_clear(&list);
  (void)shared_ask(crawl, "update queue set due = 'infinity'");
  CU_ASSERT_EQUAL(
      lr_crawl_shared_lease(store, 1, 1, &list, &next_ms, &crawl->fault),
      LARIAT_OK);
  CU_ASSERT_EQUAL(next_ms, UINT64_MAX);
  lr_crawl_lease_list_clear(&list);
}

static void test_next(void) { shared_test(server, "next", say_when); }

/* ---- Workers ---- */

static void enter_again(struct shared_crawl *crawl) {
  struct shared_batch b;
  lr_crawl_shared_result result;
  lr_crawl_shared_options options = shared_options(crawl);
  shared_open(crawl, 0);
  shared_seed(crawl, 0, 7, 1, 2);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 8, 3);
  CU_ASSERT_EQUAL(list.count, 1);
  lr_crawl_lease_list_clear(&list);

  options.worker = 9;
  expect_refused(crawl, &options, LARIAT_EFORMAT, "begin in a new directory");
  options.worker = 1;
  options.host = "elsewhere";
  expect_refused(crawl, &options, LARIAT_EBUSY, "ago on here: it runs");
  options.host = "here"; /* where the directory's lock tells them apart */
  CU_ASSERT_EQUAL(
      lr_crawl_shared_open(&options, &crawl->stores[1], &crawl->fault),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lr_crawl_shared_worker(crawl->stores[1]), 1);
  CU_ASSERT_EQUAL(lr_crawl_shared_last_batch(crawl->stores[1]), 1);

  /* The one that was first can do nothing any more. */
  uint64_t next_ms;
  CU_ASSERT_EQUAL(lr_crawl_shared_lease(crawl->stores[0], 1, 1, &list, &next_ms,
                                        &crawl->fault),
                  LARIAT_EBUSY);
  shared_batch_begin(&b, crawl->stores[0]);
  shared_add_queue(&b, 7, 1);
  shared_add_outcome(&b, 7, 1, LR_CRAWL_FETCHED);
  CU_ASSERT_EQUAL(lr_crawl_shared_commit(crawl->stores[0], &b.batch, &result,
                                         &crawl->fault),
                  LARIAT_EBUSY);
  list = shared_lease(crawl, 1, 8, 3);
  CU_ASSERT_EQUAL_FATAL(list.count, 1);
  CU_ASSERT_EQUAL(list.leases[0].epoch, 2);
  CU_ASSERT_EQUAL(list.leases[0].url_count, 2);
  lr_crawl_lease_list_clear(&list);

  (void)shared_ask(crawl, "update worker set seen_at = now() - interval '1 h'");
  options.host = "elsewhere";
  CU_ASSERT_EQUAL(
      lr_crawl_shared_open(&options, &crawl->stores[2], &crawl->fault),
      LARIAT_OK);
}

static void test_again(void) { shared_test(server, "again", enter_again); }

/* A worker's number is a directory's of one crawl, wherever that is; while it
 * runs, a copy of the directory is not it. */
static void enter_elsewhere(struct shared_crawl *crawl) {
  lr_crawl_shared_options options = shared_options(crawl);
  options.directory_id = 0xfedcba9876543210;
  options.place = "1:2";
  CU_ASSERT_EQUAL_FATAL(
      lr_crawl_shared_open(&options, &crawl->stores[0], &crawl->fault),
      LARIAT_OK);
  lr_crawl_hash_key key = lr_crawl_shared_hash_key(crawl->stores[0]);
  options.worker = 1;
  options.crawl_id = lr_crawl_hash_key_id(key) ^ 2;
  expect_refused(crawl, &options, LARIAT_EFORMAT, "begin in a new directory");
  options.crawl_id ^= 2;
  options.directory_id++;
  expect_refused(crawl, &options, LARIAT_EFORMAT, "begin in a new directory");
  options.directory_id--;
  options.place = "1:3";
  expect_refused(crawl, &options, LARIAT_EBUSY, "worker 1 of the crawl was");
  CU_ASSERT_EQUAL(shared_ask(crawl, "select session from worker"), 1);

  options.place = "1:2";
  CU_ASSERT_EQUAL(
      lr_crawl_shared_open(&options, &crawl->stores[1], &crawl->fault),
      LARIAT_OK);
  lr_crawl_shared_close(crawl->stores[1]);
  options.place = "1:3"; /* it has left */
  CU_ASSERT_EQUAL(
      lr_crawl_shared_open(&options, &crawl->stores[1], &crawl->fault),
      LARIAT_OK);
}

static void test_elsewhere(void) {
  shared_test(server, "elsewhere", enter_elsewhere);
}

/* Where the crawl is gone, another one is not made in its place. */
static void enter_nothing(struct shared_crawl *crawl) {
  lr_crawl_shared_options options = shared_options(crawl);
  options.worker = 1;
  expect_refused(crawl, &options, LARIAT_ENOTFOUND, "has no crawl");
}

static void test_nothing(void) { shared_test(server, "gone", enter_nothing); }

static void give_orders(struct shared_crawl *crawl) {
  uint64_t next_ms;
  lr_crawl_lease_list list;
  lr_crawl_shared_counts counts;
  lr_crawl_shared_options options = shared_options(crawl);
  lr_crawl_shared_store *store = shared_open(crawl, 0);
  shared_seed(crawl, 0, 7, 1, 1);
  options.read_only = true;
  options.config = NULL;
  CU_ASSERT_EQUAL(
      lr_crawl_shared_open(&options, &crawl->stores[1], &crawl->fault),
      LARIAT_OK);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from worker"), 1);
  CU_ASSERT_EQUAL(lr_crawl_shared_set_order(
                      crawl->stores[1], LR_CRAWL_SHARED_PAUSE, &crawl->fault),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(
      lr_crawl_shared_lease(store, 1, 1, &list, &next_ms, &crawl->fault),
      LARIAT_OK);
  CU_ASSERT_EQUAL(list.count, 0);
  CU_ASSERT_EQUAL(next_ms, 1000);
  CU_ASSERT_EQUAL(lr_crawl_shared_ordered(store), LR_CRAWL_SHARED_PAUSE);
  lr_crawl_lease_list_clear(&list);
  CU_ASSERT_EQUAL(lr_crawl_shared_count(store, true, &counts, &crawl->fault),
                  LARIAT_OK);
  CU_ASSERT_TRUE(counts.paused);
  CU_ASSERT_EQUAL(counts.known, 1);
  CU_ASSERT_EQUAL(counts.queued, 1);
  CU_ASSERT_EQUAL(counts.queues, 1);
  CU_ASSERT_EQUAL(counts.queues_due, 1);
  CU_ASSERT_EQUAL(counts.workers, 1);
  CU_ASSERT_FALSE(counts.is_over);
  CU_ASSERT_EQUAL(lr_crawl_shared_set_order(crawl->stores[1],
                                            LR_CRAWL_SHARED_GO, &crawl->fault),
                  LARIAT_OK);
  list = shared_lease(crawl, 0, 1, 1);
  CU_ASSERT_EQUAL(list.count, 1);
  lr_crawl_lease_list_clear(&list);
}

static void test_orders(void) { shared_test(server, "orders", give_orders); }

static void count_member(void *context, const lr_crawl_shared_member *member) {
  unsigned *seen = context;
  *seen = *seen * 10 + member->id;
  CU_ASSERT_STRING_EQUAL(member->host, "here");
  CU_ASSERT_EQUAL(member->queues, member->id == 1);
  CU_ASSERT_FALSE(member->has_left);
}

static void list_workers(struct shared_crawl *crawl) {
  unsigned seen = 0;
  shared_open(crawl, 0);
  shared_open(crawl, 1);
  shared_seed(crawl, 0, 7, 1, 1);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 1, 1);
  lr_crawl_lease_list_clear(&list);
  CU_ASSERT_EQUAL(lr_crawl_shared_each_worker(crawl->stores[0], count_member,
                                              &seen, &crawl->fault),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(seen, 12);
}

static void test_workers(void) { shared_test(server, "list", list_workers); }

/* ---- A database that is away ---- */

static void lose_database(struct shared_crawl *crawl) {
  struct shared_batch b;
  lr_crawl_shared_result result;
  shared_open(crawl, 0);
  shared_seed(crawl, 0, 7, 1, 2);
  lr_crawl_lease_list list = shared_lease(crawl, 0, 8, 3);
  CU_ASSERT_EQUAL_FATAL(list.count, 1);
  lr_crawl_lease_list_clear(&list);
  shared_batch_begin(&b, crawl->stores[0]);
  shared_add_queue(&b, 7, 1);
  shared_add_outcome(&b, 7, 1, LR_CRAWL_FETCHED);
  postgres_crash(server);
  for (int i = 0; i < 3; i++)
    CU_ASSERT_EQUAL(lr_crawl_shared_commit(crawl->stores[0], &b.batch, &result,
                                           &crawl->fault),
                    LARIAT_ECONNECT);
  CU_ASSERT_TRUE(postgres_revive(server));
  (void)shared_commit(crawl, 0, &b);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from outcome"), 1);
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from todo"), 1);
}

/* A connection that ended between two calls is no fault of the second one. */
static void end_idle(struct shared_crawl *crawl) {
  shared_open(crawl, 0);
  for (int i = 0; i < 3; i++) {
    if (i == 0)
      (void)postgres_ask(server, NULL,
                         "select pg_terminate_backend(pid, 60000)"
                         " from pg_stat_activity"
                         " where application_name = 'lariat'");
    if (i == 1) postgres_crash(server);
    if (i == 1) CU_ASSERT_TRUE(postgres_revive(server));
    shared_seed(crawl, 0, 7, 1 + (uint64_t)i, 1);
  }
  CU_ASSERT_EQUAL(shared_ask(crawl, "select count(*) from url"), 3);
}

static void test_idle(void) { shared_test(server, "idle", end_idle); }

static void test_restart(void) { shared_test(server, "away2", lose_database); }

/* A server that does not answer: its process is stopped. */
static void wait_in_vain(struct shared_crawl *crawl) {
  PGresult *rows;
  bool is_new;
  lr_crawl_fault fault;
  const lr_crawl_postgres_options options = {.reactor = crawl->f.reactor,
                                             .connection = server->connection,
                                             .answer_ms = 60000};
  const lr_crawl_postgres_step step = {.text = "select pg_backend_pid()"};
  lr_crawl_postgres *postgres = lr_crawl_postgres_new(&options);
  CU_ASSERT_EQUAL(lr_crawl_postgres_run(postgres, &step, 1, &rows, &fault),
                  LARIAT_ECONNECT);
  CU_ASSERT_EQUAL(lr_crawl_postgres_connect(postgres, &is_new, &fault),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lr_crawl_postgres_connect(postgres, &is_new, &fault),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lr_crawl_postgres_run(postgres, &step, 1, &rows, &fault),
                  LARIAT_OK);
  pid_t backend = (pid_t)lr_crawl_postgres_integer(rows, 0, 0);
  PQclear(rows);
  CU_ASSERT_FATAL(backend > 1);
  kill(backend, SIGSTOP);
  lr_crawl_postgres_set_answer_ms(postgres, 100);
  CU_ASSERT_EQUAL(lr_crawl_postgres_run(postgres, &step, 1, &rows, &fault),
                  LARIAT_ECONNECT);
  CU_ASSERT_PTR_NOT_NULL(strstr(fault.message, "has not answered for 100 ms"));
  CU_ASSERT_FALSE(lr_crawl_postgres_is_connected(postgres));
  kill(backend, SIGCONT);
  lr_crawl_postgres_set_answer_ms(postgres, 60000);
  CU_ASSERT_EQUAL(lr_crawl_postgres_connect(postgres, &is_new, &fault),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lr_crawl_postgres_run(postgres, &step, 1, &rows, &fault),
                  LARIAT_OK);
  PQclear(rows);
  lr_crawl_postgres_free(postgres);
}

static void test_silence(void) { shared_test(server, "silent", wait_in_vain); }

/* A second call meanwhile. */
static void count_once(struct shared_crawl *crawl) {
  static int calls;
  lr_crawl_shared_counts counts;
  lariat_status status =
      lr_crawl_shared_count(crawl->stores[0], false, &counts, &crawl->fault);
  CU_ASSERT_EQUAL(status, calls++ == 0 ? LARIAT_EBUSY : LARIAT_OK);
}

static void open_first(struct shared_crawl *crawl) { shared_open(crawl, 0); }

static void test_two_calls(void) {
  struct shared_crawl crawl = {.server = server, .name = "two"};
  struct shared_run first, second;
  fixture_open(&crawl.f, FIXTURE_PLAIN);
  shared_begin(&crawl, &first, open_first);
  shared_finish(&first);
  PGconn *session = PQconnectdb(server->connection);
  PQclear(PQexec(session, "begin; lock table two.worker"));
  shared_begin(&crawl, &first, count_once);
  CU_ASSERT_FALSE(first.ended);
  shared_begin(&crawl, &second, count_once);
  CU_ASSERT_TRUE(second.ended);
  PQclear(PQexec(session, "commit"));
  PQfinish(session);
  shared_finish(&first);
  shared_begin(&crawl, &first, shared_close_all);
  shared_finish(&first);
  fixture_close(&crawl.f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"two workers open a crawl", test_open},
      {"three make the same crawl at once", test_creation_race},
      {"a crawl that is not there", test_no_crawl},
      {"a newer version is refused", test_newer},
      {"an older version is brought up to date", test_older},
      {"another program's tables are refused", test_other_tables},
      {"connections that fail, and what is said of them", test_no_connection},
      {"another encoding is refused", test_encoding},
      {"a lease has its URLs by priority and age", test_lease},
      {"leases of large numbers", test_many},
      {"renewals bring what is not there yet", test_renew},
      {"delays after a lease's end", test_delay},
      {"when the next queue is due", test_next},
      {"a worker comes again", test_again},
      {"a worker's directory elsewhere", test_elsewhere},
      {"a directory of a crawl that is gone", test_nothing},
      {"orders for all workers", test_orders},
      {"workers are listed", test_workers},
      {"one call at a time", test_two_calls},
      {"the server does not answer", test_silence},
      {"a connection ends between two calls", test_idle},
      {"the server crashes and comes again", test_restart},
  };
  if (!postgres_is_here()) {
    printf("no PostgreSQL here\n");
    return 0;
  }
  server = postgres_start();
  int failed = server ? fixture_main("shared_store", tests,
                                     FIXTURE_COUNT(tests), argc, argv)
                      : 1;
  postgres_stop(server);
  return failed;
}
