/* SPDX-License-Identifier: MIT
 * switch_test.c: switches that a function or the environment sets. */
#include "base/switch.h"

#include <stdlib.h>

#include "support/fixture.h"

static const char name[] = "LARIAT_TEST_SWITCH";

static bool at_first(const char *value, bool from_the_start) {
  lr_switch toggle = {.variable = name, .from_the_start = from_the_start};
  if (value)
    setenv(name, value, 1);
  else
    unsetenv(name);
  bool on = lr_switch_is_on(&toggle);
  CU_ASSERT_EQUAL(lr_switch_is_on(&toggle), on);
  return on;
}

static void test_environment(void) {
  CU_ASSERT_FALSE(at_first(NULL, false));
  CU_ASSERT_TRUE(at_first(NULL, true));
  CU_ASSERT_TRUE(at_first("1", false));
  CU_ASSERT_FALSE(at_first("0", false));
  unsetenv(name);
}

static void test_set(void) {
  lr_switch toggle = {.variable = name};
  setenv(name, "1", 1);
  lr_switch_set(&toggle, false);
  CU_ASSERT_FALSE(lr_switch_is_on(&toggle));
  lr_switch_set(&toggle, true);
  CU_ASSERT_TRUE(lr_switch_is_on(&toggle));
  lr_switch_set(&toggle, false);
  CU_ASSERT_FALSE(lr_switch_is_on_slow(&toggle)); /* what was set stays */
  unsetenv(name);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"until it is set the environment says", test_environment},
      {"what a function says goes before", test_set},
  };
  return fixture_main("switch", tests, FIXTURE_COUNT(tests), argc, argv);
}
