/* SPDX-License-Identifier: MIT
 * requests_test.c: the bytes of requests, what they take from a base, which one
 * an index chooses, names, servers, the hash of a plan, and what is refused. */
#include <lariat/load/requests.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/source.h"
#include "support/fixture.h"
#include <lariat/load/version.h>

#define AGENT "User-Agent: lariat-load/" LARIAT_LOAD_VERSION "\r\n"
#define ACCEPT "Accept: */*\r\n"

static lariat_load_requests *make_list(void) {
  lariat_load_requests *requests;
  if (lariat_load_requests_new(&requests) != LARIAT_OK) abort();
  return requests;
}

static lariat_load_request get_of(const char *url) {
  return (lariat_load_request){.size = sizeof(lariat_load_request), .url = url};
}

static void add(lariat_load_requests *requests,
                const lariat_load_request *request) {
  lariat_load_error error = {0};
  if (lariat_load_requests_add(requests, request, &error) != LARIAT_OK)
    fixture_fail("%s: %s", request->url, error.message);
}

static void add_url(lariat_load_requests *requests, const char *url) {
  lariat_load_request request = get_of(url);
  add(requests, &request);
}

static lr_load_source *open_source(const lariat_load_requests *requests) {
  lr_load_source *source;
  if (lr_load_source_new(requests, &source) != LARIAT_OK) abort();
  return source;
}

static lr_load_message take(lr_load_source *source, uint64_t index) {
  lr_load_message message = {.bytes = NULL};
  if (lr_load_source_take(source, index, &message) != LR_LOAD_MESSAGE)
    fixture_fail("no message %ju", (uintmax_t)index);
  return message;
}

/* ---- Bytes ---- */

static void require_bytes(const lariat_load_request *base,
                          const lariat_load_request *request,
                          const char *expected) {
  lariat_load_requests *requests = make_list();
  CU_ASSERT_EQUAL(lariat_load_requests_set_base(requests, base), LARIAT_OK);
  add(requests, request);
  lr_load_source *source = open_source(requests);
  lr_load_message message = take(source, 0);
  if (message.length != strlen(expected) ||
      memcmp(message.bytes, expected, message.length) != 0)
    fixture_fail("%.*s\nnot\n%s", (int)message.length, message.bytes, expected);
  CU_ASSERT_TRUE(message.stays);
  lr_load_source_free(source);
  lariat_load_requests_free(requests);
}

static void test_bytes(void) {
  lariat_load_request request = get_of("http://Example.org:80/a b?c#d");
  require_bytes(NULL, &request,
                "GET /a%20b?c HTTP/1.1\r\nHost: example.org\r\n" AGENT ACCEPT
                "\r\n");
  request = get_of("https://example.org:8443");
  request.method = "POST";
  request.body = "a\0b";
  request.body_length = 3;
  lariat_load_requests *requests = make_list();
  add(requests, &request);
  lr_load_source *source = open_source(requests);
  lr_load_message message = take(source, 5);
  CU_ASSERT_EQUAL(memcmp(message.bytes + message.length - 7, "\r\n\r\na\0b", 7),
                  0);
  CU_ASSERT_FALSE(message.idempotent);
  CU_ASSERT_STRING_EQUAL(lr_load_requests_origin(requests, message.origin)->url,
                         "https://example.org:8443");
  lr_load_source_free(source);
  lariat_load_requests_free(requests);
}

static void test_headers(void) {
  static const lariat_header own[] = {{"accept", "text/html"},
                                      {"User-Agent", NULL},
                                      {"X-A", "1"},
                                      {"X-A", "2"}};
  lariat_load_request request = get_of("http://a/");
  request.headers = own;
  request.header_count = 4;
  require_bytes(NULL, &request,
                "GET / HTTP/1.1\r\nHost: a\r\naccept: text/html\r\n"
                "X-A: 1\r\nX-A: 2\r\n\r\n");
  static const lariat_header host[] = {{"host", "b"}};
  request.headers = host;
  request.header_count = 1;
  require_bytes(NULL, &request,
                "GET / HTTP/1.1\r\nhost: b\r\n" AGENT ACCEPT "\r\n");
}

static void test_user(void) {
  lariat_load_request request = get_of("http://me%20x:s%3Acret@a/");
  require_bytes(NULL, &request,
                "GET / HTTP/1.1\r\nHost: a\r\n" AGENT ACCEPT
                "Authorization: Basic bWUgeDpzOmNyZXQ=\r\n\r\n");
  static const lariat_header own[] = {{"authorization", "Bearer x"}};
  request.headers = own;
  request.header_count = 1;
  require_bytes(NULL, &request,
                "GET / HTTP/1.1\r\nHost: a\r\n" AGENT ACCEPT
                "authorization: Bearer x\r\n\r\n");
}

static void test_base(void) {
  static const lariat_header headers[] = {{"X-A", "base"}, {"X-B", "base"}};
  static const lariat_header own[] = {{"x-b", "own"}};
  lariat_load_request base = get_of(NULL);
  base.headers = headers;
  base.header_count = 2;
  base.method = "PUT";
  base.body = "body";
  base.body_length = 4;
  lariat_load_request request = get_of("http://a/");
  request.headers = own;
  request.header_count = 1;
  require_bytes(&base, &request,
                "PUT / HTTP/1.1\r\nHost: a\r\n" AGENT ACCEPT
                "X-A: base\r\nx-b: own\r\nContent-Length: 4\r\n\r\nbody");
  request.method = "GET";
  require_bytes(&base, &request,
                "GET / HTTP/1.1\r\nHost: a\r\n" AGENT ACCEPT
                "X-A: base\r\nx-b: own\r\n\r\n");
}

static void test_facts(void) {
  lariat_load_requests *requests = make_list();
  lariat_load_request request = get_of("http://a/");
  request.method = "HEAD";
  request.name = "front";
  request.think_low_ns = 5;
  request.think_high_ns = 8;
  add(requests, &request);
  lr_load_source *source = open_source(requests);
  bool seen[9] = {false};
  for (uint64_t i = 0; i < 100; i++) {
    lr_load_message message = take(source, i);
    CU_ASSERT_TRUE(message.head && message.idempotent && !message.user);
    CU_ASSERT_EQUAL_FATAL(message.think_ns >= 5 && message.think_ns <= 8, true);
    seen[message.think_ns] = true;
    CU_ASSERT_STRING_EQUAL(lariat_load_requests_name(requests, message.name),
                           "front");
  }
  CU_ASSERT_TRUE(seen[5] && seen[6] && seen[7] && seen[8]);
  lr_load_source_free(source);
  lariat_load_requests_free(requests);
}

/* ---- Choosing ---- */

static void test_weights(void) {
  lariat_load_requests *requests = make_list();
  for (int i = 1; i <= 4; i++) {
    lariat_load_request request = get_of("http://a/");
    request.weight = i == 4 ? 0 : i; /* 1, 2, 3, 1 */
    add(requests, &request);
  }
  lariat_load_requests_set_order(requests, LARIAT_LOAD_WEIGHTED, 42);
  lr_load_source *source = open_source(requests);
  lr_load_source *other = open_source(requests);
  unsigned drawn[4] = {0};
  for (uint64_t i = 0; i < 70000; i++) {
    uint32_t request = take(source, i).request;
    drawn[request]++;
    if (i % 1000 == 0) CU_ASSERT_EQUAL(take(other, i).request, request);
  }
  static const unsigned due[4] = {10000, 20000, 30000, 10000};
  for (int i = 0; i < 4; i++)
    if (drawn[i] < due[i] - 400 || drawn[i] > due[i] + 400)
      fixture_fail("weight %d: %u of 70,000", i, drawn[i]);
  lr_load_source_free(source);
  lr_load_source_free(other);
  lariat_load_requests_free(requests);
}

/* The plan is the same on every machine, and in later versions. */
static void test_draws(void) {
  static const uint32_t drawn[] = {4, 3, 0, 3, 1, 3, 3, 1, 4, 1, 3, 4,
                                   4, 3, 3, 4, 3, 3, 2, 4, 3, 4, 3, 4};
  lariat_load_requests *requests = make_list();
  for (int i = 1; i <= 5; i++) {
    lariat_load_request request = get_of("http://a/");
    request.weight = i;
    add(requests, &request);
  }
  lariat_load_requests_set_order(requests, LARIAT_LOAD_WEIGHTED, 1);
  lr_load_source *source = open_source(requests);
  for (size_t i = 0; i < FIXTURE_COUNT(drawn); i++)
    CU_ASSERT_EQUAL(take(source, i).request, drawn[i]);
  lr_load_source_free(source);
  lariat_load_requests_free(requests);
}

static void test_in_order(void) {
  lariat_load_requests *requests = make_list();
  for (int i = 0; i < 3; i++) {
    lariat_load_request request = get_of("http://a/");
    request.weight = i + 1;
    add(requests, &request);
  }
  lariat_load_requests_set_order(requests, LARIAT_LOAD_IN_ORDER, 9);
  lr_load_source *source = open_source(requests);
  for (uint64_t i = 0; i < 9; i++)
    CU_ASSERT_EQUAL(take(source, i).request, i % 3);
  CU_ASSERT_EQUAL(take(source, UINT64_MAX - 1).request, 2);
  lr_load_source_free(source);
  lariat_load_requests_free(requests);
}

/* ---- Names and servers ---- */

static void test_names(void) {
  lariat_load_requests *requests = make_list();
  for (int i = 0; i < 100; i++) {
    char name[8];
    lariat_load_request request = get_of("http://a/");
    snprintf(name, sizeof name, "n%d", i % 80);
    request.name = name;
    add(requests, &request);
  }
  CU_ASSERT_EQUAL(lariat_load_requests_names(requests), LARIAT_LOAD_MOST_NAMES);
  CU_ASSERT_STRING_EQUAL(lariat_load_requests_name(requests, 0), "");
  CU_ASSERT_STRING_EQUAL(lariat_load_requests_name(requests, 62), "n61");
  CU_ASSERT_STRING_EQUAL(lariat_load_requests_name(requests, 63), "other");
  CU_ASSERT_STRING_EQUAL(lariat_load_requests_name(requests, 64), "");
  lariat_load_requests_set_order(requests, LARIAT_LOAD_IN_ORDER, 0);
  lr_load_source *source = open_source(requests);
  CU_ASSERT_EQUAL(take(source, 61).name, 62);
  CU_ASSERT_EQUAL(take(source, 62).name, 63);
  CU_ASSERT_EQUAL(take(source, 79).name, 63);
  CU_ASSERT_EQUAL(take(source, 81).name, 2);
  lr_load_source_free(source);
  lariat_load_requests_free(requests);
}

static void test_origins(void) {
  lariat_load_requests *requests = make_list();
  for (int i = 0; i < 2000; i++) {
    char url[64];
    snprintf(url, sizeof url, "%s://h%d:%d/%d", i % 2 ? "http" : "https",
             i % 500, i % 2 ? 80 : 443, i);
    add_url(requests, url);
  }
  CU_ASSERT_EQUAL(lr_load_requests_origins(requests), 500);
  CU_ASSERT_STRING_EQUAL(lr_load_requests_origin(requests, 0)->url,
                         "https://h0");
  CU_ASSERT_STRING_EQUAL(lr_load_requests_origin(requests, 499)->url,
                         "http://h499");
  add_url(requests, "http://[::1]:8080/");
  CU_ASSERT_STRING_EQUAL(lr_load_requests_origin(requests, 500)->url,
                         "http://[::1]:8080");
  lariat_load_requests_free(requests);
}

/* ---- Hash ---- */

static uint64_t hash_of(const lariat_load_request *request,
                        lariat_load_order order, uint64_t seed) {
  lariat_load_requests *requests = make_list();
  add(requests, request);
  lariat_load_requests_set_order(requests, order, seed);
  uint64_t hash = lr_load_requests_hash(requests);
  lariat_load_requests_free(requests);
  return hash;
}

static void test_hash(void) {
  static const unsigned short statuses[] = {404};
  static const lariat_header header[] = {{"User-Agent", "x"}};
  lariat_load_request plain = get_of("http://a/");
  plain.headers = header;
  plain.header_count = 1;
  lariat_load_request changed[7];
  for (int i = 0; i < 7; i++) changed[i] = plain;
  changed[0].url = "https://a/";
  changed[1].method = "HEAD";
  changed[2].weight = 2;
  changed[3].name = "a";
  changed[4].think_high_ns = 1;
  changed[5].expect.statuses = statuses;
  changed[5].expect.status_count = 1;
  changed[6].url = "http://a/b";
  uint64_t hash = hash_of(&plain, LARIAT_LOAD_WEIGHTED, 1);
  CU_ASSERT_EQUAL(hash, UINT64_C(0x83f93aad2c5207c4));
  CU_ASSERT_EQUAL(hash_of(&plain, LARIAT_LOAD_WEIGHTED, 1), hash);
  CU_ASSERT_NOT_EQUAL(hash_of(&plain, LARIAT_LOAD_WEIGHTED, 2), hash);
  CU_ASSERT_NOT_EQUAL(hash_of(&plain, LARIAT_LOAD_IN_ORDER, 1), hash);
  for (int i = 0; i < 7; i++)
    if (hash_of(&changed[i], LARIAT_LOAD_WEIGHTED, 1) == hash)
      fixture_fail("change %d is not in the hash", i);
}

/* ---- Refusals ---- */

static void require_refusal(const lariat_load_request *request,
                            const char *message) {
  lariat_load_requests *requests = make_list();
  lariat_load_error error = {0};
  CU_ASSERT_EQUAL(lariat_load_requests_add(requests, request, &error),
                  LARIAT_EINVAL);
  if (!strstr(error.message, message))
    fixture_fail("\"%s\", not \"%s\"", error.message, message);
  CU_ASSERT_EQUAL(lariat_load_requests_count(requests), 0);
  CU_ASSERT_EQUAL(lariat_load_requests_add(requests, request, NULL),
                  LARIAT_EINVAL);
  lariat_load_requests_free(requests);
}

static void test_refusals(void) {
  static const lariat_header length[] = {{"X", "y"}, {"Content-Length", "1"}};
  static const lariat_header hosts[] = {{"Host", "a"}, {"host", "b"}};
  static const lariat_header broken[] = {{"X", "a\r\nb"}};
  lariat_load_request request = get_of(NULL);
  require_refusal(&request, "no URL");
  request = get_of("http://a b/");
  require_refusal(&request, "not a URL");
  request = get_of("ftp://a/");
  require_refusal(&request, "not a URL");
  request = get_of("http://a/");
  request.size = 0;
  require_refusal(&request, "size 0");
  request = get_of("http://a/");
  request.method = "G T";
  require_refusal(&request, "\"G T\" is no method");
  request.method = NULL;
  request.headers = length;
  request.header_count = 2;
  require_refusal(&request, "\"Content-Length\" cannot be sent");
  request.headers = hosts;
  require_refusal(&request, "Host is there twice");
  request.headers = broken;
  request.header_count = 1;
  require_refusal(&request, "\"X\" cannot be sent");
}

static void test_refused_numbers(void) {
  static const unsigned short statuses[] = {200, 600};
  lariat_load_request request = get_of("http://a/");
  request.weight = -1;
  require_refusal(&request, "weight -1");
  request.weight = 1e10;
  require_refusal(&request, "weight");
  request.weight = 1;
  request.think_low_ns = 2;
  request.think_high_ns = 1;
  require_refusal(&request, "think time");
  request.think_high_ns = 2;
  request.expect.statuses = statuses;
  request.expect.status_count = 2;
  require_refusal(&request, "600 is no status");
  request.expect.status_count = 0;
  require_refusal(&request, "no status is expected");
}

static void test_empty(void) {
  lariat_load_requests *requests = make_list();
  lr_load_source *source = open_source(requests);
  lr_load_message message;
  uint64_t at_ns;
  CU_ASSERT_EQUAL(lr_load_source_take(source, 0, &message), LR_LOAD_END);
  CU_ASSERT_EQUAL(lr_load_source_status(source, NULL), LARIAT_OK);
  CU_ASSERT_FALSE(lr_load_requests_due(requests, 0, &at_ns));
  lr_load_source_free(source);
  lariat_load_requests_free(requests);
  lariat_load_requests_free(NULL);
  lr_load_source_free(NULL);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the bytes of a request", test_bytes},
      {"its own headers, and those of everybody", test_headers},
      {"a user in the URL is Authorization", test_user},
      {"what is not there is taken from the base", test_base},
      {"name, think time, HEAD", test_facts},
      {"weights are drawn from seed and index", test_weights},
      {"the draws stay what they are", test_draws},
      {"in order", test_in_order},
      {"64 names, the last for the others", test_names},
      {"servers, each once", test_origins},
      {"the hash has all of it", test_hash},
      {"what is refused, and why", test_refusals},
      {"numbers that are refused", test_refused_numbers},
      {"no requests", test_empty},
  };
  return fixture_main("requests", tests, FIXTURE_COUNT(tests), argc, argv);
}
