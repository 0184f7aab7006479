/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * later_test.c: a deferred that fires after a while. */
#include <lariat/later.h>

#include "deferred/deferred.h"
#include "support/fixture.h"
#include "support/recorder.h"

struct called {
  struct recorder *recorder;
  int calls;
  lariat_value give;
};

static lariat_value called(void *context) {
  struct called *it = context;
  it->calls++;
  lariat_value give = it->give;
  it->give = lariat_none();
  return give;
}

static void called_destroy(void *context) {
  struct called *it = context;
  it->recorder->contexts_destroyed++;
}

static lariat_deferred *later(struct fixture *f, struct called *it,
                              uint64_t ms) {
  it->recorder->contexts_made++;
  return lariat_later(f->reactor, ms, called, it, called_destroy);
}

static void test_value(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct called it = {.recorder = &recorder};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  it.give = recorder_value(&recorder, 3);
  lariat_deferred *d = later(&f, &it, 10);
  recorder_then(d, &recorder, "later", lariat_none());
  fixture_advance(&f, 9);
  CU_ASSERT_EQUAL(it.calls, 0);
  fixture_advance(&f, 1);
  CU_ASSERT_EQUAL(it.calls, 1);
  recorder_saw(&recorder, "later(3) ");
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* The timer holds it when nobody else does. */
static void test_released(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct called it = {.recorder = &recorder};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred_release(later(&f, &it, 10));
  fixture_advance(&f, 10);
  CU_ASSERT_EQUAL(it.calls, 1);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_cancelled(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct called it = {.recorder = &recorder};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = later(&f, &it, 10);
  lariat_deferred_cancel(d);
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                  LARIAT_ECANCELLED);
  recorder_check(&recorder);
  lariat_deferred_forget(d);
  fixture_advance(&f, 10);
  CU_ASSERT_EQUAL(it.calls, 0);
  fixture_close(&f);
}

/* What the function returned is waited for, and cancelled. */
static void test_returned_deferred(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct called it = {.recorder = &recorder};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
  it.give = lariat_deferred_value(lariat_deferred_retain(inner));
  lariat_deferred *d = later(&f, &it, 0);
  fixture_settle(&f);
  CU_ASSERT_EQUAL(it.calls, 1);
  lariat_deferred_cancel(d);
  CU_ASSERT_TRUE(lariat_deferred_fired(inner));
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                  LARIAT_ECANCELLED);
  lariat_deferred_forget(d);
  lariat_deferred_release(inner);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_reactor_closes(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct called it = {.recorder = &recorder};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = later(&f, &it, UINT64_MAX);
  recorder_then(d, &recorder, "later", lariat_none());
  lariat_deferred_release(later(&f, &it, 5));
  fixture_close_reactor(&f, 0);
  recorder_saw(&recorder, "later(!the reactor was closed) ");
  lariat_deferred_release(d);
  CU_ASSERT_EQUAL(it.calls, 0);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* A destructor that asks for more while the reactor closes. */
static void ask_for_more(void *context) {
  struct called *it = context;
  lariat_reactor *reactor = lariat_reactor_current();
  it->recorder->contexts_made++;
  lariat_deferred *d = lariat_later(reactor, 1, called, it, called_destroy);
  it->calls += lariat_failure_status(lariat_deferred_peek(d)) == LARIAT_ECLOSED;
  lariat_deferred_forget(d);
}

static void test_refused(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct called it = {.recorder = &recorder};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  it.recorder->contexts_made++;
  lariat_deferred *d = lariat_later(NULL, 1, called, &it, called_destroy);
  CU_ASSERT_TRUE(lariat_is_failure(lariat_deferred_peek(d)));
  lariat_deferred_forget(d);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_soon(f.reactor, ask_for_more, &it, ask_for_more),
      LARIAT_OK);
  fixture_close_reactor(&f, 0);
  CU_ASSERT_EQUAL(it.calls, 1);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void life(struct fixture *f, struct recorder *recorder) {
  struct called it = {.recorder = recorder};
  it.give = recorder_value(recorder, 3);
  lariat_deferred *d = later(f, &it, 10);
  recorder_then(d, recorder, "later", lariat_none());
  fixture_advance(f, 10);
  lariat_value_drop(it.give);
  lariat_deferred_forget(d);
}

static void test_every_allocation_fails(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  life(&f, &recorder);
  recorder_fail_each(&f, life);
  fixture_close(&f);
  for (uint64_t nth = 1; nth < 4; nth++) { /* the reactor's own parts */
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    fixture_fail_allocation(&f, nth);
    lariat_deferred *d = lariat_later(f.reactor, 10, NULL, NULL, NULL);
    fixture_fail_allocation(&f, 0);
    CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                    LARIAT_ENOMEM);
    lariat_deferred_forget(d);
    fixture_close(&f);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the function's value is the result", test_value},
      {"it fires when nobody holds it", test_released},
      {"it can be cancelled", test_cancelled},
      {"a returned deferred is waited for", test_returned_deferred},
      {"the reactor closes", test_reactor_closes},
      {"refused without a reactor, or a closing one", test_refused},
      {"each allocation fails in turn", test_every_allocation_fails},
  };
  return fixture_main("later", tests, FIXTURE_COUNT(tests), argc, argv);
}
