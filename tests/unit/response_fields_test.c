/* SPDX-License-Identifier: MIT
 * response_fields_test.c: headers of responses as types, dates and numbers. */
#include <lariat/h1_parser.h>
#include <lariat/response.h>

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

struct reading {
  struct fixture f;
  lariat_h1_parser *parser;
  const lariat_response *response;
};

/* Reads the head of a response to HEAD, with these lines. */
static void read_head(struct reading *r, const char *lines) {
  char text[512];
  size_t used;
  lariat_h1_parser_options options = lariat_h1_parser_defaults();
  options.head_request = true;
  int length = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%s\r\n", lines);
  CU_ASSERT_EQUAL_FATAL(lariat_h1_parser_begin(r->parser, &options), LARIAT_OK);
  (void)lariat_h1_parser_feed(r->parser, text, (size_t)length, &used);
  r->response = lariat_h1_parser_response(r->parser);
}

static void begin(struct reading *r) {
  fixture_open(&r->f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL_FATAL(lariat_h1_parser_new(&r->parser), LARIAT_OK);
}

static void end(struct reading *r) {
  lariat_h1_parser_free(r->parser);
  fixture_close(&r->f);
}

static void test_media_type(void) {
  struct reading r;
  lariat_media_type type;
  begin(&r);
  read_head(&r, "content-type: Text/HTML; charset=UTF-8\r\n");
  CU_ASSERT_EQUAL(lariat_response_media_type(r.response, &type), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(type.type, "text/html");
  CU_ASSERT_STRING_EQUAL(type.charset, "utf-8");
  read_head(&r, "Content-Type: html\r\n");
  CU_ASSERT_EQUAL(lariat_response_media_type(r.response, &type), LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(type.type, "");
  read_head(&r, "");
  CU_ASSERT_EQUAL(lariat_response_media_type(r.response, &type),
                  LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(lariat_response_media_type(NULL, &type), LARIAT_ENOTFOUND);
  end(&r);
}

static void test_date(void) {
  struct reading r;
  int64_t seconds;
  begin(&r);
  read_head(&r, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                "Expires: 0\r\n");
  CU_ASSERT_EQUAL(lariat_response_date(r.response, "last-modified", &seconds),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(seconds, 784111777);
  CU_ASSERT_EQUAL(lariat_response_date(r.response, "Expires", &seconds),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_response_date(r.response, "Date", &seconds),
                  LARIAT_ENOTFOUND);
  end(&r);
}

static void test_content_length(void) {
  static const struct {
    const char *line;
    lariat_status status;
    uint64_t length;
  } rows[] = {
      {"Content-Length: 0\r\n", LARIAT_OK, 0},
      {"Content-Length: 0042 \r\n", LARIAT_OK, 42},
      {"Content-Length: 9223372036854775807\r\n", LARIAT_OK, INT64_MAX},
      {"", LARIAT_ENOTFOUND, 0},
  };
  struct reading r;
  uint64_t length;
  begin(&r);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    read_head(&r, rows[i].line);
    CU_ASSERT_EQUAL(lariat_response_content_length(r.response, &length),
                    rows[i].status);
    CU_ASSERT_EQUAL(length, rows[i].length);
  }
  end(&r);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"media type", test_media_type},
      {"date", test_date},
      {"content length", test_content_length},
  };
  return fixture_main("response_fields", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
