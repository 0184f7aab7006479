/* SPDX-License-Identifier: MIT
 * escape_test.c: texts from outside, in each kind of report. */
#include "load/escape.h"

#include <stdlib.h>

#include "support/fixture.h"
#include <lariat/load/report.h>

#define BAD "\xef\xbf\xbd" /* U+FFFD */

typedef void (*add)(lr_load_text *text, const char *string);

static void expect(add to, const char *string, const char *wanted) {
  lr_load_text text = {0};
  char *bytes;
  to(&text, string);
  if (lr_load_text_finish(&text, &bytes, NULL) != LARIAT_OK) abort();
  CU_ASSERT_STRING_EQUAL(bytes, wanted);
  lariat_load_text_free(bytes);
}

static void test_utf8(void) {
  static const struct row {
    const char *string, *wanted;
  } rows[] = {
      {"", ""},
      {"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x8e",
       "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x8e"},
      {"\xc3", BAD},
      {"\xe2\x82", BAD BAD},
      {"\xc0\xaf", BAD BAD},                 /* longer than it needs to be */
      {"\xed\xa0\x80", BAD BAD BAD},         /* a surrogate */
      {"\xf4\x90\x80\x80", BAD BAD BAD BAD}, /* beyond Unicode */
      {"\xff", BAD},
      {"\n\t\x7f\x1b", BAD BAD BAD BAD},
      {"\xc2\x9b", BAD},     /* CSI in one */
      {"\xe2\x80\xae", BAD}, /* turns the text around */
      {"\xef\xbb\xbf", BAD}, /* a byte-order mark */
      {"\xef\xbf\xbe", BAD}, /* no character: no XML has it */
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    expect(lr_load_add_plain, rows[i].string, rows[i].wanted);
  CU_ASSERT_EQUAL(lr_load_count_columns("a\xc3\xa9\xff"), 3);
  fixture_close(&f);
}

static void test_marks(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  expect(lr_load_add_html, "<a href=\"x\">'&'</a>",
         "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  expect(lr_load_add_json, "a\"b\\c\n", "\"a\\\"b\\\\c" BAD "\"");
  expect(lr_load_add_label, "a\"b\\c\n", "\"a\\\"b\\\\c" BAD "\"");
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"UTF-8", test_utf8},
      {"marks", test_marks},
  };
  return fixture_main("escape", tests, FIXTURE_COUNT(tests), argc, argv);
}
