/* SPDX-License-Identifier: MIT
 * labels: threads
 * close_stress.c: ends at random moments, under load.  Round after round a pool
 * of two reactors works for two clients on one reactor, with random cancels;
 * then the pool, the reactor or the clients are closed, in one of many ways.
 * Each job has one outcome, and nothing is left of memory, descriptors,
 * threads and timers, after every single round.
 *
 *   close_stress [rounds [seed]]
 *
 * Usually 400 rounds, see scale.h; in full 1,000. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fetching.h"
#include "support/origin.h"
#include "support/scale.h"
#include <lariat/failure.h>

enum { JOBS = 96, CLIENTS = 2, USUAL_ROUNDS = 400, LONGEST_MS = 12 };

/* How a round ends. */
enum way {
  POOL_CANCELLED, /* closed on the reactor, at once */
  POOL_DRAINED,   /* the same, with some time */
  POOL_BLOCKING,  /* from the thread, waiting */
  POOL_RELEASED,  /* with its last reference */
  POOL_TWICE,     /* with time, then at once */
  REACTOR_WAITS,  /* the caller's reactor, with time for what is in flight */
  REACTOR_GOES,   /* without */
  CLIENTS_CLOSED,
  BOTH,         /* the pool begins to close, then the reactor is closed */
  OTHER_THREAD, /* the pool, by a thread that has nothing to do with it */
  WAYS
};

static const char *const names[WAYS] = {
    "pool cancelled", "pool drained",  "pool blocking", "pool released",
    "pool twice",     "reactor waits", "reactor goes",  "clients closed",
    "both",           "other thread"};

struct round {
  struct fetching t;
  lariat_client *clients[CLIENTS];
  struct outcome outcomes[JOBS];
  lariat_deferred *kept[JOBS];
  unsigned asked;
  enum way way;
  bool pool_gone;
};

static struct origin *origin;
static unsigned seed;
static unsigned rounds;
static unsigned ways_taken[WAYS];

static unsigned random_below(unsigned limit) {
  return (unsigned)rand_r(&seed) % limit;
}

static const char *random_path(void) {
  static const char *const paths[] = {
      "/page",           "/page",   "/page",  "/page",     "/wait/1",
      "/wait/3",         "/stall",  "/last",  "/served/2", "/dribble/1",
      "/mid-body-stall", "/close",  "/reset", "/to-self",  "/bytes/100000",
      "/chunked",        "/wait/20"};
  return paths[random_below(FIXTURE_COUNT(paths))];
}

static void ask(struct round *round) {
  char url[128];
  unsigned i = round->asked++;
  snprintf(url, sizeof url, "http://127.0.0.%u:%u%s", 1 + random_below(6),
           origin_port(origin), random_path());
  lariat_deferred *deferred =
      lariat_get(round->clients[random_below(CLIENTS)], url);
  if (random_below(5) == 0) round->kept[i] = lariat_deferred_retain(deferred);
  outcome_watch(&round->outcomes[i], deferred);
}

static void cancel_one(struct round *round) {
  unsigned i = random_below(JOBS);
  lariat_deferred *deferred = round->kept[i];
  if (!deferred) return;
  round->kept[i] = NULL;
  lariat_deferred_cancel(deferred);
  lariat_deferred_release(deferred);
}

static void open_round(struct round *round) {
  lariat_pool_options pool = lariat_pool_defaults();
  memset(round, 0, sizeof *round);
  pool.reactors = 2;
  pool.max_jobs_per_host = 1 + random_below(8);
  if (random_below(3) == 0) pool.max_connections = 2 + random_below(8);
  fetching_open_pool(&round->t, &pool);
  for (unsigned i = 0; i < CLIENTS; i++) {
    lariat_client_options client = lariat_client_defaults();
    client.placement = i % 2 ? LARIAT_PLACE_SPREAD : LARIAT_PLACE_HOST;
    client.window = random_below(2) ? 5 : 0;
    client.timeout_ms = random_below(3) ? 30000 : 8;
    round->clients[i] = fetching_client(&round->t, &client);
  }
}

/* Some jobs at once, the rest while turns go by, up to a random moment. */
static void load(struct round *round) {
  unsigned at_once = random_below(JOBS);
  uint64_t end_ms = fixture_real_ms() + random_below(LONGEST_MS);
  while (round->asked < at_once) ask(round);
  do {
    for (unsigned n = random_below(6); n > 0 && round->asked < JOBS; n--)
      ask(round);
    cancel_one(round);
    (void)lariat_reactor_run_once(round->t.f.reactor, (int)random_below(2));
  } while (fixture_real_ms() < end_ms);
}

/* The ends. */

static lariat_value note_end(lariat_value result, void *context) {
  *(bool *)context = true;
  return lariat_value_drop(result);
}

static bool is_true(void *context) { return *(bool *)context; }

static void close_on_reactor(struct round *round, unsigned drain_ms) {
  bool ended = false;
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_pool_close(round->t.pool, round->t.f.reactor, drain_ms), note_end,
      &ended));
  if (round->way == POOL_TWICE)
    lariat_deferred_forget(
        lariat_pool_close(round->t.pool, round->t.f.reactor, 0));
  if (round->way == BOTH) {
    (void)lariat_reactor_run_once(round->t.f.reactor, 0);
    fixture_close_reactor(&round->t.f, random_below(20));
  } else if (!fixture_run_until(&round->t.f, is_true, &ended, 10000)) {
    fixture_fail("the pool's end was not told");
  }
  CU_ASSERT_TRUE(ended);
}

static void release_pool(struct round *round) {
  lariat_pool_release(round->t.pool);
  round->t.pool = NULL;
}

static void *close_elsewhere(void *pool) {
  return lariat_pool_close_wait(pool, 1) == LARIAT_OK ? NULL : pool;
}

static void close_by_other_thread(struct round *round) {
  pthread_t thread;
  void *failed = NULL;
  if (pthread_create(&thread, NULL, close_elsewhere, round->t.pool) != 0)
    abort();
  for (int i = 0; i < 5; i++)
    (void)lariat_reactor_run_once(round->t.f.reactor, 1);
  pthread_join(thread, &failed);
  CU_ASSERT_PTR_NULL(failed);
}

static void close_clients(struct round *round) {
  for (size_t i = 0; i < CLIENTS; i++) {
    lariat_client_close(round->clients[i]);
    round->clients[i] = NULL;
  }
}

static void end_it(struct round *round) {
  switch (round->way) {
  case POOL_DRAINED:
    close_on_reactor(round, 1 + random_below(15));
    break;
  case POOL_BLOCKING:
    CU_ASSERT_EQUAL(lariat_pool_close_wait(round->t.pool, random_below(10)),
                    LARIAT_OK);
    break;
  case POOL_RELEASED:
    release_pool(round);
    break;
  case REACTOR_WAITS:
    fixture_close_reactor(&round->t.f, 5000);
    break;
  case REACTOR_GOES:
    fixture_close_reactor(&round->t.f, 0);
    break;
  case CLIENTS_CLOSED:
    close_clients(round);
    break;
  case OTHER_THREAD:
    close_by_other_thread(round);
    break;
  default:
    close_on_reactor(round, round->way == POOL_TWICE ? 1000 : 0);
    break;
  }
}

static void release_kept(struct round *round) {
  for (size_t i = 0; i < JOBS; i++) {
    lariat_deferred_release(round->kept[i]);
    round->kept[i] = NULL;
  }
}

static void check(struct round *round) {
  if (round->t.f.reactor)
    (void)fetching_wait(&round->t, round->outcomes, round->asked, 10000);
  for (unsigned i = 0; i < round->asked; i++)
    if (round->outcomes[i].fires != 1)
      fixture_fail("%s: job %u fired %u times", names[round->way], i,
                   round->outcomes[i].fires);
  outcome_clear(round->outcomes, round->asked);
}

static void run_round(struct round *round) {
  bool early = random_below(2);
  open_round(round);
  round->way = (enum way)random_below(WAYS);
  ways_taken[round->way]++;
  load(round);
  end_it(round);
  if (!round->t.f.reactor) /* clients go with their reactor */
    memset(round->clients, 0, sizeof round->clients);
  check(round);
  close_clients(round);
  if (early) release_kept(round);
  if (round->t.pool) release_pool(round);
  if (!early && round->t.f.reactor) fixture_close_reactor(&round->t.f, 1000);
  release_kept(round);
  fixture_close(&round->t.f);
}

static void test_rounds(void) {
  static struct round round;
  for (unsigned i = 0; i < rounds; i++) {
    unsigned failures = CU_get_number_of_failures();
    unsigned begun_with = seed;
    run_round(&round);
    if (CU_get_number_of_failures() != failures)
      printf("\n    round %u of seed %u (%s) failed", i, begun_with,
             names[round.way]);
  }
  for (unsigned way = 0; way < WAYS; way++)
    printf("%s%s %u", way ? ", " : "\n    ", names[way], ways_taken[way]);
  printf(" ");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {{"rounds", test_rounds}};
  const struct origin_options everywhere = {.address = "127.0.0.0/8"};
  rounds = (unsigned)scale_of(USUAL_ROUNDS, argc, argv);
  seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10)
                  : (unsigned)fixture_real_ms();
  printf("%u rounds, seed %u\n", rounds, seed);
  origin = origin_start(&everywhere);
  if (!origin) return 1;
  int failed = fixture_main("close_stress", tests, 1, 1, argv);
  origin_stop(origin);
  return failed;
}
