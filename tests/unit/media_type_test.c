/* SPDX-License-Identifier: MIT
 * media_type_test.c: types, charsets and parameters, as servers send them. */
#include <lariat/media_type.h>

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

/* A Content-Type, and what it says; a type of NULL: it is none. */
static const struct row {
  const char *text;
  const char *type;
  const char *charset;
} rows[] = {
    {"text/html", "text/html", ""},
    {"text/html;charset=utf-8", "text/html", "utf-8"},
    {"Text/HTML ; Charset=\"UTF-8\"", "text/html", "utf-8"},
    {" \ttext/html \t", "text/html", ""},
    {"text/html; charset=utf-8; charset=latin1", "text/html", "utf-8"},
    {"text/html; charset=; charset=latin1", "text/html", "latin1"},
    {"text/html; charset =utf-8", "text/html", ""},
    {"text/html; charset= utf-8", "text/html", ""},
    {"text/html; charset=utf 8; charset=x", "text/html", "x"},
    {"text/html;;; ;charset=x;", "text/html", "x"},
    {"text/html; a=\"; charset=wrong\"; charset=right", "text/html", "right"},
    {"text/html; a=\"\\\"; charset=wrong\"; charset=\"r\\ight\"", "text/html",
     "right"},
    {"text/html; charset=\"open", "text/html", "open"},
    {"text/html; charset=\"\"", "text/html", ""},
    {"text/html; charset", "text/html", ""},
    {"text/html; boundary=x; profile=y", "text/html", ""},
    {"application/vnd.api+json", "application/vnd.api+json", ""},
    {"*/*", "*/*", ""},
    {"", NULL, NULL},
    {"html", NULL, NULL},
    {"text/", NULL, NULL},
    {"/html", NULL, NULL},
    {"text /html", NULL, NULL},
    {"text/ html", NULL, NULL},
    {"text/html,text/plain", NULL, NULL},
    {"text/html x", NULL, NULL},
};

static void test_rows(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    const struct row *row = &rows[i];
    lariat_media_type got;
    lariat_status status = lariat_media_type_parse(row->text, &got);
    const char *type = row->type ? row->type : "";
    const char *charset = row->charset ? row->charset : "";
    if (status != (row->type ? LARIAT_OK : LARIAT_EINVAL) ||
        strcmp(got.type, type) != 0 || strcmp(got.charset, charset) != 0)
      fixture_fail("%s: %s, \"%s\", \"%s\"", row->text,
                   lariat_status_name(status), got.type, got.charset);
  }
}

static void test_long(void) {
  char text[400];
  lariat_media_type got;
  (void)snprintf(text, sizeof text, "text/%0122d", 1);
  CU_ASSERT_EQUAL(lariat_media_type_parse(text, &got), LARIAT_OK);
  CU_ASSERT_EQUAL(strlen(got.type), 127);
  (void)snprintf(text, sizeof text, "text/%0123d", 1);
  CU_ASSERT_EQUAL(lariat_media_type_parse(text, &got), LARIAT_EINVAL);
  (void)snprintf(text, sizeof text, "text/x; charset=%063d", 1);
  CU_ASSERT_EQUAL(lariat_media_type_parse(text, &got), LARIAT_OK);
  CU_ASSERT_EQUAL(strlen(got.charset), 63);
  (void)snprintf(text, sizeof text, "text/x; charset=%064d", 1);
  CU_ASSERT_EQUAL(lariat_media_type_parse(text, &got), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(got.charset, "");
}

static void test_parameters(void) {
  static const char text[] =
      "multipart/form-data; Boundary=\"a \\\"b\\\\\"; x=1";
  char value[16];
  CU_ASSERT_EQUAL(
      lariat_media_type_parameter(text, "boundary", value, sizeof value),
      LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(value, "a \"b\\");
  CU_ASSERT_EQUAL(lariat_media_type_parameter(text, "X", value, 2), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(value, "1");
  CU_ASSERT_EQUAL(lariat_media_type_parameter(text, "x", value, 1),
                  LARIAT_EHEADERLIMIT);
  CU_ASSERT_EQUAL(lariat_media_type_parameter(text, "x", NULL, 0),
                  LARIAT_EHEADERLIMIT);
  CU_ASSERT_EQUAL(
      lariat_media_type_parameter(text, "charset", value, sizeof value),
      LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(lariat_media_type_parameter("none", "x", value, sizeof value),
                  LARIAT_EINVAL);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"Content-Types", test_rows},
      {"long ones", test_long},
      {"parameters", test_parameters},
  };
  return fixture_main("media_type", tests, FIXTURE_COUNT(tests), argc, argv);
}
