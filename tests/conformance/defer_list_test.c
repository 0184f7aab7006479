/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * defer_list_test.c: Twisted's DeferredTests about DeferredList and
 * gatherResults, and its DeferredListEmptyTests.
 *
 * An item of a list is what the child brought: a failure says of itself that it
 * is one, where Twisted has a pair of a flag and a value. */
#include <lariat/deferred_list.h>
#include <lariat/winner.h>

#include "conformance/defer.h"

/* Two or three children, of which the test keeps references. */
struct brood {
  struct stage s;
  lariat_deferred *child[3];
  size_t count;
  lariat_deferred *list;
};

static void hatch(struct brood *b, size_t count) {
  begin(&b->s);
  b->count = count;
  for (size_t i = 0; i < count; i++) b->child[i] = unfired(&b->s);
}

/* Consumes a reference to each, and leaves the test its own. */
static void keep_all(struct brood *b) {
  for (size_t i = 0; i < b->count; i++) lariat_deferred_retain(b->child[i]);
}

static void make_list(struct brood *b, unsigned flags) {
  keep_all(b);
  b->list = lariat_deferred_list(b->child, b->count, flags);
}

static void make_gather(struct brood *b) {
  keep_all(b);
  b->list = lariat_gather_results(b->child, b->count);
}

static void leave(struct brood *b) {
  for (size_t i = 0; i < b->count; i++) lariat_deferred_release(b->child[i]);
  lariat_deferred_release(b->list);
  finish(&b->s);
}

static void with_words_from_cancel(struct brood *b, size_t which) {
  static const char words[] = "Callback Result";
  lariat_deferred_release(b->child[which]);
  b->child[which] = with_canceller(&b->s, cancel_with_callback, words);
}

/* Writes the items: "name[1 !2 3] ". */
static lariat_value do_read(lariat_value result, void *context) {
  struct recorder_step *step = context;
  char line[200];
  size_t used = (size_t)snprintf(line, sizeof line, "%s[", step->name);
  lariat_list *list = lariat_list_in(result);
  for (size_t i = 0; i < lariat_list_count(list); i++) {
    char item[64];
    describe_result(lariat_list_at(list, i), item, sizeof item);
    used += (size_t)snprintf(line + used, sizeof line - used, "%s%s",
                             i ? " " : "", item);
  }
  snprintf(line + used, sizeof line - used, "]");
  recorder_note(step->recorder, line);
  return lariat_value_drop(result);
}

static void read_list(struct brood *b) {
  add(&b->s, b->list, do_read, do_eat, "list", lariat_none());
}

/* The list has failed with LARIAT_EFIRST for the child `index`. */
static void first_error(struct brood *b, size_t index, lariat_status status) {
  lariat_value first = lariat_deferred_peek(b->list);
  CU_ASSERT_EQUAL_FATAL(lariat_failure_status(first), LARIAT_EFIRST);
  CU_ASSERT_EQUAL(lariat_failure_index(first), index);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_failure_cause(first)), status);
  failure_result_of(&b->s, b->list, LARIAT_EFIRST);
}

static void both_cancelled(struct brood *b) {
  for (size_t i = 0; i < 2; i++)
    failure_result_of(&b->s, b->child[i], LARIAT_ECANCELLED);
}

static void testDeferredList(void) {
  struct brood b;
  hatch(&b, 3);
  make_list(&b, 0);
  read_list(&b);
  lariat_deferred_callback(b.child[0], lariat_int(1));
  on_error(&b.s, b.child[1], "catch", lariat_none());
  lariat_deferred_errback(b.child[1], failure("2"));
  lariat_deferred_callback(b.child[2], lariat_int(3));
  saw(&b.s, "catch(!2) list[1 !2 3] ");
  leave(&b);
}

/* Where Twisted's never fires, this fails at once: deferreds.md says why. */
static void testEmptyDeferredList(void) {
  struct brood b;
  hatch(&b, 0);
  make_list(&b, 0);
  read_list(&b);
  saw(&b.s, "list[] ");
  lariat_deferred_release(b.list);
  make_list(&b, LARIAT_FIRE_ON_ONE_CALLBACK);
  failure_result_of(&b.s, b.list, LARIAT_EINVAL);
  leave(&b);
}

static void testDeferredListFireOnOneError(void) {
  struct brood b;
  hatch(&b, 3);
  make_list(&b, LARIAT_FIRE_ON_ONE_ERRBACK);
  on_error(&b.s, b.child[1], "catch", lariat_none());
  lariat_deferred_callback(b.child[0], lariat_int(1));
  CU_ASSERT(has_no_result(b.list));
  lariat_deferred_errback(b.child[1], failure("from def2"));
  lariat_value cause = lariat_failure_cause(lariat_deferred_peek(b.list));
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(cause), "from def2");
  first_error(&b, 1, LARIAT_EUSER);
  saw(&b.s, "catch(!from def2) ");
  leave(&b);
}

static void testDeferredListDontConsumeErrors(void) {
  struct brood b;
  hatch(&b, 1);
  make_list(&b, 0);
  on_error(&b.s, b.child[0], "trap", lariat_none());
  read_list(&b);
  lariat_deferred_errback(b.child[0], failure("Bang"));
  saw(&b.s, "list[!Bang] trap(!Bang) ");
  leave(&b);
}

static void testDeferredListConsumeErrors(void) {
  struct brood b;
  hatch(&b, 1);
  make_list(&b, LARIAT_CONSUME_ERRORS);
  on_error(&b.s, b.child[0], "trap", lariat_none());
  read_list(&b);
  lariat_deferred_errback(b.child[0], failure("Bang"));
  saw(&b.s, "list[!Bang] ");
  leave(&b);
}

static void testDeferredListFireOnOneErrorWithAlreadyFiredDeferreds(void) {
  struct brood b;
  hatch(&b, 2);
  lariat_deferred_errback(b.child[0], failure("Bang"));
  make_list(&b, LARIAT_FIRE_ON_ONE_ERRBACK);
  first_error(&b, 0, LARIAT_EUSER);
  failure_result_of(&b.s, b.child[0], LARIAT_EUSER);
  leave(&b);
}

static void testDeferredListWithAlreadyFiredDeferreds(void) {
  struct brood b;
  hatch(&b, 2);
  lariat_deferred_errback(b.child[0], failure("Bang"));
  lariat_deferred_callback(b.child[1], lariat_int(2));
  make_list(&b, 0);
  read_list(&b);
  saw(&b.s, "list[!Bang 2] ");
  failure_result_of(&b.s, b.child[0], LARIAT_EUSER);
  leave(&b);
}

static void test_cancelDeferredList(void) {
  struct brood b;
  hatch(&b, 2);
  make_list(&b, 0);
  lariat_deferred_cancel(b.list);
  both_cancelled(&b);
  leave(&b);
}

static void test_cancelDeferredListCallback(void) {
  struct brood b;
  hatch(&b, 2);
  with_words_from_cancel(&b, 0);
  make_list(&b, 0);
  lariat_deferred_cancel(b.list);
  failure_result_of(&b.s, b.child[1], LARIAT_ECANCELLED);
  read_list(&b);
  saw(&b.s, "list[Callback Result !cancelled] ");
  leave(&b);
}

static void test_cancelDeferredListWithFireOnOneCallback(void) {
  struct brood b;
  hatch(&b, 2);
  make_list(&b, LARIAT_FIRE_ON_ONE_CALLBACK);
  lariat_deferred_cancel(b.list);
  both_cancelled(&b);
  leave(&b);
}

static void
test_cancelDeferredListWithFireOnOneCallbackAndDeferredCallback(void) {
  struct brood b;
  hatch(&b, 2);
  with_words_from_cancel(&b, 0);
  make_list(&b, LARIAT_FIRE_ON_ONE_CALLBACK);
  lariat_deferred_cancel(b.list);
  failure_result_of(&b.s, b.child[1], LARIAT_ECANCELLED);
  lariat_value winner = lariat_deferred_peek(b.list);
  CU_ASSERT_EQUAL(lariat_winner_index(winner), 0);
  CU_ASSERT_STRING_EQUAL((char *)lariat_winner_value(winner).data,
                         "Callback Result");
  leave(&b);
}

static void test_cancelDeferredListWithFireOnOneErrback(void) {
  struct brood b;
  hatch(&b, 2);
  make_list(&b, LARIAT_FIRE_ON_ONE_ERRBACK);
  lariat_deferred_cancel(b.list);
  both_cancelled(&b);
  first_error(&b, 0, LARIAT_ECANCELLED);
  leave(&b);
}

static void
test_cancelDeferredListWithFireOnOneErrbackAllDeferredsCallback(void) {
  struct brood b;
  hatch(&b, 2);
  with_words_from_cancel(&b, 0);
  with_words_from_cancel(&b, 1);
  make_list(&b, LARIAT_FIRE_ON_ONE_ERRBACK);
  lariat_deferred_cancel(b.list);
  read_list(&b);
  saw(&b.s, "list[Callback Result Callback Result] ");
  leave(&b);
}

/* The list has its own copy of the array. */
static void test_cancelDeferredListWithOriginalDeferreds(void) {
  struct brood b;
  hatch(&b, 2);
  make_list(&b, 0);
  lariat_deferred *one = b.child[0], *three = unfired(&b.s);
  b.child[0] = three;
  lariat_deferred_cancel(b.list);
  b.child[0] = one;
  both_cancelled(&b);
  CU_ASSERT(has_no_result(three));
  lariat_deferred_release(three);
  leave(&b);
}

/* A canceller cannot raise in C; one that goes wrong fails its own deferred,
 * and the others are cancelled all the same. */
static void test_cancelDeferredListWithException(void) {
  struct brood b;
  hatch(&b, 2);
  lariat_deferred_release(b.child[0]);
  b.child[0] = with_canceller(&b.s, cancel_with_errback, "test");
  make_list(&b, 0);
  lariat_deferred_cancel(b.list);
  failure_result_of(&b.s, b.child[0], LARIAT_EUSER);
  failure_result_of(&b.s, b.child[1], LARIAT_ECANCELLED);
  leave(&b);
}

static void test_cancelFiredOnOneCallbackDeferredList(void) {
  struct brood b;
  hatch(&b, 2);
  make_list(&b, LARIAT_FIRE_ON_ONE_CALLBACK);
  lariat_deferred_callback(b.child[0], lariat_none());
  lariat_deferred_cancel(b.list);
  CU_ASSERT(has_no_result(b.child[1]));
  leave(&b);
}

static void test_cancelFiredOnOneErrbackDeferredList(void) {
  struct brood b;
  hatch(&b, 2);
  make_list(&b, LARIAT_FIRE_ON_ONE_ERRBACK);
  lariat_deferred_errback(b.child[0], failure("test"));
  lariat_deferred_cancel(b.list);
  CU_ASSERT(has_no_result(b.child[1]));
  failure_result_of(&b.s, b.child[0], LARIAT_EUSER);
  first_error(&b, 0, LARIAT_EUSER);
  leave(&b);
}

/* lariat's gather always takes care of the children's failures. */
static void test_gatherResults(void) {
  struct brood b;
  hatch(&b, 2);
  lariat_deferred_callback(b.child[0], lariat_int(1));
  lariat_deferred_callback(b.child[1], lariat_int(2));
  make_gather(&b);
  read_list(&b);
  saw(&b.s, "list[1 2] ");
  leave(&b);
  hatch(&b, 2);
  lariat_deferred_callback(b.child[0], lariat_int(1));
  lariat_deferred_errback(b.child[1], failure("value"));
  make_gather(&b);
  first_error(&b, 1, LARIAT_EUSER);
  leave(&b);
}

static void test_gatherResultsWithConsumeErrors(void) {
  struct brood b;
  hatch(&b, 2);
  lariat_deferred_callback(b.child[0], lariat_int(1));
  lariat_deferred_errback(b.child[1], failure("oh noes"));
  make_gather(&b);
  on_error(&b.s, b.child[1], "unconsumed", lariat_none());
  saw(&b.s, "");
  first_error(&b, 1, LARIAT_EUSER);
  leave(&b);
}

static void test_cancelGatherResults(void) {
  struct brood b;
  hatch(&b, 2);
  int cancelled = 0;
  for (size_t i = 0; i < 2; i++) {
    lariat_deferred_release(b.child[i]);
    b.child[i] = with_canceller(&b.s, count_cancel, &cancelled);
  }
  make_gather(&b);
  lariat_deferred_cancel(b.list);
  CU_ASSERT_EQUAL(cancelled, 2);
  first_error(&b, 0, LARIAT_ECANCELLED);
  leave(&b);
}

static void test_cancelGatherResultsWithAllDeferredsCallback(void) {
  struct brood b;
  hatch(&b, 2);
  with_words_from_cancel(&b, 0);
  with_words_from_cancel(&b, 1);
  make_gather(&b);
  lariat_deferred_cancel(b.list);
  read_list(&b);
  saw(&b.s, "list[Callback Result Callback Result] ");
  leave(&b);
}

static void testDeferredListEmpty(void) {
  struct brood b;
  hatch(&b, 0);
  make_list(&b, 0);
  read_list(&b);
  saw(&b.s, "list[] ");
  leave(&b);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      CASE(DeferredTests, testDeferredList),
      CASE(DeferredTests, testEmptyDeferredList),
      CASE(DeferredTests, testDeferredListFireOnOneError),
      CASE(DeferredTests, testDeferredListDontConsumeErrors),
      CASE(DeferredTests, testDeferredListConsumeErrors),
      CASE(DeferredTests,
           testDeferredListFireOnOneErrorWithAlreadyFiredDeferreds),
      CASE(DeferredTests, testDeferredListWithAlreadyFiredDeferreds),
      CASE(DeferredTests, test_cancelDeferredList),
      CASE(DeferredTests, test_cancelDeferredListCallback),
      CASE(DeferredTests, test_cancelDeferredListWithFireOnOneCallback),
      CASE(DeferredTests,
           test_cancelDeferredListWithFireOnOneCallbackAndDeferredCallback),
      CASE(DeferredTests, test_cancelDeferredListWithFireOnOneErrback),
      CASE(DeferredTests,
           test_cancelDeferredListWithFireOnOneErrbackAllDeferredsCallback),
      CASE(DeferredTests, test_cancelDeferredListWithOriginalDeferreds),
      CASE(DeferredTests, test_cancelDeferredListWithException),
      CASE(DeferredTests, test_cancelFiredOnOneCallbackDeferredList),
      CASE(DeferredTests, test_cancelFiredOnOneErrbackDeferredList),
      CASE(DeferredTests, test_gatherResults),
      CASE(DeferredTests, test_gatherResultsWithConsumeErrors),
      CASE(DeferredTests, test_cancelGatherResults),
      CASE(DeferredTests, test_cancelGatherResultsWithAllDeferredsCallback),
      CASE(DeferredListEmptyTests, testDeferredListEmpty),
  };
  return fixture_main("DeferredTests", tests, FIXTURE_COUNT(tests), argc, argv);
}
