/* SPDX-License-Identifier: MIT
 * labels: threads
 * embed_stress.c: a reactor in somebody else's event loop: poll() over its
 * descriptor.  In each round a get and a timer are asked for while no dispatch
 * runs.  None is stranded, no timer rings early, and the loop does not spin.
 * How late timers are there is bench/timing/foreign_loop.c's.
 *
 *   embed_stress [rounds]
 *
 * Usually 2,000 rounds, see scale.h; in full 10,000. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include "support/scale.h"

enum { USUAL_ROUNDS = 2000, STRANDED_MS = 10000 };

static const uint64_t ms_ns = 1000000;

/* In which order the two are asked for.  After TOGETHER, each can wake the
 * loop for the other; in the other two, each is alone when it is waited for. */
enum order { TOGETHER, GET_FIRST, TIMER_FIRST, ORDERS };

struct loop {
  struct fetching t;
  struct pollfd poll; /* the reactor's descriptor */
  char url[128];
  bool rung; /* the reactor's timer; */
  uint64_t due_ns;
  uint64_t early; /* rings before their time */
  uint64_t polls;
};

static const struct nginx *nginx;
static uint64_t rounds;

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 * ms_ns + (uint64_t)now.tv_nsec;
}

/* ---- The foreign loop ---- */

/* One poll(), and what it found; false when nothing came for long. */
static bool turn(struct loop *loop) {
  loop->polls++;
  if (poll(&loop->poll, 1, STRANDED_MS) <= 0) return false;
  CU_ASSERT_EQUAL(lariat_reactor_dispatch(loop->t.f.reactor), LARIAT_OK);
  return true;
}

static bool wait_for_timer(struct loop *loop) {
  while (!loop->rung)
    if (!turn(loop)) return false;
  return true;
}

static bool wait_for_get(struct loop *loop, const struct outcome *outcome) {
  while (outcome->fires == 0)
    if (!turn(loop)) return false;
  return true;
}

/* ---- What is asked for, outside every dispatch ---- */

static void ring(void *context) {
  struct loop *loop = context;
  loop->rung = true;
  if (now_ns() < loop->due_ns) loop->early++;
}

static void never(void *context) {
  (void)context;
  fixture_fail("a cancelled timer rang");
}

/* A timer that is earlier than ours, and does not come to ring. */
static void ask_and_cancel(struct loop *loop) {
  lariat_timer timer;
  CU_ASSERT_EQUAL(lariat_reactor_call_later(loop->t.f.reactor, 1, never, NULL,
                                            NULL, &timer),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_cancel_timer(loop->t.f.reactor, timer),
                  LARIAT_OK);
}

static void ask_timer(struct loop *loop, uint64_t delay_ms) {
  loop->rung = false;
  loop->due_ns = now_ns() + delay_ms * ms_ns;
  CU_ASSERT_EQUAL(lariat_reactor_call_later(loop->t.f.reactor, delay_ms, ring,
                                            loop, NULL, NULL),
                  LARIAT_OK);
}

static void ask_get(struct loop *loop, struct outcome *outcome) {
  outcome_watch(outcome, lariat_get(loop->t.client, loop->url));
}

/* False when something is stranded. */
static bool run_round(struct loop *loop, uint64_t number) {
  struct outcome outcome;
  enum order order = (enum order)(number % ORDERS);
  bool good = true;
  if (order != TIMER_FIRST) ask_get(loop, &outcome);
  if (order == GET_FIRST) good = wait_for_get(loop, &outcome);
  if (number % 4 == 0) ask_and_cancel(loop);
  ask_timer(loop, 2 + number % 2);
  good = good && wait_for_timer(loop);
  if (order == TIMER_FIRST) ask_get(loop, &outcome);
  good = good && wait_for_get(loop, &outcome);
  if (!good) return false;
  outcome_expect_http(&outcome, 200);
  outcome_clear(&outcome, 1);
  return true;
}

static void run_rounds(struct loop *loop) {
  for (uint64_t i = 0; i < rounds; i++) {
    if (run_round(loop, i)) continue;
    fprintf(stderr, "round %llu: stranded\n", (unsigned long long)i);
    exit(1); /* its deferred would fire into what is no more */
  }
}

static void open_loop(struct loop *loop) {
  lariat_status why = LARIAT_OK;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  fetching_open(&loop->t, &pool, NULL);
  nginx_url(nginx, NGINX_PLAIN, "/page", loop->url, sizeof loop->url);
  loop->poll.fd = lariat_reactor_fd(loop->t.f.reactor, &why);
  loop->poll.events = POLLIN;
  CU_ASSERT_EQUAL(why, LARIAT_OK);
  CU_ASSERT_FATAL(loop->poll.fd >= 0);
}

static void test_rounds(void) {
  struct loop loop = {0};
  open_loop(&loop);
  run_rounds(&loop);
  printf("\n    %llu rounds, %llu polls; ", (unsigned long long)rounds,
         (unsigned long long)loop.polls);
  CU_ASSERT_EQUAL(loop.early, 0);
  /* A descriptor that stays readable would keep the loop spinning. */
  CU_ASSERT(loop.polls < 16 * rounds);
  fetching_expect_ledger(loop.t.client, rounds, rounds, 0, 0);
  fetching_close(&loop.t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"rounds in a foreign loop", test_rounds}};
  rounds = scale_of(USUAL_ROUNDS, argc, argv);
  nginx = nginx_start(NULL);
  if (!nginx || !rounds) return 1;
  int failed = fixture_main("embed_stress", tests, 1, 1, argv);
  nginx_stop((struct nginx *)(uintptr_t)nginx);
  return failed;
}
