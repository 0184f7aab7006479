/* SPDX-License-Identifier: MIT
 * date_test.c: dates of HTTP headers as tests/oracles/dates.tsv has them, on
 * every libcurl, and the waits of Retry-After. */
#include "http/date.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "support/fixture.h"

/* One row: the text, and what lariat reads. */
static void check_row(char *row) {
  const char *text = strsep(&row, "\t");
  const char *wanted = strsep(&row, "\t");
  int64_t seconds = 0;
  bool is_date = strcmp(wanted, "-") != 0;
  if (lr_date_parse(text, &seconds) != is_date ||
      (is_date && seconds != strtoll(wanted, NULL, 10)))
    fixture_fail("\"%s\" is %" PRId64 ", not %s", text, seconds, wanted);
}

static void test_table(void) {
  enum { ROWS_LEAST = 80 };
  char row[512];
  int rows = 0;
  FILE *file = fopen(DATES, "r");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  while (fgets(row, sizeof row, file)) {
    if (row[0] == '#') continue;
    check_row(row);
    rows++;
  }
  fclose(file);
  CU_ASSERT(rows >= ROWS_LEAST);
}

/* What is longer than any date is none, whatever is behind the date in it. */
static void test_long(void) {
  char text[256];
  int64_t seconds;
  (void)snprintf(text, sizeof text, "%-128s", "Sun, 06 Nov 1994 08:49:37 GMT");
  CU_ASSERT_TRUE(lr_date_parse(text, &seconds));
  CU_ASSERT_EQUAL(seconds, 784111777);
  (void)snprintf(text, sizeof text, "%-129s", "Sun, 06 Nov 1994 08:49:37 GMT");
  CU_ASSERT_FALSE(lr_date_parse(text, &seconds));
}

/* The wait is counted from the answer's own Date, else from the clock. */
static void test_waits(void) {
  static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT";
  static const char later[] = "sun, 06 nov 1994 08:50:37 gmt";
  CU_ASSERT_EQUAL(lr_retry_after_ns(later, date, 0), 60 * LR_NS_PER_S);
  CU_ASSERT_EQUAL(lr_retry_after_ns(later, NULL, 784111807), 30 * LR_NS_PER_S);
  CU_ASSERT_EQUAL(lr_retry_after_ns(later, "no date", 784111807),
                  30 * LR_NS_PER_S);
  CU_ASSERT_EQUAL(lr_retry_after_ns(date, later, 0), 0);
  CU_ASSERT_EQUAL(lr_retry_after_ns("60", date, 0), 60 * LR_NS_PER_S);
  CU_ASSERT_EQUAL(lr_retry_after_ns("-60", date, 0), 0);
  CU_ASSERT_EQUAL(lr_retry_after_ns("1.5", date, 0), 0);
  CU_ASSERT_EQUAL(lr_retry_after_ns("", date, 0), 0);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the table", test_table},
      {"a text that is too long", test_long},
      {"waits", test_waits},
  };
  return fixture_main("dates", tests, FIXTURE_COUNT(tests), argc, argv);
}
