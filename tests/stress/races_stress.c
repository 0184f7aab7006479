/* SPDX-License-Identifier: MIT
 * labels: threads
 * races_stress.c: everything that two callers and two pool threads can do at
 * the same time, without a network in the way: rounds of a scripted pool with
 * threads, in which jobs are submitted, cancelled, paused, time out, and in
 * which clients, reactors and the pool close at random moments.  Each deferred
 * fires once, the ledgers balance, nothing is left.
 *
 *   races_stress [rounds [seed]]
 *
 * Usually 2,000 rounds, see scale.h. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"
#include "support/scale.h"
#include <lariat/client.h>
#include <lariat/failure.h>
#include <lariat/pool.h>
#include <lariat/testing.h>

enum {
  CALLERS = 2,
  JOBS = 48,
  STEPS = 120,
  FULL_SCALE = 2000,
  PATIENCE_MS = 20000
};

struct job {
  struct caller *caller;
  lariat_deferred *deferred;
  unsigned fires;
  unsigned pauses;
};

struct caller {
  pthread_t thread;
  unsigned seed;
  lariat_pool *pool;
  lariat_reactor *reactor;
  lariat_client *client;
  struct job jobs[JOBS];
  unsigned count;
  unsigned fired;
  bool closes_pool;
  char fault[200];
};

static unsigned below(unsigned *seed, unsigned limit) {
  return (unsigned)rand_r(seed) % limit;
}

static void fault(struct caller *caller, const char *what) {
  if (!caller->fault[0])
    snprintf(caller->fault, sizeof caller->fault, "%s", what);
}

/* What the answer is follows from the URL's number alone; it is asked for on
 * both pool threads. */
static void answer_one(const lariat_asked *asked, lariat_answer *answer,
                       void *context) {
  static const lariat_header location = {"Location", "http://elsewhere/0"};
  unsigned number =
      (unsigned)strtoul(strrchr(lariat_asked_url(asked), '/') + 1, NULL, 10);
  (void)context;
  answer->http_version = number % 5 == 0 ? 20 : 11;
  if (number % 4 == 1) answer->first_byte_ms = 1;
  if (number % 7 == 2) answer->connect_ms = 2;
  if (number % 11 == 3) answer->failure = LARIAT_ERESET;
  if (number % 29 == 4) answer->never = LARIAT_PHASE_BODY;
  if (number % 9 == 5) {
    answer->status = 302;
    answer->headers = &location;
    answer->header_count = 1;
  }
  answer->closes = number % 6 == 1;
  answer->body = "body";
  answer->body_length = 4;
}

static lariat_value on_end(lariat_value result, void *context) {
  struct job *job = context;
  if (job->fires++) fault(job->caller, "a deferred fired twice");
  job->caller->fired++;
  return lariat_value_drop(result);
}

static void submit(struct caller *caller) {
  char url[64];
  if (!caller->client || caller->count == JOBS) return;
  struct job *job = &caller->jobs[caller->count++];
  lariat_request_options options = lariat_request_defaults(caller->client);
  unsigned *seed = &caller->seed;
  options.timeout_ms = below(seed, 4) ? 12 : 1 + below(seed, 3);
  snprintf(url, sizeof url, "http%s://h%u/%u", below(seed, 3) ? "" : "s",
           below(seed, 4), below(seed, 1000));
  job->caller = caller;
  job->deferred = lariat_deferred_add_both(
      lariat_request(caller->client, "GET", url, &options), on_end, job);
}

static void resume(struct job *job) {
  for (; job->pauses; job->pauses--) lariat_deferred_unpause(job->deferred);
}

static void trouble(struct caller *caller) {
  if (!caller->count) return;
  struct job *job = &caller->jobs[below(&caller->seed, caller->count)];
  if (!job->deferred) return;
  switch (below(&caller->seed, 5)) {
  case 0:
    lariat_deferred_pause(job->deferred);
    job->pauses++;
    return;
  case 1:
    resume(job);
    return;
  case 2:
    resume(job);
    lariat_deferred_release(job->deferred);
    job->deferred = NULL;
    return;
  default:
    lariat_deferred_cancel(job->deferred);
  }
}

static void step(struct caller *caller) {
  unsigned dice = below(&caller->seed, 100);
  if (dice < 40)
    submit(caller);
  else if (dice < 60)
    trouble(caller);
  else if (lariat_reactor_run_once(caller->reactor, dice < 62) != LARIAT_OK)
    fault(caller, "a turn failed");
  if (dice != 99 || below(&caller->seed, 3)) return;
  lariat_client_close(caller->client);
  caller->client = NULL;
}

static void check_ledger(struct caller *caller) {
  lariat_client_stats stats = {.size = sizeof stats};
  if (lariat_client_read_stats(caller->client, &stats) != LARIAT_OK ||
      stats.submitted !=
          stats.succeeded + stats.failed + stats.cancelled + stats.pending)
    fault(caller, "the ledger does not balance");
}

static void run_to_the_end(struct caller *caller) {
  uint64_t end_ms = fixture_real_ms() + PATIENCE_MS;
  for (unsigned i = 0; i < caller->count; i++)
    if (caller->jobs[i].deferred) resume(&caller->jobs[i]);
  while (caller->fired < caller->count && fixture_real_ms() < end_ms)
    if (lariat_reactor_run_once(caller->reactor, 5) != LARIAT_OK)
      fault(caller, "a turn failed");
  if (caller->fired < caller->count) fault(caller, "stuck");
}

static void wind_up(struct caller *caller) {
  unsigned end = below(&caller->seed, 3);
  if (caller->closes_pool && below(&caller->seed, 2))
    lariat_deferred_forget(
        lariat_pool_close(caller->pool, caller->reactor, end * 2));
  if (end < 2) run_to_the_end(caller);
  if (caller->client) check_ledger(caller);
  if (end == 1) {
    lariat_client_close(caller->client);
    caller->client = NULL;
  }
  for (unsigned i = 0; i < caller->count; i++)
    if (caller->jobs[i].deferred) resume(&caller->jobs[i]);
  if (lariat_reactor_close(caller->reactor, end == 2 ? 0 : 1000) != LARIAT_OK)
    fault(caller, "the reactor was not closed");
  for (unsigned i = 0; i < caller->count; i++) {
    if (caller->jobs[i].fires != 1) fault(caller, "not every job has fired");
    if (caller->jobs[i].deferred)
      lariat_deferred_release(caller->jobs[i].deferred);
  }
}

static void ignore(const char *message, void *context) {
  (void)message;
  (void)context;
}

static bool open_caller(struct caller *caller) {
  lariat_client_options options = lariat_client_defaults();
  if (lariat_reactor_new(NULL, &caller->reactor) != LARIAT_OK) return false;
  lariat_reactor_set_report(caller->reactor, ignore, NULL);
  options.placement = (lariat_placement)below(&caller->seed, 2);
  options.window = 1 + below(&caller->seed, 16);
  options.max_queued = below(&caller->seed, 40);
  options.max_redirects = below(&caller->seed, 3);
  lariat_status status = lariat_client_new(caller->pool, caller->reactor,
                                           &options, &caller->client);
  return status == LARIAT_OK || status == LARIAT_ECLOSED;
}

static void *caller_main(void *context) {
  struct caller *caller = context;
  if (!open_caller(caller)) {
    fault(caller, "could not begin");
    return NULL;
  }
  for (unsigned i = 0; i < STEPS; i++) step(caller);
  wind_up(caller);
  return NULL;
}

static void check_pool(lariat_pool *pool) {
  lariat_pool_stats stats = {.size = sizeof stats};
  (void)lariat_pool_close_wait(pool, 0);
  CU_ASSERT_EQUAL(lariat_pool_read_stats(pool, &stats), LARIAT_OK);
  CU_ASSERT_EQUAL(stats.jobs_taken, stats.jobs_done);
  CU_ASSERT_EQUAL(stats.jobs_running, 0);
}

static void round_of(unsigned seed, uint64_t number) {
  static struct caller callers[CALLERS];
  lariat_pool *pool = NULL;
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 2;
  options.max_jobs = 2 + below(&seed, 20);
  options.max_jobs_per_host = 1 + below(&seed, 4);
  options.max_connections = below(&seed, 2) ? 2 + below(&seed, 6) : 0;
  CU_ASSERT_EQUAL_FATAL(
      lariat_scripted_pool_new(&options, NULL, answer_one, NULL, &pool),
      LARIAT_OK);
  for (unsigned i = 0; i < CALLERS; i++) {
    struct caller *caller = &callers[i];
    memset(caller, 0, sizeof *caller);
    caller->seed = seed * 2 + i;
    caller->pool = pool;
    caller->closes_pool = i == 0 && number % 3 == 0;
    if (pthread_create(&caller->thread, NULL, caller_main, caller)) abort();
  }
  for (unsigned i = 0; i < CALLERS; i++) {
    pthread_join(callers[i].thread, NULL);
    if (callers[i].fault[0])
      fixture_fail("round %llu: %s", (unsigned long long)number,
                   callers[i].fault);
  }
  check_pool(pool);
  lariat_pool_release(pool);
}

static uint64_t rounds;
static unsigned first_seed;

static void test_races(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (uint64_t i = 0; i < rounds; i++) {
    round_of(first_seed + (unsigned)i, i);
    if (fixture_live_blocks(&f) == 0) continue;
    fixture_fail("round %llu: memory is left", (unsigned long long)i);
    break;
  }
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {{"races", test_races}};
  rounds = scale_of(FULL_SCALE, argc, argv);
  first_seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10)
                        : (unsigned)fixture_real_ms();
  printf("%llu rounds, seed %u\n", (unsigned long long)rounds, first_seed);
  return fixture_main("races_stress", tests, 1, 1, argv);
}
