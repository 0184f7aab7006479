/* SPDX-License-Identifier: MIT
 * request_target_test.c: what stands in the request's first line and in Host is
 * what the URL's parser wrote, byte for byte: in requests that libcurl makes
 * and in those that lariat makes itself, and so with each libcurl. */
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/origin.h"
#include <lariat/failure.h>

static struct origin *origin;

static const char *const hosts[] = {"127.0.0.1", "0x7f.1", "%31%32%37.0.0.1",
                                    "2130706433",
                                    "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.1"};

/* What stands behind the authority, and what is asked for. */
static const struct target {
  const char *given;
  const char *asked;
} targets[] = {
    {"", "/"},
    {"?", "/?"},
    {"/x?", "/x?"},
    {"/x?#f", "/x?"},
    {"/a/../b/./c/%2e%2E/d", "/b/d"},
    {"/a//b", "/a//b"},
    {"/a\\b", "/a/b"},
    {"/a b?c d", "/a%20b?c%20d"},
    {"/a+b?c+d", "/a+b?c+d"},
    {"/%41%c3%a9%zz%", "/%41%c3%a9%zz%"},
    {"/\xc3\xa9?\xe9", "/%C3%A9?%E9"},
    {"/[x]|{y}^`\"<>", "/[x]|%7By%7D%5E%60%22%3C%3E"},
    {"/'a'?'b'\"<>`{}|^[]", "/'a'?%27b%27%22%3C%3E`{}|^[]"},
    {"/a\r\nX-Evil: 1", "/aX-Evil:%201"},
    {"/a\tb\x01\x7f.", "/ab%01%7F."},
    {"/a%0d%0aX: y", "/a%0d%0aX:%20y"},
    {"/http://b/?u=http://c//../d", "/http://b/?u=http://c//../d"},
    {"/x?a=../..&b=%2e", "/x?a=../..&b=%2e"},
    {"/;p=1,2?a@b:c", "/;p=1,2?a@b:c"},
};

static const struct origin_step echo[] = {{.kind = ORIGIN_ECHO},
                                          {.kind = ORIGIN_END}};

/* The origin knows a request by the path alone. */
static bool serve_targets(char (*paths)[64]) {
  for (size_t i = 0; i < FIXTURE_COUNT(targets); i++) {
    snprintf(paths[i], sizeof paths[i], "%.*s",
             (int)strcspn(targets[i].asked, "?"), targets[i].asked);
    if (!origin_script(origin, paths[i], echo)) return false;
  }
  return true;
}

static void expect_target(const struct outcome *o, const char *method,
                          const char *given, const char *asked) {
  char expected[256];
  const char *body = lariat_response_body(outcome_response(o), NULL);
  snprintf(expected, sizeof expected,
           "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n", method, asked,
           origin_port(origin));
  if (strncmp(body, expected, strlen(expected)) != 0)
    fixture_fail("%s: %.100s", given, body);
}

static void fetch_target(struct fetching *t, const char *host,
                         const struct target *target, const char *method) {
  struct outcome o;
  char where[256];
  char expected[256];
  snprintf(where, sizeof where, "http://%s:%u%s", host, origin_port(origin),
           target->given);
  snprintf(expected, sizeof expected, "http://127.0.0.1:%u%s",
           origin_port(origin), target->asked);
  fetching_do(t, &o, lariat_request(t->client, method, where, NULL));
  outcome_expect_http(&o, 200);
  if (o.status == LARIAT_OK) {
    CU_ASSERT_STRING_EQUAL(lariat_response_url(outcome_response(&o)), expected);
    expect_target(&o, method, where, target->asked);
  }
  outcome_clear(&o, 1);
}

static void fetch_all(struct fetching *t, const char *method) {
  for (size_t i = 0; i < FIXTURE_COUNT(targets); i++)
    for (size_t host = 0; host < FIXTURE_COUNT(hosts); host++)
      fetch_target(t, hosts[host], &targets[i], method);
}

/* All spellings of the host are one: their requests share a connection, and
 * all but the first are lariat's own. */
static void test_own_requests(void) {
  struct fetching t;
  struct origin_counts before = origin_counts(origin);
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 1;
  fetching_open(&t, &options, NULL);
  fetch_all(&t, "GET");
  CU_ASSERT_EQUAL(origin_counts(origin).accepted - before.accepted, 1);
  fetching_close(&t);
}

static void test_libcurl_requests(void) {
  struct fetching t;
  lariat_pool_options options = lariat_pool_defaults();
  options.libcurl_only = true;
  options.reactors = 1;
  fetching_open(&t, &options, NULL);
  fetch_all(&t, "GET");
  fetch_all(&t, "OPTIONS");
  fetching_close(&t);
}

/* Hosts that a URL may have and no resolver knows: none of the libcurls has an
 * opinion of its own. */
static void test_strange_hosts(void) {
  static const char *const urls[] = {"http://-a.invalid/", "http://a-.invalid/",
                                     "http://a_b.invalid/",
                                     "http://a~b.invalid/"};
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(urls); i++) {
    fetching_do(&t, &o, lariat_get(t.client, urls[i]));
    if (o.status != LARIAT_ERESOLVE)
      fixture_fail("%s: %s", urls[i], lariat_status_name(o.status));
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"requests of its own", test_own_requests},
      {"requests by libcurl", test_libcurl_requests},
      {"strange hosts", test_strange_hosts},
  };
  static char paths[FIXTURE_COUNT(targets)][64];
  origin = origin_start(NULL);
  if (!origin || !serve_targets(paths)) return 1;
  int failed =
      fixture_main("request_target", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return failed;
}
