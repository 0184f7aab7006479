/* SPDX-License-Identifier: MIT
 * variables_test.c: values of a table in URLs, headers and bodies, and which
 * row it is. */
#include <lariat/load/variables.h>

#include <stdlib.h>
#include <string.h>

#include "load/source.h"
#include "support/fixture.h"

static const char table[] =
    "id,text\n1,a b&c/d?e\n22,\"h\xc3\xa9#\"\"\"\n333,\n";

static lariat_load_requests *make_list(const char *csv, lariat_load_rows rows) {
  lariat_load_requests *requests;
  lariat_load_error error = {0};
  if (lariat_load_requests_new(&requests) != LARIAT_OK) abort();
  if (lariat_load_requests_set_variables(requests, csv, strlen(csv), rows,
                                         &error) != LARIAT_OK)
    fixture_fail("%s", error.message);
  return requests;
}

static lariat_load_request get_of(const char *url) {
  static const lariat_header plain[] = {{"User-Agent", NULL}, {"Accept", NULL}};
  return (lariat_load_request){.size = sizeof(lariat_load_request),
                               .url = url,
                               .headers = plain,
                               .header_count = 2};
}

static void add(lariat_load_requests *requests,
                const lariat_load_request *request) {
  lariat_load_error error = {0};
  if (lariat_load_requests_add(requests, request, &error) != LARIAT_OK)
    fixture_fail("%s: %s", request->url, error.message);
}

/* Compares the messages of the first indexes. */
static void require_messages(const lariat_load_requests *requests,
                             const char *const *expected, size_t count) {
  lr_load_source *source;
  if (lr_load_source_new(requests, &source) != LARIAT_OK) abort();
  for (uint64_t i = 0; i < count; i++) {
    lr_load_message m;
    CU_ASSERT_EQUAL(lr_load_source_take(source, i, &m), LR_LOAD_MESSAGE);
    if (m.length != strlen(expected[i]) ||
        memcmp(m.bytes, expected[i], m.length) != 0)
      fixture_fail("%.*s not %s", (int)m.length, m.bytes, expected[i]);
  }
  lr_load_source_free(source);
}

static void test_urls(void) {
  static const char *const expected[] = {
      "GET /a%20b&c/d?e/1?q=1 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /h%C3%A9%23%22/22?q=22 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET //333?q=333 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a%20b&c/d?e/1?q=1 HTTP/1.1\r\nHost: a\r\n\r\n"};
  lariat_load_requests *requests = make_list(table, LARIAT_LOAD_ROWS_IN_ORDER);
  lariat_load_request request = get_of("http://a/{{text}}/{{ id }}?q={{id}}");
  add(requests, &request);
  require_messages(requests, expected, 4);
  lariat_load_requests_free(requests);
}

/* Content-Length follows the values; braces around what is no name are text. */
static void test_bodies(void) {
  static const char *const expected[] = {
      "POST / HTTP/1.1\r\nHost: a\r\nX: <1>\r\nContent-Length: 26\r\n\r\n"
      "{{x{{ 1 {{ a b&c/d?e }} {}",
      "POST / HTTP/1.1\r\nHost: a\r\nX: <22>\r\nContent-Length: 23\r\n\r\n"
      "{{x{{ 22 {{ h\xc3\xa9#\" }} {}",
      "POST / HTTP/1.1\r\nHost: a\r\nX: <333>\r\nContent-Length: 19\r\n\r\n"
      "{{x{{ 333 {{  }} {}"};
  static const lariat_header headers[] = {
      {"X", "<{{id}}>"}, {"User-Agent", NULL}, {"Accept", NULL}};
  lariat_load_requests *requests = make_list(table, LARIAT_LOAD_ROWS_IN_ORDER);
  lariat_load_request request = get_of("http://a/");
  request.method = "POST";
  request.headers = headers;
  request.header_count = 3;
  request.body = "{{x{{ {{id}} {{ {{text}} }} {}";
  request.body_length = strlen(request.body);
  add(requests, &request);
  require_messages(requests, expected, 3);
  lariat_load_requests_free(requests);
}

/* What requests take from the base may have variables, too. */
static void test_base(void) {
  static const char *const expected[] = {
      "PUT / HTTP/1.1\r\nHost: a\r\nX-Id: 1\r\nContent-Length: 1\r\n\r\n1",
      "PUT / HTTP/1.1\r\nHost: a\r\nX-Id: 22\r\nContent-Length: 2\r\n\r\n22"};
  static const lariat_header headers[] = {{"X-Id", "{{id}}"}};
  lariat_load_requests *requests = make_list(table, LARIAT_LOAD_ROWS_IN_ORDER);
  lariat_load_request base = {.size = sizeof base,
                              .method = "PUT",
                              .headers = headers,
                              .header_count = 1,
                              .body = "{{id}}",
                              .body_length = 6};
  lariat_load_request request = get_of("http://a/");
  CU_ASSERT_EQUAL(lariat_load_requests_set_base(requests, &base), LARIAT_OK);
  add(requests, &request);
  require_messages(requests, expected, 2);
  lariat_load_requests_free(requests);
}

/* Without a table braces are text. */
static void test_none(void) {
  static const char *const expected[] = {
      "GET /?{{id}} HTTP/1.1\r\nHost: a\r\n\r\n"};
  lariat_load_requests *requests;
  lariat_load_request request = get_of("http://a/?{{id}}");
  if (lariat_load_requests_new(&requests) != LARIAT_OK) abort();
  add(requests, &request);
  require_messages(requests, expected, 1);
  lariat_load_requests_free(requests);
}

/* ---- Rows ---- */

static void test_random(void) {
  lariat_load_requests *requests = make_list(table, LARIAT_LOAD_ROWS_RANDOM);
  lariat_load_request request = get_of("http://a/{{id}}");
  lr_load_source *source;
  lr_load_source *other;
  unsigned drawn[3] = {0};
  add(requests, &request);
  lariat_load_requests_set_order(requests, LARIAT_LOAD_WEIGHTED, 5);
  if (lr_load_source_new(requests, &source) != LARIAT_OK) abort();
  if (lr_load_source_new(requests, &other) != LARIAT_OK) abort();
  for (uint64_t i = 0; i < 3000; i++) {
    lr_load_message m;
    lr_load_message again;
    (void)lr_load_source_take(source, i, &m);
    (void)lr_load_source_take(other, i, &again);
    CU_ASSERT_EQUAL(m.length, again.length);
    CU_ASSERT_FALSE(m.stays);
    drawn[m.bytes[5] - '1']++;
  }
  for (int i = 0; i < 3; i++) CU_ASSERT_TRUE(drawn[i] > 880 && drawn[i] < 1120);
  lr_load_source_free(source);
  lr_load_source_free(other);
  lariat_load_requests_free(requests);
}

/* All steps of a flow have one row. */
static void test_flow(void) {
  lariat_load_requests *requests = make_list(table, LARIAT_LOAD_ROWS_IN_ORDER);
  lariat_load_request steps[2] = {get_of("http://a/{{id}}"),
                                  get_of("http://a/b/{{id}}")};
  lr_load_source *source;
  lr_load_message m;
  lr_load_message other;
  CU_ASSERT_EQUAL(lariat_load_requests_add_flow(requests, steps, 2, NULL),
                  LARIAT_OK);
  if (lr_load_source_new(requests, &source) != LARIAT_OK) abort();
  CU_ASSERT_EQUAL(lr_load_source_take(source, 1, &m), LR_LOAD_MESSAGE);
  CU_ASSERT_EQUAL(memcmp(m.bytes, "GET /22 ", 8), 0);
  lr_load_user *user = m.user;
  CU_ASSERT_EQUAL(lr_load_source_take(source, 2, &other), LR_LOAD_MESSAGE);
  CU_ASSERT_TRUE(lr_load_source_answer(source, user, NULL));
  CU_ASSERT_EQUAL(lr_load_source_step(source, user, &m), LR_LOAD_MESSAGE);
  CU_ASSERT_EQUAL(memcmp(m.bytes, "GET /b/22 ", 10), 0);
  lr_load_source_free(source);
  lariat_load_requests_free(requests);
}

/* ---- Refusals ---- */

static void require_refusal(const lariat_load_request *request,
                            const char *message) {
  lariat_load_requests *requests =
      make_list("id,wrong\n1,\"a\nb\"\n", LARIAT_LOAD_ROWS_IN_ORDER);
  lariat_load_error error = {0};
  CU_ASSERT_EQUAL(lariat_load_requests_add(requests, request, &error),
                  LARIAT_EINVAL);
  if (!strstr(error.message, message))
    fixture_fail("\"%s\", not \"%s\"", error.message, message);
  lariat_load_requests_free(requests);
}

static void test_refusals(void) {
  static const lariat_header header[] = {{"X", "{{wrong}}"}};
  lariat_load_request request = get_of("http://a/{{name}}");
  require_refusal(&request, "there is no variable {{name}}");
  request = get_of("http://{{id}}/");
  require_refusal(&request, "a variable cannot be in the host");
  request = get_of("http://{{id}}@a/");
  require_refusal(&request, "a variable cannot be in the host");
  request = get_of("http://a:{{id}}/");
  require_refusal(&request, "not a URL");
  request = get_of("http://a/");
  request.headers = header;
  request.header_count = 1;
  require_refusal(&request, "column 2 of row 1 has a line break");
  request = get_of("http://a/{{wrong}}"); /* encoded there */
  lariat_load_requests *requests =
      make_list("wrong\n\"a\nb\"\n", LARIAT_LOAD_ROWS_IN_ORDER);
  static const char *const expected[] = {
      "GET /a%0Ab HTTP/1.1\r\nHost: a\r\n\r\n"};
  add(requests, &request);
  require_messages(requests, expected, 1);
  CU_ASSERT_EQUAL(lariat_load_requests_set_variables(
                      requests, "a\n1\n", 4, LARIAT_LOAD_ROWS_RANDOM, NULL),
                  LARIAT_EINVAL);
  lariat_load_requests_free(requests);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"URLs, as if the value were written there", test_urls},
      {"headers and bodies, and their length", test_bodies},
      {"variables of the base", test_base},
      {"no table, no variables", test_none},
      {"rows by chance", test_random},
      {"one row for a flow", test_flow},
      {"what cannot be a variable", test_refusals},
  };
  return fixture_main("variables", tests, FIXTURE_COUNT(tests), argc, argv);
}
