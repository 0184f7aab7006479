/* SPDX-License-Identifier: MIT
 * csv_test.c: tables of RFC 4180, and texts that are none, and where. */
#include "load/csv.h"

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

static void require_table(const char *text, const char *expected) {
  lr_load_csv csv;
  lariat_load_error error = {0};
  char log[500];
  size_t length = 0;
  if (lr_load_csv_init(&csv, text, strlen(text), &error) != LARIAT_OK) {
    fixture_fail("%s: %s", text, error.message);
    return;
  }
  log[0] = '\0';
  for (size_t row = 0; row < csv.rows; row++)
    for (size_t column = 0; column < csv.columns; column++) {
      lr_load_cell cell = lr_load_csv_cell(&csv, row, column);
      length += (size_t)snprintf(log + length, sizeof log - length, "%.*s%s",
                                 (int)cell.length, cell.bytes,
                                 column + 1 < csv.columns ? "|" : "/");
    }
  if (strcmp(log, expected) != 0) fixture_fail("%s: %s", text, log);
  lr_load_csv_free(&csv);
}

static void test_tables(void) {
  require_table("a,b\n1,2\n3,4\n", "1|2/3|4/");
  require_table("\xef\xbb\xbf"
                "a,b\r\n1,2\r\n3,4",
                "1|2/3|4/");
  require_table("a\n1\n\n2\n\"\"\n", "1/2//");
  require_table("a,b\n,\n\"x\"\"y\",\"1,2\"\n", "|/x\"y|1,2/");
  require_table("a,b\n\"two\nlines\r\n\",x\n", "two\nlines\r\n|x/");
  require_table("\"a\",b.c-d_1\n 1 ,2 \n", " 1 |2 /");
}

static void test_names(void) {
  static const char text[] = "id,name\n1,x\n";
  lr_load_csv csv;
  size_t column;
  CU_ASSERT_EQUAL(lr_load_csv_init(&csv, text, strlen(text), NULL), LARIAT_OK);
  CU_ASSERT_TRUE(lr_load_csv_find(&csv, "name", 4, &column) && column == 1);
  CU_ASSERT_FALSE(lr_load_csv_find(&csv, "nam", 3, &column));
  lr_load_csv_free(&csv);
}

static void require_error(const char *text, size_t byte, const char *message) {
  lr_load_csv csv;
  lariat_load_error error = {0};
  CU_ASSERT_EQUAL(lr_load_csv_init(&csv, text, strlen(text), &error),
                  LARIAT_EINVAL);
  if (!strstr(error.message, message) || error.byte != byte)
    fixture_fail("%s: \"%s\" at %zu, not \"%s\" at %zu", text, error.message,
                 error.byte, message, byte);
}

static void test_errors(void) {
  require_error("", 0, "a table without a row");
  require_error("a,b\n", 4, "a table without a row");
  require_error("a,b\n1,2\n3\n", 8, "line 3: 1 values, where there are 2");
  require_error("a,b\n1,2,3\n", 4, "line 2: 3 values");
  require_error("a\n1\"2\n", 3, "line 2: a quote within a field");
  require_error("a\n\"x\ny\"z\n", 7, "line 3: a field does not end");
  require_error("a\n\"12\n", 2, "line 2: a quote that is not closed");
  require_error("a\n1\r2\n", 3, "line 2: a field does not end");
  require_error("a b\n1\n", 0, "the name of column 1 is none");
  require_error("a;b\n1;2\n", 0, "the name of column 1 is none");
  require_error("a,\n1,2\n", 0, "the name of column 2 is none");
  require_error("a,b,a\n1,2,3\n", 0, "columns 1 and 3 have one name");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"quotes, commas and line breaks", test_tables},
      {"columns by their names", test_names},
      {"what is none, and where", test_errors},
  };
  return fixture_main("csv", tests, FIXTURE_COUNT(tests), argc, argv);
}
