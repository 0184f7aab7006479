/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * defer_deferred_test.c: Twisted's DeferredTests, as far as they are about one
 * chain, or chains that wait for each other. */
#include "conformance/defer.h"

static void testCallbackWithoutArgs(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  eat(&s, d, "cb");
  lariat_deferred_callback(d, text("hello"));
  saw(&s, "cb(hello) ");
  lariat_deferred_release(d);
  finish(&s);
}

/* Arguments of a callback's own come by its context here. */
static void testCallbackWithArgs(void) {
  struct stage s;
  begin(&s);
  struct recorder_step world = {&s.recorder, "world", {NULL, NULL},
                                NULL,        NULL,    NULL};
  lariat_deferred *d = unfired(&s);
  lariat_deferred_add_callback(d, do_eat, &world);
  lariat_deferred_callback(d, text("hello"));
  saw(&s, "world(hello) ");
  lariat_deferred_release(d);
  finish(&s);
}

struct keywords {
  const char *world;
  const char *moon;
  char got[64];
};

static lariat_value with_keywords(lariat_value result, void *context) {
  struct keywords *all = context;
  snprintf(all->got, sizeof all->got, "%s %s %s", (char *)result.data,
           all->world, all->moon);
  return lariat_none();
}

static void testCallbackWithKwArgs(void) {
  struct stage s;
  begin(&s);
  struct keywords all = {"world", "moon", ""};
  lariat_deferred *d = unfired(&s);
  lariat_deferred_add_callback(d, with_keywords, &all);
  lariat_deferred_callback(d, text("hello"));
  CU_ASSERT_STRING_EQUAL(all.got, "hello world moon");
  lariat_deferred_release(d);
  finish(&s);
}

static void testTwoCallbacks(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  on_success(&s, d, "one", text("second"));
  eat(&s, d, "two");
  lariat_deferred_callback(d, text("hello"));
  saw(&s, "one(hello) two(second) ");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_addCallbacksNoneErrback(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  add(&s, d, do_eat, NULL, "cb", lariat_none());
  lariat_deferred_errback(d, failure("oopsie"));
  on_error(&s, d, "eb", lariat_none());
  saw(&s, "eb(!oopsie) ");
  lariat_deferred_release(d);
  finish(&s);
}

static lariat_value without_context(lariat_value result, void *context) {
  CU_ASSERT_PTR_NULL(context);
  CU_ASSERT(!lariat_is_none(result));
  return lariat_value_drop(result);
}

static void test_addCallbacksNoneCallbackArgs(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  lariat_deferred_add_callbacks(d, without_context, do_eat, NULL);
  lariat_deferred_callback(d, text("hello"));
  result_of(d, "none");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_addCallbacksNoneErrbackArgs(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  lariat_deferred_add_callbacks(d, do_eat, without_context, NULL);
  lariat_deferred_errback(d, failure("oopsie"));
  result_of(d, "none");
  lariat_deferred_release(d);
  finish(&s);
}

static void testImmediateSuccess(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = succeed(&s, text("success"));
  eat(&s, d, "cb");
  saw(&s, "cb(success) ");
  lariat_deferred_release(d);
  finish(&s);
}

/* All that can be seen of a deferred: what describe says, but for its place,
 * whether it fired, its reactor. */
static void test_succeedMatchesManualSuccess(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  lariat_deferred_callback(d, text("success"));
  lariat_deferred *d2 = succeed(&s, text("success"));
  char one[128], two[128];
  lariat_deferred_describe(d, one, sizeof one);
  lariat_deferred_describe(d2, two, sizeof two);
  CU_ASSERT_STRING_EQUAL(strstr(one, " current"), strstr(two, " current"));
  CU_ASSERT(lariat_deferred_fired(d) && lariat_deferred_fired(d2));
  CU_ASSERT_PTR_EQUAL(lariat_deferred_reactor(d), lariat_deferred_reactor(d2));
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, lariat_none()), LARIAT_EALREADY);
  CU_ASSERT_EQUAL(lariat_deferred_callback(d2, lariat_none()), LARIAT_EALREADY);
  release2(d, d2);
  finish(&s);
}

static void testImmediateFailure(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = failed(&s, "fail");
  on_error(&s, d, "eb", lariat_none());
  saw(&s, "eb(!fail) ");
  lariat_deferred_release(d);
  finish(&s);
}

static void testPausedFailure(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = failed(&s, "fail");
  lariat_deferred_pause(d);
  on_error(&s, d, "eb", lariat_none());
  saw(&s, "");
  lariat_deferred_unpause(d);
  saw(&s, "eb(!fail) ");
  lariat_deferred_release(d);
  finish(&s);
}

/* Raising and returning a Failure are one thing in C. */
static void testCallbackErrors(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  on_success(&s, d, "cb", failure("division"));
  on_error(&s, d, "eb", lariat_none());
  lariat_deferred_callback(d, lariat_int(1));
  saw(&s, "cb(1) eb(!division) ");
  lariat_deferred_release(d);
  finish(&s);
}

static void testUnpauseBeforeCallback(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  lariat_deferred_pause(d);
  eat(&s, d, "cb");
  lariat_deferred_unpause(d);
  saw(&s, "");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_callbackReturnsDeferred(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d1 = unfired(&s), *d2 = unfired(&s);
  lariat_deferred_pause(d2);
  on_success(&s, d1, "cb", returned(d2));
  eat(&s, d1, "next");
  lariat_deferred_callback(d1, lariat_int(1));
  saw(&s, "cb(1) ");
  lariat_deferred_callback(d2, lariat_int(2));
  saw(&s, "");
  lariat_deferred_unpause(d2);
  saw(&s, "next(2) ");
  release2(d1, d2);
  finish(&s);
}

static lariat_value maybe_fail(lariat_value result, void *context) {
  const bool *should_fail = context;
  if (*should_fail) return failure("runtime");
  return lariat_int(lariat_int_in(result) + 1);
}

static void test_callbackMaybeReturnsFailure(void) {
  struct stage s;
  begin(&s);
  bool should_fail = false;
  lariat_deferred *d = unfired(&s);
  lariat_deferred_callback(d, lariat_int(6));
  lariat_deferred_add_callback(d, maybe_fail, &should_fail);
  result_of(d, "7");
  lariat_deferred_release(d);
  d = unfired(&s);
  should_fail = true;
  lariat_deferred_callback(d, lariat_int(6));
  lariat_deferred_add_callback(d, maybe_fail, &should_fail);
  lariat_deferred_add_callback(d, maybe_fail, &should_fail);
  result_of(d, "!runtime");
  failure_result_of(&s, d, LARIAT_EUSER);
  lariat_deferred_release(d);
  finish(&s);
}

static void test_errbackReturnsDeferred(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s), *d2 = unfired(&s);
  on_error(&s, d, "eb", returned(d2));
  on_success(&s, d, "cb", lariat_none());
  lariat_deferred_errback(d, failure("value"));
  CU_ASSERT(has_no_result(d));
  saw(&s, "eb(!value) ");
  lariat_deferred_callback(d2, text("result"));
  saw(&s, "cb(result) ");
  release2(d, d2);
  finish(&s);
}

static void test_chainedPausedDeferredWithResult(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *paused = unfired(&s), *chained = unfired(&s);
  lariat_deferred_callback(paused, text("expected"));
  lariat_deferred_pause(paused);
  on_success(&s, chained, "give", returned(paused));
  lariat_deferred_callback(chained, lariat_none());
  eat(&s, chained, "cb");
  saw(&s, "give(none) ");
  lariat_deferred_unpause(paused);
  saw(&s, "cb(expected) ");
  release2(paused, chained);
  finish(&s);
}

static void test_pausedDeferredChained(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *first = unfired(&s), *second = unfired(&s);
  on_success(&s, first, "give", returned(second));
  lariat_deferred_callback(first, lariat_none());
  lariat_deferred_pause(first);
  lariat_deferred_callback(second, lariat_none());
  eat(&s, second, "cb");
  saw(&s, "give(none) cb(none) ");
  release2(first, second);
  finish(&s);
}

/* maybeDeferred. */

static lariat_value give_text(void *words) { return text(words); }

static void test_maybeDeferredSync(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = lariat_maybe(s.f.reactor, give_text, (char[]){"result"});
  eat(&s, d, "cb");
  saw(&s, "cb(result) ");
  lariat_deferred_release(d);
  finish(&s);
}

static lariat_value plus_five(void *number) {
  return lariat_int(*(const int *)number + 5);
}

static void test_maybeDeferredSyncWithArgs(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = lariat_maybe(s.f.reactor, plus_five, &(int){10});
  add(&s, d, do_eat, NULL, "cb", lariat_none());
  saw(&s, "cb(15) ");
  lariat_deferred_release(d);
  finish(&s);
}

static lariat_value give_failure(void *words) { return failure(words); }

static void test_maybeDeferredSyncException(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d =
      lariat_maybe(s.f.reactor, give_failure, (char[]){"unacceptable"});
  on_error(&s, d, "eb", lariat_none());
  saw(&s, "eb(!unacceptable) ");
  lariat_deferred_release(d);
  finish(&s);
}

static lariat_value give_value(void *value) {
  return *(const lariat_value *)value;
}

/* The same failure, not a copy of it. */
static void test_maybeDeferredSyncFailure(void) {
  struct stage s;
  begin(&s);
  lariat_value expected = failure("type");
  lariat_deferred *d = lariat_maybe(s.f.reactor, give_value, &expected);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_peek(d).data, expected.data);
  failure_result_of(&s, d, LARIAT_EUSER);
  lariat_deferred_release(d);
  finish(&s);
}

static lariat_value give_deferred(void *d) { return returned(d); }

static void test_maybeDeferredAsync(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d1 = unfired(&s);
  lariat_deferred *d2 = lariat_maybe(s.f.reactor, give_deferred, d1);
  lariat_deferred_callback(d1, text("Success"));
  eat(&s, d2, "cb");
  saw(&s, "cb(Success) ");
  release2(d1, d2);
  finish(&s);
}

static void test_maybeDeferredAsyncError(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d1 = unfired(&s);
  lariat_deferred *d2 = lariat_maybe(s.f.reactor, give_deferred, d1);
  lariat_deferred_errback(d1, failure("runtime"));
  failure_result_of(&s, d2, LARIAT_EUSER);
  release2(d1, d2);
  finish(&s);
}

/* Deferreds in deferreds. */

/* A callback that makes a fired deferred with callbacks of its own, the first
 * of which returns `inner`. */
struct nest {
  struct stage *s;
  lariat_deferred *inner;
};

static lariat_value twice(lariat_value result, void *context) {
  struct stage *s = context;
  char got[64], line[80];
  lariat_value_describe(result, got, sizeof got);
  snprintf(line, sizeof line, "second(%s)", got);
  recorder_note(&s->recorder, line);
  lariat_value_drop(result);
  return text(strcmp(got, "orange") == 0 ? "orangeorange" : "withers withers");
}

static lariat_value start(lariat_value result, void *context) {
  const struct nest *nest = context;
  struct stage *s = nest->s;
  recorder_note(&s->recorder, "start");
  lariat_value_drop(result);
  lariat_deferred *d = succeed(s, text("inner"));
  on_success(s, d, "first", returned(nest->inner));
  lariat_deferred_add_callback(d, twice, s);
  on_error(s, d, "failed", lariat_none());
  return lariat_deferred_value(d);
}

static void test_innerCallbacksPreserved(void) {
  struct stage s;
  begin(&s);
  struct nest nest = {&s, unfired(&s)};
  lariat_deferred *outer = succeed(&s, text("outer"));
  lariat_deferred_add_callback(outer, start, &nest);
  lariat_deferred_callback(nest.inner, text("orange"));
  eat(&s, outer, "outer");
  on_error(&s, nest.inner, "failed", lariat_none());
  on_error(&s, outer, "failed", lariat_none());
  saw(&s, "start first(inner) second(orange) outer(orangeorange) ");
  release2(nest.inner, outer);
  finish(&s);
}

static lariat_value gather_one(lariat_value result, void *context) {
  const struct nest *nest = context;
  recorder_note(&nest->s->recorder, "first");
  lariat_value_drop(result);
  lariat_deferred *child = lariat_deferred_retain(nest->inner);
  return lariat_deferred_value(lariat_gather_results(&child, 1));
}

/* Returns a deferred that was fired before it is returned, and that waits for a
 * gather. */
static lariat_value fire_then_return(lariat_value result, void *context) {
  struct nest *nest = context;
  recorder_note(&nest->s->recorder, "cb");
  lariat_value_drop(result);
  lariat_deferred *d = unfired(nest->s);
  lariat_deferred_add_callback(d, gather_one, nest);
  on_success(nest->s, d, "second", lariat_none());
  on_error(nest->s, d, "failed", lariat_none());
  lariat_deferred_callback(d, lariat_none());
  return lariat_deferred_value(d);
}

static void test_continueCallbackNotFirst(void) {
  struct stage s;
  begin(&s);
  struct nest nest = {&s, unfired(&s)};
  lariat_deferred *outer = succeed(&s, text("outer"));
  lariat_deferred_add_callback(outer, fire_then_return, &nest);
  on_error(&s, outer, "failed", lariat_none());
  saw(&s, "cb first ");
  lariat_deferred_callback(nest.inner, text("withers"));
  saw(&s, "second(list of 1) ");
  release2(outer, nest.inner);
  finish(&s);
}

static void test_callbackOrderPreserved(void) {
  struct stage s;
  begin(&s);
  struct nest nest = {&s, unfired(&s)};
  lariat_deferred *outer = unfired(&s);
  lariat_deferred_add_callback(outer, fire_then_return, &nest);
  on_success(&s, outer, "final", lariat_none());
  on_error(&s, outer, "failed", lariat_none());
  lariat_deferred_callback(outer, text("outer"));
  saw(&s, "cb first ");
  lariat_deferred_callback(nest.inner, text("withers"));
  saw(&s, "second(list of 1) final(none) ");
  release2(outer, nest.inner);
  finish(&s);
}

/* Callbacks that add callbacks. */

struct adder {
  struct stage *s;
  lariat_deferred *d;
  lariat_value give;
};

static lariat_value add_inside(lariat_value result, void *context) {
  struct adder *adder = context;
  recorder_note(&adder->s->recorder, "1");
  on_success(adder->s, adder->d, "3", adder->give);
  recorder_note(&adder->s->recorder, "added");
  return result;
}

static void test_reentrantRunCallbacks(void) {
  struct stage s;
  begin(&s);
  struct adder adder = {&s, unfired(&s), {NULL, NULL}};
  lariat_deferred_add_callback(adder.d, add_inside, &adder);
  on_success(&s, adder.d, "2", lariat_none());
  lariat_deferred_callback(adder.d, lariat_none());
  saw(&s, "1 added 2(none) 3(none) ");
  lariat_deferred_release(adder.d);
  finish(&s);
}

static void test_nonReentrantCallbacks(void) {
  struct stage s;
  begin(&s);
  struct adder adder = {&s, unfired(&s), {NULL, NULL}};
  lariat_deferred_add_callback(adder.d, add_inside, &adder);
  lariat_deferred_callback(adder.d, lariat_none());
  saw(&s, "1 added 3(none) ");
  lariat_deferred_release(adder.d);
  finish(&s);
}

static void test_reentrantRunCallbacksWithFailure(void) {
  struct stage s;
  begin(&s);
  struct adder adder = {&s, unfired(&s), failure("raised")};
  lariat_deferred_add_callback(adder.d, add_inside, &adder);
  lariat_deferred_callback(adder.d, lariat_none());
  saw(&s, "1 added 3(none) ");
  result_of(adder.d, "!raised");
  failure_result_of(&s, adder.d, LARIAT_EUSER);
  lariat_deferred_release(adder.d);
  finish(&s);
}

/* Chaining. */

static void test_synchronousImplicitChain(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *first = succeed(&s, text("result")), *second = unfired(&s);
  on_success(&s, second, "give", returned(first));
  lariat_deferred_callback(second, lariat_none());
  eat(&s, first, "first");
  eat(&s, second, "second");
  saw(&s, "give(none) first(none) second(result) ");
  release2(first, second);
  finish(&s);
}

static void test_asynchronousImplicitChain(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *first = unfired(&s), *second = unfired(&s);
  on_success(&s, second, "give", returned(first));
  lariat_deferred_callback(second, lariat_none());
  eat(&s, first, "first");
  eat(&s, second, "second");
  saw(&s, "give(none) ");
  lariat_deferred_callback(first, text("result"));
  saw(&s, "second(result) first(none) ");
  release2(first, second);
  finish(&s);
}

static void test_synchronousImplicitErrorChain(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *first = failed(&s, "first"), *second = unfired(&s);
  on_success(&s, second, "give", returned(first));
  lariat_deferred_callback(second, lariat_none());
  eat(&s, first, "first");
  saw(&s, "give(none) first(none) ");
  lariat_deferred_release(first);
  failure_result_of(&s, second, LARIAT_EUSER);
  lariat_deferred_release(second);
  CU_ASSERT_EQUAL(s.f.reports, 0);
  finish(&s);
}

static void test_asynchronousImplicitErrorChain(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *first = unfired(&s), *second = unfired(&s);
  on_success(&s, second, "give", returned(first));
  lariat_deferred_callback(second, lariat_none());
  on_error(&s, second, "error", lariat_none());
  on_success(&s, first, "first", lariat_none());
  on_success(&s, second, "second", lariat_none());
  saw(&s, "give(none) ");
  lariat_deferred_errback(first, failure("oh"));
  saw(&s, "error(!oh) second(none) first(none) ");
  release2(first, second);
  finish(&s);
}

static void test_doubleAsynchronousImplicitChaining(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *first = unfired(&s), *second = unfired(&s),
                  *third = unfired(&s);
  on_success(&s, second, "2", returned(first));
  on_success(&s, third, "3", returned(second));
  eat(&s, third, "third");
  lariat_deferred_callback(second, lariat_none());
  lariat_deferred_callback(third, lariat_none());
  saw(&s, "2(none) 3(none) ");
  lariat_deferred_callback(first, text("result"));
  saw(&s, "third(result) ");
  release2(first, second);
  lariat_deferred_release(third);
  finish(&s);
}

static void test_nestedAsynchronousChainedDeferreds(void) {
  struct stage s;
  begin(&s);
  struct nest nest = {&s, unfired(&s)};
  lariat_deferred *outer = succeed(&s, text("outer"));
  lariat_deferred_add_callback(outer, start, &nest);
  eat(&s, outer, "outer");
  saw(&s, "start first(inner) ");
  lariat_deferred_callback(nest.inner, text("orange"));
  on_error(&s, nest.inner, "failed", lariat_none());
  on_error(&s, outer, "failed", lariat_none());
  saw(&s, "second(orange) outer(orangeorange) ");
  release2(nest.inner, outer);
  finish(&s);
}

static void test_nestedAsynchronousChainedDeferredsWithExtraCallbacks(void) {
  struct stage s;
  begin(&s);
  struct nest nest = {&s, unfired(&s)};
  on_success(&s, nest.inner, "transform", text("[withers]"));
  lariat_deferred *outer = succeed(&s, text("outer"));
  lariat_deferred_add_callback(outer, start, &nest);
  eat(&s, outer, "outer");
  saw(&s, "start first(inner) ");
  lariat_deferred_callback(nest.inner, text("withers"));
  on_error(&s, outer, "failed", lariat_none());
  on_error(&s, nest.inner, "failed", lariat_none());
  saw(&s, "transform(withers) second([withers]) outer(withers withers) ");
  release2(nest.inner, outer);
  finish(&s);
}

/* Whom a deferred waits for is what describe says. */
static void waits_for(const lariat_deferred *a, const lariat_deferred *b) {
  char words[128], expected[128];
  lariat_deferred_describe(a, words, sizeof words);
  snprintf(expected, sizeof expected,
           "<deferred at %p waiting on deferred at %p>", (const void *)a,
           (const void *)b);
  CU_ASSERT_STRING_EQUAL(words, expected);
}

static void test_chainDeferredRecordsExplicitChain(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *a = unfired(&s), *b = unfired(&s);
  lariat_deferred_chain(b, a);
  waits_for(a, b);
  release2(a, b);
  finish(&s);
}

static void test_explicitChainClearedWhenResolved(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *a = unfired(&s), *b = unfired(&s);
  lariat_deferred_chain(b, a);
  lariat_deferred_callback(b, lariat_none());
  char words[128];
  lariat_deferred_describe(a, words, sizeof words);
  CU_ASSERT_PTR_NULL(strstr(words, "waiting"));
  result_of(a, "none");
  release2(a, b);
  finish(&s);
}

static void test_chainDeferredRecordsImplicitChain(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *a = unfired(&s), *b = unfired(&s);
  on_success(&s, a, "give", returned(b));
  lariat_deferred_callback(a, lariat_none());
  waits_for(a, b);
  saw(&s, "give(none) ");
  release2(a, b);
  finish(&s);
}

/* Twisted warns, and announces an exception for the future: that is what this
 * and the next show. */
static void test_circularChainWarning(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  on_success(&s, d, "circular", returned(d));
  lariat_deferred_callback(d, text("foo"));
  saw(&s, "circular(foo) ");
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(lariat_deferred_peek(d)),
                         "a deferred was returned from its own callback");
  failure_result_of(&s, d, LARIAT_ESELF);
  lariat_deferred_release(d);
  finish(&s);
}

static void test_circularChainException(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  on_success(&s, d, "circular", returned(d));
  lariat_deferred_callback(d, text("foo"));
  eat(&s, d, "next");
  saw(&s, "circular(foo) next(!returned-itself) ");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_repr(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  char words[128], expected[128];
  lariat_deferred_describe(d, words, sizeof words);
  snprintf(expected, sizeof expected, "<deferred at %p>", (void *)d);
  CU_ASSERT_STRING_EQUAL(words, expected);
  lariat_deferred_release(d);
  finish(&s);
}

static void test_reprWithResult(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  lariat_deferred_callback(d, text("orange"));
  char words[128], expected[128];
  lariat_deferred_describe(d, words, sizeof words);
  snprintf(expected, sizeof expected, "<deferred at %p current result: orange>",
           (void *)d);
  CU_ASSERT_STRING_EQUAL(words, expected);
  lariat_deferred_release(d);
  finish(&s);
}

static void test_reprWithChaining(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *a = unfired(&s), *b = unfired(&s);
  lariat_deferred_chain(b, a);
  waits_for(a, b);
  release2(a, b);
  finish(&s);
}

static lariat_value note_stack(lariat_value result, void *context) {
  *(uintptr_t *)context = (uintptr_t)__builtin_frame_address(0);
  return result;
}

/* Where on the stack the callback of the outermost of `count` runs. */
static uintptr_t chain_deferreds(struct stage *s, int count) {
  uintptr_t place = 0;
  lariat_deferred **inner = calloc((size_t)count, sizeof(lariat_deferred *));
  CU_ASSERT_PTR_NOT_NULL_FATAL(inner);
  lariat_deferred *top = unfired(s), *last = unfired(s);
  for (int i = 0; i < count; i++) inner[i] = unfired(s);
  on_success(s, top, "", returned(inner[0]));
  lariat_deferred_add_callback(top, note_stack, &place);
  for (int i = 0; i < count; i++)
    on_success(s, inner[i], "", returned(i + 1 < count ? inner[i + 1] : last));
  lariat_deferred_callback(top, lariat_none());
  for (int i = 0; i < count; i++)
    lariat_deferred_callback(inner[i], lariat_none());
  CU_ASSERT_EQUAL(place, 0);
  lariat_deferred_callback(last, lariat_none());
  for (int i = 0; i < count; i++) lariat_deferred_release(inner[i]);
  free(inner);
  release2(top, last);
  s->recorder.text[0] = '\0';
  return place;
}

/* Calls that the compiler makes in different ways may lie a few frames apart;
 * 20,000 levels would be a long way. */
static bool same_depth(uintptr_t a, uintptr_t b) {
  return (a > b ? a - b : b - a) < 4096;
}

static void test_boundedStackDepth(void) {
  struct stage s;
  begin(&s);
  uintptr_t one = chain_deferreds(&s, 1);
  CU_ASSERT(same_depth(one, chain_deferreds(&s, 2)));
  CU_ASSERT(same_depth(one, chain_deferreds(&s, 20000)));
  finish(&s);
}

static void test_resultOfDeferredResultOfDeferredOfFiredDeferredCalled(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *first = unfired(&s), *second = unfired(&s),
                  *third = unfired(&s);
  on_success(&s, first, "1", returned(second));
  on_success(&s, second, "2", returned(third));
  lariat_deferred_callback(second, lariat_none());
  lariat_deferred_callback(first, lariat_none());
  lariat_deferred_callback(third, lariat_none());
  eat(&s, second, "second");
  saw(&s, "2(none) 1(none) second(none) ");
  release2(first, second);
  lariat_deferred_release(third);
  finish(&s);
}

/* The canceller's context holds the deferred: that circle opens when the
 * deferred fires. */

struct circle {
  struct recorder *recorder;
  lariat_deferred *d;
};

static void circle_cancel(lariat_deferred *d, void *context) {
  (void)d;
  (void)context;
}

static void circle_destroy(void *context) {
  struct circle *circle = context;
  circle->recorder->contexts_destroyed++;
  lariat_deferred_release(circle->d);
}

/* `circle->d` has the only reference to what is returned, but for the
 * caller's. */
static lariat_deferred *make_circle(struct stage *s, struct circle *circle) {
  s->recorder.contexts_made++;
  circle->recorder = &s->recorder;
  circle->d =
      lariat_deferred_new(s->f.reactor, circle_cancel, circle, circle_destroy);
  return lariat_deferred_retain(circle->d);
}

static void test_canceller_circular_reference_callback(void) {
  struct stage s;
  struct circle circle;
  begin(&s);
  lariat_deferred *d = make_circle(&s, &circle);
  lariat_deferred_callback(d, lariat_none());
  CU_ASSERT_EQUAL(s.recorder.contexts_destroyed, 1);
  lariat_deferred_release(d);
  finish(&s);
}

static void test_canceller_circular_reference_errback(void) {
  struct stage s;
  struct circle circle;
  begin(&s);
  lariat_deferred *d = make_circle(&s, &circle);
  lariat_deferred_errback(d, failure("demanded"));
  CU_ASSERT_EQUAL(s.recorder.contexts_destroyed, 1);
  failure_result_of(&s, d, LARIAT_EUSER);
  lariat_deferred_release(d);
  finish(&s);
}

static void test_canceller_circular_reference_non_final(void) {
  struct stage s;
  struct circle circle;
  begin(&s);
  lariat_deferred *d = make_circle(&s, &circle), *inner = unfired(&s);
  on_success(&s, d, "give", returned(inner));
  lariat_deferred_callback(d, lariat_none());
  CU_ASSERT_EQUAL(s.recorder.contexts_destroyed, 2); /* and that of the pair */
  lariat_deferred_callback(inner, lariat_none());
  saw(&s, "give(none) ");
  release2(d, inner);
  finish(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      CASE(DeferredTests, testCallbackWithoutArgs),
      CASE(DeferredTests, testCallbackWithArgs),
      CASE(DeferredTests, testCallbackWithKwArgs),
      CASE(DeferredTests, testTwoCallbacks),
      CASE(DeferredTests, test_addCallbacksNoneErrback),
      CASE(DeferredTests, test_addCallbacksNoneCallbackArgs),
      CASE(DeferredTests, test_addCallbacksNoneErrbackArgs),
      CASE(DeferredTests, testImmediateSuccess),
      CASE(DeferredTests, test_succeedMatchesManualSuccess),
      CASE(DeferredTests, testImmediateFailure),
      CASE(DeferredTests, testPausedFailure),
      CASE(DeferredTests, testCallbackErrors),
      CASE(DeferredTests, testUnpauseBeforeCallback),
      CASE(DeferredTests, test_callbackReturnsDeferred),
      CASE(DeferredTests, test_callbackMaybeReturnsFailure),
      CASE(DeferredTests, test_errbackReturnsDeferred),
      CASE(DeferredTests, test_chainedPausedDeferredWithResult),
      CASE(DeferredTests, test_pausedDeferredChained),
      CASE(DeferredTests, test_maybeDeferredSync),
      CASE(DeferredTests, test_maybeDeferredSyncWithArgs),
      CASE(DeferredTests, test_maybeDeferredSyncException),
      CASE(DeferredTests, test_maybeDeferredSyncFailure),
      CASE(DeferredTests, test_maybeDeferredAsync),
      CASE(DeferredTests, test_maybeDeferredAsyncError),
      CASE(DeferredTests, test_innerCallbacksPreserved),
      CASE(DeferredTests, test_continueCallbackNotFirst),
      CASE(DeferredTests, test_callbackOrderPreserved),
      CASE(DeferredTests, test_reentrantRunCallbacks),
      CASE(DeferredTests, test_nonReentrantCallbacks),
      CASE(DeferredTests, test_reentrantRunCallbacksWithFailure),
      CASE(DeferredTests, test_synchronousImplicitChain),
      CASE(DeferredTests, test_asynchronousImplicitChain),
      CASE(DeferredTests, test_synchronousImplicitErrorChain),
      CASE(DeferredTests, test_asynchronousImplicitErrorChain),
      CASE(DeferredTests, test_doubleAsynchronousImplicitChaining),
      CASE(DeferredTests, test_nestedAsynchronousChainedDeferreds),
      CASE(DeferredTests,
           test_nestedAsynchronousChainedDeferredsWithExtraCallbacks),
      CASE(DeferredTests, test_chainDeferredRecordsExplicitChain),
      CASE(DeferredTests, test_explicitChainClearedWhenResolved),
      CASE(DeferredTests, test_chainDeferredRecordsImplicitChain),
      CASE(DeferredTests, test_circularChainWarning),
      CASE(DeferredTests, test_circularChainException),
      CASE(DeferredTests, test_repr),
      CASE(DeferredTests, test_reprWithResult),
      CASE(DeferredTests, test_reprWithChaining),
      CASE(DeferredTests, test_boundedStackDepth),
      CASE(DeferredTests,
           test_resultOfDeferredResultOfDeferredOfFiredDeferredCalled),
      CASE(DeferredTests, test_canceller_circular_reference_callback),
      CASE(DeferredTests, test_canceller_circular_reference_errback),
      CASE(DeferredTests, test_canceller_circular_reference_non_final),
  };
  return fixture_main("DeferredTests", tests, FIXTURE_COUNT(tests), argc, argv);
}
