/* SPDX-License-Identifier: MIT
 * labels: threads
 * ledger_stress.c: the ledger by force.  Four threads, each with a reactor and
 * clients of its own, send jobs through one pool of two reactors to an nginx
 * on eight loopback addresses; every tenth is cancelled at a random moment.
 * Each deferred fires exactly once, every ledger balances, and nothing is left
 * of memory, descriptors and threads.
 *
 *   ledger_stress [jobs [seed]]
 *
 * Usually 200,000 jobs, see scale.h; in full 1,000,000. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"
#include "support/nginx.h"
#include "support/ports.h"
#include "support/scale.h"
#include <lariat/client.h>
#include <lariat/failure.h>
#include <lariat/pool.h>

enum {
  THREADS = 4,
  CLIENTS = 2,
  SLOTS = 160, /* jobs of one thread at once */
  ADDRESSES = 8,
  USUAL_JOBS = 200000,
  STUCK_MS = 60000
};

struct caller;

/* A job: its deferred is kept while it may still be cancelled. */
struct slot {
  struct caller *caller;
  lariat_deferred *deferred;
  uint64_t cancel_at; /* a turn's number; 0: never */
  bool busy;
};

struct caller {
  pthread_t thread;
  unsigned index;
  unsigned seed;
  lariat_pool *pool;
  lariat_reactor *reactor;
  lariat_client *clients[CLIENTS];
  struct slot slots[SLOTS];
  uint64_t jobs;
  uint64_t asked;
  uint64_t fired;
  uint64_t fired_twice;
  uint64_t succeeded;
  uint64_t failed;
  uint64_t cancelled;
  uint64_t unexpected;
  uint64_t turn;
  char fault[200]; /* the first */
};

static const struct nginx *nginx;
static unsigned dead_port;
static uint64_t all_jobs;
static unsigned first_seed;

static unsigned random_below(struct caller *caller, unsigned limit) {
  return (unsigned)rand_r(&caller->seed) % limit;
}

static void fault(struct caller *caller, const char *what) {
  if (!caller->fault[0])
    snprintf(caller->fault, sizeof caller->fault, "thread %u: %s",
             caller->index, what);
}

/* Mostly pages; some of the rarer ends. */
static void pick_url(struct caller *caller, char *url, size_t capacity) {
  static const char *const rare[] = {"/status/404", "/redirect/1", "/close",
                                     "/as/302", "/status/204"};
  unsigned host = 1 + random_below(caller, ADDRESSES);
  unsigned port = nginx->ports[NGINX_PLAIN];
  unsigned dice = random_below(caller, 100);
  const char *path = dice < FIXTURE_COUNT(rare) ? rare[dice] : "/page";
  if (dice == 99) port = dead_port;
  snprintf(url, capacity, "http://127.0.0.%u:%u%s", host, port, path);
}

static void count_failure(struct caller *caller, lariat_value failure) {
  lariat_status status = lariat_failure_status(failure);
  if (status == LARIAT_ECANCELLED) {
    caller->cancelled++;
    return;
  }
  caller->failed++;
  if (status == LARIAT_ECONNECT) return;
  caller->unexpected++;
  fault(caller, lariat_failure_message(failure));
}

static lariat_value on_end(lariat_value result, void *context) {
  struct slot *slot = context;
  struct caller *caller = slot->caller;
  if (!slot->busy) caller->fired_twice++;
  slot->busy = false;
  caller->fired++;
  if (lariat_is_failure(result))
    count_failure(caller, result);
  else
    caller->succeeded++;
  return lariat_value_drop(result);
}

static void release(struct slot *slot) {
  lariat_deferred *deferred = slot->deferred;
  slot->deferred = NULL;
  lariat_deferred_release(deferred);
}

/* The slot is free: the next job. */
static void ask(struct caller *caller, struct slot *slot) {
  char url[128];
  pick_url(caller, url, sizeof url);
  lariat_client *client = caller->clients[random_below(caller, CLIENTS)];
  slot->busy = true;
  slot->cancel_at = 0;
  if (random_below(caller, 10) == 0)
    slot->cancel_at = caller->turn + 1 + random_below(caller, 4);
  caller->asked++;
  slot->deferred =
      lariat_deferred_add_both(lariat_get(client, url), on_end, slot);
  if (!slot->cancel_at) release(slot);
}

/* Between two turns: cancels what is due, fills what is free. */
static void see_to_slots(struct caller *caller) {
  for (size_t i = 0; i < SLOTS; i++) {
    struct slot *slot = &caller->slots[i];
    if (slot->deferred && slot->cancel_at <= caller->turn) {
      lariat_deferred_cancel(slot->deferred);
      release(slot);
    }
    if (!slot->busy && !slot->deferred && caller->asked < caller->jobs)
      ask(caller, slot);
  }
}

static bool has_work(const struct caller *caller) {
  if (caller->asked < caller->jobs || caller->fired < caller->asked)
    return true;
  for (size_t i = 0; i < SLOTS; i++)
    if (caller->slots[i].deferred) return true;
  return false;
}

static void run_jobs(struct caller *caller) {
  uint64_t last = 0;
  uint64_t moved_ms = fixture_real_ms();
  while (has_work(caller)) {
    caller->turn++;
    see_to_slots(caller);
    if (lariat_reactor_run_once(caller->reactor, 5) != LARIAT_OK)
      fault(caller, "a turn failed");
    uint64_t now_ms = fixture_real_ms();
    if (caller->fired != last) moved_ms = now_ms;
    last = caller->fired;
    if (now_ms - moved_ms < STUCK_MS) continue;
    fault(caller, "stuck");
    return;
  }
}

static void check_ledgers(struct caller *caller) {
  lariat_client_stats sum = {.size = sizeof sum};
  for (size_t i = 0; i < CLIENTS; i++) {
    lariat_client_stats one = {.size = sizeof one};
    if (lariat_client_read_stats(caller->clients[i], &one) != LARIAT_OK)
      fault(caller, "no statistics");
    if (one.submitted != one.succeeded + one.failed + one.cancelled ||
        one.pending || one.queued)
      fault(caller, "a ledger does not balance");
    sum.submitted += one.submitted;
    sum.succeeded += one.succeeded;
    sum.failed += one.failed;
    sum.cancelled += one.cancelled;
  }
  if (sum.submitted != caller->jobs || sum.succeeded != caller->succeeded ||
      sum.failed != caller->failed || sum.cancelled != caller->cancelled)
    fault(caller, "the ledgers say other than the deferreds did");
  if (caller->fired != caller->jobs || caller->fired_twice)
    fault(caller, "a deferred fired twice or never");
}

static bool open_caller(struct caller *caller) {
  if (lariat_reactor_new(NULL, &caller->reactor) != LARIAT_OK) return false;
  for (unsigned i = 0; i < CLIENTS; i++) {
    lariat_client_options options = lariat_client_defaults();
    bool spread = (caller->index + i) % 2 == 1;
    options.placement = spread ? LARIAT_PLACE_SPREAD : LARIAT_PLACE_HOST;
    options.window = caller->index == 2 ? 16 : 256;
    options.timeout_ms = 0;
    if (lariat_client_new(caller->pool, caller->reactor, &options,
                          &caller->clients[i]) != LARIAT_OK)
      return false;
  }
  return true;
}

static void *caller_main(void *context) {
  struct caller *caller = context;
  if (open_caller(caller)) {
    run_jobs(caller);
    check_ledgers(caller);
  } else {
    fault(caller, "could not begin");
  }
  for (size_t i = 0; i < CLIENTS; i++) lariat_client_close(caller->clients[i]);
  if (lariat_reactor_close(caller->reactor, 5000) != LARIAT_OK)
    fault(caller, "the reactor was not closed");
  return NULL;
}

static void start(struct caller *caller, unsigned index, lariat_pool *pool) {
  memset(caller, 0, sizeof *caller);
  caller->index = index;
  caller->seed = first_seed + index;
  caller->pool = pool;
  caller->jobs = all_jobs / THREADS;
  for (size_t i = 0; i < SLOTS; i++) caller->slots[i].caller = caller;
  if (pthread_create(&caller->thread, NULL, caller_main, caller) != 0) abort();
}

static void check_pool(lariat_pool *pool) {
  lariat_pool_stats stats = {.size = sizeof stats};
  CU_ASSERT_EQUAL(lariat_pool_close_wait(pool, 5000), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_pool_read_stats(pool, &stats), LARIAT_OK);
  CU_ASSERT_EQUAL(stats.jobs_taken, stats.jobs_done);
  CU_ASSERT_EQUAL(stats.jobs_queued, 0);
  CU_ASSERT_EQUAL(stats.jobs_running, 0);
  CU_ASSERT_EQUAL(stats.connections, 0);
  printf("pool: %llu jobs, %llu connections opened, %llu reused ",
         (unsigned long long)stats.jobs_done,
         (unsigned long long)stats.connections_opened,
         (unsigned long long)stats.connections_reused);
}

static void report(const struct caller *callers, uint64_t took_ms) {
  uint64_t succeeded = 0, failed = 0, cancelled = 0;
  for (unsigned i = 0; i < THREADS; i++) {
    succeeded += callers[i].succeeded;
    failed += callers[i].failed;
    cancelled += callers[i].cancelled;
    if (callers[i].fault[0]) fixture_fail("%s", callers[i].fault);
  }
  printf("\n    %llu succeeded, %llu failed, %llu cancelled in %llu ms; ",
         (unsigned long long)succeeded, (unsigned long long)failed,
         (unsigned long long)cancelled, (unsigned long long)took_ms);
}

static void test_ledger(void) {
  static struct caller callers[THREADS];
  struct fixture f;
  lariat_pool *pool = NULL;
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 2;
  options.max_jobs_per_host = 32;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL_FATAL(lariat_pool_new(&options, &pool), LARIAT_OK);
  uint64_t start_ms = fixture_real_ms();
  for (unsigned i = 0; i < THREADS; i++) start(&callers[i], i, pool);
  for (unsigned i = 0; i < THREADS; i++) pthread_join(callers[i].thread, NULL);
  report(callers, fixture_real_ms() - start_ms);
  check_pool(pool);
  lariat_pool_release(pool);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {{"the ledger", test_ledger}};
  const struct nginx_options options = {.addresses = ADDRESSES};
  all_jobs = scale_of(USUAL_JOBS, argc, argv);
  all_jobs -= all_jobs % THREADS;
  first_seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10)
                        : (unsigned)fixture_real_ms();
  printf("%llu jobs, seed %u\n", (unsigned long long)all_jobs, first_seed);
  nginx = nginx_start(&options);
  if (!nginx || !ports_find(&dead_port, 1)) return 1;
  int failed = fixture_main("ledger_stress", tests, 1, 1, argv);
  nginx_stop((struct nginx *)(uintptr_t)nginx);
  return failed;
}
