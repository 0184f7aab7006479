/* SPDX-License-Identifier: MIT
 * http_date_test.c: dates are written as RFC 9110 has them, and read back. */
#include <lariat/http_date.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/fixture.h"

static void expect_date(int64_t seconds, const char *wanted) {
  char text[LARIAT_HTTP_DATE_BYTES];
  CU_ASSERT_EQUAL(lariat_http_date_write(seconds, text), LARIAT_OK);
  if (strcmp(text, wanted) != 0)
    fixture_fail("%lld is %s, not %s", (long long)seconds, text, wanted);
}

static void test_written(void) {
  char text[LARIAT_HTTP_DATE_BYTES];
  expect_date(784111777, "Sun, 06 Nov 1994 08:49:37 GMT");
  expect_date(0, "Thu, 01 Jan 1970 00:00:00 GMT");
  expect_date(-1, "Wed, 31 Dec 1969 23:59:59 GMT");
  expect_date(951782400, "Tue, 29 Feb 2000 00:00:00 GMT");
  expect_date(INT64_C(4107542400), "Mon, 01 Mar 2100 00:00:00 GMT");
  expect_date(INT64_C(253402300799), "Fri, 31 Dec 9999 23:59:59 GMT");
  expect_date(INT64_C(-62135596800), "Mon, 01 Jan 0001 00:00:00 GMT");
  CU_ASSERT_EQUAL(lariat_http_date_write(INT64_C(253402300800), text),
                  LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(text, "");
  CU_ASSERT_EQUAL(lariat_http_date_write(INT64_C(-62135596801), text),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_http_date_write(INT64_MIN, text), LARIAT_EINVAL);
}

/* Compares each week of five centuries with the C library's. */
static void test_as_the_c_library(void) {
  char wanted[64];
  for (int64_t at = 0; at < INT64_C(15778800000); at += 604800 + 3661) {
    time_t seconds = (time_t)at;
    struct tm parts;
    if (!gmtime_r(&seconds, &parts)) abort();
    (void)strftime(wanted, sizeof wanted, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    expect_date(at, wanted);
  }
}

static void test_read(void) {
  static const char *const same[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                     "Sunday, 06-Nov-94 08:49:37 GMT",
                                     "Sun Nov  6 08:49:37 1994"};
  int64_t seconds;
  for (size_t i = 0; i < FIXTURE_COUNT(same); i++) {
    CU_ASSERT_EQUAL(lariat_http_date_parse(same[i], &seconds), LARIAT_OK);
    CU_ASSERT_EQUAL(seconds, 784111777);
  }
  CU_ASSERT_EQUAL(lariat_http_date_parse("no date", &seconds), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_http_date_parse("", &seconds), LARIAT_EINVAL);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"written", test_written},
      {"as the C library", test_as_the_c_library},
      {"read", test_read},
  };
  return fixture_main("http_date", tests, FIXTURE_COUNT(tests), argc, argv);
}
