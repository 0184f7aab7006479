/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * value_list_test.c: the list of values owns its items. */
#include "deferred/list.h"

#include "support/fixture.h"
#include "support/recorder.h"

static void test_items(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_list *list = lr_list_values_new(3);
  lr_list_values_put(list, 0, recorder_value(&recorder, 1));
  lr_list_values_put(list, 2, lariat_int(9));
  lariat_value value = lariat_value_of(&lariat_list_type, list);
  CU_ASSERT_PTR_EQUAL(lariat_list_in(value), list);
  CU_ASSERT_EQUAL(lariat_list_count(list), 3);
  CU_ASSERT_PTR_EQUAL(lariat_list_at(list, 0).type, &recorder_type);
  CU_ASSERT(lariat_is_none(lariat_list_at(list, 1)));
  CU_ASSERT_EQUAL(lariat_int_in(lariat_list_at(list, 2)), 9);
  CU_ASSERT(lariat_is_none(lariat_list_at(list, 3)));
  CU_ASSERT_EQUAL(recorder.values_dropped, 0);
  lariat_value_drop(value);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_take(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_list *list = lr_list_values_new(1);
  lr_list_values_put(list, 0, recorder_value(&recorder, 1));
  lariat_value taken = lariat_list_take(list, 0);
  CU_ASSERT(lariat_is_none(lariat_list_at(list, 0)));
  CU_ASSERT(lariat_is_none(lariat_list_take(list, 0)));
  CU_ASSERT(lariat_is_none(lariat_list_take(list, 1)));
  lariat_value_drop(lariat_value_of(&lariat_list_type, list));
  CU_ASSERT_EQUAL(recorder.values_dropped, 0);
  lariat_value_drop(taken);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_null(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lariat_list_count(NULL), 0);
  CU_ASSERT(lariat_is_none(lariat_list_at(NULL, 0)));
  CU_ASSERT(lariat_is_none(lariat_list_take(NULL, 0)));
  lr_list_values_free(NULL);
  CU_ASSERT_PTR_NULL(lr_list_values_new(SIZE_MAX / 2));
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(lr_list_values_new(1));
  fixture_close(&f);
}

static void test_nested(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_value value = lariat_none();
  for (int i = 0; i < 300000; i++) {
    lariat_list *list = lr_list_values_new(2);
    lr_list_values_put(list, 0, value);
    if (i % 1000 == 0)
      lr_list_values_put(list, 1, recorder_value(&recorder, i));
    value = lariat_value_of(&lariat_list_type, list);
  }
  lariat_value_drop(value);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_describe(void) {
  struct fixture f;
  char text[32];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_value value =
      lariat_value_of(&lariat_list_type, lr_list_values_new(2));
  lariat_value_describe(value, text, sizeof text);
  CU_ASSERT_STRING_EQUAL(text, "list of 2");
  lariat_value_drop(value);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"items are the list's, in their places", test_items},
      {"an item that is taken is the taker's", test_take},
      {"no list, no memory, out of range", test_null},
      {"lists in lists are dropped without recursion", test_nested},
      {"a list describes itself", test_describe},
  };
  return fixture_main("value_list", tests, FIXTURE_COUNT(tests), argc, argv);
}
