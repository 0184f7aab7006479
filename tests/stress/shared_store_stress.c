/* SPDX-License-Identifier: MIT
 * shared_store_stress.c: three workers of a shared crawl in one process, while
 * leases end early, connections are cut and workers come again without a
 * farewell: at the end each URL of a computed site has one outcome, nothing is
 * queued, and every queue sleeps. */
#include "crawl/shared_store.h"

#include <stdlib.h>

#include "support/scale.h"
#include "support/shared_crawl.h"

enum { QUEUES = 12, LINKS = 4, WORKERS = SHARED_STORES };

static struct postgres *server;
static struct shared_crawl crawl;
static uint64_t seed = 12345;
static unsigned urls, mishaps, mishaps_left, again[WORKERS];
static struct shared_batch batches[WORKERS];

static uint64_t draw(uint64_t below) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (seed >> 33) % below;
}

/* A URL's links: its children in a tree, and some others. */
static void add_links(struct shared_batch *b, uint64_t id) {
  for (uint64_t i = 1; i <= LINKS; i++) {
    uint64_t to = i <= 2 ? id * 2 + i - 1 : id * 7919 * i % urls + 1;
    if (to <= urls && b->batch.found_count < SHARED_MOST)
      (void)shared_add_found(b, to % QUEUES, to);
  }
}

/* Does one thing that may happen at any time. */
static void do_harm(int which) {
  if (mishaps_left == 0 || draw(3) != 0) return;
  mishaps_left--;
  mishaps++;
  switch (draw(3)) {
  case 0:
    shared_expire(&crawl);
    break;
  case 1:
    (void)postgres_ask(server, NULL,
                       "select pg_terminate_backend(pid) from"
                       " pg_stat_activity where application_name = 'lariat'"
                       " order by random() limit 1");
    break;
  default:
    again[which] = 1;
  }
}

/* Opens a worker again that has ended without a word: its leases are left. */
static bool come_again(int which) {
  lr_crawl_shared_options options = shared_options(&crawl);
  lr_crawl_shared_store *store = crawl.stores[which];
  options.worker = lr_crawl_shared_worker(store);
  crawl.stores[which] = NULL;
  again[which] = 0;
  /* Without a connection it cannot give its leases back; the others, whose
   * connections end as well, come again. */
  (void)postgres_ask(server, NULL,
                     "select pg_terminate_backend(pid, 60000) from"
                     " pg_stat_activity where application_name = 'lariat'");
  lr_crawl_shared_close(store);
  lariat_status status;
  do status = lr_crawl_shared_open(&options, &crawl.stores[which], NULL);
  while (status == LARIAT_ECONNECT);
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  return status == LARIAT_OK;
}

/* Commits what a worker has done of a lease; where the database is away the
 * same batch again, as a worker has to. */
static void commit_lease(int which, const lr_crawl_lease *lease) {
  struct shared_batch *b = &batches[which];
  lr_crawl_shared_result result;
  lariat_status status;
  size_t most = draw(lease->url_count + 1);
  shared_batch_begin(b, crawl.stores[which]);
  shared_add_queue(b, lease->queue, lease->epoch);
  for (size_t i = 0; i < most && i < SHARED_MOST / (2 * LINKS); i++) {
    bool later = draw(10) == 0;
    shared_add_outcome(b, lease->queue, lease->urls[i].id,
                       later ? LR_CRAWL_LATER : LR_CRAWL_FETCHED);
    if (!later) add_links(b, lease->urls[i].id);
  }
  shared_add_release(b, lease->queue, 0);
  do {
    do_harm(which);
    status = lr_crawl_shared_commit(crawl.stores[which], &b->batch, &result,
                                    &crawl.fault);
  } while (status == LARIAT_ECONNECT && !again[which]);
  if (status && status != LARIAT_ECONNECT)
    fixture_fail("commit: %s", crawl.fault.message);
  lariat_memory_release(result.lost);
}

/* Leases, commits, and tells whether all is done. */
static bool take_turn(int which) {
  uint64_t next_ms;
  lr_crawl_lease_list list;
  lr_crawl_shared_counts counts;
  if (again[which] && !come_again(which)) return true;
  lr_crawl_shared_store *store = crawl.stores[which];
  if (lr_crawl_shared_lease(store, 1 + draw(3), 6, &list, &next_ms,
                            &crawl.fault) == LARIAT_OK)
    for (size_t i = 0; i < list.count && !again[which]; i++)
      commit_lease(which, &list.leases[i]);
  lr_crawl_lease_list_clear(&list);
  (void)lr_crawl_shared_sweep(store, &crawl.fault);
  return lr_crawl_shared_count(store, false, &counts, &crawl.fault) ==
             LARIAT_OK &&
         counts.is_over;
}

static void work(int which) {
  while (!take_turn(which))
    if (mishaps_left == 0 && which == 0) shared_expire(&crawl);
}

static void work_first(struct shared_crawl *of) {
  (void)of;
  work(0);
}
static void work_second(struct shared_crawl *of) {
  (void)of;
  work(1);
}
static void work_third(struct shared_crawl *of) {
  (void)of;
  work(2);
}

static void begin(struct shared_crawl *of) {
  for (int i = 0; i < WORKERS; i++) (void)shared_open(of, i);
  shared_seed(of, 0, 1 % QUEUES, 1, 1);
}

static void test_mishaps(void) {
  static shared_body *const bodies[WORKERS] = {work_first, work_second,
                                               work_third};
  struct shared_run runs[WORKERS];
  crawl = (struct shared_crawl){.server = server, .name = "stress"};
  fixture_open(&crawl.f, FIXTURE_PLAIN);
  shared_begin(&crawl, &runs[0], begin);
  shared_finish(&runs[0]);
  for (int i = 0; i < WORKERS; i++) shared_begin(&crawl, &runs[i], bodies[i]);
  for (int i = 0; i < WORKERS; i++) shared_finish(&runs[i]);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) from url"), urls);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) from outcome"
                                     " where kind = 1"),
                  urls);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(distinct url) from outcome"
                                     " where kind = 1"),
                  urls);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select count(*) from todo"), 0);
  CU_ASSERT_EQUAL(shared_ask(&crawl, "select sum(known) - sum(done) from"
                                     " worker"),
                  0);
  printf("%u URLs, %u mishaps: ", urls, mishaps);
  shared_begin(&crawl, &runs[0], shared_close_all);
  shared_finish(&runs[0]);
  fixture_close(&crawl.f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"three workers and their mishaps", test_mishaps}};
  urls = (unsigned)scale_of(900, argc, argv);
  mishaps_left = urls / 15;
  if (!postgres_is_here()) {
    printf("no PostgreSQL here\n");
    return 0;
  }
  server = postgres_start();
  int failed = server ? fixture_main("shared_store_stress", tests,
                                     FIXTURE_COUNT(tests), 0, NULL)
                      : 1;
  postgres_stop(server);
  return failed;
}
