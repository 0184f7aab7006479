/* SPDX-License-Identifier: MIT
 * Clients that live on a pool's own reactors: nothing crosses a thread, and
 * the pool's end is theirs. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/origin.h"
#include <lariat/failure.h>

enum { JOBS = 40, REACTORS = 3 };

static struct origin *origin;

/* What one pool thread does; the numbers are read when it says `done`. */
struct resident {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool done;
  lariat_pool *pool;
  lariat_client *client;
  unsigned index;
  pthread_t thread;
  lariat_status status; /* of lariat_client_new */
  bool keep_open;       /* the client is left to the pool's end */
  const char *path;
  unsigned asked;
  unsigned fired;
  unsigned succeeded;
  unsigned cancelled;
  unsigned elsewhere; /* fetched by another reactor, or fired on its thread */
  lariat_client_stats stats;
};

static void say_done(struct resident *resident) {
  pthread_mutex_lock(&resident->lock);
  resident->done = true;
  pthread_cond_broadcast(&resident->changed);
  pthread_mutex_unlock(&resident->lock);
}

static void wait_for(struct resident *resident) {
  pthread_mutex_lock(&resident->lock);
  while (!resident->done)
    pthread_cond_wait(&resident->changed, &resident->lock);
  pthread_mutex_unlock(&resident->lock);
}

static void finish(struct resident *resident) {
  resident->stats.size = sizeof resident->stats;
  (void)lariat_client_read_stats(resident->client, &resident->stats);
  if (!resident->keep_open) lariat_client_close(resident->client);
  say_done(resident);
}

static void ask(struct resident *resident);

static lariat_value on_end(lariat_value result, void *context) {
  struct resident *resident = context;
  resident->fired++;
  if (!pthread_equal(pthread_self(), resident->thread)) resident->elsewhere++;
  if (lariat_is_failure(result)) {
    if (lariat_failure_status(result) == LARIAT_ECANCELLED)
      resident->cancelled++;
  } else {
    const lariat_response *response = lariat_response_in(result);
    if (lariat_response_reactor(response) != resident->index)
      resident->elsewhere++;
    resident->succeeded++;
    if (resident->asked < JOBS) ask(resident);
  }
  if (resident->fired == JOBS) finish(resident);
  return lariat_value_drop(result);
}

static void ask(struct resident *resident) {
  char url[128];
  snprintf(url, sizeof url, "http://127.0.0.%u:%u%s", 1 + resident->asked % 5,
           origin_port(origin), resident->path);
  resident->asked++;
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_get(resident->client, url), on_end, resident));
}

static void move_in(void *context) {
  struct resident *resident = context;
  lariat_client_options options = lariat_client_defaults();
  options.placement = LARIAT_PLACE_HOME;
  resident->thread = pthread_self();
  resident->status = lariat_client_new(resident->pool, lariat_reactor_current(),
                                       &options, &resident->client);
  if (resident->status != LARIAT_OK) {
    say_done(resident);
    return;
  }
  for (unsigned i = 0; i < JOBS / 2; i++) ask(resident);
}

static void prepare(struct resident *resident, lariat_pool *pool,
                    unsigned index, const char *path) {
  memset(resident, 0, sizeof *resident);
  pthread_mutex_init(&resident->lock, NULL);
  pthread_cond_init(&resident->changed, NULL);
  resident->pool = pool;
  resident->index = index;
  resident->path = path;
}

static void send_in(struct resident *resident, lariat_pool *pool,
                    unsigned index, const char *path) {
  prepare(resident, pool, index, path);
  CU_ASSERT_EQUAL_FATAL(lariat_pool_call(pool, index, move_in, resident, NULL),
                        LARIAT_OK);
}

static lariat_pool_options three(void) {
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = REACTORS;
  return options;
}

static void expect_all_at_home(const struct resident *resident) {
  CU_ASSERT_EQUAL(resident->status, LARIAT_OK);
  CU_ASSERT_EQUAL(resident->fired, JOBS);
  CU_ASSERT_EQUAL(resident->succeeded, JOBS);
  CU_ASSERT_EQUAL(resident->elsewhere, 0);
  CU_ASSERT_EQUAL(resident->stats.submitted, JOBS);
  CU_ASSERT_EQUAL(resident->stats.succeeded, JOBS);
}

static void test_one_on_each(void) {
  struct fetching t;
  struct resident residents[REACTORS];
  lariat_pool_options options = three();
  fetching_open_pool(&t, &options);
  for (unsigned i = 0; i < REACTORS; i++)
    send_in(&residents[i], t.pool, i, i ? "/page" : "/wait/2");
  for (unsigned i = 0; i < REACTORS; i++) wait_for(&residents[i]);
  for (unsigned i = 0; i < REACTORS; i++) expect_all_at_home(&residents[i]);
  fetching_close(&t);
}

static void test_redirects_stay_at_home(void) {
  static const struct origin_step steps[] = {
      {.kind = ORIGIN_SEND,
       .text = "HTTP/1.1 302 Found\r\nLocation: /page\r\n"
               "Content-Length: 0\r\n\r\n"},
      {.kind = ORIGIN_END}};
  struct fetching t;
  struct resident resident;
  lariat_pool_options options = three();
  CU_ASSERT_TRUE(origin_script(origin, "/moved", steps));
  fetching_open_pool(&t, &options);
  send_in(&resident, t.pool, 1, "/moved");
  wait_for(&resident);
  expect_all_at_home(&resident);
  fetching_close(&t);
}

/* The client is not closed by its owner: it goes with the thread. */
static void test_left_to_the_pool(void) {
  struct fetching t;
  struct resident resident;
  lariat_pool_options options = three();
  fetching_open_pool(&t, &options);
  prepare(&resident, t.pool, 2, "/page");
  resident.keep_open = true;
  CU_ASSERT_EQUAL_FATAL(lariat_pool_call(t.pool, 2, move_in, &resident, NULL),
                        LARIAT_OK);
  wait_for(&resident);
  expect_all_at_home(&resident);
  fetching_close(&t);
}

static bool all_are_taken(const lariat_pool_stats *stats) {
  return stats->jobs_taken == REACTORS * JOBS / 2;
}

/* The pool closes over jobs that would never end. */
static void close_over(unsigned drain_ms) {
  struct fetching t;
  struct resident residents[REACTORS];
  lariat_pool_options options = three();
  fetching_open_pool(&t, &options);
  for (unsigned i = 0; i < REACTORS; i++)
    send_in(&residents[i], t.pool, i, "/stall");
  fetching_wait_stats(&t, all_are_taken);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(t.pool, drain_ms), LARIAT_OK);
  for (unsigned i = 0; i < REACTORS; i++) {
    CU_ASSERT_EQUAL(residents[i].fired, JOBS / 2);
    CU_ASSERT_EQUAL(residents[i].cancelled, JOBS / 2);
    CU_ASSERT_EQUAL(residents[i].elsewhere, 0);
  }
  fetching_close(&t);
}

static void test_the_pool_closes(void) {
  close_over(0);
  close_over(30);
}

/* Others send jobs to the same reactors meanwhile. */
static void test_with_neighbours(void) {
  struct fetching t;
  struct resident resident;
  static struct outcome outcomes[JOBS];
  char url[128];
  lariat_pool_options options = three();
  fetching_open(&t, &options, NULL);
  send_in(&resident, t.pool, 0, "/wait/1");
  for (unsigned i = 0; i < JOBS; i++) {
    snprintf(url, sizeof url, "http://127.0.0.%u:%u/wait/1", 1 + i % 5,
             origin_port(origin));
    outcome_watch(&outcomes[i], lariat_get(t.client, url));
  }
  fetching_wait(&t, outcomes, JOBS, 5000);
  wait_for(&resident);
  expect_all_at_home(&resident);
  for (unsigned i = 0; i < JOBS; i++) outcome_expect_http(&outcomes[i], 200);
  outcome_clear(outcomes, JOBS);
  fetching_close(&t);
}

static void test_strangers_are_refused(void) {
  struct fetching t;
  lariat_client *client = NULL;
  lariat_client_options options = lariat_client_defaults();
  options.placement = LARIAT_PLACE_HOME;
  fetching_open_pool(&t, NULL);
  CU_ASSERT_EQUAL(lariat_client_new(t.pool, t.f.reactor, &options, &client),
                  LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(client);
  fetching_close(&t);
}

/* A client on a pool's reactor that lets its jobs go anywhere. */
static void move_in_anywhere(void *context) {
  struct resident *resident = context;
  lariat_client_options options = lariat_client_defaults();
  options.placement = LARIAT_PLACE_SPREAD;
  resident->thread = pthread_self();
  resident->status = lariat_client_new(resident->pool, lariat_reactor_current(),
                                       &options, &resident->client);
  if (resident->status != LARIAT_OK) {
    say_done(resident);
    return;
  }
  for (unsigned i = 0; i < JOBS; i++) ask(resident);
}

static void test_from_a_pool_reactor_to_all(void) {
  struct fetching t;
  struct resident resident;
  lariat_pool_options options = three();
  fetching_open_pool(&t, &options);
  prepare(&resident, t.pool, 1, "/wait/1");
  CU_ASSERT_EQUAL_FATAL(
      lariat_pool_call(t.pool, 1, move_in_anywhere, &resident, NULL),
      LARIAT_OK);
  wait_for(&resident);
  CU_ASSERT_EQUAL(resident.succeeded, JOBS);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"one on each", test_one_on_each},
      {"redirects stay at home", test_redirects_stay_at_home},
      {"left to the pool", test_left_to_the_pool},
      {"the pool closes", test_the_pool_closes},
      {"with neighbours", test_with_neighbours},
      {"strangers are refused", test_strangers_are_refused},
      {"from a pool reactor to all", test_from_a_pool_reactor_to_all},
  };
  const struct origin_options everywhere = {.address = "127.0.0.0/8"};
  origin = origin_start(&everywhere);
  if (!origin) return 1;
  int failed = fixture_main("home", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return failed;
}
