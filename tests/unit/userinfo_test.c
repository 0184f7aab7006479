/* SPDX-License-Identifier: MIT
 * userinfo_test.c: what is sent for user and password, and texts without
 * them. */
#include "http/userinfo.h"

#include <string.h>

#include "base/memory.h"
#include "support/fixture.h"

static void test_authorization(void) {
  static const char *const rows[][2] = {
      {"http://u:p@h/", "Basic dTpw"},
      {"http://Aladdin:open%20sesame@h/", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
      {"http://u@h/", "Basic dTo="},
      {"http://:p@h/", "Basic OnA="},
      {"http://u:a@b:c@h/", "Basic dTphQGI6Yw=="},
      {"https://%75%3a:%zz%0d%0a@h:81/x?y@z", "Basic dTo6JXp6DQo="},
      {"http://\xc3\xbc:p@h/", "Basic w7w6cA=="},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    char *value = lr_userinfo_make_authorization(rows[i][0]);
    if (!value || strcmp(value, rows[i][1]) != 0)
      fixture_fail("%s: %s", rows[i][0], value ? value : "NULL");
    lr_free(value);
  }
  fixture_close(&f);
}

static void test_redact(void) {
  static const char *const rows[][2] = {
      {"http://u:p@h/x@y", "http://h/x@y"},
      {"http://u:p@q@h:99999/", "http://h:99999/"},
      {"http:/\\u:p@h", "http:/\\h"},
      {"http:u:p@h", "http:h"},
      {"u:p@h", "u:h"},
      {"user@h", "h"},
      {"//u:p@h?@", "//h?@"},
      {"http://h/", "http://h/"},
      {"http://u:p/q@h/", "http://h/"},
      {"http://u:1#q@h/", "http://u:1#q@h/"},
      {"http://u:p?@q@h/", "http://h/"},
      {"http://h:81/a@b", "http://h:81/a@b"},
      {"http://[::1]/a@b", "http://[::1]/a@b"},
      {"", ""},
      {"nothing", "nothing"},
      {" http://u:p@h/", " http://h/"},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    char *copy = lr_userinfo_redact(rows[i][0]);
    if (!copy || strcmp(copy, rows[i][1]) != 0)
      fixture_fail("%s: %s", rows[i][0], copy ? copy : "NULL");
    lr_free(copy);
  }
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (uint64_t nth = 1; nth <= 3; nth++) {
    fixture_fail_allocation(&f, nth);
    CU_ASSERT_PTR_NULL(lr_userinfo_make_authorization("http://u:p@h/"));
  }
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(lr_userinfo_redact("http://u:p@h/"));
  fixture_fail_allocation(&f, 0);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"authorization", test_authorization},
      {"redacted texts", test_redact},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("userinfo", tests, FIXTURE_COUNT(tests), argc, argv);
}
