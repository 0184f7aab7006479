/* SPDX-License-Identifier: MIT
 * run_queue_test.c: which host starts its next job, with the virtual clock and
 * jobs that are started and ended by hand. */
#include "schedule/run_queue.h"

#include "base/time.h"
#include "support/dispatching.h"

/* A run queue, and the jobs that the test has put into it. */
struct queue {
  struct dispatching d;
  lr_run_queue *queue;
  lr_job *jobs[64];
  unsigned count;
};

static void open_queue(struct queue *q, const lr_run_queue_limits *limits) {
  dispatching_open(&q->d, NULL, limits);
  q->queue = &q->d.dispatcher.queue;
  q->count = 0;
}

static void close_queue(struct queue *q) {
  for (unsigned i = 0; i < q->count; i++) lr_job_free(q->jobs[i]);
  dispatching_close(&q->d);
}

/* Puts a job into its host's queue, as lr_dispatcher_take does. */
static lr_job *add_job(struct queue *q, const char *url, uint8_t priority) {
  lr_job *job = dispatching_job(url);
  lr_host *host = dispatching_host(&q->d, url);
  q->jobs[q->count++] = job;
  job->pool.host = host;
  job->request.priority = priority;
  lr_list_append(&host->queue.by_priority[priority], &job->pool.node);
  host->queued++;
  q->queue->by_state[host->state]++;
  lr_run_queue_place_more(q->queue, host, job);
  return job;
}

static lr_host *add_jobs(struct queue *q, const char *url, unsigned count) {
  while (count--) (void)add_job(q, url, LR_PRIORITY_NORMAL);
  return dispatching_host(&q->d, url);
}

/* Starts the next job of a host that lr_run_queue_next has returned. */
static lr_job *start_job(struct queue *q, lr_host *host) {
  lr_job *job =
      lr_container(lr_priority_queue_first(&host->queue), lr_job, pool.node);
  lr_list_remove(&job->pool.node);
  job->pool.started_ns = dispatching_now_ns(&q->d);
  q->queue->by_state[host->state]--;
  host->queued--;
  host->running++;
  lr_run_queue_started(q->queue, host, job);
  lr_run_queue_place(q->queue, host);
  return job;
}

static void end_job(struct queue *q, lr_job *job) {
  lr_host *host = job->pool.host;
  host->running--;
  lr_run_queue_ended(q->queue, host, job);
  lr_run_queue_place_less(q->queue, host);
}

/* Starts whatever may start, at the most `most`; returns how many that were,
 * and notes the first letters of their hosts. */
static unsigned start_some(struct queue *q, unsigned most, char *order) {
  unsigned count = 0;
  lr_host *host;
  while (count < most && (host = lr_run_queue_next(q->queue))) {
    order[count++] = host->key[sizeof "http://" - 1];
    (void)start_job(q, host);
  }
  order[count] = '\0';
  return count;
}

/* ---- States ---- */

static void test_states(void) {
  struct queue q;
  open_queue(&q, NULL);
  lr_host *host = dispatching_host(&q.d, "http://a/");
  host->limit = 1;
  CU_ASSERT_EQUAL(host->state, LR_HOST_IDLE);
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue));
  CU_ASSERT_FALSE(lr_run_queue_ready(q.queue));
  (void)add_jobs(&q, "http://a/", 2);
  CU_ASSERT_EQUAL(host->state, LR_HOST_RUNNABLE);
  CU_ASSERT_EQUAL(q.queue->by_state[LR_HOST_RUNNABLE], 2);
  CU_ASSERT_TRUE(lr_run_queue_ready(q.queue));
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), host);
  lr_job *first = start_job(&q, host);
  CU_ASSERT_EQUAL(host->state, LR_HOST_IDLE); /* as many run as may */
  CU_ASSERT_EQUAL(q.queue->by_state[LR_HOST_RUNNABLE], 0);
  CU_ASSERT_EQUAL(q.queue->by_state[LR_HOST_IDLE], 1);
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue));
  end_job(&q, first);
  CU_ASSERT_EQUAL(host->state, LR_HOST_RUNNABLE);
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), host);
  end_job(&q, start_job(&q, host));
  CU_ASSERT_EQUAL(host->state, LR_HOST_IDLE);
  for (int i = 0; i < LR_HOST_STATES; i++)
    CU_ASSERT_EQUAL(q.queue->by_state[i], 0);
  close_queue(&q);
}

/* As long as it is not known what a host speaks, one of its jobs goes first. */
static void test_unknown_protocol(void) {
  struct queue q;
  char order[8];
  open_queue(&q, NULL);
  lr_host *host = dispatching_host(&q.d, "http://a/");
  host->protocol = LR_PROTOCOL_UNKNOWN;
  (void)add_jobs(&q, "http://a/", 3);
  CU_ASSERT_EQUAL(start_some(&q, 3, order), 1);
  host->protocol = LR_PROTOCOL_HTTP1;
  lr_run_queue_place(q.queue, host);
  CU_ASSERT_EQUAL(start_some(&q, 3, order), 2);
  close_queue(&q);
}

/* ---- Order ---- */

static void test_round_robin(void) {
  struct queue q;
  char order[16];
  open_queue(&q, NULL);
  lr_host *a = add_jobs(&q, "http://a/", 4);
  (void)add_jobs(&q, "http://b/", 2);
  (void)add_jobs(&q, "http://c/", 3);
  lr_run_queue_place(q.queue, a); /* it keeps its turn */
  CU_ASSERT_EQUAL(start_some(&q, 15, order), 9);
  CU_ASSERT_STRING_EQUAL(order, "abcabcaca");
  close_queue(&q);
}

/* A host goes by its best job; another one that comes moves it. */
static void test_priorities(void) {
  struct queue q;
  char order[16];
  open_queue(&q, NULL);
  (void)add_job(&q, "http://a/", LR_PRIORITY_LOW);
  (void)add_job(&q, "http://b/", LR_PRIORITY_NORMAL);
  (void)add_job(&q, "http://c/", LR_PRIORITY_LOW);
  (void)add_job(&q, "http://c/", LR_PRIORITY_HIGH);
  CU_ASSERT_EQUAL(start_some(&q, 15, order), 4);
  CU_ASSERT_STRING_EQUAL(order, "cbac");
  close_queue(&q);
}

/* ---- Tokens ---- */

static const lr_run_queue_limits one_job = {.max_jobs = 1,
                                            .max_jobs_per_host = 1};

static void test_no_token(void) {
  struct queue q;
  open_queue(&q, &one_job);
  lr_host *a = add_jobs(&q, "http://a/", 2);
  lr_host *b = add_jobs(&q, "http://b/", 1);
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), a);
  lr_job *running = start_job(&q, a);
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue));
  CU_ASSERT_EQUAL(b->state, LR_HOST_NO_TOKEN);
  CU_ASSERT_EQUAL(q.queue->no_token_hosts, 1);
  CU_ASSERT_EQUAL(q.queue->by_state[LR_HOST_NO_TOKEN], 1);
  CU_ASSERT_TRUE(q.queue->token_cache->requesting);
  end_job(&q, running); /* a is runnable, but b came before it */
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), b);
  CU_ASSERT_EQUAL(q.queue->no_token_hosts, 0);
  end_job(&q, start_job(&q, b));
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), a);
  end_job(&q, start_job(&q, a));
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue));
  CU_ASSERT_FALSE(q.queue->token_cache->requesting);
  close_queue(&q);
}

/* A runnable host of a higher priority goes before those that wait for a
 * token. */
static void test_no_token_and_priority(void) {
  struct queue q;
  char order[8];
  open_queue(&q, &one_job);
  lr_host *a = add_jobs(&q, "http://a/", 1);
  (void)add_jobs(&q, "http://b/", 1);
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), a);
  lr_job *running = start_job(&q, a);
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue));
  (void)add_job(&q, "http://c/", LR_PRIORITY_HIGH);
  end_job(&q, running);
  CU_ASSERT_EQUAL(start_some(&q, 1, order), 1);
  CU_ASSERT_STRING_EQUAL(order, "c");
  close_queue(&q);
}

/* Without a start the token is there for the next. */
static void test_give_back(void) {
  struct queue q;
  open_queue(&q, &one_job);
  lr_host *a = add_jobs(&q, "http://a/", 1);
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), a);
  lr_run_queue_give_back(q.queue, a);
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), a);
  lr_run_queue_give_back(q.queue, a);
  close_queue(&q);
}

/* Of 32 tokens four are kept where a host may have four: a host that has some
 * gets none of these, one that has none gets two, a fast one all. */
static void test_classes(void) {
  struct queue q;
  char order[40];
  open_queue(&q, NULL);
  lr_host *a = dispatching_host(&q.d, "http://a/");
  a->limit = 32;
  (void)add_jobs(&q, "http://a/", 32);
  CU_ASSERT_EQUAL(start_some(&q, 32, order), 28);
  CU_ASSERT_EQUAL(a->state, LR_HOST_NO_TOKEN);
  CU_ASSERT_EQUAL(lr_run_queue_class(q.queue, a), LR_CLASS_BULK);
  lr_host *b = add_jobs(&q, "http://b/", 1);
  CU_ASSERT_EQUAL(lr_run_queue_class(q.queue, b), LR_CLASS_STARVED);
  (void)add_jobs(&q, "http://c/", 1);
  lr_host *d = add_jobs(&q, "http://d/", 1);
  CU_ASSERT_EQUAL(start_some(&q, 32, order), 2);
  CU_ASSERT_STRING_EQUAL(order, "bc");
  CU_ASSERT_EQUAL(d->state, LR_HOST_NO_TOKEN);
  fixture_advance(&q.d.f, 100);
  lr_host *e = dispatching_host(&q.d, "http://e/");
  e->mean_ns = LR_NS_PER_MS;
  CU_ASSERT_EQUAL(lr_run_queue_class(q.queue, e), LR_CLASS_FAST);
  (void)add_jobs(&q, "http://e/", 3);
  CU_ASSERT_EQUAL(start_some(&q, 32, order), 2);
  CU_ASSERT_STRING_EQUAL(order, "ee");
  fixture_expect_timers(&q.d.f, 0);
  close_queue(&q);
}

/* A host that waits is looked at anew when one of its jobs ends: it may be
 * entitled to more. */
static void test_end_of_one_that_waits(void) {
  struct queue q;
  open_queue(&q, &one_job);
  lr_host *a = add_jobs(&q, "http://a/", 2);
  a->limit = 2;
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), a);
  lr_job *running = start_job(&q, a);
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue));
  CU_ASSERT_EQUAL(a->state, LR_HOST_NO_TOKEN);
  end_job(&q, running);
  CU_ASSERT_EQUAL(a->state, LR_HOST_RUNNABLE);
  close_queue(&q);
}

/* A host that was not fast when it began to wait is so when the others have
 * become slow: its tokens are four times as soon back. */
static void test_reclassification(void) {
  struct queue q;
  char order[40];
  open_queue(&q, NULL);
  dispatching_host(&q.d, "http://a/")->limit = 32;
  (void)add_jobs(&q, "http://a/", 32);
  CU_ASSERT_EQUAL(start_some(&q, 32, order), 28);
  (void)add_jobs(&q, "http://b/", 1);
  (void)add_jobs(&q, "http://c/", 1);
  CU_ASSERT_EQUAL(start_some(&q, 32, order), 2);
  lr_host *d = dispatching_host(&q.d, "http://d/");
  d->mean_ns = 10 * LR_NS_PER_MS;
  (void)add_jobs(&q, "http://d/", 1);
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue));
  CU_ASSERT_EQUAL(d->state, LR_HOST_NO_TOKEN);
  fixture_advance(&q.d.f, 19); /* most run for 19 ms: 38 in the end */
  CU_ASSERT_EQUAL(d->state, LR_HOST_NO_TOKEN);
  fixture_advance(&q.d.f, 1);
  CU_ASSERT_EQUAL(d->state, LR_HOST_RUNNABLE);
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), d);
  (void)start_job(&q, d);
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue)); /* a still waits */
  close_queue(&q);
}

/* The mean of a host's jobs falls faster than it rises. */
static void test_mean(void) {
  struct queue q;
  open_queue(&q, NULL);
  static const struct {
    uint64_t took_ms;
    uint64_t mean_us;
  } rows[] = {{80, 80000}, {160, 90000}, {10, 50000}};
  lr_host *host = add_jobs(&q, "http://a/", FIXTURE_COUNT(rows));
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    CU_ASSERT_PTR_EQUAL_FATAL(lr_run_queue_next(q.queue), host);
    lr_job *job = start_job(&q, host);
    fixture_advance(&q.d.f, rows[i].took_ms);
    end_job(&q, job);
    CU_ASSERT_EQUAL(host->mean_ns, rows[i].mean_us * LR_NS_PER_US);
  }
  CU_ASSERT_EQUAL(q.queue->quick_jobs_ns, 10 * LR_NS_PER_MS);
  close_queue(&q);
}

/* ---- Paces and rates ---- */

/* The delay is counted from when a request was sent; until then its host
 * needs no timer. */
static void test_delay(void) {
  struct queue q;
  open_queue(&q, NULL);
  dispatching_pace(&q.d, 0, 100);
  lr_host *a = add_jobs(&q, "http://a/", 2);
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), a);
  lr_job *job = start_job(&q, a);
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue));
  CU_ASSERT_EQUAL(a->state, LR_HOST_DELAYED);
  CU_ASSERT_EQUAL(q.queue->by_state[LR_HOST_DELAYED], 1);
  CU_ASSERT_FALSE(lr_timer_is_set(&a->pacing.timer));
  fixture_advance(&q.d.f, 1000);
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue));
  CU_ASSERT_TRUE(lr_run_queue_sending(q.queue, job));
  CU_ASSERT_FALSE(lr_run_queue_sending(q.queue, job)); /* not twice */
  lr_run_queue_sent(q.queue);
  CU_ASSERT_TRUE(lr_timer_is_set(&a->pacing.timer));
  fixture_advance(&q.d.f, 99);
  CU_ASSERT_EQUAL(a->state, LR_HOST_DELAYED);
  fixture_advance(&q.d.f, 1);
  CU_ASSERT_EQUAL(a->state, LR_HOST_RUNNABLE);
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), a);
  lr_job *other = start_job(&q, a);
  end_job(&q, other);
  end_job(&q, job);
  lr_host_pace *pace = a->pacing.pace;
  CU_ASSERT_EQUAL(lr_host_pace_due(&q.d.paces, pace),
                  dispatching_now_ns(&q.d) + 100 * LR_NS_PER_MS);
  close_queue(&q);
}

/* A request that another queue is about to send is looked for again and again:
 * each sixteenth of the delay. */
static void test_delay_of_another_queue(void) {
  struct queue q;
  open_queue(&q, NULL);
  dispatching_pace(&q.d, 0, 16 * 19);
  lr_host *a = add_jobs(&q, "http://a/", 1);
  uint64_t before;
  uint64_t now_ns = dispatching_now_ns(&q.d);
  CU_ASSERT_TRUE(
      lr_host_pace_take(&q.d.paces, a->pacing.pace, now_ns, now_ns, &before));
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue));
  CU_ASSERT_EQUAL(a->state, LR_HOST_DELAYED);
  lr_host_pace_sent(&q.d.paces, a->pacing.pace, now_ns);
  fixture_advance(&q.d.f, 18);
  CU_ASSERT_EQUAL(a->state, LR_HOST_DELAYED);
  fixture_advance(&q.d.f, 1);
  CU_ASSERT_EQUAL(a->state, LR_HOST_RUNNABLE);
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue)); /* it knows the time now */
  fixture_advance(&q.d.f, 15 * 19 - 1);
  CU_ASSERT_EQUAL(a->state, LR_HOST_DELAYED);
  fixture_advance(&q.d.f, 1);
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), a);
  lr_run_queue_give_back(q.queue, a);
  close_queue(&q);
}

static void test_rate_of_a_host(void) {
  struct queue q;
  char order[8];
  open_queue(&q, NULL);
  dispatching_pace(&q.d, 10, 0);
  lr_host *a = add_jobs(&q, "http://a/", 2);
  (void)add_jobs(&q, "http://b/", 1);
  CU_ASSERT_EQUAL(start_some(&q, 8, order), 2);
  CU_ASSERT_STRING_EQUAL(order, "ab");
  CU_ASSERT_EQUAL(a->state, LR_HOST_DELAYED);
  fixture_advance(&q.d.f, 99);
  CU_ASSERT_EQUAL(start_some(&q, 8, order), 0);
  fixture_advance(&q.d.f, 1);
  CU_ASSERT_EQUAL(start_some(&q, 8, order), 1);
  close_queue(&q);
}

/* Where the rate in all is not due no host is parked. */
static void test_rate_in_all(void) {
  struct queue q;
  char order[8];
  lr_rate rate;
  const lr_rate_plan plan = lr_rate_plan_of(10, 1);
  const lr_run_queue_limits limits = {
      .max_jobs = 8, .max_jobs_per_host = 8, .rate = &rate, .rate_plan = &plan};
  lr_rate_init(&rate);
  open_queue(&q, &limits);
  (void)add_jobs(&q, "http://a/", 1);
  lr_host *b = add_jobs(&q, "http://b/", 1);
  CU_ASSERT_EQUAL(start_some(&q, 8, order), 1);
  CU_ASSERT_EQUAL(b->state, LR_HOST_RUNNABLE);
  CU_ASSERT(q.queue->rate_since_ns != 0);
  CU_ASSERT_TRUE(lr_timer_is_set(&q.queue->rate_timer));
  CU_ASSERT_FALSE(lr_run_queue_ready(q.queue)); /* no turn is of any use */
  fixture_advance(&q.d.f, 100);
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), b);
  lr_run_queue_give_back(q.queue, b);
  CU_ASSERT_EQUAL(start_some(&q, 8, order), 1);
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue));
  CU_ASSERT_EQUAL(q.queue->rate_since_ns, 0);
  close_queue(&q);
}

/* ---- Connections ---- */

/* Blocks a host with a job that asks for a connection in vain. */
static lr_host *block_host(struct queue *q, const char *url) {
  lr_host *host = add_jobs(q, url, 1);
  lr_run_queue_block(q->queue, host);
  return host;
}

static void test_blocked(void) {
  struct queue q;
  open_queue(&q, NULL);
  lr_host *a = add_jobs(&q, "http://a/", 2);
  CU_ASSERT_FALSE(lr_run_queue_has_blocked(q.queue));
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), a);
  (void)start_job(&q, a);
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), a);
  lr_run_queue_give_back(q.queue, a);
  lr_run_queue_block(q.queue, a);
  CU_ASSERT_EQUAL(a->state, LR_HOST_NO_CONNECTION);
  CU_ASSERT_TRUE(lr_run_queue_has_blocked(q.queue));
  CU_ASSERT_EQUAL(q.queue->starved_count, 0); /* one of its jobs runs */
  CU_ASSERT_PTR_NULL(lr_run_queue_next(q.queue));
  lr_host *b = block_host(&q, "http://b/");
  CU_ASSERT_EQUAL(q.queue->starved_count, 1);
  lr_run_queue_unblock_first(q.queue); /* one of each */
  CU_ASSERT_EQUAL(a->state, LR_HOST_RUNNABLE);
  CU_ASSERT_EQUAL(b->state, LR_HOST_RUNNABLE);
  CU_ASSERT_EQUAL(q.queue->starved_count, 1); /* until it has started */
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), a);
  (void)start_job(&q, a);
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), b);
  (void)start_job(&q, b);
  CU_ASSERT_EQUAL(q.queue->starved_count, 0);
  CU_ASSERT_EQUAL(b->starved_seq, 0);
  close_queue(&q);
}

static void expect_unblocked(struct queue *q, const lr_host *host) {
  lr_run_queue_unblock_first(q->queue);
  CU_ASSERT_EQUAL(host->state, LR_HOST_RUNNABLE);
}

/* Starved hosts ask in the order in which they came to that; who has asked in
 * vain keeps its place. */
static void test_order_of_starved(void) {
  struct queue q;
  open_queue(&q, NULL);
  lr_host *a = block_host(&q, "http://a/");
  lr_host *b = block_host(&q, "http://b/");
  lr_host *c = block_host(&q, "http://c/");
  CU_ASSERT_EQUAL(q.queue->starved_count, 3);
  expect_unblocked(&q, a);
  expect_unblocked(&q, b);
  lr_run_queue_block(q.queue, b);
  lr_run_queue_block(q.queue, a);
  CU_ASSERT_EQUAL(q.queue->starved_count, 3);
  expect_unblocked(&q, a);
  expect_unblocked(&q, b);
  expect_unblocked(&q, c);
  CU_ASSERT_FALSE(lr_run_queue_has_blocked(q.queue));
  close_queue(&q);
}

/* A fast host that has lost its last connection is the first to get one. */
static void test_fast_and_starved(void) {
  struct queue q;
  open_queue(&q, NULL);
  lr_host *slow = add_jobs(&q, "http://slow/", 1);
  CU_ASSERT_PTR_EQUAL(lr_run_queue_next(q.queue), slow);
  (void)start_job(&q, slow);
  fixture_advance(&q.d.f, 100);
  lr_host *a = block_host(&q, "http://a/");
  dispatching_host(&q.d, "http://b/")->mean_ns = LR_NS_PER_MS;
  lr_host *b = block_host(&q, "http://b/");
  expect_unblocked(&q, b);
  CU_ASSERT_EQUAL(a->state, LR_HOST_NO_CONNECTION);
  expect_unblocked(&q, a);
  close_queue(&q);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"states", test_states},
      {"a protocol that is not known", test_unknown_protocol},
      {"hosts take turns", test_round_robin},
      {"priorities", test_priorities},
      {"no token", test_no_token},
      {"no token, and a higher priority", test_no_token_and_priority},
      {"a start that did not happen", test_give_back},
      {"classes", test_classes},
      {"the end of one that waits", test_end_of_one_that_waits},
      {"reclassification", test_reclassification},
      {"the mean of a host", test_mean},
      {"a delay", test_delay},
      {"a delay that another queue holds", test_delay_of_another_queue},
      {"the rate of a host", test_rate_of_a_host},
      {"the rate in all", test_rate_in_all},
      {"blocked", test_blocked},
      {"the order of starved hosts", test_order_of_starved},
      {"a fast host among the starved", test_fast_and_starved},
  };
  return fixture_main("run_queue", tests, FIXTURE_COUNT(tests), argc, argv);
}
