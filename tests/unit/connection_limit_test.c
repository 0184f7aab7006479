/* SPDX-License-Identifier: MIT
 * connection_limit_test.c: who may open a connection and who must give one up,
 * with the virtual clock and connections that are only counted. */
#include "schedule/connection_limit.h"

#include "base/time.h"
#include "support/dispatching.h"

/* The limit, and what it asks of those who have the connections. */
struct limited {
  struct dispatching d;
  lr_connection_limit limit;
  lr_atomic_u64 published;
  unsigned close_calls;
  unsigned reclaim_calls;
  bool reclaimed_all; /* the last of these calls asked for any host's */
  lr_host *idle_host; /* has an idle connection that may be closed; or NULL */
  lr_job *jobs[8];
  unsigned job_count;
};

static void close_one(struct limited *l) {
  lr_connection_limit_count(&l->limit, l->idle_host, (unsigned)-1);
  l->idle_host = NULL;
}

static bool close_idle(void *owner, lr_host *host) {
  struct limited *l = owner;
  l->close_calls++;
  if (l->idle_host != host) return false;
  close_one(l);
  return true;
}

static void reclaim_idle(void *owner, bool all) {
  struct limited *l = owner;
  l->reclaim_calls++;
  l->reclaimed_all = all;
  if (l->idle_host) close_one(l);
}

static void open_limited(struct limited *l, unsigned max, unsigned per_host) {
  static const lr_connection_limit_ops ops = {.close_idle = close_idle,
                                              .reclaim_idle = reclaim_idle};
  dispatching_open(&l->d, NULL, NULL);
  lr_u64_init(&l->published, 0);
  lr_connection_limit_init(&l->limit, &ops, l, &l->d.dispatcher, max, per_host,
                           &l->published);
  l->close_calls = 0;
  l->reclaim_calls = 0;
  l->reclaimed_all = false;
  l->idle_host = NULL;
  l->job_count = 0;
}

static void close_limited(struct limited *l) {
  for (unsigned i = 0; i < l->job_count; i++) lr_job_free(l->jobs[i]);
  lr_connection_limit_clear(&l->limit);
  dispatching_close(&l->d);
}

/* Returns the host of `url`, with so many connections. */
static lr_host *host_with(struct limited *l, const char *url, unsigned open) {
  lr_host *host = dispatching_host(&l->d, url);
  host->connections.limit = 100;
  lr_connection_limit_count(&l->limit, host, open);
  return host;
}

/* Lets a host without jobs that run wait for a connection. */
static lr_host *starve(struct limited *l, const char *url) {
  lr_host *host = dispatching_host(&l->d, url);
  lr_job *job = dispatching_job(url);
  l->jobs[l->job_count++] = job;
  lr_list_append(&host->queue.by_priority[LR_PRIORITY_NORMAL], &job->pool.node);
  host->queued++;
  l->d.dispatcher.queue.by_state[host->state]++;
  lr_run_queue_block(&l->d.dispatcher.queue, host);
  return host;
}

/* Says that of `host` something runs: then it is not starved. */
static void make_bulk(struct limited *l, lr_host *host) {
  host->running = 1;
  CU_ASSERT_EQUAL(lr_run_queue_class(&l->d.dispatcher.queue, host),
                  LR_CLASS_BULK);
}

/* Makes a host fast: others have had their token for long, its jobs do not. */
static void make_fast(struct limited *l, lr_host *host) {
  lr_run_queue *queue = &l->d.dispatcher.queue;
  CU_ASSERT_TRUE(lr_token_cache_take(queue->token_cache, LR_CLASS_BULK,
                                     dispatching_now_ns(&l->d)));
  fixture_advance(&l->d.f, 1000);
  host->mean_ns = LR_NS_PER_MS;
  CU_ASSERT_EQUAL(lr_run_queue_class(queue, host), LR_CLASS_FAST);
}

/* ---- Counting ---- */

static void test_counting(void) {
  struct limited l;
  open_limited(&l, 32, 4);
  CU_ASSERT_EQUAL(l.limit.reserve, 4);
  lr_host *a = host_with(&l, "http://a/", 3);
  lr_host *b = host_with(&l, "http://b/", 24);
  lr_connection_limit_count_coming(&l.limit, a, 2);
  CU_ASSERT_EQUAL(lr_host_connections_of(a), 5);
  CU_ASSERT_EQUAL(l.limit.open, 27);
  CU_ASSERT_EQUAL(l.limit.coming, 2);
  CU_ASSERT_EQUAL(lr_u64_load_relaxed(&l.published), 27);
  CU_ASSERT_FALSE(lr_connection_limit_is_scarce(&l.limit));
  lr_connection_limit_count_coming(&l.limit, a, (unsigned)-1);
  lr_connection_limit_count(&l.limit, a, 1);
  CU_ASSERT_EQUAL(lr_host_connections_of(a), 5);
  CU_ASSERT_TRUE(lr_connection_limit_is_scarce(&l.limit));
  lr_connection_limit_count(&l.limit, b, (unsigned)-1);
  CU_ASSERT_EQUAL(b->connections.open, 23);
  CU_ASSERT_EQUAL(lr_u64_load_relaxed(&l.published), 27);
  CU_ASSERT_FALSE(lr_connection_limit_is_scarce(&l.limit));
  close_limited(&l);
}

static void test_share_of_nothing(void) {
  struct limited l;
  open_limited(&l, 0, 4);
  CU_ASSERT_EQUAL(l.limit.max, 1);
  CU_ASSERT_TRUE(
      lr_connection_limit_allows(&l.limit, host_with(&l, "http://a/", 0)));
  close_limited(&l);
}

/* ---- Who may open one ---- */

static void test_limit_of_a_host(void) {
  struct limited l;
  open_limited(&l, 32, 4);
  lr_host *a = host_with(&l, "http://a/", 1);
  a->connections.limit = 2;
  CU_ASSERT_TRUE(lr_connection_limit_allows(&l.limit, a));
  CU_ASSERT_EQUAL(l.close_calls, 0);
  lr_connection_limit_count_coming(&l.limit, a, 1);
  CU_ASSERT_FALSE(lr_connection_limit_allows(&l.limit, a));
  CU_ASSERT_EQUAL(l.close_calls, 1);
  l.idle_host = a;
  CU_ASSERT_TRUE(lr_connection_limit_allows(&l.limit, a));
  CU_ASSERT_EQUAL(a->connections.open, 0);
  CU_ASSERT_EQUAL(l.reclaim_calls, 0);
  close_limited(&l);
}

/* Of 32 four are kept: for a host of which nothing runs two, for a fast one
 * none. */
static void test_reserve(void) {
  struct limited l;
  open_limited(&l, 32, 4);
  lr_host *bulk = host_with(&l, "http://bulk/", 27);
  lr_host *first = host_with(&l, "http://first/", 0);
  lr_host *fast = host_with(&l, "http://fast/", 0);
  make_bulk(&l, bulk);
  CU_ASSERT_TRUE(lr_connection_limit_allows(&l.limit, bulk));
  lr_connection_limit_count(&l.limit, bulk, 1);
  CU_ASSERT_FALSE(lr_connection_limit_allows(&l.limit, bulk));
  CU_ASSERT_EQUAL(l.reclaim_calls, 1);
  CU_ASSERT_FALSE(l.reclaimed_all); /* only of hosts of which nothing runs */
  CU_ASSERT_TRUE(lr_connection_limit_allows(&l.limit, first));
  lr_connection_limit_count(&l.limit, bulk, 2);
  CU_ASSERT_EQUAL(l.reclaim_calls, 1);
  CU_ASSERT_FALSE(lr_connection_limit_allows(&l.limit, first));
  CU_ASSERT_EQUAL(l.reclaim_calls, 2);
  CU_ASSERT_TRUE(l.reclaimed_all);
  make_fast(&l, fast);
  CU_ASSERT_TRUE(lr_connection_limit_allows(&l.limit, fast));
  lr_connection_limit_count(&l.limit, bulk, 2);
  CU_ASSERT_FALSE(lr_connection_limit_allows(&l.limit, fast));
  close_limited(&l);
}

/* Starved hosts have theirs kept: others with some leave one for each. */
static void test_kept_for_the_starved(void) {
  struct limited l;
  open_limited(&l, 32, 4);
  lr_host *bulk = host_with(&l, "http://bulk/", 27);
  make_bulk(&l, bulk);
  CU_ASSERT_TRUE(lr_connection_limit_allows(&l.limit, bulk));
  lr_host *first = starve(&l, "http://first/");
  CU_ASSERT_FALSE(lr_connection_limit_allows(&l.limit, bulk));
  CU_ASSERT_TRUE(lr_connection_limit_allows(&l.limit, first));
  close_limited(&l);
}

/* What is closed for it at once, a host may open. */
static void test_reclaimed(void) {
  struct limited l;
  open_limited(&l, 4, 4); /* no reserve */
  CU_ASSERT_EQUAL(l.limit.reserve, 0);
  lr_host *bulk = host_with(&l, "http://bulk/", 4);
  lr_host *other = host_with(&l, "http://other/", 0);
  make_bulk(&l, bulk);
  CU_ASSERT_FALSE(lr_connection_limit_allows(&l.limit, bulk));
  CU_ASSERT_TRUE(l.reclaimed_all); /* without a reserve, for anybody */
  l.idle_host = bulk;
  CU_ASSERT_TRUE(lr_connection_limit_allows(&l.limit, other));
  CU_ASSERT_EQUAL(l.limit.open, 3);
  CU_ASSERT_EQUAL(l.reclaim_calls, 2);
  close_limited(&l);
}

/* ---- Who must give one up ---- */

static bool must(struct limited *l, const lr_host *host) {
  return lr_connection_limit_must_reclaim(&l->limit, host);
}

static void test_must_reclaim(void) {
  struct limited l;
  open_limited(&l, 32, 4);
  lr_host *a = host_with(&l, "http://a/", 30);
  make_bulk(&l, a);
  CU_ASSERT_FALSE(must(&l, a)); /* nobody waits */
  (void)starve(&l, "http://b/");
  CU_ASSERT_TRUE(must(&l, a));
  lr_connection_limit_count(&l.limit, a, (unsigned)-1);
  CU_ASSERT_FALSE(must(&l, a)); /* three left: two of the reserve, and one */
  (void)starve(&l, "http://c/");
  CU_ASSERT_TRUE(must(&l, a));
  a->protocol = LR_PROTOCOL_HTTP2; /* others' requests are on it */
  CU_ASSERT_FALSE(must(&l, a));
  a->protocol = LR_PROTOCOL_HTTP1;
  make_fast(&l, a);
  CU_ASSERT_FALSE(must(&l, a));
  close_limited(&l);
}

/* While enough are about to be closed no others are, but for a tenth of a
 * second only. */
static void test_patience(void) {
  struct limited l;
  open_limited(&l, 4, 4);
  lr_host *a = host_with(&l, "http://a/", 4);
  make_bulk(&l, a);
  (void)starve(&l, "http://b/");
  CU_ASSERT_TRUE(must(&l, a));
  lr_connection_limit_note_reclaim(&l.limit, a);
  CU_ASSERT_EQUAL(a->connections.reclaiming, 1);
  CU_ASSERT_FALSE(must(&l, a));
  fixture_advance(&l.d.f, 99);
  CU_ASSERT_FALSE(must(&l, a));
  fixture_advance(&l.d.f, 1);
  CU_ASSERT_TRUE(must(&l, a));
  lr_connection_limit_note_reclaim(&l.limit, a);
  (void)starve(&l, "http://c/");
  CU_ASSERT_FALSE(must(&l, a)); /* two go, and two wait */
  lr_connection_limit_note_closed(&l.limit, a);
  CU_ASSERT_EQUAL(l.limit.reclaiming, 1);
  CU_ASSERT_TRUE(must(&l, a));
  lr_connection_limit_note_closed(&l.limit, a);
  lr_connection_limit_note_closed(&l.limit, a); /* of those in use */
  CU_ASSERT_EQUAL(l.limit.reclaiming, 0);
  CU_ASSERT_EQUAL(a->connections.reclaiming, 0);
  close_limited(&l);
}

/* A host's only connection is given up after a second. */
static void test_only_connection(void) {
  struct limited l;
  open_limited(&l, 2, 2);
  lr_host *a = host_with(&l, "http://a/", 1);
  lr_host *b = host_with(&l, "http://b/", 1);
  make_bulk(&l, a);
  make_bulk(&l, b);
  (void)starve(&l, "http://c/");
  a->connections.since_ns = dispatching_now_ns(&l.d);
  b->connections.since_ns = dispatching_now_ns(&l.d);
  CU_ASSERT_FALSE(must(&l, a));
  fixture_advance(&l.d.f, 999);
  CU_ASSERT_FALSE(must(&l, a));
  fixture_advance(&l.d.f, 1);
  CU_ASSERT_TRUE(must(&l, a));
  b->connections.since_ns = dispatching_now_ns(&l.d);
  CU_ASSERT_FALSE(must(&l, b));
  close_limited(&l);
}

/* ---- Idle connections ---- */

/* Where a reserve is kept, a connection is idle after 20 ms. */
static void test_idle(void) {
  struct limited l;
  open_limited(&l, 32, 4);
  uint64_t now_ns = dispatching_now_ns(&l.d);
  CU_ASSERT_FALSE(lr_connection_limit_is_idle(&l.limit, now_ns));
  fixture_advance(&l.d.f, 19);
  CU_ASSERT_FALSE(lr_connection_limit_is_idle(&l.limit, now_ns));
  fixture_advance(&l.d.f, 1);
  CU_ASSERT_TRUE(lr_connection_limit_is_idle(&l.limit, now_ns));
  close_limited(&l);
  open_limited(&l, 4, 4);
  now_ns = dispatching_now_ns(&l.d);
  CU_ASSERT_TRUE(lr_connection_limit_is_idle(&l.limit, now_ns));
  close_limited(&l);
}

/* Those who wait ask again after that time, all that have asked by then. */
static void test_recheck(void) {
  struct limited l;
  open_limited(&l, 32, 4);
  lr_host *a = starve(&l, "http://a/");
  lr_connection_limit_recheck_later(&l.limit);
  fixture_advance(&l.d.f, 10);
  lr_connection_limit_recheck_later(&l.limit); /* it is set already */
  fixture_advance(&l.d.f, 9);
  CU_ASSERT_EQUAL(a->state, LR_HOST_NO_CONNECTION);
  fixture_advance(&l.d.f, 1);
  CU_ASSERT_EQUAL(a->state, LR_HOST_RUNNABLE);
  CU_ASSERT_FALSE(lr_timer_is_set(&l.limit.recheck_timer));
  lr_connection_limit_recheck_later(&l.limit); /* cleared with the limit */
  close_limited(&l);
}

/* ---- No descriptor ---- */

/* Lets a job that is about to open a connection find no descriptor. */
static bool run_short(struct limited *l, lr_host *host) {
  lr_connection_limit_count_coming(&l->limit, host, 1);
  bool waits = lr_connection_limit_note_shortage(&l->limit, true, false);
  lr_connection_limit_count_coming(&l->limit, host, (unsigned)-1);
  return waits;
}

/* Nobody asks again before a connection is closed, or a moment has passed. */
static void test_hold(void) {
  struct limited l;
  open_limited(&l, 32, 100);
  lr_host *a = host_with(&l, "http://a/", 10);
  lr_host *b = host_with(&l, "http://b/", 0);
  CU_ASSERT_TRUE(run_short(&l, b));
  CU_ASSERT_TRUE(l.d.dispatcher.held);
  CU_ASSERT_FALSE(lr_connection_limit_allows(&l.limit, b));
  lr_connection_limit_count(&l.limit, a, (unsigned)-1);
  CU_ASSERT_FALSE(l.d.dispatcher.held);
  CU_ASSERT_TRUE(lr_connection_limit_allows(&l.limit, b));
  CU_ASSERT_TRUE(run_short(&l, b));
  lr_host *starved = starve(&l, "http://c/");
  fixture_advance(&l.d.f, 99);
  CU_ASSERT_FALSE(lr_connection_limit_allows(&l.limit, b));
  CU_ASSERT_EQUAL(starved->state, LR_HOST_NO_CONNECTION);
  CU_ASSERT_TRUE(lr_connection_limit_was_short(&l.limit));
  fixture_advance(&l.d.f, 1);
  CU_ASSERT_FALSE(l.d.dispatcher.held);
  CU_ASSERT_EQUAL(starved->state, LR_HOST_RUNNABLE);
  fixture_advance(&l.d.f, 150);
  CU_ASSERT_FALSE(lr_connection_limit_was_short(&l.limit));
  CU_ASSERT_TRUE(run_short(&l, b)); /* cleared with the limit */
  close_limited(&l);
}

/* An idle connection is closed for one who is held back. */
static void test_idle_ends_hold(void) {
  struct limited l;
  open_limited(&l, 32, 100);
  l.idle_host = host_with(&l, "http://a/", 3);
  lr_host *b = host_with(&l, "http://b/", 0);
  CU_ASSERT_TRUE(run_short(&l, b));
  CU_ASSERT_TRUE(lr_connection_limit_allows(&l.limit, b));
  CU_ASSERT_TRUE(l.reclaimed_all);
  CU_ASSERT_EQUAL(l.limit.open, 2);
  close_limited(&l);
}

/* The limit becomes half of what was tried, once for all that were tried
 * together, but not less than there are; and rises again. */
static void test_learned_limit(void) {
  struct limited l;
  open_limited(&l, 32, 100);
  lr_host *a = host_with(&l, "http://a/", 2);
  lr_connection_limit_count_coming(&l.limit, a, 29);
  for (unsigned i = 0; i < 29; i++) CU_ASSERT_TRUE(run_short(&l, a));
  CU_ASSERT_EQUAL(l.limit.max, 16);
  lr_connection_limit_count_coming(&l.limit, a, (unsigned)-29);
  fixture_advance(&l.d.f, 100);
  lr_connection_limit_count_coming(&l.limit, a, 13);
  CU_ASSERT_TRUE(run_short(&l, a));
  CU_ASSERT_EQUAL(l.limit.max, 8);
  lr_connection_limit_count_coming(&l.limit, a, (unsigned)-13);
  fixture_advance(&l.d.f, 100);
  lr_connection_limit_count(&l.limit, a, 5);
  CU_ASSERT_TRUE(run_short(&l, a));
  CU_ASSERT_EQUAL(l.limit.max, 7);
  fixture_advance(&l.d.f, 999);
  (void)lr_connection_limit_allows(&l.limit, a);
  CU_ASSERT_EQUAL(l.limit.max, 7);
  for (unsigned seconds = 0; seconds < 30; seconds++) {
    fixture_advance(&l.d.f, 1000);
    (void)lr_connection_limit_allows(&l.limit, a);
  }
  CU_ASSERT_EQUAL(l.limit.max, 32);
  close_limited(&l);
}

/* Where nothing can come free, there is nothing to wait for. */
static void test_nothing_to_wait_for(void) {
  struct limited l;
  open_limited(&l, 32, 100);
  lr_host *a = host_with(&l, "http://a/", 0);
  CU_ASSERT_FALSE(run_short(&l, a));
  CU_ASSERT_FALSE(l.d.dispatcher.held);
  CU_ASSERT_TRUE(lr_connection_limit_note_shortage(&l.limit, false, true));
  CU_ASSERT_TRUE(l.d.dispatcher.held);
  CU_ASSERT_FALSE(lr_connection_limit_note_shortage(&l.limit, false, false));
  CU_ASSERT_FALSE(l.d.dispatcher.held);
  lr_connection_limit_count(&l.limit, a, 1);
  CU_ASSERT_TRUE(run_short(&l, a));
  close_limited(&l);
}

static void count_wake(void *context) { ++*(unsigned *)context; }

/* A reactor without a connection asks the others, and these give some up. */
static void test_other_reactors(void) {
  struct limited l;
  lr_descriptor_use use;
  unsigned wakes = 0;
  lr_descriptor_use_init(&use, count_wake, &wakes);
  open_limited(&l, 32, 100);
  lr_connection_limit_share(&l.limit, &use);
  lr_host *a = host_with(&l, "http://a/", 0);
  CU_ASSERT_FALSE(run_short(&l, a));
  lr_descriptor_use_count(&use, 1); /* another's */
  CU_ASSERT_TRUE(run_short(&l, a));
  CU_ASSERT_EQUAL(wakes, 1);
  lr_connection_limit_turn_end(&l.limit); /* its own asking */
  CU_ASSERT_EQUAL(l.reclaim_calls, 0);
  fixture_advance(&l.d.f, 100);
  lr_connection_limit_count(&l.limit, a, 16);
  l.reclaim_calls = 0;
  (void)lr_descriptor_use_ask(&use);
  l.idle_host = a;
  lr_connection_limit_turn_end(&l.limit);
  CU_ASSERT_EQUAL(l.limit.max, 13);
  CU_ASSERT_EQUAL(l.limit.open, 15); /* there was one idle */
  CU_ASSERT_EQUAL(l.limit.excess, 2);
  make_bulk(&l, a);
  CU_ASSERT_TRUE(lr_connection_limit_must_reclaim(&l.limit, a));
  lr_connection_limit_count(&l.limit, a, (unsigned)-2);
  CU_ASSERT_FALSE(lr_connection_limit_must_reclaim(&l.limit, a));
  lr_connection_limit_turn_end(&l.limit); /* was seen */
  CU_ASSERT_EQUAL(l.limit.max, 13);
  CU_ASSERT_EQUAL(lr_descriptor_use_connections(&use), 14);
  close_limited(&l);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"counting", test_counting},
      {"a share of nothing", test_share_of_nothing},
      {"the limit of a host", test_limit_of_a_host},
      {"the reserve", test_reserve},
      {"kept for the starved", test_kept_for_the_starved},
      {"a connection is closed for another", test_reclaimed},
      {"a connection must be given up", test_must_reclaim},
      {"patience with those that will be closed", test_patience},
      {"a host's only connection", test_only_connection},
      {"idle connections", test_idle},
      {"those who wait ask again", test_recheck},
      {"nobody asks for a moment", test_hold},
      {"an idle connection ends that", test_idle_ends_hold},
      {"the limit is learned", test_learned_limit},
      {"nothing to wait for", test_nothing_to_wait_for},
      {"other reactors", test_other_reactors},
  };
  return fixture_main("connection_limit", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
