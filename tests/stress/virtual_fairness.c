/* SPDX-License-Identifier: MIT
 * virtual_fairness.c: 500 slow hosts and one that is fast, under the virtual
 * clock: what the fast one gets done beside them in some seconds is compared
 * with what it gets done alone.  Each slow host has more to do than it may have
 * in flight; all of them together want many times the jobs that the pool may
 * have.
 *
 * Nothing takes processor time on this clock: what is judged is whose turn it
 * is.  What that costs on a real machine is bench/timing/fairness.c's. */
#include <stdio.h>

#include "support/scripting.h"

enum {
  SLOW_HOSTS = 500,
  SLOW_EACH = 20,
  FAST_EACH = 32,
  SLOW_MS = 1500,
  FAST_MS = 4,
  WARM_UP_MS = 6000,
  WATCH_MS = 2000
};

/* One of the requests that are kept going. */
struct caller {
  struct run *run;
  unsigned host; /* 0: the fast one */
};

struct run {
  struct fixture f;
  lariat_pool *pool;
  lariat_client *client;
  uint64_t fast_done;
  uint64_t slow_done;
  bool over;
  struct caller callers[SLOW_HOSTS * SLOW_EACH + FAST_EACH];
};

static void answer_late(const lariat_asked *asked, lariat_answer *answer,
                        void *context) {
  (void)context;
  answer->first_byte_ms = lariat_asked_url(asked)[7] == 'f' ? FAST_MS : SLOW_MS;
}

static void ask_again(struct caller *caller);

static lariat_value on_end(lariat_value result, void *context) {
  struct caller *caller = context;
  struct run *run = caller->run;
  if (run->over) return lariat_value_drop(result);
  if (lariat_is_failure(result)) fixture_fail("a request failed");
  if (caller->host)
    run->slow_done++;
  else
    run->fast_done++;
  ask_again(caller);
  return lariat_value_drop(result);
}

static void ask_again(struct caller *caller) {
  char url[64];
  snprintf(url, sizeof url,
           caller->host ? "http://s%u.test/" : "http://f.test/", caller->host);
  lariat_deferred_forget(lariat_deferred_add_both(
      lariat_get(caller->run->client, url), on_end, caller));
}

static void run_ms(struct run *run, unsigned ms) {
  CU_ASSERT_EQUAL(
      lariat_virtual_clock_run(run->f.virtual_clock, run->f.reactor, ms),
      LARIAT_OK);
}

static void open_run(struct run *run) {
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  client.timeout_ms = 0;
  *run = (struct run){0};
  fixture_open(&run->f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL_FATAL(lariat_scripted_pool_new(&pool, run->f.reactor,
                                                 answer_late, NULL, &run->pool),
                        LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(
      lariat_client_new(run->pool, run->f.reactor, &client, &run->client),
      LARIAT_OK);
}

static void close_run(struct run *run) {
  run->over = true;
  lariat_client_close(run->client);
  run_ms(run, 1000);
  lariat_pool_release(run->pool);
  fixture_close(&run->f);
}

/* How many requests the fast host gets done in WATCH_MS. */
static uint64_t count_fast(unsigned slow_hosts) {
  static struct run run;
  struct caller *next = run.callers;
  open_run(&run);
  for (unsigned i = 0; i < slow_hosts * SLOW_EACH + FAST_EACH; i++, next++) {
    *next = (struct caller){&run, i / SLOW_EACH + 1};
    if (i >= slow_hosts * SLOW_EACH) next->host = 0;
    ask_again(next);
  }
  for (unsigned ms = 0; ms < WARM_UP_MS; ms += 10) run_ms(&run, 10);
  uint64_t before = run.fast_done;
  for (unsigned ms = 0; ms < WATCH_MS; ms += 10) run_ms(&run, 10);
  uint64_t done = run.fast_done - before;
  CU_ASSERT(run.slow_done >= slow_hosts);
  close_run(&run);
  return done;
}

static void test_fast_host(void) {
  double alone = (double)count_fast(0);
  double beside = (double)count_fast(SLOW_HOSTS);
  printf("\n    alone %.0f, beside %d slow hosts %.0f: %.3f ", alone,
         SLOW_HOSTS, beside, beside / alone);
  CU_ASSERT(beside >= 0.95 * alone);
}

int main(void) {
  static const struct fixture_test tests[] = {
      {"a fast host among slow ones", test_fast_host},
  };
  return fixture_main("virtual fairness", tests, FIXTURE_COUNT(tests), 0, NULL);
}
