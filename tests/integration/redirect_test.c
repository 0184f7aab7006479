/* SPDX-License-Identifier: MIT
 * Redirects as a user sees them: what is asked for next, of whom, with which
 * body and headers, and when following ends. */
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include "support/origin.h"
#include <lariat/failure.h>

static struct nginx *nginx;
static char text[512];

static const char *url(const char *path) {
  return nginx_url(nginx, NGINX_PLAIN, path, text, sizeof text);
}

/* A POST stays one with 307 and 308, and becomes a GET with the others. */
static void test_methods_after_a_redirect(void) {
  static const struct {
    int code;
    const char *post;
    const char *put;
  } cases[] = {{301, "GET  ", "PUT 4 application/octet-stream"},
               {302, "GET  ", "PUT 4 application/octet-stream"},
               {303, "GET  ", "GET  "},
               {307, "POST 4 application/octet-stream",
                "PUT 4 application/octet-stream"},
               {308, "POST 4 application/octet-stream",
                "PUT 4 application/octet-stream"}};
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    char path[32];
    snprintf(path, sizeof path, "/as/%d", cases[i].code);
    fetching_do(&t, &o, lariat_post(t.client, url(path), "body", 4));
    outcome_expect_body(&o, cases[i].post);
    CU_ASSERT_EQUAL(lariat_response_redirects(outcome_response(&o)), 1);
    CU_ASSERT_STRING_EQUAL(lariat_response_url(outcome_response(&o)),
                           url("/post"));
    outcome_clear(&o, 1);
    fetching_do(&t, &o, lariat_put(t.client, url(path), "body", 4));
    outcome_expect_body(&o, cases[i].put);
    outcome_clear(&o, 1);
    fetching_do(&t, &o, lariat_head(t.client, url(path)));
    outcome_expect_http(&o, 200);
    outcome_expect_body(&o, "");
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

static void test_relative_and_absolute(void) {
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  fetching_do(&t, &o, lariat_get(t.client, url("/redirect/9")));
  outcome_expect_body(&o, "This is /\n");
  CU_ASSERT_EQUAL(lariat_response_redirects(outcome_response(&o)), 9);
  CU_ASSERT_STRING_EQUAL(lariat_response_url(outcome_response(&o)), url("/"));
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url("/absolute")));
  outcome_expect_body(&o, "This is /\n");
  outcome_clear(&o, 1);
  fetching_expect_ledger(t.client, 2, 2, 0, 0);
  fetching_close(&t);
}

static void test_the_limit(void) {
  struct fetching t;
  struct outcome o;
  lariat_client_options options = lariat_client_defaults();
  options.max_redirects = 3;
  fetching_open(&t, NULL, &options);
  fetching_do(&t, &o, lariat_get(t.client, url("/redirect/3")));
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url("/redirect/4")));
  outcome_expect_status(&o, LARIAT_EREDIRECTS);
  CU_ASSERT_EQUAL(o.http_status, 302);
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url("/loop")));
  outcome_expect_status(&o, LARIAT_EREDIRECTS);
  CU_ASSERT_EQUAL(o.http_status, 302);
  CU_ASSERT_STRING_EQUAL(lariat_failure_url(o.value), url("/loop"));
  outcome_clear(&o, 1);
  fetching_expect_ledger(t.client, 3, 1, 2, 0);
  fetching_close(&t);
}

static void test_not_followed(void) {
  struct fetching t;
  struct outcome o;
  lariat_client_options options = lariat_client_defaults();
  options.max_redirects = 0;
  fetching_open(&t, NULL, &options);
  fetching_do(&t, &o, lariat_get(t.client, url("/redirect/4")));
  outcome_expect_http(&o, 302);
  CU_ASSERT_PTR_NOT_NULL(
      lariat_response_header(outcome_response(&o), "location"));
  CU_ASSERT_EQUAL(lariat_response_redirects(outcome_response(&o)), 0);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_where_nobody_can_go(void) {
  struct fetching t;
  struct outcome o;
  struct origin *origin = origin_start(NULL);
  char where[128];
  fetching_open(&t, NULL, NULL);
  static const char *const paths[] = {"/to-ftp", "/to-nowhere"};
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++) {
    fetching_do(&t, &o,
                lariat_get(t.client,
                           origin_url(origin, paths[i], where, sizeof where)));
    if (o.status != LARIAT_EREDIRECT && o.status != LARIAT_ERESOLVE &&
        o.status != LARIAT_ECONNECT)
      fixture_fail("%s: %s", paths[i], lariat_status_name(o.status));
    if (i == 0) {
      outcome_expect_status(&o, LARIAT_EREDIRECT);
      CU_ASSERT_EQUAL(o.http_status, 302);
    }
    outcome_clear(&o, 1);
  }
  /* Without a Location it is an answer like any other. */
  fetching_do(&t, &o,
              lariat_get(t.client, origin_url(origin, "/no-location", where,
                                              sizeof where)));
  CU_ASSERT_EQUAL(o.http_status, 302);
  CU_ASSERT_EQUAL(o.status, LARIAT_OK);
  outcome_clear(&o, 1);
  fetching_close(&t);
  origin_stop(origin);
}

/* Authorization and cookies stay with the origin that they were for; other
 * headers go on. */
static void test_credentials_stay(void) {
  struct fetching t;
  struct outcome o;
  struct origin *origin = origin_start(NULL);
  char answer[512];
  char where[128];
  const lariat_header headers[] = {{"Authorization", "Basic c2VjcmV0"},
                                   {"Cookie", "secret=1"},
                                   {"X-Test", "kept"}};
  snprintf(answer, sizeof answer,
           "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
           url("/headers"));
  const struct origin_step steps[] = {{.kind = ORIGIN_SEND, .text = answer},
                                      {.kind = ORIGIN_END}};
  CU_ASSERT_TRUE(origin_script(origin, "/away", steps));
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = lariat_request_defaults(t.client);
  options.headers = headers;
  options.header_count = 3;
  fetching_do(&t, &o,
              lariat_request(t.client, "GET",
                             origin_url(origin, "/away", where, sizeof where),
                             &options));
  const char *body = lariat_response_body(outcome_response(&o), NULL);
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "authorization: \n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "cookie: \n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "x-test: kept\n"));
  CU_ASSERT_PTR_NULL(strstr(body, "secret"));
  outcome_clear(&o, 1);

  snprintf(answer, sizeof answer,
           "HTTP/1.1 302 Found\r\nLocation: /echo\r\n"
           "Content-Length: 0\r\n\r\n");
  fetching_do(&t, &o,
              lariat_request(t.client, "GET",
                             origin_url(origin, "/away", where, sizeof where),
                             &options));
  body = lariat_response_body(outcome_response(&o), NULL);
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "Basic c2VjcmV0"));
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "secret=1"));
  outcome_clear(&o, 1);
  fetching_close(&t);
  origin_stop(origin);
}

/* A name and password in the URL, too. */
static void test_userinfo_stays(void) {
  struct fetching t;
  struct outcome o;
  struct origin *origin = origin_start(NULL);
  char answer[512];
  char where[128];
  snprintf(answer, sizeof answer,
           "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
           url("/headers"));
  const struct origin_step steps[] = {{.kind = ORIGIN_SEND, .text = answer},
                                      {.kind = ORIGIN_END}};
  CU_ASSERT_TRUE(origin_script(origin, "/away", steps));
  fetching_open(&t, NULL, NULL);
  snprintf(where, sizeof where, "http://me:secret@127.0.0.1:%u/echo",
           origin_port(origin));
  fetching_do(&t, &o, lariat_get(t.client, where));
  const char *body = lariat_response_body(outcome_response(&o), NULL);
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "Authorization: Basic bWU6c2VjcmV0"));
  outcome_clear(&o, 1);
  snprintf(where, sizeof where, "http://me:secret@127.0.0.1:%u/away",
           origin_port(origin));
  fetching_do(&t, &o, lariat_get(t.client, where));
  body = lariat_response_body(outcome_response(&o), NULL);
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "authorization: \n"));
  CU_ASSERT_PTR_NULL(strstr(lariat_response_url(outcome_response(&o)), "me:"));
  outcome_clear(&o, 1);
  /* The next without credentials uses the same connection, not its login. */
  fetching_do(
      &t, &o,
      lariat_get(t.client, origin_url(origin, "/echo", where, sizeof where)));
  body = lariat_response_body(outcome_response(&o), NULL);
  CU_ASSERT_PTR_NULL(strstr(body, "Authorization"));
  outcome_clear(&o, 1);
  fetching_close(&t);
  origin_stop(origin);
}

/* The deadline is of the whole. */
static void test_the_deadline_spans_redirects(void) {
  struct fetching t;
  struct outcome o;
  struct origin *origin = origin_start(NULL);
  char where[128];
  static const struct origin_step steps[] = {
      {.kind = ORIGIN_WAIT, .number = 60},
      {.kind = ORIGIN_SEND,
       .text = "HTTP/1.1 302 Found\r\nLocation: /slow-loop\r\n"
               "Content-Length: 0\r\n\r\n"},
      {.kind = ORIGIN_END}};
  CU_ASSERT_TRUE(origin_script(origin, "/slow-loop", steps));
  lariat_client_options options = lariat_client_defaults();
  options.timeout_ms = 200;
  options.max_redirects = 100;
  fetching_open(&t, NULL, &options);
  fetching_do(&t, &o,
              lariat_get(t.client, origin_url(origin, "/slow-loop", where,
                                              sizeof where)));
  outcome_expect_status(&o, LARIAT_ETIMEDOUT);
  CU_ASSERT(lariat_failure_timings(o.value).total_us >= 200000);
  outcome_clear(&o, 1);
  fetching_wait_idle(&t, 1000);
  fetching_close(&t);
  origin_stop(origin);
}

/* A hop to another host, and so perhaps to another reactor, and back. */
static void test_hops_over_reactors(void) {
  enum { JOBS = 64 };
  struct fetching t;
  struct outcome o[JOBS];
  struct origin_options everywhere = {.address = "127.0.0.0/8"};
  struct origin *origin = origin_start(&everywhere);
  lariat_pool_options options = lariat_pool_defaults();
  char answer[256];
  char where[128];
  options.reactors = 3;
  snprintf(answer, sizeof answer,
           "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/page\r\n"
           "Content-Length: 0\r\n\r\n",
           origin_port(origin));
  const struct origin_step steps[] = {{.kind = ORIGIN_SEND, .text = answer},
                                      {.kind = ORIGIN_END}};
  CU_ASSERT_TRUE(origin_script(origin, "/hop", steps));
  fetching_open(&t, &options, NULL);
  for (unsigned i = 0; i < JOBS; i++) {
    snprintf(where, sizeof where, "http://127.0.1.%u:%u/hop", i + 1,
             origin_port(origin));
    outcome_watch(&o[i], lariat_get(t.client, where));
  }
  fetching_wait(&t, o, JOBS, 10000);
  for (unsigned i = 0; i < JOBS; i++) outcome_expect_http(&o[i], 200);
  outcome_clear(o, JOBS);
  fetching_expect_ledger(t.client, JOBS, JOBS, 0, 0);
  fetching_close(&t);
  origin_stop(origin);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"methods after a redirect", test_methods_after_a_redirect},
      {"relative and absolute", test_relative_and_absolute},
      {"the limit", test_the_limit},
      {"not followed", test_not_followed},
      {"where nobody can go", test_where_nobody_can_go},
      {"credentials stay", test_credentials_stay},
      {"userinfo stays", test_userinfo_stays},
      {"the deadline spans redirects", test_the_deadline_spans_redirects},
      {"hops over reactors", test_hops_over_reactors},
  };
  nginx = nginx_start(NULL);
  if (!nginx) return 1;
  int failed =
      fixture_main("redirect", tests, FIXTURE_COUNT(tests), argc, argv);
  nginx_stop(nginx);
  return failed;
}
