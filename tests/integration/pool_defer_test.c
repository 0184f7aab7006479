/* SPDX-License-Identifier: MIT
 * pool_defer_test.c: functions that run on a pool's reactors, with deferreds
 * for their values, whatever closes meanwhile. */
#include <lariat/react.h>
#include <lariat/thread_call.h>
#include <lariat/trigger.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <lariat/checks.h>
#include <lariat/program.h>

#include "base/atomics.h"
#include "support/fetching.h"
#include "support/gate.h"

static struct gate begun, go_on;
static lr_atomic_u32 destroyed;

static void reset(void) {
  begun = GATE_CLOSED;
  go_on = GATE_CLOSED;
  lr_u32_init(&destroyed, 0);
}

static void destroy(void *context) {
  (void)context;
  lr_u32_add_relaxed(&destroyed, 1);
}

static lariat_value wait_for_word(void *context) {
  gate_set(&begun, true);
  gate_wait(&go_on);
  return lariat_int((intptr_t)context);
}

static lariat_value never(void *context) {
  (void)context;
  gate_set(&begun, true);
  return lariat_deferred_value(
      lariat_deferred_new(lariat_reactor_current(), NULL, NULL, NULL));
}

static lariat_value give_name(void *context) {
  (void)context;
  const char *name = lariat_reactor_name(lariat_reactor_current());
  return lariat_int(name[strlen(name) - 1]);
}

/* What came of a deferred. */
struct came {
  int fires;
  lariat_status status;
  intptr_t number;
};

static lariat_value take(lariat_value result, void *context) {
  struct came *came = context;
  came->fires++;
  if (lariat_is_failure(result)) came->status = lariat_failure_status(result);
  if (result.type == &lariat_int_type) came->number = lariat_int_in(result);
  return lariat_value_drop(result);
}

static void came_watch(struct came *came, lariat_deferred *deferred) {
  *came = (struct came){.status = LARIAT_OK};
  lariat_deferred_release(lariat_deferred_add_both(deferred, take, came));
}

static bool has_come(void *context) {
  return ((const struct came *)context)->fires > 0;
}

static void wait_for(struct fetching *t, struct came *came, int count) {
  for (int i = 0; i < count; i++)
    CU_ASSERT_TRUE(fixture_run_until(&t->f, has_come, &came[i], 10000));
}

static void wait_begun(void) { gate_wait(&begun); }

static void open_pool(struct fetching *t, unsigned reactors) {
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = reactors;
  reset();
  fetching_open_pool(t, &options);
}

static void watch(struct fetching *t, struct came *o, unsigned index,
                  lariat_function function) {
  came_watch(o, lariat_pool_defer(t->pool, index, t->f.reactor, function, NULL,
                                  destroy));
}

static void test_each_reactor(void) {
  struct fetching t;
  struct came o[3];
  open_pool(&t, 3);
  for (unsigned i = 0; i < 3; i++) watch(&t, &o[i], i, give_name);
  wait_for(&t, o, 3);
  for (int i = 0; i < 3; i++) CU_ASSERT_EQUAL(o[i].number, '0' + i);
  fetching_close(&t);
  CU_ASSERT_EQUAL(lr_u32_load_relaxed(&destroyed), 3);
}

static void test_refused(void) {
  struct fetching t;
  struct came o[3];
  open_pool(&t, 1);
  lariat_set_checks(false);
  watch(&t, &o[0], 1, give_name);
  CU_ASSERT_TRUE(o[0].fires == 1 && o[0].status == LARIAT_EINVAL);
  came_watch(&o[1],
             lariat_pool_defer(NULL, 0, t.f.reactor, give_name, NULL, destroy));
  CU_ASSERT_TRUE(o[1].fires == 1 && o[1].status == LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(t.pool, 0), LARIAT_OK);
  watch(&t, &o[2], 0, give_name);
  CU_ASSERT_TRUE(o[2].fires == 1 && o[2].status == LARIAT_ECLOSED);
  lariat_set_checks(true);
  fetching_close(&t);
  CU_ASSERT_EQUAL(lr_u32_load_relaxed(&destroyed), 3);
}

/* The pool closes while a function runs, one waits in the mailbox, and one has
 * given a deferred that nobody fires. */
static void test_pool_closes(void) {
  struct fetching t;
  struct came o[3], closed;
  open_pool(&t, 2);
  watch(&t, &o[0], 0, never);
  wait_begun();
  gate_set(&begun, false);
  watch(&t, &o[1], 1, wait_for_word);
  wait_begun();
  watch(&t, &o[2], 1, give_name);
  came_watch(&closed, lariat_pool_close(t.pool, t.f.reactor, 0));
  gate_set(&go_on, true);
  wait_for(&t, &closed, 1);
  wait_for(&t, o, 3);
  CU_ASSERT_TRUE(o[0].fires == 1 && o[0].status == LARIAT_ECLOSED);
  CU_ASSERT_EQUAL(o[1].fires, 1);
  CU_ASSERT_EQUAL(o[1].status, LARIAT_OK);
  CU_ASSERT_EQUAL(o[2].fires, 1);
  fetching_close(&t);
  CU_ASSERT_EQUAL(lr_u32_load_relaxed(&destroyed), 3);
}

static void test_reactor_closes(void) {
  struct fetching t;
  struct came o;
  open_pool(&t, 1);
  watch(&t, &o, 0, never);
  wait_begun();
  fixture_close_reactor(&t.f, 10000);
  CU_ASSERT_TRUE(o.fires == 1 && o.status == LARIAT_ECLOSED);
  fetching_close(&t);
  CU_ASSERT_EQUAL(lr_u32_load_relaxed(&destroyed), 1);
}

/* lariat_react: an app, its exit codes, its end by a signal. */
struct app_case {
  int code;
};
static struct app_case *running;

static lariat_value fail_with(void *context) {
  struct app_case *it = context;
  return it->code ? lariat_exit(it->code) : lariat_none();
}

static lariat_deferred *app(lariat_client *client, int argc, char **argv) {
  CU_ASSERT_EQUAL(argc, 1);
  CU_ASSERT_STRING_EQUAL(argv[0], "word");
  return lariat_later(lariat_client_reactor(client), 5, fail_with, running,
                      NULL);
}

static void raise_signal(void *context) {
  (void)context;
  raise(SIGTERM);
}

static lariat_deferred *app_with_signal(lariat_client *client, int argc,
                                        char **argv) {
  lariat_reactor *reactor = lariat_client_reactor(client);
  (void)argc;
  (void)argv;
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(reactor, 5, raise_signal, NULL, NULL, NULL),
      LARIAT_OK);
  return lariat_later(reactor, 1000000, NULL, NULL, NULL);
}

static void test_react(void) {
  struct fixture f;
  char word[] = "word";
  char *argv[] = {word, NULL};
  struct app_case it = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  running = &it;
  CU_ASSERT_EQUAL(lariat_react(app, 1, argv), 0);
  it.code = 9;
  CU_ASSERT_EQUAL(lariat_react(app, 1, argv), 9);
  CU_ASSERT_EQUAL(lariat_react(app_with_signal, 1, argv), 128 + SIGTERM);
  fixture_close(&f);
}

static lariat_value add_endless_trigger(void *context) {
  (void)context;
  lariat_status status =
      lariat_reactor_add_trigger(lariat_reactor_current(), LARIAT_SHUTDOWN,
                                 LARIAT_BEFORE, never, NULL, destroy, NULL);
  return lariat_int(status);
}

/* A trigger may wait for ever; the pool does not. */
static void test_endless_trigger(void) {
  struct fetching t;
  struct came came;
  open_pool(&t, 1);
  came_watch(&came, lariat_pool_defer(t.pool, 0, t.f.reactor,
                                      add_endless_trigger, NULL, NULL));
  wait_for(&t, &came, 1);
  CU_ASSERT_EQUAL(came.number, LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(t.pool, 0), LARIAT_OK);
  CU_ASSERT_TRUE(gate_is_open(&begun));
  CU_ASSERT_EQUAL(lr_u32_load_acquire(&destroyed), 1);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"each reactor of the pool", test_each_reactor},
      {"refused by name", test_refused},
      {"the pool closes", test_pool_closes},
      {"the caller's reactor closes", test_reactor_closes},
      {"a trigger of a pool's reactor never ends", test_endless_trigger},
      {"a whole program", test_react},
  };
  return fixture_main("pool defer", tests, FIXTURE_COUNT(tests), argc, argv);
}
