/* SPDX-License-Identifier: MIT
 * labels: threads
 * completion_test.c: word from another side fires a deferred, once, whichever
 * of the word and the reactor's end comes first. */
#include "pool/completion.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/list.h"
#include "support/fixture.h"
#include <lariat/failure.h>

struct thing {
  lr_completion completion;
  int arrived;
  int dropped;
  int fired;
  lariat_status status;
};

static struct thing *thing_of(lr_completion *completion) {
  return lr_container(completion, struct thing, completion);
}

static void arrived(lr_completion *completion) {
  thing_of(completion)->arrived++;
}
static void dropped(lr_completion *completion) {
  thing_of(completion)->dropped++;
}

static const lr_completion_kind kind = {"cut short", arrived, dropped};

static lariat_value came(lariat_value result, void *context) {
  struct thing *thing = context;
  thing->fired++;
  if (lariat_is_failure(result)) thing->status = lariat_failure_status(result);
  return lariat_value_drop(result);
}

static void open_thing(struct thing *thing, lariat_reactor *reactor) {
  bool made;
  lariat_deferred *deferred =
      lr_completion_open(&thing->completion, &kind, reactor, &made);
  CU_ASSERT_TRUE(made);
  lariat_deferred_release(lariat_deferred_add_both(deferred, came, thing));
}

static void expect(const struct thing *thing, int came_here, int gone,
                   int fires) {
  CU_ASSERT_EQUAL(thing->arrived, came_here);
  CU_ASSERT_EQUAL(thing->dropped, gone);
  CU_ASSERT_EQUAL(thing->fired, fires);
}

static void *send_word(void *context) {
  lr_completion_send(context);
  return NULL;
}

static bool is_fired(void *context) {
  const struct thing *thing = context;
  return thing->fired > 0;
}

static void test_word_from_another_thread(void) {
  struct fixture f;
  struct thing thing = {.status = LARIAT_OK};
  pthread_t thread;
  fixture_open(&f, FIXTURE_PLAIN);
  open_thing(&thing, f.reactor);
  expect(&thing, 0, 0, 0);
  if (pthread_create(&thread, NULL, send_word, &thing.completion) != 0) abort();
  CU_ASSERT_TRUE(fixture_run_until(&f, is_fired, &thing, 5000));
  pthread_join(thread, NULL);
  expect(&thing, 1, 1, 1);
  CU_ASSERT_EQUAL(thing.status, LARIAT_OK);
  fixture_close(&f);
}

static void test_the_reactor_closes_first(void) {
  struct fixture f;
  struct thing thing = {.status = LARIAT_OK};
  fixture_open(&f, FIXTURE_PLAIN);
  open_thing(&thing, f.reactor);
  fixture_close_reactor(&f, 0);
  expect(&thing, 0, 0, 1);
  CU_ASSERT_EQUAL(thing.status, LARIAT_ECANCELLED);
  lr_completion_send(&thing.completion);
  expect(&thing, 0, 1, 1);
  fixture_close(&f);
}

/* The word is in the mailbox when the reactor closes. */
static void test_word_that_is_not_read(void) {
  struct fixture f;
  struct thing thing = {.status = LARIAT_OK};
  fixture_open(&f, FIXTURE_PLAIN);
  open_thing(&thing, f.reactor);
  lr_completion_send(&thing.completion);
  fixture_close_reactor(&f, 0);
  expect(&thing, 1, 1, 1);
  CU_ASSERT_EQUAL(thing.status, LARIAT_ECANCELLED);
  fixture_close(&f);
}

/* Who waits may give up before. */
static void test_cancelled(void) {
  struct fixture f;
  struct thing thing = {.status = LARIAT_OK};
  bool made;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_deferred *deferred =
      lr_completion_open(&thing.completion, &kind, f.reactor, &made);
  CU_ASSERT_TRUE(made);
  lariat_deferred_retain(deferred);
  lariat_deferred_release(lariat_deferred_add_both(deferred, came, &thing));
  lariat_deferred_cancel(deferred);
  lariat_deferred_release(deferred);
  expect(&thing, 0, 0, 1);
  CU_ASSERT_EQUAL(thing.status, LARIAT_ECANCELLED);
  lr_completion_send(&thing.completion);
  fixture_settle(&f);
  expect(&thing, 1, 1, 1);
  fixture_close(&f);
}

/* One that is opened while its reactor closes does not outlast it. */
struct late {
  lr_shutdown_hook shutdown;
  struct thing thing;
  lariat_reactor *reactor;
};

static void nothing(lr_shutdown_hook *shutdown) { (void)shutdown; }

static bool open_late(lr_shutdown_hook *shutdown) {
  struct late *late = lr_container(shutdown, struct late, shutdown);
  if (!late->thing.completion.kind) open_thing(&late->thing, late->reactor);
  return false;
}

static void leave(lr_shutdown_hook *shutdown) {
  struct late *late = lr_container(shutdown, struct late, shutdown);
  lr_reactor_remove_shutdown_hook(late->reactor, shutdown);
}

static void test_opened_while_closing(void) {
  struct fixture f;
  struct late late = {.shutdown = {.begin = nothing}};
  fixture_open(&f, FIXTURE_PLAIN);
  late.reactor = f.reactor;
  late.shutdown.busy = open_late;
  late.shutdown.end = leave;
  lr_reactor_add_shutdown_hook(f.reactor, &late.shutdown);
  fixture_close_reactor(&f, 100);
  expect(&late.thing, 0, 0, 1);
  CU_ASSERT_EQUAL(late.thing.status, LARIAT_ECANCELLED);
  lr_completion_send(&late.thing.completion);
  expect(&late.thing, 0, 1, 1);
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  struct thing thing = {.status = LARIAT_OK};
  bool made = true;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_deferred *deferred = lr_completion_open(NULL, &kind, f.reactor, &made);
  CU_ASSERT_FALSE(made);
  lariat_deferred_release(lariat_deferred_add_both(deferred, came, &thing));
  expect(&thing, 0, 0, 1);
  CU_ASSERT_EQUAL(thing.status, LARIAT_ENOMEM);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"word from another thread", test_word_from_another_thread},
      {"the reactor closes first", test_the_reactor_closes_first},
      {"word that is not read", test_word_that_is_not_read},
      {"cancelled", test_cancelled},
      {"opened while closing", test_opened_while_closing},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("notice", tests, FIXTURE_COUNT(tests), argc, argv);
}
