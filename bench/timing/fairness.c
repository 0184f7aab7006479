/* SPDX-License-Identifier: MIT
 * fairness.c: 500 slow hosts and one that is fast.  What the fast one
 * gets done beside them is compared with what it gets done alone, in runs that
 * take turns.  Each slow host has more to do than it may have in flight; all of
 * them together want many times the jobs and connections that the pool may
 * have.
 *
 *   timing-fairness [per cent [the least part, in per cent]]
 *
 * The fast host answers after 4 ms, or at once; then its throughput is what the
 * CPUs allow, and other work on the machine shows.
 *
 * A third part has so few connections that the hosts have to take them from
 * each other; it is judged less strictly.
 *
 * In full: 9 pairs of 1 s for each; the median of the pairs' ratios is at least
 * 0.95.  Less than 100 per cent: fewer pairs, judged less strictly, of the
 * first part only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fetching.h"
#include "support/origin.h"
#include "support/scale.h"

enum { SLOW_HOSTS = 500, SLOW_EACH = 20, FAST_EACH = 32, PAIRS_MAX = 9 };

static uint64_t percent = 100;
static double least = 0.95;
static const char *fast_path;
static unsigned max_connections;
static unsigned warm_up_ms = 1500;
static struct origin *slow_origin;
static struct origin *fast_origin;

struct run {
  struct fetching t;
  lariat_client *fast;
  uint64_t fast_done;
  uint64_t slow_done;
  uint64_t failed;
  uint64_t going;
  uint64_t slow_wanted;
  bool over;
};

/* One of the requests that are kept going. */
struct caller {
  struct run *run;
  unsigned host; /* 0: the fast one */
};

static struct caller callers[SLOW_HOSTS * SLOW_EACH + FAST_EACH];

static void ask(struct caller *caller);

static lariat_value on_end(lariat_value result, void *context) {
  struct caller *caller = context;
  struct run *run = caller->run;
  run->going--;
  if (run->over) return lariat_value_drop(result);
  if (lariat_is_failure(result)) run->failed++;
  if (caller->host)
    run->slow_done++;
  else
    run->fast_done++;
  ask(caller);
  return lariat_value_drop(result);
}

static void ask(struct caller *caller) {
  struct run *run = caller->run;
  unsigned host = caller->host;
  char url[128];
  if (host)
    snprintf(url, sizeof url, "http://127.1.%u.%u:%u/wait/1500", host / 200,
             host % 200 + 1, origin_port(slow_origin));
  else
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", origin_port(fast_origin),
             fast_path);
  run->going++;
  lariat_deferred_forget(
      lariat_deferred_add_both(lariat_get(run->t.client, url), on_end, caller));
}

static void start(struct run *run, unsigned *next, unsigned host,
                  unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    struct caller *caller = &callers[(*next)++];
    *caller = (struct caller){run, host};
    ask(caller);
  }
}

/* What began all at once has spread out a little, however slow the machine. */
static bool is_settled(void *context) {
  const struct run *run = context;
  return run->fast_done >= 100 && run->slow_done >= run->slow_wanted;
}

static bool never(void *context) {
  (void)context;
  return false;
}

static bool is_over(void *context) {
  const struct run *run = context;
  return run->going == 0;
}

/* Requests a second of the fast host. */
static double measure(unsigned slow_hosts, unsigned ms, unsigned before_ms) {
  static struct run run;
  unsigned next = 0;
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  run = (struct run){.slow_wanted = 3 * slow_hosts};
  pool.reactors = 2;
  pool.max_connections = max_connections;
  client.timeout_ms = 0;
  fetching_open(&run.t, &pool, &client);
  for (unsigned host = 1; host <= slow_hosts; host++)
    start(&run, &next, host, SLOW_EACH);
  (void)fixture_run_until(&run.t.f, never, NULL, slow_hosts ? 300 : 0);
  start(&run, &next, 0, FAST_EACH);
  (void)fixture_run_until(&run.t.f, is_settled, &run, 20000);
  (void)fixture_run_until(&run.t.f, never, NULL, before_ms);
  uint64_t before = run.fast_done;
  uint64_t began_ms = fixture_real_ms();
  (void)fixture_run_until(&run.t.f, never, NULL, ms);
  double took_s = (double)(fixture_real_ms() - began_ms) / 1000;
  double rate = (double)(run.fast_done - before) / took_s;
  CU_ASSERT_EQUAL(run.failed, 0);
  if (slow_hosts) CU_ASSERT(run.slow_done >= slow_hosts);
  lariat_pool_stats s = fetching_stats(&run.t);
  if (getenv("LARIAT_STRESS_TALK"))
    printf("\n      %llu waiting, %llu running; waiting for: host %llu, jobs "
           "%llu, connection %llu; %llu connections, %llu opened; %.0f/s ",
           (unsigned long long)s.jobs_queued,
           (unsigned long long)s.jobs_running,
           (unsigned long long)s.jobs_waiting_host,
           (unsigned long long)s.jobs_waiting_jobs,
           (unsigned long long)s.jobs_waiting_connection,
           (unsigned long long)s.connections,
           (unsigned long long)s.connections_opened, rate);
  run.over = true;
  lariat_client_close(run.t.client);
  run.t.client = NULL;
  (void)fixture_run_until(&run.t.f, is_over, &run, 5000);
  fetching_close(&run.t);
  return rate;
}

static int by_size(const void *a, const void *b) {
  const double *one = a;
  const double *two = b;
  return (*one > *two) - (*one < *two);
}

static void compare(const char *path) {
  double ratios[PAIRS_MAX];
  unsigned pairs = (unsigned)(PAIRS_MAX * percent / 100) | 1u;
  unsigned ms = percent < 100 ? 500 : 1000;
  fast_path = path;
  if (pairs > PAIRS_MAX) pairs = PAIRS_MAX;
  for (unsigned i = 0; i < pairs; i++) {
    double alone = i % 2 ? 0 : measure(0, ms, 300);
    double beside = measure(SLOW_HOSTS, ms, warm_up_ms);
    if (i % 2) alone = measure(0, ms, 300);
    ratios[i] = beside / alone;
    printf("\n    alone %.0f/s, beside %d slow hosts %.0f/s: %.3f", alone,
           SLOW_HOSTS, beside, ratios[i]);
    fflush(stdout);
  }
  qsort(ratios, pairs, sizeof ratios[0], by_size);
  printf("\n    the median: %.3f ", ratios[pairs / 2]);
  CU_ASSERT(ratios[pairs / 2] >= least);
}

static void test_after_a_while(void) { compare("/wait/4"); }

static void test_few_connections(void) {
  double strict = least;
  max_connections = 600;
  if (least > 0.8) least = 0.8;
  warm_up_ms = 4000;
  compare("/wait/4");
  least = strict;
  max_connections = 0;
  warm_up_ms = 1500;
}

/* Bound by the CPUs, which others use too. */
static void test_at_once(void) { compare("/page"); }

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a fast host among slow ones", test_after_a_while},
      {"few connections", test_few_connections},
      {"one that answers at once", test_at_once}};
  const struct origin_options everywhere = {.address = "127.0.0.0/8"};
  percent = scale_of(100, argc, argv);
  if (percent < 100) least = 0.5;
  if (argc > 2) least = strtod(argv[2], NULL) / 100;
  slow_origin = origin_start(&everywhere);
  fast_origin = origin_start(NULL);
  if (!slow_origin || !fast_origin) return 1;
  size_t parts = percent < 100 ? 1 : FIXTURE_COUNT(tests);
  int failed = fixture_main("fairness", tests, parts, 1, argv);
  origin_stop(slow_origin);
  origin_stop(fast_origin);
  return failed;
}
