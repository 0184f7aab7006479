/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * deferred_list_test.c: deferred lists, races, winners and groups of failures:
 * ownership, depth, want of memory.  The conformance tests show what they
 * mean. */
#include <lariat/checks.h>
#include <lariat/deferred_list.h>
#include <lariat/race.h>

#include "conformance/defer.h"
#include "deferred/deferred.h"
#include "deferred/list.h"
#include "deferred/winner.h"

enum { COUNT = 3, DEEP = 300000 };

typedef lariat_deferred *(*maker)(lariat_deferred *const *deferreds,
                                  size_t count);

static lariat_deferred *plain(lariat_deferred *const *d, size_t count) {
  return lariat_deferred_list(d, count, 0);
}

static lariat_deferred *one_callback(lariat_deferred *const *d, size_t count) {
  return lariat_deferred_list(d, count, LARIAT_FIRE_ON_ONE_CALLBACK);
}

static lariat_deferred *one_errback(lariat_deferred *const *d, size_t count) {
  return lariat_deferred_list(
      d, count, LARIAT_FIRE_ON_ONE_ERRBACK | LARIAT_CONSUME_ERRORS);
}

static const maker makers[] = {plain, one_callback, one_errback, lariat_race};

struct family {
  struct stage s;
  lariat_deferred *child[COUNT];
  lariat_deferred *whole;
};

static void open_family(struct family *all, maker make) {
  begin(&all->s);
  for (int i = 0; i < COUNT; i++)
    all->child[i] = lariat_deferred_retain(unfired(&all->s));
  all->whole = make(all->child, COUNT);
}

static void close_family(struct family *all) {
  for (int i = 0; i < COUNT; i++) lariat_deferred_release(all->child[i]);
  lariat_deferred_release(all->whole);
  finish(&all->s);
}

static void test_moves(void) {
  struct family all;
  open_family(&all, plain);
  for (int i = 0; i < COUNT; i++)
    lariat_deferred_callback(all.child[i], recorder_value(&all.s.recorder, i));
  lariat_list *list = lariat_list_in(lariat_deferred_peek(all.whole));
  for (size_t i = 0; i < COUNT; i++) {
    CU_ASSERT_PTR_EQUAL(lariat_list_at(list, i).type, &recorder_type);
    result_of(all.child[i], "none");
  }
  close_family(&all);
}

static void test_unhandled(void) {
  struct family all;
  open_family(&all, plain);
  for (int i = 0; i < COUNT; i++)
    lariat_deferred_errback(all.child[i], failure("x"));
  result_of(all.whole, "list of 3");
  fixture_expect_reports(&all.s.f, COUNT);
  close_family(&all);
}

static void test_winner(void) {
  struct family all;
  open_family(&all, one_callback);
  lariat_deferred_errback(all.child[0], failure("x"));
  failure_result_of(&all.s, all.child[0], LARIAT_EUSER);
  lariat_deferred_callback(all.child[2], recorder_value(&all.s.recorder, 7));
  result_of(all.whole, "winner 2");
  result_of(all.child[2], "none");
  lariat_deferred_callback(all.child[1], recorder_value(&all.s.recorder, 8));
  result_of(all.child[1], "8"); /* late: it stays */
  lariat_value taken = lariat_winner_take(lariat_deferred_peek(all.whole));
  CU_ASSERT_PTR_EQUAL(taken.type, &recorder_type);
  lariat_value_drop(taken);
  CU_ASSERT(
      lariat_is_none(lariat_winner_value(lariat_deferred_peek(all.whole))));
  close_family(&all);
}

static void test_no_winner(void) {
  struct family all;
  open_family(&all, one_callback);
  for (int i = 0; i < COUNT; i++) {
    lariat_deferred_errback(all.child[i], failure("x"));
    failure_result_of(&all.s, all.child[i], LARIAT_EUSER);
  }
  result_of(all.whole, "list of 3");
  close_family(&all);
}

static void test_not_a_winner(void) {
  lariat_set_checks(false);
  CU_ASSERT_EQUAL(lariat_winner_index(lariat_int(1)), 0);
  CU_ASSERT(lariat_is_none(lariat_winner_value(lariat_none())));
  CU_ASSERT(lariat_is_none(lariat_winner_take(lariat_none())));
  CU_ASSERT_FALSE(lariat_failure_equal(lariat_none(), lariat_none()));
  lariat_set_checks(true);
}

/* Whom nobody holds any more, and then a child fires. */
static void test_nobody_holds_it(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(makers); i++) {
    struct family all;
    open_family(&all, makers[i]);
    eat(&all.s, all.whole, "whole");
    lariat_deferred_release(all.whole);
    all.whole = NULL;
    for (int c = 0; c < COUNT; c++)
      lariat_deferred_callback(all.child[c],
                               recorder_value(&all.s.recorder, c));
    CU_ASSERT_PTR_NOT_NULL(strstr(all.s.recorder.text, "whole"));
    close_family(&all);
  }
}

static void test_all_released(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(makers); i++) {
    struct family all;
    open_family(&all, makers[i]);
    eat(&all.s, all.whole, "whole");
    close_family(&all);
  }
}

/* A racer whose cancelling ends the race's last outside reference. */
static void release_race(lariat_deferred *d, void *context) {
  lariat_deferred **race = context;
  (void)d;
  lariat_deferred_cancel(*race);
  lariat_deferred_release(*race);
  *race = NULL;
}

static void test_cancelled_while_winning(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *race = NULL;
  lariat_deferred *child[2] = {unfired(&s),
                               with_canceller(&s, release_race, &race)};
  lariat_deferred *first = lariat_deferred_retain(child[0]);
  race = lariat_race(child, 2);
  on_error(&s, race, "race", lariat_none());
  lariat_deferred_callback(first, recorder_value(&s.recorder, 1));
  saw(&s, "race(!cancelled) ");
  lariat_deferred_release(first);
  finish(&s);
}

static void test_race_of_fired(void) {
  struct stage s;
  begin(&s);
  int cancelled = 0;
  lariat_deferred *child[3] = {failed(&s, "x"), succeed(&s, lariat_int(5)),
                               with_canceller(&s, count_cancel, &cancelled)};
  lariat_deferred *race = lariat_race(child, 3);
  result_of(race, "winner 1");
  CU_ASSERT_EQUAL(cancelled, 1);
  lariat_deferred_release(race);
  finish(&s);
}

static void test_race_without_answer(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *deaf = unfired(&s), *other = unfired(&s);
  lariat_deferred *outer = succeed(&s, lariat_none());
  on_success(&s, outer, "give", returned(other));
  lariat_deferred_pause(outer);
  lariat_deferred *child[2] = {deaf, outer};
  lariat_deferred *race = lariat_race(child, 2);
  lariat_deferred_cancel(race);
  failure_result_of(&s, race, LARIAT_ECANCELLED);
  lariat_deferred_release(race);
  lariat_deferred_release(other);
  saw(&s, "give(none) ");
  fixture_expect_reports(&s.f, 1); /* what the pause held back */
  finish(&s);
}

static lariat_deferred *empty(const struct stage *s, maker make) {
  (void)s;
  return make(NULL, 0);
}

static void test_empty(void) {
  struct stage s;
  begin(&s);
  for (size_t i = 0; i < FIXTURE_COUNT(makers); i++) {
    lariat_deferred *whole = empty(&s, makers[i]);
    bool can_never_fire = makers[i] == one_callback || makers[i] == lariat_race;
    result_of(whole, can_never_fire ? "!invalid-argument" : "list of 0");
    lariat_deferred_forget(whole);
  }
  fixture_fail_allocation(&s.f, 1);
  lariat_deferred *whole = empty(&s, plain);
  result_of(whole, "!out-of-memory");
  lariat_deferred_forget(whole);
  fixture_close_reactor(&s.f, 0);
  for (size_t i = 0; i < FIXTURE_COUNT(makers); i++) {
    whole = empty(&s, makers[i]);
    CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(whole)),
                    LARIAT_EINVAL);
    lariat_deferred_release(whole);
  }
  finish(&s);
}

static void test_null(void) {
  struct stage s;
  begin(&s);
  lariat_set_checks(false);
  for (size_t i = 0; i < FIXTURE_COUNT(makers); i++) {
    lariat_deferred *child[2] = {NULL, unfired(&s)};
    lariat_deferred *last = lariat_deferred_retain(child[1]);
    lariat_deferred *whole = makers[i](child, 2);
    lariat_deferred_callback(last, lariat_int(1));
    CU_ASSERT(lariat_deferred_fired(whole));
    lariat_deferred_forget(whole);
    lariat_deferred_release(last);
    whole = makers[i](NULL, 2);
    failure_result_of(&s, whole, LARIAT_EINVAL);
    lariat_deferred_release(whole);
  }
  lariat_set_checks(true);
  finish(&s);
}

/* Deep values are dropped without recursion. */
static void test_deep(void) {
  struct stage s;
  begin(&s);
  lariat_value value = lr_winner_make(0, recorder_value(&s.recorder, 1));
  for (size_t i = 0; i < DEEP; i++) value = lr_winner_make(i, value);
  lariat_value_drop(value);
  value = failure("x");
  for (size_t i = 0; i < DEEP; i++) {
    lariat_list *list = lr_list_values_new(1);
    lr_list_values_put(list, 0, value);
    value = i % 2 ? lr_failure_group(list)
                  : lr_failure_first(0, lr_failure_group(list));
  }
  lariat_value_drop(value);
  finish(&s);
}

static void test_group(void) {
  struct stage s;
  begin(&s);
  lariat_list *list = lr_list_values_new(2);
  lr_list_values_put(list, 0, failure("a"));
  lr_list_values_put(list, 1, failure("b"));
  lariat_value group = lr_failure_group(list);
  CU_ASSERT_EQUAL(lariat_failure_group_count(group), 2);
  CU_ASSERT_STRING_EQUAL(
      lariat_failure_message(lariat_failure_group_at(group, 1)), "b");
  CU_ASSERT(lariat_is_none(lariat_failure_group_at(group, 2)));
  CU_ASSERT(lariat_is_none(lariat_failure_cause(group)));
  lariat_value cause = lariat_failure_group_at(group, 0);
  CU_ASSERT_EQUAL(lariat_failure_group_count(cause), 0);
  lariat_value first = lr_failure_first(0, failure("x"));
  lariat_value same = lr_failure_first(0, failure("x"));
  CU_ASSERT_FALSE(lariat_failure_equal(first, same)); /* other causes */
  CU_ASSERT_FALSE(lariat_failure_equal(first, group));
  CU_ASSERT_TRUE(lariat_failure_equal(first, first));
  lariat_value bare = lariat_failure_new(LARIAT_EFIRST, "x");
  CU_ASSERT_FALSE(lariat_failure_equal(first, bare));
  CU_ASSERT_FALSE(lariat_failure_equal(bare, first));
  lariat_value all[] = {group, first, same, bare};
  for (size_t i = 0; i < FIXTURE_COUNT(all); i++) lariat_value_drop(all[i]);
  finish(&s);
}

/* Two make it, the third fails. */
static void act(struct fixture *f, struct recorder *recorder, maker make) {
  lariat_deferred *child[COUNT], *mine[COUNT];
  for (int i = 0; i < COUNT; i++) {
    child[i] = lariat_deferred_new(f->reactor, NULL, NULL, NULL);
    mine[i] = lariat_deferred_retain(child[i]);
    for (int more = 0; more < 4; more++)
      lariat_deferred_add_callbacks_owned(
          child[i], NULL, NULL, recorder_context(recorder), recorder_destroy);
  }
  lariat_deferred *whole = make(child, COUNT);
  (void)lariat_deferred_errback(mine[1], failure("x"));
  (void)lariat_deferred_callback(mine[0], recorder_value(recorder, 0));
  (void)lariat_deferred_callback(mine[2], recorder_shared(recorder, 2));
  CU_ASSERT(lariat_deferred_fired(whole));
  lariat_deferred_forget(whole);
  for (int i = 0; i < COUNT; i++) lariat_deferred_forget(mine[i]);
}

static void act_plain(struct fixture *f, struct recorder *recorder) {
  act(f, recorder, plain);
}
static void act_callback(struct fixture *f, struct recorder *recorder) {
  act(f, recorder, one_callback);
}
static void act_errback(struct fixture *f, struct recorder *recorder) {
  act(f, recorder, one_errback);
}
static void act_race(struct fixture *f, struct recorder *recorder) {
  act(f, recorder, lariat_race);
}

static void all_fail(struct fixture *f, struct recorder *recorder) {
  (void)recorder;
  lariat_deferred *child[2];
  for (int i = 0; i < 2; i++)
    child[i] = lariat_deferred_fail(f->reactor, LARIAT_EUSER, "x");
  lariat_deferred *race = lariat_race(child, 2);
  CU_ASSERT(lariat_is_failure(lariat_deferred_peek(race)));
  lariat_deferred_forget(race);
}

static void test_no_memory(void) {
  struct stage s;
  begin(&s);
  CU_ASSERT_EQUAL(lr_deferred_state_open(s.f.reactor), LARIAT_OK);
  recorder_fail_each(&s.f, act_plain);
  recorder_fail_each(&s.f, act_callback);
  recorder_fail_each(&s.f, act_errback);
  recorder_fail_each(&s.f, act_race);
  recorder_fail_each(&s.f, all_fail);
  finish(&s);
}

/* A child that is paused tells of its cancelling when the race is over. */
static void test_late_without_winner(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *child = unfired(&s);
  lariat_deferred_pause(child);
  lariat_deferred_retain(child);
  lariat_deferred *race = lariat_race(&child, 1);
  lariat_deferred_cancel(race);
  failure_result_of(&s, race, LARIAT_ECANCELLED);
  lariat_deferred_unpause(child);
  result_of(child, "none");
  release2(race, child);
  finish(&s);
}

/* The last child dies without a word while somebody holds the whole. */
static void test_children_die(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *child = unfired(&s);
  lariat_deferred *whole = lariat_gather_results(&child, 1);
  lariat_deferred *inner = succeed(&s, lariat_none());
  on_success(&s, inner, "give", lariat_deferred_value(whole));
  lariat_deferred_cancel(inner);
  failure_result_of(&s, inner, LARIAT_EFIRST);
  lariat_deferred_release(inner);
  saw(&s, "give(none) ");
  finish(&s);
}

/* Children that were made without memory, and none for the whole. */
static void test_constant_children(void) {
  struct stage s;
  begin(&s);
  lariat_set_checks(false);
  lariat_deferred *constant = lariat_deferred_new(NULL, NULL, NULL, NULL);
  lariat_deferred *child[3] = {constant, NULL, unfired(&s)};
  lariat_deferred *last = lariat_deferred_retain(child[2]);
  fixture_fail_allocation(&s.f, 1);
  lariat_deferred *whole = lariat_race(child, 3);
  failure_result_of(&s, whole, LARIAT_ENOMEM);
  failure_result_of(&s, last, LARIAT_ECANCELLED);
  release2(whole, last);
  whole = lariat_race(&constant, 1);
  failure_result_of(&s, whole, LARIAT_EALLFAILED);
  lariat_deferred_release(whole);
  lariat_set_checks(true);
  finish(&s);
  begin(&s); /* not even the state can be opened */
  fixture_fail_allocation(&s.f, 1);
  whole = lariat_race(&constant, 1);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(whole)),
                  LARIAT_ENOMEM);
  lariat_deferred_forget(whole);
  finish(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"what cannot be shared moves into the list", test_moves},
      {"failures that are not consumed are the children's", test_unhandled},
      {"a winner has its index and its value", test_winner},
      {"if all fail there is a list", test_no_winner},
      {"readers of other values give nothing", test_not_a_winner},
      {"one that nobody holds still runs its chain", test_nobody_holds_it},
      {"all die when nobody holds any", test_all_released},
      {"a race is cancelled while it is won", test_cancelled_while_winning},
      {"a race of those that have fired", test_race_of_fired},
      {"a cancelled race does not wait for an answer",
       test_race_without_answer},
      {"no children", test_empty},
      {"NULL children, and no array", test_null},
      {"deep winners and groups are dropped without recursion", test_deep},
      {"a group of failures", test_group},
      {"each allocation fails in turn", test_no_memory},
      {"a late failure of a race without a winner", test_late_without_winner},
      {"a whole that a chain waits for is cancelled", test_children_die},
      {"constant children, and no memory for the whole",
       test_constant_children},
  };
  return fixture_main("deferred_list", tests, FIXTURE_COUNT(tests), argc, argv);
}
