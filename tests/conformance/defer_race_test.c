/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * defer_race_test.c: Twisted's RaceTests, FirstErrorTests and
 * EnsureDeferredTests.  Where Twisted's draws numbers at random, these go
 * through all of them. */
#include <lariat/race.h>

#include "conformance/defer.h"
#include "deferred/failure.h"

enum { MOST = 8 };

/* Racers of which the test keeps references, and how often each was
 * cancelled. */
struct field {
  struct stage s;
  size_t count;
  lariat_deferred *racer[MOST];
  int cancelled[MOST];
  lariat_deferred *race;
};

static void line_up(struct field *f, size_t count, lariat_canceller canceller) {
  begin(&f->s);
  f->count = count;
  for (size_t i = 0; i < count; i++) {
    f->cancelled[i] = 0;
    f->racer[i] = with_canceller(&f->s, canceller, &f->cancelled[i]);
  }
}

static void go(struct field *f) {
  for (size_t i = 0; i < f->count; i++) lariat_deferred_retain(f->racer[i]);
  f->race = lariat_race(f->racer, f->count);
}

static void pack_up(struct field *f) {
  for (size_t i = 0; i < f->count; i++) lariat_deferred_release(f->racer[i]);
  lariat_deferred_release(f->race);
  finish(&f->s);
}

static void won(const struct field *f, size_t index, const char *expected) {
  lariat_value winner = lariat_deferred_peek(f->race);
  CU_ASSERT_PTR_EQUAL_FATAL(winner.type, &lariat_winner_type);
  CU_ASSERT_EQUAL(lariat_winner_index(winner), index);
  char words[64];
  describe_result(lariat_winner_value(winner), words, sizeof words);
  CU_ASSERT_STRING_EQUAL(words, expected);
}

static void success_among(size_t before, size_t after) {
  struct field f;
  line_up(&f, before + 1 + after, count_cancel);
  go(&f);
  lariat_deferred_callback(f.racer[before], text("expected"));
  won(&f, before, "expected");
  for (size_t i = 0; i < f.count; i++)
    CU_ASSERT_EQUAL(f.cancelled[i], i == before ? 0 : 1);
  pack_up(&f);
}

static void race_success(void) {
  for (size_t before = 0; before <= 3; before++)
    for (size_t after = 0; after <= 3; after++) success_among(before, after);
}

static void failure_of(size_t count) {
  struct field f;
  line_up(&f, count, count_cancel);
  go(&f);
  for (size_t i = count; i-- > 0;) {
    char words[32];
    snprintf(words, sizeof words, "%zu", i);
    lariat_deferred_errback(f.racer[i], failure(words));
  }
  lariat_value group = lariat_deferred_peek(f.race);
  CU_ASSERT_EQUAL(lariat_failure_group_count(group), count);
  for (size_t i = 0; i < count; i++) {
    lariat_value one = lariat_failure_group_at(group, i);
    CU_ASSERT_EQUAL(strtoul(lariat_failure_message(one), NULL, 10), i);
    CU_ASSERT_EQUAL(f.cancelled[i], 0);
  }
  failure_result_of(&f.s, f.race, LARIAT_EALLFAILED);
  pack_up(&f);
}

static void race_failure(void) {
  for (size_t count = 1; count <= 7; count++) failure_of(count);
}

static void late_result(size_t before, size_t after) {
  struct field f;
  line_up(&f, before + 2 + after, NULL);
  go(&f);
  lariat_deferred_callback(f.racer[before], text("first"));
  lariat_deferred_callback(f.racer[before + 1], text("late"));
  won(&f, before, "first");
  pack_up(&f); /* nothing was reported */
}

static void race_resultAfterCancel(void) {
  for (size_t before = 0; before <= 3; before++)
    for (size_t after = 0; after <= 3; after++) late_result(before, after);
}

static void race_resultFromCancel(void) {
  struct field f;
  line_up(&f, 2, NULL);
  lariat_deferred_release(f.racer[1]);
  f.racer[1] = with_canceller(&f.s, cancel_with_callback, "other");
  go(&f);
  lariat_deferred_callback(f.racer[0], text("expected"));
  won(&f, 0, "expected");
  pack_up(&f);
}

static void race_cancel(void) {
  for (size_t count = 1; count <= 3; count++) {
    struct field f;
    line_up(&f, count, count_cancel);
    go(&f);
    lariat_deferred_cancel(f.race);
    for (size_t i = 0; i < count; i++) CU_ASSERT_EQUAL(f.cancelled[i], 1);
    failure_result_of(&f.s, f.race, LARIAT_EALLFAILED);
    pack_up(&f);
  }
}

/* FirstError: what describe says, and what the message says. */

static void first_repr(void) {
  struct stage s;
  begin(&s);
  lariat_value first = lr_failure_first(3, failure("some text"));
  char words[128];
  lariat_value_describe(first, words, sizeof words);
  CU_ASSERT_PTR_NOT_NULL(strstr(words, "number 3"));
  CU_ASSERT_PTR_NOT_NULL(strstr(words, "some text"));
  lariat_value_drop(first);
  finish(&s);
}

static void first_str(void) {
  struct stage s;
  begin(&s);
  lariat_value first = lr_failure_first(5, failure("some text"));
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(first),
                         "the deferred number 5 failed: some text");
  lariat_value_drop(first);
  finish(&s);
}

static lariat_value share(lariat_value value) {
  lariat_value other;
  CU_ASSERT_EQUAL(lariat_value_share(value, &other), LARIAT_OK);
  return other;
}

static void first_comparison(void) {
  struct stage s;
  begin(&s);
  lariat_value cause = failure("division");
  lariat_value one = lr_failure_first(13, share(cause));
  lariat_value another_one = lr_failure_first(13, share(cause));
  lariat_value another = lr_failure_first(9, failure("bar"));
  CU_ASSERT_TRUE(lariat_failure_equal(one, another_one));
  CU_ASSERT_FALSE(lariat_failure_equal(one, another));
  CU_ASSERT_FALSE(lariat_failure_equal(one, cause));
  lariat_value all[] = {cause, one, another_one, another};
  for (size_t i = 0; i < FIXTURE_COUNT(all); i++) lariat_value_drop(all[i]);
  finish(&s);
}

static void ensure_passesThroughDeferreds(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d1 = unfired(&s);
  lariat_deferred *d2 =
      lariat_deferred_of(s.f.reactor, lariat_deferred_value(d1));
  CU_ASSERT_PTR_EQUAL(d1, d2);
  lariat_deferred_release(d2);
  finish(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"RaceTests.test_success", race_success},
      {"RaceTests.test_failure", race_failure},
      {"RaceTests.test_resultAfterCancel", race_resultAfterCancel},
      {"RaceTests.test_resultFromCancel", race_resultFromCancel},
      {"RaceTests.test_cancel", race_cancel},
      {"FirstErrorTests.test_repr", first_repr},
      {"FirstErrorTests.test_str", first_str},
      {"FirstErrorTests.test_comparison", first_comparison},
      {"EnsureDeferredTests.test_passesThroughDeferreds",
       ensure_passesThroughDeferreds},
  };
  return fixture_main("RaceTests", tests, FIXTURE_COUNT(tests), argc, argv);
}
