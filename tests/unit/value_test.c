/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * value_test.c: values are dropped, shared, described and opened. */
#include <lariat/value.h>

#include <string.h>

#include "support/fixture.h"
#include "support/recorder.h"
#include <lariat/checks.h>

static void *share_nothing(void *data) {
  (void)data;
  return NULL;
}

static const lariat_type bare_type = {.size = sizeof(lariat_type),
                                      .name = "bare"};
static const lariat_type poor_type = {
    .size = sizeof(lariat_type), .name = "poor", .share = share_nothing};

static void test_drop_gives_none(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT(lariat_is_none(lariat_value_drop(recorder_value(&recorder, 1))));
  CU_ASSERT_EQUAL(recorder.values_dropped, 1);
  CU_ASSERT(lariat_is_none(lariat_value_drop(lariat_none())));
  CU_ASSERT(lariat_is_none(lariat_value_drop(lariat_int(7))));
  int thing = 0;
  CU_ASSERT(
      lariat_is_none(lariat_value_drop(lariat_value_of(&bare_type, &thing))));
  fixture_close(&f);
}

static void test_share(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_value one = recorder_shared(&recorder, 1);
  lariat_value two;
  CU_ASSERT_EQUAL(lariat_value_share(one, &two), LARIAT_OK);
  lariat_value_drop(one);
  CU_ASSERT_EQUAL(recorder.values_dropped, 0);
  lariat_value_drop(two);
  CU_ASSERT_EQUAL(recorder.values_dropped, 1);
  fixture_close(&f);
}

static void test_share_of_none_and_integers(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_value out = lariat_int(1);
  CU_ASSERT_EQUAL(lariat_value_share(lariat_none(), &out), LARIAT_OK);
  CU_ASSERT(lariat_is_none(out));
  CU_ASSERT_EQUAL(lariat_value_share(lariat_int(0), &out), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_int_in(out), 0);
  CU_ASSERT_PTR_EQUAL(out.type, &lariat_int_type);
  CU_ASSERT_EQUAL(lariat_value_share(lariat_int(-3), &out), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_int_in(out), -3);
  fixture_close(&f);
}

static void test_share_refused(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_value one = recorder_value(&recorder, 1);
  lariat_value out = lariat_int(1);
  CU_ASSERT_EQUAL(lariat_value_share(one, &out), LARIAT_EINVAL);
  CU_ASSERT(lariat_is_none(out));
  lariat_value_drop(one);
  int thing = 0;
  out = lariat_int(1);
  CU_ASSERT_EQUAL(lariat_value_share(lariat_value_of(&poor_type, &thing), &out),
                  LARIAT_ENOMEM);
  CU_ASSERT(lariat_is_none(out));
  fixture_close(&f);
}

static void test_describe(void) {
  struct fixture f;
  struct recorder recorder = {0};
  char text[64];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lariat_value_describe(lariat_none(), text, sizeof text), 4);
  CU_ASSERT_STRING_EQUAL(text, "none");
  lariat_value_describe(lariat_int(-42), text, sizeof text);
  CU_ASSERT_STRING_EQUAL(text, "-42");
  lariat_value value = recorder_value(&recorder, 123456);
  CU_ASSERT_EQUAL(lariat_value_describe(value, text, 4), 6);
  CU_ASSERT_STRING_EQUAL(text, "123");
  CU_ASSERT_EQUAL(lariat_value_describe(value, NULL, 0), 6);
  lariat_value_drop(value);
  int thing = 0;
  lariat_value_describe(lariat_value_of(&bare_type, &thing), text, sizeof text);
  CU_ASSERT_EQUAL(strncmp(text, "<bare at 0x", 11), 0);
  fixture_close(&f);
}

static void open_wrongly(void *context) {
  (void)context;
  lariat_set_checks(true);
  (void)lariat_value_in(lariat_int(1), &bare_type);
}

static void test_in(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  int thing = 0;
  lariat_value value = lariat_value_of(&bare_type, &thing);
  CU_ASSERT_PTR_EQUAL(lariat_value_in(value, &bare_type), &thing);
  CU_ASSERT(fixture_aborts(open_wrongly, NULL));
  lariat_set_checks(false);
  CU_ASSERT_PTR_NULL(lariat_value_in(value, &poor_type));
  CU_ASSERT_PTR_NULL(lariat_value_in(lariat_none(), &poor_type));
  CU_ASSERT_EQUAL(lariat_int_in(value), 0);
  CU_ASSERT_PTR_NULL(lariat_list_in(value));
  lariat_set_checks(true);
  fixture_close(&f);
}

static void test_nameless(void) {
  static const lariat_type nameless = {.size = sizeof(lariat_type)};
  char text[64];
  int number = 0;
  lariat_value_describe(lariat_value_of(&nameless, &number), text, sizeof text);
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "without a name"));
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"drop runs the destructor once and gives none", test_drop_gives_none},
      {"a shared value dies with its last reference", test_share},
      {"none and integers can always be shared",
       test_share_of_none_and_integers},
      {"share refuses what only moves, and says when memory is out",
       test_share_refused},
      {"describe cuts to the space and returns the whole length",
       test_describe},
      {"a value opens as its own type only", test_in},
      {"a type may have no name", test_nameless},
  };
  return fixture_main("value", tests, FIXTURE_COUNT(tests), argc, argv);
}
