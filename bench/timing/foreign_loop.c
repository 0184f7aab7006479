/* SPDX-License-Identifier: MIT
 * foreign_loop.c: a reactor in somebody else's event loop: poll() over two
 * descriptors, the reactor's and a timerfd of the loop's own.  In each round a
 * get and a timer are asked for while no dispatch runs.  None may be stranded,
 * and no timer may be late by more than 5 ms, beyond what the loop itself was
 * late by: its own timerfd, set a moment after the reactor's timer and handled
 * after it, says how late this machine wakes anybody.
 *
 *   timing-foreign_loop [rounds]
 *
 * Usually 2,000 rounds, see scale.h; in full 10,000. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include "support/scale.h"

enum { USUAL_ROUNDS = 2000, STRANDED_MS = 10000, FAULTS_SHOWN = 5 };

static const uint64_t ms_ns = 1000000;
static const uint64_t late_ns = 5000000;

/* In which order the two are asked for.  After TOGETHER, each can wake the
 * loop for the other; in the other two, each is alone when it is waited for. */
enum order { TOGETHER, GET_FIRST, TIMER_FIRST, ORDERS };

struct loop {
  struct fetching t;
  struct pollfd fds[2]; /* the reactor's, our timerfd */
  char url[128];
  bool own_set;         /* our timerfd; */
  uint64_t own_due_ns;  /* when it should ring, */
  uint64_t own_late_ns; /* and by how much we handled it later */
  bool rung;            /* the reactor's timer; the same */
  uint64_t due_ns;
  uint64_t ring_ns;
  uint64_t early; /* rings before their time */
  uint64_t polls;
  uint64_t dispatches;
  uint64_t cpu_max_ns; /* of one dispatch */
  unsigned faults;
};

static const struct nginx *nginx;
static uint64_t rounds;

static uint64_t clock_ns(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (uint64_t)now.tv_sec * 1000 * ms_ns + (uint64_t)now.tv_nsec;
}

static uint64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

static void fault(struct loop *loop, const char *what, uint64_t round,
                  uint64_t ns) {
  if (++loop->faults > FAULTS_SHOWN) return;
  fixture_fail("round %llu: %s (%llu us)", (unsigned long long)round, what,
               (unsigned long long)ns / 1000);
}

/* The foreign loop. */

static void dispatch(struct loop *loop) {
  uint64_t before_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  CU_ASSERT_EQUAL(lariat_reactor_dispatch(loop->t.f.reactor), LARIAT_OK);
  uint64_t spent_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - before_ns;
  if (spent_ns > loop->cpu_max_ns) loop->cpu_max_ns = spent_ns;
  loop->dispatches++;
}

static void own_timer(struct loop *loop) {
  uint64_t count;
  ssize_t got = read(loop->fds[1].fd, &count, sizeof count);
  CU_ASSERT_EQUAL(got, (ssize_t)sizeof count);
  loop->own_set = false;
  loop->own_late_ns = now_ns() - loop->own_due_ns;
}

/* One poll(), and what it found; false when nothing came for long. */
static bool turn(struct loop *loop) {
  int ready = poll(loop->fds, 2, STRANDED_MS);
  loop->polls++;
  if (ready <= 0) return false;
  if (loop->fds[0].revents) dispatch(loop);
  if (loop->fds[1].revents) own_timer(loop);
  return true;
}

static bool wait_for_timer(struct loop *loop) {
  while (!loop->rung || loop->own_set)
    if (!turn(loop)) return false;
  return true;
}

static bool wait_for_get(struct loop *loop, const struct outcome *outcome) {
  while (outcome->fires == 0)
    if (!turn(loop)) return false;
  return true;
}

/* What is asked for, outside every dispatch. */

static void ring(void *context) {
  struct loop *loop = context;
  loop->ring_ns = now_ns();
  loop->rung = true;
  if (loop->ring_ns < loop->due_ns) loop->early++;
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

/* Our own is set last: it cannot ring before the reactor's does. */
static void ask_timer(struct loop *loop, uint64_t delay_ms) {
  loop->rung = false;
  loop->due_ns = now_ns() + delay_ms * ms_ns;
  CU_ASSERT_EQUAL(lariat_reactor_call_later(loop->t.f.reactor, delay_ms, ring,
                                            loop, NULL, NULL),
                  LARIAT_OK);
  loop->own_due_ns = now_ns() + delay_ms * ms_ns;
  struct itimerspec when = {{0, 0}, {0, 0}};
  when.it_value.tv_sec = (time_t)(loop->own_due_ns / (1000 * ms_ns));
  when.it_value.tv_nsec = (long)(loop->own_due_ns % (1000 * ms_ns));
  CU_ASSERT_EQUAL(
      timerfd_settime(loop->fds[1].fd, TFD_TIMER_ABSTIME, &when, NULL), 0);
  loop->own_set = true;
}

static void ask_get(struct loop *loop, struct outcome *outcome) {
  outcome_watch(outcome, lariat_get(loop->t.client, loop->url));
}

/* One round; how late its timer was.  False when something is stranded. */
static bool run_round(struct loop *loop, uint64_t number, uint64_t *late) {
  struct outcome outcome;
  enum order order = (enum order)(number % ORDERS);
  uint64_t delay_ms = 2 + number % 2;
  bool good = true;
  if (order != TIMER_FIRST) ask_get(loop, &outcome);
  if (order == GET_FIRST) good = wait_for_get(loop, &outcome);
  if (number % 4 == 0) ask_and_cancel(loop);
  ask_timer(loop, delay_ms);
  good = good && wait_for_timer(loop);
  if (order == TIMER_FIRST) ask_get(loop, &outcome);
  good = good && wait_for_get(loop, &outcome);
  if (!good) return false;
  outcome_expect_http(&outcome, 200);
  outcome_clear(&outcome, 1);
  *late = loop->ring_ns - loop->due_ns;
  return true;
}

/* Figures. */

static int by_size(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a;
  uint64_t y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static void print_late(const char *whose, uint64_t *late) {
  qsort(late, rounds, sizeof *late, by_size);
  printf("\n    %s: late by %.3f ms (median), %.3f (p99), %.3f (most)", whose,
         (double)late[rounds / 2] / 1e6, (double)late[rounds * 99 / 100] / 1e6,
         (double)late[rounds - 1] / 1e6);
}

/* Runs all rounds.  A round in which the machine held up everybody says
 * nothing of the reactor: the difference is judged. */
static void run_rounds(struct loop *loop, uint64_t *late, uint64_t *own,
                       uint64_t *beyond) {
  for (uint64_t i = 0; i < rounds; i++) {
    if (!run_round(loop, i, &late[i])) {
      fprintf(stderr, "round %llu: stranded\n", (unsigned long long)i);
      exit(1); /* its deferred would fire into what is no more */
    }
    own[i] = loop->own_late_ns;
    beyond[i] = late[i] > own[i] ? late[i] - own[i] : 0;
    if (beyond[i] > late_ns) fault(loop, "the timer was late", i, beyond[i]);
  }
}

static void open_loop(struct loop *loop) {
  lariat_status why = LARIAT_OK;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  fetching_open(&loop->t, &pool, NULL);
  nginx_url(nginx, NGINX_PLAIN, "/page", loop->url, sizeof loop->url);
  loop->fds[0].fd = lariat_reactor_fd(loop->t.f.reactor, &why);
  loop->fds[1].fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  loop->fds[0].events = loop->fds[1].events = POLLIN;
  CU_ASSERT_EQUAL(why, LARIAT_OK);
  CU_ASSERT_FATAL(loop->fds[0].fd >= 0 && loop->fds[1].fd >= 0);
}

static void test_rounds(void) {
  struct loop loop = {0};
  uint64_t *late = calloc(rounds * 3, sizeof *late);
  CU_ASSERT_PTR_NOT_NULL_FATAL(late);
  open_loop(&loop);
  uint64_t start_ms = fixture_real_ms();
  run_rounds(&loop, late, late + rounds, late + 2 * rounds);
  uint64_t took_ms = fixture_real_ms() - start_ms;
  print_late("the reactor's timers", late);
  print_late("the loop's own", late + rounds);
  print_late("the reactor's beyond the loop's", late + 2 * rounds);
  printf("\n    %llu rounds in %llu ms; %llu polls, %llu dispatches, %.3f ms "
         "of CPU in the longest; ",
         (unsigned long long)rounds, (unsigned long long)took_ms,
         (unsigned long long)loop.polls, (unsigned long long)loop.dispatches,
         (double)loop.cpu_max_ns / 1e6);
  CU_ASSERT_EQUAL(loop.early, 0);
  /* What is slow in itself would hide in the loop's own lateness. */
  CU_ASSERT(loop.cpu_max_ns < late_ns);
  /* A descriptor that stays readable would keep the loop spinning. */
  CU_ASSERT(loop.polls < 16 * rounds);
  fetching_expect_ledger(loop.t.client, rounds, rounds, 0, 0);
  close(loop.fds[1].fd);
  free(late);
  fetching_close(&loop.t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"rounds in a foreign loop", test_rounds}};
  rounds = scale_of(USUAL_ROUNDS, argc, argv);
  nginx = nginx_start(NULL);
  if (!nginx || !rounds) return 1;
  int failed = fixture_main("foreign_loop", tests, 1, 1, argv);
  nginx_stop((struct nginx *)(uintptr_t)nginx);
  return failed;
}
