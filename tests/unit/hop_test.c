/* SPDX-License-Identifier: MIT
 * hop_test.c: redirects, hop by hop: what is asked next, and of whom. */
#include <stdio.h>
#include <string.h>

#include "support/scripting.h"

static void ask(struct scripting *s, struct seen *r, const char *method,
                const char *url, const char *body) {
  static const lariat_header headers[] = {
      {"Authorization", "secret"}, {"Cookie", "c"}, {"X-Test", "x"}};
  lariat_request_options options = lariat_request_defaults(s->client);
  options.headers = headers;
  options.header_count = 3;
  options.body = lariat_body_bytes(body, body ? strlen(body) : 0);
  r->then = NULL;
  scripting_watch(s, r, lariat_request(s->client, method, url, &options));
  scripting_run(s, 0);
}

static void test_methods_and_bodies(void) {
  static const struct {
    const char *method;
    int status;
    const char *body;
    const char *then;
  } rows[] = {{"GET", 301, NULL, "GET"},      {"POST", 301, "b", "GET"},
              {"POST", 302, "b", "GET"},      {"PUT", 302, "b", "PUT"},
              {"PUT", 303, "b", "GET"},       {"HEAD", 303, NULL, "HEAD"},
              {"POST", 307, "b", "POST"},     {"POST", 308, "b", "POST"},
              {"DELETE", 308, NULL, "DELETE"}};
  struct scripting s;
  struct seen r;
  scripting_open(&s, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    char url[64];
    char last[128];
    bool keeps = strcmp(rows[i].method, rows[i].then) == 0;
    const char *body = keeps && rows[i].body ? rows[i].body : "";
    snprintf(url, sizeof url, "http://a/?status=%d&to=/next", rows[i].status);
    snprintf(last, sizeof last, "%s http://a/next %s", rows[i].then, body);
    ask(&s, &r, rows[i].method, url, rows[i].body);
    seen_http(&r, 0, 200);
    CU_ASSERT_EQUAL(r.redirects, 1);
    CU_ASSERT_STRING_EQUAL(s.last, last);
    CU_ASSERT_EQUAL(strstr(s.headers, "Content-Type") != NULL, *body != '\0');
    scripting_forget(&r, 1);
  }
  scripting_close(&s);
}

/* No credentials for others. */
static void test_credentials(void) {
  static const struct {
    const char *to;
    bool same;
  } rows[] = {{"/x", true},           {"http://a:80/x", true},
              {"https://a/x", false}, {"http://a:81/x", false},
              {"http://b/x", false},  {"//b/x", false}};
  struct scripting s;
  struct seen r;
  scripting_open(&s, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    char url[64];
    snprintf(url, sizeof url, "http://a/?to=%s", rows[i].to);
    ask(&s, &r, "GET", url, NULL);
    seen_http(&r, 0, 200);
    CU_ASSERT_STRING_EQUAL(
        s.headers,
        rows[i].same ? "Authorization=secret;Cookie=c;X-Test=x;" : "X-Test=x;");
    scripting_forget(&r, 1);
  }
  scripting_close(&s);
}

static void test_ends(void) {
  static const struct {
    const char *url;
    lariat_status status;
    int http_status;
    unsigned asked;
  } rows[] = {
      {"http://a/?to=/?to=/?to=/", LARIAT_OK, 200, 4},
      {"http://a/?to=/?to=/?to=/?to=/", LARIAT_EREDIRECTS, 302, 4},
      {"http://a/?to=ftp://a/", LARIAT_EREDIRECT, 302, 1},
      {"http://a/?to=http://", LARIAT_EREDIRECT, 302, 1},
      {"http://a/?status=304&to=/", LARIAT_OK, 304, 1},
      {"http://a/?status=302", LARIAT_OK, 302, 1},
      {"http://a/?to=/?failure=truncated", LARIAT_ETRUNCATED, 200, 2},
  };
  lariat_client_options options = lariat_client_defaults();
  struct scripting s;
  struct seen r;
  options.max_redirects = 3;
  scripting_open(&s, NULL, &options);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    s.asked = 0;
    scripting_get(&s, &r, rows[i].url);
    scripting_run(&s, 0);
    if (r.status != rows[i].status || r.http_status != rows[i].http_status ||
        s.asked != rows[i].asked)
      fixture_fail("%s: %s, HTTP %d, %u asked", rows[i].url,
                   lariat_status_name(r.status), r.http_status, s.asked);
    scripting_forget(&r, 1);
  }
  scripting_close(&s);
}

/* None wanted: the redirect is the answer. */
static void test_not_followed(void) {
  lariat_client_options options = lariat_client_defaults();
  struct scripting s;
  struct seen r;
  options.max_redirects = 0;
  scripting_open(&s, NULL, &options);
  scripting_get(&s, &r, "http://a/?to=/");
  scripting_run(&s, 0);
  seen_http(&r, 0, 302);
  CU_ASSERT_EQUAL(r.redirects, 0);
  scripting_forget(&r, 1);
  scripting_close(&s);
}

/* Each hop needs a credit, as one host has them all, and may find the queue
 * full. */
static void test_a_full_queue_between_hops(void) {
  lariat_client_options options = lariat_client_defaults();
  lariat_pool_options pool = lariat_pool_defaults();
  struct scripting s;
  struct seen r[4];
  pool.max_jobs_per_host = 1;
  options.window = 1;
  options.max_queued = 2;
  scripting_open(&s, &pool, &options);
  scripting_get(&s, &r[0], "http://a/?body=100&to=/?body=100");
  scripting_get(&s, &r[1], "http://a/?body=100");
  scripting_get(&s, &r[2], "http://a/?body=100");
  scripting_run(&s, 50);
  scripting_run(&s, 1000);
  seen_http(&r[0], 400, 200); /* behind the two */
  seen_http(&r[1], 200, 200);
  seen_http(&r[2], 300, 200);
  scripting_forget(r, 3);
  scripting_close(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"methods and bodies", test_methods_and_bodies},
      {"credentials", test_credentials},
      {"ends", test_ends},
      {"not followed", test_not_followed},
      {"a full queue between hops", test_a_full_queue_between_hops},
  };
  return fixture_main("hop", tests, FIXTURE_COUNT(tests), argc, argv);
}
