/* SPDX-License-Identifier: MIT
 * h1_reason_test.c: each reason has a name of its own.  That each is given is
 * h1_parser_test.c's. */
#include "http/h1_reason.h"

#include "support/fixture.h"

static void test_names(void) {
  for (unsigned reason = 0; reason < LR_H1_REASON_COUNT; reason++) {
    const char *name = lr_h1_reason_text((lr_h1_reason)reason);
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    for (unsigned other = 0; other < reason; other++)
      CU_ASSERT_STRING_NOT_EQUAL(name, lr_h1_reason_text((lr_h1_reason)other));
  }
  CU_ASSERT_STRING_EQUAL(lr_h1_reason_text(LR_H1_REASON_BARE_CR),
                         "a CR within a line");
  CU_ASSERT_STRING_EQUAL(lr_h1_reason_text(LR_H1_REASON_COUNT), "unknown");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {{"names", test_names}};
  return fixture_main("h1_reason", tests, FIXTURE_COUNT(tests), argc, argv);
}
