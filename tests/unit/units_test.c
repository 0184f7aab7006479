/* SPDX-License-Identifier: MIT
 * units_test.c: amounts as people read them. */
#include "load/units.h"

#include <locale.h>

#include "support/fixture.h"

#define MICRO "\xc2\xb5s"

static void test_durations(void) {
  static const struct row {
    uint64_t ns;
    const char *text, *shorter;
  } rows[] = {
      {0, "0 " MICRO, "0 " MICRO},
      {10, "0.010 " MICRO, "0.01 " MICRO},
      {999, "1.00 " MICRO, "1 " MICRO},
      {48312, "48.3 " MICRO, "48.3 " MICRO},
      {999400, "999 " MICRO, "999 " MICRO},
      {999500, "1.00 ms", "1 ms"},
      {9994999, "9.99 ms", "9.99 ms"},
      {9995001, "10.0 ms", "10 ms"},
      {99950001, "100 ms", "100 ms"},
      {905000000, "905 ms", "905 ms"},
      {999500000, "1.00 s", "1 s"},
      {UINT64_C(1250000000000), "1,250 s", "1,250 s"},
      {UINT64_MAX, "18,446,744,074 s", "18,446,744,074 s"},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    CU_ASSERT_STRING_EQUAL(lr_load_show_duration(rows[i].ns).text,
                           rows[i].text);
    CU_ASSERT_STRING_EQUAL(lr_load_show_short(rows[i].ns).text,
                           rows[i].shorter);
  }
}

static void test_numbers(void) {
  static const struct row {
    double number;
    const char *text;
  } rows[] = {
      {0, "0"},
      {-1, "0"},
      {0.0055, "0.0055"},
      {0.25, "0.25"},
      {1, "1"},
      {9.999, "10"},
      {12.345, "12.3"},
      {99.96, "100"},
      {999.96, "1,000"},
      {24344.4, "24,344"},
      {1e9, "1,000,000,000"},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    CU_ASSERT_STRING_EQUAL(lr_load_show_number(rows[i].number).text,
                           rows[i].text);
  CU_ASSERT_STRING_EQUAL(lr_load_show_count(0).text, "0");
  CU_ASSERT_STRING_EQUAL(lr_load_show_count(999).text, "999");
  CU_ASSERT_STRING_EQUAL(lr_load_show_count(UINT64_MAX).text,
                         "18,446,744,073,709,551,615");
}

static void test_shares(void) {
  static const struct row {
    double part, whole;
    const char *text;
  } rows[] = {
      {0, 0, "0 %"},
      {0, 10, "0 %"},
      {1, 8, "12.5 %"},
      {1, 3, "33.3 %"},
      {3, 100000, "0.003 %"},
      {9997, 10000, "99.97 %"},
      {999999, 1000000, "100 %"},
      {10, 10, "100 %"},
      {202, 200, "101 %"},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    CU_ASSERT_STRING_EQUAL(lr_load_show_share(rows[i].part, rows[i].whole).text,
                           rows[i].text);
}

static void test_bytes(void) {
  CU_ASSERT_STRING_EQUAL(lr_load_show_bytes(0).text, "0 B");
  CU_ASSERT_STRING_EQUAL(lr_load_show_bytes(999).text, "999 B");
  CU_ASSERT_STRING_EQUAL(lr_load_show_bytes(1500).text, "1.50 kB");
  CU_ASSERT_STRING_EQUAL(lr_load_show_bytes(999999).text, "1.00 MB");
  CU_ASSERT_STRING_EQUAL(lr_load_show_bytes(18.5e6).text, "18.5 MB");
}

/* The point is a point in every locale. */
static void test_locale(void) {
  if (!setlocale(LC_ALL, "de_DE.UTF-8")) return;
  CU_ASSERT_STRING_EQUAL(lr_load_show_duration(48312).text, "48.3 " MICRO);
  setlocale(LC_ALL, "C");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"durations", test_durations},   {"numbers", test_numbers},
      {"shares", test_shares},         {"bytes", test_bytes},
      {"another locale", test_locale},
  };
  return fixture_main("units", tests, FIXTURE_COUNT(tests), argc, argv);
}
