/* SPDX-License-Identifier: MIT
 * labels: optional
 * content_coding_test.c: what Content-Encoding headers say. */
#include "http/content_coding.h"

#include <stdio.h>
#include <string.h>

#include "http/brotli_stage.h"
#include "http/zstd_stage.h"
#include "support/fixture.h"

enum { GZIP = LR_CODING_GZIP, DEFLATE = LR_CODING_DEFLATE };

struct listed {
  const char *values[3]; /* one for each header */
  uint8_t count;
  uint8_t list[LR_CODINGS_MOST];
};

static void read_values(const char *const *values, lr_content_codings *out) {
  lariat_response *response = lr_response_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(response);
  CU_ASSERT_EQUAL(lr_response_add_line(response, "HTTP/1.1 200 OK", 15),
                  LARIAT_OK);
  for (size_t i = 0; i < 3 && values[i]; i++) {
    char line[256];
    int length = snprintf(line, sizeof line, "content-ENCODING: %s", values[i]);
    CU_ASSERT_EQUAL(lr_response_add_line(response, line, (size_t)length),
                    LARIAT_OK);
    CU_ASSERT_EQUAL(lr_response_add_line(response, "X: gzip", 7), LARIAT_OK);
  }
  lr_content_codings_read(out, response);
  lr_response_release(response);
}

static void test_lists(void) {
  static const struct listed rows[] = {
      {{NULL}, 0, {0}},
      {{""}, 0, {0}},
      {{"identity"}, 0, {0}},
      {{"None", "IDENTITY", " , ,"}, 0, {0}},
      {{"gzip"}, 1, {GZIP}},
      {{"x-gzip"}, 1, {GZIP}},
      {{"X-GZip"}, 1, {GZIP}},
      {{"\tGZIP \t"}, 1, {GZIP}},
      {{"gzip,"}, 1, {GZIP}},
      {{", gzip"}, 1, {GZIP}},
      {{"deflate"}, 1, {DEFLATE}},
      {{"deflate,gzip"}, 2, {DEFLATE, GZIP}},
      {{"deflate , identity,\tgzip"}, 2, {DEFLATE, GZIP}},
      {{"deflate", "gzip", "identity"}, 2, {DEFLATE, GZIP}},
      {{"gzip, gzip", "gzip", "gzip, gzip"}, 5, {GZIP, GZIP, GZIP, GZIP, GZIP}},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    lr_content_codings codings;
    read_values(rows[i].values, &codings);
    CU_ASSERT_EQUAL(codings.problem, LR_CODING_NO_PROBLEM);
    CU_ASSERT_EQUAL(lr_content_codings_any(&codings), rows[i].count > 0);
    if (codings.count != rows[i].count ||
        memcmp(codings.list, rows[i].list, codings.count) != 0)
      fixture_fail("%s: %u codings", rows[i].values[0], codings.count);
  }
  fixture_close(&f);
}

/* The name that is told has nothing in it that a terminal acts upon. */
static void test_problems(void) {
  static const struct {
    const char *values[3];
    lr_coding_problem problem;
    const char *name;
  } rows[] = {
      {{"rot13"}, LR_CODING_UNKNOWN, "rot13"},
      {{"UTF-8"}, LR_CODING_UNKNOWN, "UTF-8"},
      {{"gzip;q=1"}, LR_CODING_UNKNOWN, "gzip;q=1"},
      {{"gzip deflate"}, LR_CODING_UNKNOWN, "gzip?deflate"},
      {{"chunked"}, LR_CODING_UNKNOWN, "chunked"},
      {{"compress"}, LR_CODING_UNKNOWN, "compress"},
      {{"gzip, a", "b"}, LR_CODING_UNKNOWN, "a"},
      {{"a\033[31m\"\\\303\244"}, LR_CODING_UNKNOWN, "a?[31m????"},
      {{"a-name-that-is-longer-than-most"},
       LR_CODING_UNKNOWN,
       "a-name-that-is-longer-th"},
      {{"gzip, gzip, gzip", "gzip, gzip, deflate"},
       LR_CODING_TOO_MANY,
       "deflate"},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    lr_content_codings codings;
    read_values(rows[i].values, &codings);
    CU_ASSERT_TRUE(lr_content_codings_any(&codings));
    CU_ASSERT_EQUAL(codings.problem, rows[i].problem);
    CU_ASSERT_STRING_EQUAL(codings.unknown, rows[i].name);
  }
  fixture_close(&f);
}

/* What this build has is offered, and what it has not is told as that. */
static void test_what_is_built(void) {
  static const struct {
    const char *name;
    bool built;
  } rows[] = {{"br", LR_HAS_BROTLI}, {"zstd", LR_HAS_ZSTD}};
  const char *accepted = lr_content_codings_accepted();
  CU_ASSERT_EQUAL(strncmp(accepted, "gzip", 4), 0);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    lr_content_codings codings = {0};
    lr_content_codings_add(&codings, rows[i].name);
    CU_ASSERT_EQUAL(codings.problem,
                    rows[i].built ? LR_CODING_NO_PROBLEM : LR_CODING_NOT_BUILT);
    CU_ASSERT_EQUAL(strstr(accepted, rows[i].name) != NULL, rows[i].built);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"lists", test_lists},
      {"problems", test_problems},
      {"what is built", test_what_is_built},
  };
  return fixture_main("content_coding", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
