/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * gather_test.c: one deferred for the results of many. */
#include <lariat/gather.h>

#include <stdint.h>
#include <string.h>

#include "deferred/deferred.h"
#include "support/fixture.h"
#include "support/recorder.h"
#include <lariat/checks.h>

#define STEP(name)                                                             \
  { &recorder, name, {NULL, NULL}, NULL, NULL, NULL }

enum { COUNT = 3 };

static lariat_deferred *unfired(const struct fixture *f) {
  return lariat_deferred_new(f->reactor, NULL, NULL, NULL);
}

static lariat_value failure(const char *text) {
  return lariat_failure_new(LARIAT_EUSER, "%s", text);
}

/* COUNT children that the test keeps, and their gather. */
struct family {
  lariat_deferred *child[COUNT];
  lariat_deferred *whole;
};

static void open_family(struct family *family, const struct fixture *f) {
  for (int i = 0; i < COUNT; i++)
    family->child[i] = lariat_deferred_retain(unfired(f));
  family->whole = lariat_gather_results(family->child, COUNT);
}

static void close_family(struct family *family) {
  for (int i = 0; i < COUNT; i++) lariat_deferred_release(family->child[i]);
  lariat_deferred_release(family->whole);
}

static lariat_list *list_of(const lariat_deferred *d) {
  return lariat_list_in(lariat_deferred_peek(d));
}

static void test_results(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct family family;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  open_family(&family, &f);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_reactor(family.whole), f.reactor);
  lariat_deferred_callback(family.child[2], lariat_int(2));
  lariat_deferred_callback(family.child[0], recorder_value(&recorder, 0));
  CU_ASSERT_FALSE(lariat_deferred_fired(family.whole));
  lariat_deferred_callback(family.child[1], lariat_none());
  CU_ASSERT(lariat_deferred_fired(family.whole));
  lariat_list *list = list_of(family.whole);
  CU_ASSERT_EQUAL(lariat_list_count(list), COUNT);
  CU_ASSERT_PTR_EQUAL(lariat_list_at(list, 0).type, &recorder_type);
  CU_ASSERT(lariat_is_none(lariat_list_at(list, 1)));
  CU_ASSERT_EQUAL(lariat_int_in(lariat_list_at(list, 2)), 2);
  close_family(&family);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_moved_or_shared(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *child[2] = {
      lariat_deferred_succeed(f.reactor, recorder_value(&recorder, 1)),
      lariat_deferred_succeed(f.reactor, recorder_shared(&recorder, 2))};
  for (int i = 0; i < 2; i++) lariat_deferred_retain(child[i]);
  lariat_deferred *whole = lariat_gather_results(child, 2);
  struct recorder_step a = STEP("a");
  for (int i = 0; i < 2; i++)
    lariat_deferred_add_both(child[i], recorder_pass, &a);
  recorder_saw(&recorder, "a(none) a(2) ");
  CU_ASSERT_EQUAL(lariat_list_count(list_of(whole)), 2);
  for (int i = 0; i < 2; i++) lariat_deferred_release(child[i]);
  CU_ASSERT_EQUAL(recorder.values_dropped, 0);
  lariat_deferred_release(whole);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_empty(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_deferred *nowhere = lariat_gather_results(NULL, 0);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(nowhere)),
                  LARIAT_EINVAL);
  lariat_deferred_release(nowhere);
  lariat_reactor *reactor;
  CU_ASSERT_EQUAL_FATAL(lariat_reactor_new(NULL, &reactor), LARIAT_OK);
  lariat_deferred *whole = lariat_gather_results(NULL, 0);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_reactor(whole), reactor);
  CU_ASSERT(lariat_deferred_fired(whole));
  CU_ASSERT_EQUAL(lariat_list_count(list_of(whole)), 0);
  lariat_deferred_release(whole);
  CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_OK);
  fixture_close(&f);
}

static void test_first_failure(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct family family;
  struct recorder_step a = STEP("a");
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  open_family(&family, &f);
  lariat_deferred_callback(family.child[0], recorder_value(&recorder, 0));
  lariat_deferred_errback(family.child[1], failure("oh"));
  lariat_value first = lariat_deferred_peek(family.whole);
  CU_ASSERT_EQUAL(lariat_failure_status(first), LARIAT_EFIRST);
  CU_ASSERT_EQUAL(lariat_failure_index(first), 1);
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(first),
                         "the deferred number 1 failed: oh");
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(lariat_failure_cause(first)),
                         "oh");
  CU_ASSERT_FALSE(lariat_deferred_fired(family.child[2])); /* goes on */
  lariat_deferred_callback(family.child[2], recorder_value(&recorder, 2));
  CU_ASSERT_EQUAL(recorder.values_dropped, 1); /* the list's; the other stays */
  lariat_deferred_add_both(family.child[2], recorder_pass, &a);
  recorder_saw(&recorder, "a(2) ");
  lariat_deferred_add_both(family.child[1], recorder_pass, &a);
  recorder_saw(&recorder, "a(none) "); /* handled */
  CU_ASSERT_EQUAL(f.reports, 0);
  close_family(&family);
  recorder_check(&recorder);
  fixture_expect_reports(&f, 1); /* that of the gather itself */
  fixture_close(&f);
}

static void test_later_failures(void) {
  struct fixture f;
  struct family family;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  open_family(&family, &f);
  for (int i = 0; i < COUNT; i++)
    lariat_deferred_errback(family.child[i], failure("x"));
  CU_ASSERT_EQUAL(lariat_failure_index(lariat_deferred_peek(family.whole)), 0);
  lariat_deferred_forget(lariat_deferred_retain(family.whole));
  close_family(&family);
  fixture_close(&f);
}

static void test_fired_children(void) {
  for (int fails = 0; fails < 2; fails++) {
    struct fixture f;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    lariat_deferred *child[COUNT];
    for (int i = 0; i < COUNT; i++)
      child[i] =
          lariat_deferred_succeed(f.reactor, recorder_value(&recorder, i));
    if (fails) {
      lariat_deferred_release(child[1]);
      child[1] = lariat_deferred_fail(f.reactor, LARIAT_EUSER, "x");
    }
    lariat_deferred *whole = lariat_gather_results(child, COUNT);
    CU_ASSERT(lariat_deferred_fired(whole));
    CU_ASSERT_EQUAL(lariat_is_failure(lariat_deferred_peek(whole)), fails);
    lariat_deferred_forget(whole);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

static void test_same_child_twice(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  lariat_deferred *child[2] = {d, lariat_deferred_retain(d)};
  lariat_deferred *whole = lariat_gather_results(child, 2);
  lariat_deferred_callback(d, recorder_value(&recorder, 1));
  CU_ASSERT_PTR_EQUAL(lariat_list_at(list_of(whole), 0).type, &recorder_type);
  CU_ASSERT(lariat_is_none(lariat_list_at(list_of(whole), 1)));
  lariat_deferred_release(whole);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Cancelling. */

static void note(lariat_deferred *d, void *context) {
  (void)d;
  recorder_note(context, "cancelled");
}

static void succeed(lariat_deferred *d, void *context) {
  note(d, context);
  lariat_deferred_callback(d, lariat_int(1));
}

static lariat_deferred *gather_cancellable(const struct fixture *f,
                                           struct recorder *recorder,
                                           lariat_canceller canceller) {
  lariat_deferred *child[COUNT];
  for (int i = 0; i < COUNT; i++)
    child[i] = lariat_deferred_new(f->reactor, canceller, recorder, NULL);
  return lariat_gather_results(child, COUNT);
}

static void test_cancel(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct recorder_step a = STEP("a");
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *whole = gather_cancellable(&f, &recorder, note);
  lariat_deferred_add_both(whole, recorder_none, &a);
  lariat_deferred_cancel(whole);
  lariat_deferred_cancel(whole);
  recorder_saw(&recorder, "cancelled a(!the deferred number 0 failed: it was "
                          "cancelled before it was done) cancelled cancelled ");
  lariat_deferred_release(whole);
  fixture_close(&f);
}

static void test_cancel_with_successes(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct recorder_step a = STEP("a");
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *whole = gather_cancellable(&f, &recorder, succeed);
  lariat_deferred_add_both(whole, recorder_none, &a);
  lariat_deferred_cancel(whole);
  recorder_saw(&recorder, "cancelled cancelled cancelled a(list of 3) ");
  lariat_deferred_release(whole);
  fixture_close(&f);
}

/* The gather does not fail by itself: it waits for what the children make of
 * the cancel (rule 35). */
static void test_cancel_that_takes_time(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct family family;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  open_family(&family, &f);
  for (int i = 0; i < COUNT; i++) {
    lariat_deferred_pause(family.child[i]);
    lariat_deferred_callback(family.child[i], recorder_value(&recorder, i));
  }
  lariat_deferred_cancel(family.whole);
  CU_ASSERT_FALSE(lariat_deferred_fired(family.whole));
  for (int i = 0; i < COUNT; i++)
    CU_ASSERT_EQUAL(lariat_deferred_unpause(family.child[i]), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_list_count(list_of(family.whole)), COUNT);
  close_family(&family);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_cancel_after_the_end(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct family family;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  open_family(&family, &f);
  lariat_deferred_errback(family.child[0], failure("x"));
  lariat_deferred_cancel(family.whole);
  CU_ASSERT_FALSE(lariat_deferred_fired(family.child[1]));
  lariat_deferred_forget(lariat_deferred_retain(family.whole));
  close_family(&family);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_nested(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct recorder_step a = STEP("a");
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *halves[2];
  for (int i = 0; i < 2; i++)
    halves[i] = gather_cancellable(&f, &recorder, note);
  lariat_deferred *whole = lariat_gather_results(halves, 2);
  lariat_deferred_add_both(whole, recorder_none, &a);
  lariat_deferred_cancel(whole);
  recorder_saw(
      &recorder,
      "cancelled a(!the deferred number 0 failed: the deferred number 0 "
      "failed: it was cancelled before it was done) cancelled cancelled "
      "cancelled cancelled cancelled ");
  lariat_deferred_release(whole);
  fixture_close(&f);
}

/* Who holds whom. */

static void test_gather_released(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct family family;
  struct recorder_step a = STEP("a");
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  open_family(&family, &f);
  lariat_deferred_add_both(family.whole, recorder_pass, &a);
  lariat_deferred_release(family.whole);
  for (int i = 0; i < COUNT; i++)
    lariat_deferred_callback(family.child[i], recorder_value(&recorder, i));
  recorder_saw(&recorder, "a(list of 3) ");
  family.whole = NULL;
  close_family(&family);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_gather_released_then_failed(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct family family;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  open_family(&family, &f);
  lariat_deferred_release(family.whole);
  lariat_deferred_callback(family.child[0], recorder_value(&recorder, 0));
  lariat_deferred_errback(family.child[1], failure("x"));
  CU_ASSERT_EQUAL(f.reports, 1);
  recorder_check(&recorder);
  lariat_deferred_callback(family.child[2], recorder_value(&recorder, 2));
  family.whole = NULL;
  close_family(&family);
  recorder_check(&recorder);
  fixture_expect_reports(&f, 1);
  fixture_close(&f);
}

static void test_all_released(void) {
  for (int last = 0; last <= COUNT; last++) {
    struct fixture f;
    struct recorder recorder = {0};
    struct family family;
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    open_family(&family, &f);
    recorder_then(family.whole, &recorder, "never", lariat_none());
    for (int i = 0; i < COUNT; i++) {
      recorder_then(family.child[i], &recorder, "never", lariat_none());
      if (i != last) lariat_deferred_release(family.child[i]);
    }
    if (last < COUNT) {
      lariat_deferred_release(family.whole);
      lariat_deferred_release(family.child[last]);
    } else {
      lariat_deferred_release(family.whole);
    }
    recorder_saw(&recorder, "");
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

static void test_some_children_die(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct family family;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  open_family(&family, &f);
  recorder_then(family.whole, &recorder, "never", lariat_none());
  lariat_deferred_callback(family.child[0], recorder_value(&recorder, 0));
  lariat_deferred_release(family.whole);
  lariat_deferred_release(family.child[1]);
  lariat_deferred_callback(family.child[2], recorder_value(&recorder, 2));
  recorder_saw(&recorder, "");
  recorder_check(&recorder); /* nothing can come of it any more */
  lariat_deferred_release(family.child[0]);
  lariat_deferred_release(family.child[2]);
  fixture_close(&f);
}

static void test_deep(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  for (int i = 0; i < 300000; i++) d = lariat_gather_results(&d, 1);
  lariat_deferred_release(d);
  fixture_close(&f);
}

static void test_waiting_for_a_gather(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  for (int cancelled = 0; cancelled < 2; cancelled++) {
    lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
    lariat_deferred *whole = gather_cancellable(&f, &recorder, note);
    recorder_then(outer, &recorder, "a", lariat_deferred_value(whole));
    recorder_then(outer, &recorder, "b", lariat_none());
    if (cancelled) lariat_deferred_cancel(outer);
    lariat_deferred_release(outer);
  }
  recorder_saw(&recorder,
               "a(none) a(none) cancelled b(!the deferred number 0 failed:"
               " it was cancelled before it was done) cancelled "
               "cancelled ");
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Bad input and memory. */

static void test_null_child(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_set_checks(false);
  lariat_deferred *child[2] = {unfired(&f), NULL};
  lariat_deferred *whole = lariat_gather_results(child, 2);
  lariat_value first = lariat_deferred_peek(whole);
  CU_ASSERT_EQUAL(lariat_failure_index(first), 1);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_failure_cause(first)),
                  LARIAT_EINVAL);
  lariat_deferred_forget(whole);
  whole = lariat_gather_results(NULL, 2);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(whole)),
                  LARIAT_EINVAL);
  lariat_deferred_forget(whole);
  child[0] = NULL;
  whole = lariat_gather_results(child, 2);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(whole)),
                  LARIAT_EFIRST);
  lariat_deferred_forget(whole);
  lariat_set_checks(true);
  fixture_close(&f);
}

static void test_no_memory(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *child[COUNT];
  for (int i = 0; i < COUNT; i++)
    child[i] = lariat_deferred_new(f.reactor, note, &recorder, NULL);
  fixture_fail_allocations_from(&f, 1);
  lariat_deferred *whole = lariat_gather_results(child, COUNT);
  recorder_saw(&recorder, "cancelled cancelled cancelled ");
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(whole)),
                  LARIAT_ENOMEM);
  lariat_deferred_forget(whole);
  fixture_close(&f);
}

/* A child's chain cannot grow, at once or later: its result is lost. */
static void test_child_without_memory(void) {
  for (int later = 0; later < 2; later++) {
    struct fixture f;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    lariat_deferred *child[2] = {unfired(&f), unfired(&f)};
    lariat_deferred_retain(child[0]);
    for (int i = later; i < LR_DEFERRED_PAIRS; i++)
      recorder_then(child[0], &recorder, "lost", lariat_none());
    fixture_fail_allocation(&f, later ? 1 : 3);
    lariat_deferred *whole = NULL;
    if (later) fixture_fail_allocation(&f, 0);
    whole = lariat_gather_results(child, 2);
    if (later) fixture_fail_allocation(&f, 1);
    if (later) recorder_then(child[0], &recorder, "lost", lariat_none());
    lariat_value first = lariat_deferred_peek(whole);
    CU_ASSERT_EQUAL(lariat_failure_status(first), LARIAT_EFIRST);
    CU_ASSERT_EQUAL(lariat_failure_status(lariat_failure_cause(first)),
                    LARIAT_ENOMEM);
    lariat_deferred_forget(whole);
    lariat_deferred_forget(child[0]);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

static void test_constant_child(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
  lariat_deferred *child[COUNT] = {lr_deferred_failed_reserve(f.reactor),
                                   lr_deferred_failed_reserve(f.reactor),
                                   unfired(&f)};
  lariat_deferred *whole = lariat_gather_results(child, COUNT);
  lariat_value first = lariat_deferred_peek(whole);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_failure_cause(first)),
                  LARIAT_ENOMEM);
  lariat_deferred_forget(whole);
  fixture_close(&f);
}

static void life(struct fixture *f, struct recorder *recorder) {
  lariat_deferred *child[8];
  for (int i = 0; i < 8; i++) {
    child[i] = lariat_deferred_retain(
        lariat_deferred_new(f->reactor, NULL, NULL, NULL));
    for (int k = 0; k < i; k++)
      recorder_then(child[i], recorder, "a", recorder_value(recorder, k));
  }
  lariat_deferred *whole = lariat_gather_results(child, 8);
  for (int k = 0; k < 6; k++)
    recorder_then(whole, recorder, "b", recorder_shared(recorder, k));
  for (int i = 0; i < 8; i++) {
    recorder_then(child[i], recorder, "c", lariat_none());
    lariat_deferred_callback(child[i], recorder_value(recorder, i));
  }
  for (int i = 0; i < 8; i++) lariat_deferred_release(child[i]);
  lariat_deferred_release(whole);
}

static void test_every_allocation_fails(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
  recorder_fail_each(&f, life);
  fixture_close(&f);
}

/* It has no use for its children then: one that it alone holds dies, and what
 * the others had brought is dropped. */
static void test_fired_by_hand(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *child[2] = {unfired(&f), unfired(&f)};
  lariat_deferred_add_callback_owned(
      child[0], NULL, recorder_context(&recorder), recorder_destroy);
  lariat_deferred_retain(child[1]);
  lariat_deferred *whole = lariat_gather_results(child, 2);
  lariat_deferred_callback(child[1], recorder_value(&recorder, 1));
  CU_ASSERT_EQUAL(recorder.values_dropped, 0);
  CU_ASSERT_EQUAL(lariat_deferred_callback(whole, lariat_int(7)), LARIAT_OK);
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 1);
  CU_ASSERT_EQUAL(recorder.values_dropped, 1);
  CU_ASSERT_EQUAL(lariat_int_in(lariat_deferred_peek(whole)), 7);
  lariat_deferred_release(child[1]);
  lariat_deferred_release(whole);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* A value whose sharing does more: it runs while the child tells its result. */
struct meddler {
  struct fixture *f;
  struct recorder *recorder;
  lariat_deferred *child;
  int pairs;    /* so many are added to the child */
  bool failing; /* there is no memory meanwhile */
};

static void *meddle(void *data) {
  struct meddler *one = data;
  if (one->failing) fixture_fail_allocations_from(one->f, 1);
  for (int i = 0; i < one->pairs; i++)
    lariat_deferred_add_callback_owned(
        one->child, NULL, recorder_context(one->recorder), recorder_destroy);
  fixture_fail_allocation(one->f, 0);
  return one;
}

static const lariat_type meddler_type = {
    .size = sizeof(lariat_type), .name = "meddler", .share = meddle};

static void tell_of(struct meddler *one, bool late) {
  lariat_deferred *child[2] = {unfired(one->f), unfired(one->f)};
  lariat_value value = lariat_value_of(&meddler_type, one);
  one->child = child[0];
  for (int i = 0; i < 2; i++) lariat_deferred_retain(child[i]);
  if (late) lariat_deferred_callback(child[0], value);
  lariat_deferred *whole = lariat_gather_results(child, 2);
  if (!late) lariat_deferred_callback(child[0], value);
  lariat_deferred_callback(child[1], lariat_none());
  CU_ASSERT_EQUAL(lariat_list_count(list_of(whole)), 2);
  CU_ASSERT_PTR_EQUAL(lariat_list_at(list_of(whole), 0).data, one);
  lariat_deferred_release(whole);
  lariat_deferred_release(child[1]);
}

/* What is added meanwhile runs afterwards. */
static void test_added_meanwhile(void) {
  for (int late = 0; late < 2; late++) {
    struct fixture f;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    struct meddler one = {&f, &recorder, NULL, 2, false};
    tell_of(&one, late == 1);
    CU_ASSERT_EQUAL(recorder.contexts_destroyed, 2);
    CU_ASSERT_PTR_EQUAL(lariat_deferred_peek(one.child).data, &one);
    lariat_deferred_release(one.child);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

/* The chain cannot grow meanwhile: the child fails, the gather has its
 * result. */
static void test_no_memory_meanwhile(void) {
  for (int late = 0; late < 2; late++) {
    struct fixture f;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    struct meddler one = {&f, &recorder, NULL, LR_DEFERRED_PAIRS + 2, true};
    tell_of(&one, late == 1);
    CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(one.child)),
                    LARIAT_ENOMEM);
    lariat_deferred_forget(one.child);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

/* A pause takes effect after the run: what was added before it ends belongs to
 * it. */
static lariat_value pause_and_add(lariat_value result, void *context) {
  struct meddler *one = context;
  lariat_deferred_pause(one->child);
  meddle(one);
  return lariat_value_drop(result);
}

static void test_paused_meanwhile(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct meddler one = {&f, &recorder, unfired(&f), 1, false};
  lariat_deferred_retain(one.child);
  lariat_deferred *whole = lariat_gather_results(&one.child, 1);
  lariat_deferred_add_both(whole, pause_and_add, &one);
  lariat_deferred_errback(one.child, failure("of the child"));
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 1);
  meddle(&one);
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 1);
  lariat_deferred_unpause(one.child);
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 2);
  lariat_deferred_release(one.child);
  lariat_deferred_release(whole);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* One that is kept without references, as a coroutine is, may be a child. */
struct kept {
  lariat_deferred deferred;
  bool disposed;
};

static void dispose_kept(lariat_deferred *deferred) {
  ((struct kept *)deferred)->disposed = true;
}

static bool keep(lariat_deferred *deferred, lr_deferred_lost *lost) {
  (void)deferred;
  (void)lost;
  return true;
}

static void test_child_without_references(void) {
  static const lr_deferred_ops ops = {.dispose = dispose_kept, .abandon = keep};
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
  struct kept kept = {.disposed = false};
  lr_deferred_init(&kept.deferred, f.reactor, &ops);
  lariat_deferred *other = unfired(&f);
  lariat_deferred *child[2] = {&kept.deferred, lariat_deferred_retain(other)};
  lariat_deferred_release(lariat_gather_results(child, 2));
  CU_ASSERT_EQUAL(lr_deferred_fire(&kept.deferred, lariat_int(1)), LARIAT_OK);
  CU_ASSERT_TRUE(kept.disposed);
  lariat_deferred_release(other);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the results come in the order of the array", test_results},
      {"results move, or are shared where they can", test_moved_or_shared},
      {"no children: an empty list at once", test_empty},
      {"the first failure fires it, with index and cause", test_first_failure},
      {"later failures count as handled", test_later_failures},
      {"children that have fired already", test_fired_children},
      {"the same child twice", test_same_child_twice},
      {"cancel cancels every child", test_cancel},
      {"children may turn a cancel into success", test_cancel_with_successes},
      {"a cancelled gather waits for its children",
       test_cancel_that_takes_time},
      {"cancel after firing leaves the children alone",
       test_cancel_after_the_end},
      {"a gather of gathers", test_nested},
      {"a gather that nobody holds still runs its chain", test_gather_released},
      {"a gather that nobody holds reports its failure",
       test_gather_released_then_failed},
      {"gather and children die when nobody holds any", test_all_released},
      {"a gather that nobody holds ends with its last child",
       test_some_children_die},
      {"deep gathers end without recursion", test_deep},
      {"a chain waits for a gather, cancels it, loses it",
       test_waiting_for_a_gather},
      {"a gather that is fired by hand lets go of its children",
       test_fired_by_hand},
      {"pairs that are added while a child tells its result",
       test_added_meanwhile},
      {"and one for which there is no memory", test_no_memory_meanwhile},
      {"a pause meanwhile", test_paused_meanwhile},
      {"a child that nobody holds", test_child_without_references},
      {"a NULL child is a failure", test_null_child},
      {"without memory the children are cancelled and released",
       test_no_memory},
      {"a child whose chain cannot grow is a failure",
       test_child_without_memory},
      {"the constant deferred may be a child", test_constant_child},
      {"each allocation of a gather's life fails in turn",
       test_every_allocation_fails},
  };
  return fixture_main("gather", tests, FIXTURE_COUNT(tests), argc, argv);
}
