/* SPDX-License-Identifier: MIT
 * field_test.c: the bytes of status lines and field lines. */
#include "http/field.h"

#include <string.h>

#include "support/fixture.h"

static void test_bytes(void) {
  for (int c = -128; c < 128; c++) {
    char byte = (char)c;
    bool upper = c >= 'A' && c <= 'Z';
    CU_ASSERT_EQUAL(lr_is_digit(byte), c >= '0' && c <= '9');
    CU_ASSERT_EQUAL(lr_is_blank(byte), c == ' ' || c == '\t');
    CU_ASSERT_EQUAL(lr_ascii_lower(byte), upper ? (char)(c + 32) : byte);
  }
}

/* '@' and '`', '[' and '{' differ as letters do, and so do these two with the
 * highest bit set. */
static void test_names(void) {
  CU_ASSERT(lr_name_equal("ETag", "etAG", 4));
  CU_ASSERT(lr_name_equal("ETag", "etXX", 2));
  CU_ASSERT(lr_name_equal("a", "b", 0));
  CU_ASSERT(!lr_name_equal("ETag", "ETah", 4));
  CU_ASSERT(!lr_name_equal("@", "`", 1));
  CU_ASSERT(!lr_name_equal("[", "{", 1));
  CU_ASSERT(!lr_name_equal("\xc4", "\xe4", 1));
  CU_ASSERT(lr_name_is("Date: x", 4, "DATE"));
  CU_ASSERT(!lr_name_is("Date: x", 4, "Dat"));
  CU_ASSERT(!lr_name_is("Date: x", 3, "Date"));
  CU_ASSERT_EQUAL(lr_status_code_of("099 "), 99);
}

static void test_blanks(void) {
  static const char text[] = " \t a b\t ";
  const char *end = text + sizeof text - 1;
  const char *first = lr_skip_blanks(text, end);
  CU_ASSERT_PTR_EQUAL(first, text + 3);
  CU_ASSERT_PTR_EQUAL(lr_trim_end(first, end), text + 6);
  CU_ASSERT_PTR_EQUAL(lr_skip_blanks(text, text + 3), text + 3);
  CU_ASSERT_PTR_EQUAL(lr_trim_end(text, text + 3), text);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"bytes", test_bytes}, {"names", test_names}, {"blanks", test_blanks}};
  return fixture_main("field", tests, FIXTURE_COUNT(tests), argc, argv);
}
