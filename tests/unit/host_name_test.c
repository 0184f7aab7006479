/* SPDX-License-Identifier: MIT
 * host_name_test.c: valid names, special names, lower case. */
#include "net/host_name.h"

#include <string.h>

#include "support/fixture.h"

static void test_valid(void) {
  static const char *const good[] = {"a",          "a.b.",        "_dmarc.test",
                                     "xn--a.test", "host-1.test", "a*b.test"};
  static const char *const bad[] = {"",     ".",        "..",      "a..b",
                                    ".a",   "a b",      "a/b",     "a%b",
                                    "a\tb", "\xc3\xa4", "a.test.."};
  char name[300];
  for (size_t i = 0; i < FIXTURE_COUNT(good); i++)
    CU_ASSERT_TRUE(lr_host_name_is_valid(good[i], strlen(good[i])));
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++)
    CU_ASSERT_FALSE(lr_host_name_is_valid(bad[i], strlen(bad[i])));
  memset(name, 'a', sizeof name);
  CU_ASSERT_TRUE(lr_host_name_is_valid(name, 63));
  CU_ASSERT_FALSE(lr_host_name_is_valid(name, 64));
  for (size_t i = 50; i < sizeof name; i += 50) name[i] = '.';
  CU_ASSERT_TRUE(lr_host_name_is_valid(name, 253));
  CU_ASSERT_FALSE(lr_host_name_is_valid(name, 254));
  name[253] = '.';
  CU_ASSERT_TRUE(lr_host_name_is_valid(name, 254));
}

static void test_special(void) {
  static const struct {
    const char *name;
    lr_host_name_kind kind;
  } cases[] = {
      {"localhost", LR_HOST_NAME_LOOPBACK},
      {"LocalHost.", LR_HOST_NAME_LOOPBACK},
      {"a.b.localhost", LR_HOST_NAME_LOOPBACK},
      {"notlocalhost", LR_HOST_NAME_ORDINARY},
      {"localhost.test", LR_HOST_NAME_ORDINARY},
      {"a.invalid", LR_HOST_NAME_NOWHERE},
      {"invalid", LR_HOST_NAME_NOWHERE},
      {"abc.onion", LR_HOST_NAME_NOWHERE},
      {"onion.test", LR_HOST_NAME_ORDINARY},
      {"test", LR_HOST_NAME_ORDINARY},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++)
    CU_ASSERT_EQUAL(lr_host_name_kind_of(cases[i].name, strlen(cases[i].name)),
                    cases[i].kind);
}

static void test_lower(void) {
  char out[LR_HOST_NAME_MAX + 1];
  CU_ASSERT_EQUAL(lr_host_name_lower("WwW.Test.", 9, out), 8);
  CU_ASSERT_STRING_EQUAL(out, "www.test");
  CU_ASSERT_EQUAL(lr_host_name_hash(out, 8), lr_host_name_hash("www.test", 8));
  CU_ASSERT_NOT_EQUAL(lr_host_name_hash("a", 1), lr_host_name_hash("b", 1));
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"valid", test_valid},
      {"special", test_special},
      {"lower case", test_lower},
  };
  return fixture_main("host name", tests, FIXTURE_COUNT(tests), argc, argv);
}
