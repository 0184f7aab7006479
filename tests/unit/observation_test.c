/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * observation_test.c: what an observer is told, and when, without a network. */
#include "job/observation.h"

#include <string.h>

#include "support/scripting.h"
#include "support/watching.h"

/* Gets `url` observed, and lets all the time pass that it takes. */
static void get_watched(struct scripting *s, struct watching *w,
                        struct seen *seen, const char *url) {
  lariat_request_options options = lariat_request_defaults(s->client);
  options.observer = watching_observer(w);
  scripting_watch(s, seen, lariat_request(s->client, "GET", url, &options));
}

static void expect_events(const lariat_client_options *client, const char *url,
                          const char *events) {
  struct scripting s;
  struct watching w;
  struct seen seen = {0};
  scripting_open(&s, NULL, client);
  get_watched(&s, &w, &seen, url);
  scripting_run(&s, 60000);
  CU_ASSERT_EQUAL(seen.fires, 1);
  watching_expect(&w, events);
  scripting_forget(&seen, 1);
  scripting_close(&s);
}

static void test_an_answer(void) {
  expect_events(NULL, "http://a/?text=page",
                "queued started opened sent head:200 body:4 ended:ok");
  expect_events(NULL, "http://a/?status=404",
                "queued started opened sent head:404 body:0 ended:ok");
}

static void test_redirects(void) {
  expect_events(NULL, "http://a/?to=http://b/?text=x",
                "queued started opened sent head:302 body:0 redirect:302 "
                "queued started opened sent head:200 body:1 ended:ok");
  expect_events(NULL, "http://a/?to=ftp://b/",
                "queued started opened sent head:302 body:0 "
                "ended:bad-redirect");
}

static void test_retries(void) {
  lariat_client_options options = lariat_client_defaults();
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 1;
  options.retry = &policy;
  expect_events(&options, "http://a/?status=503",
                "queued started opened sent head:503 body:0 retry:ok "
                "queued started reused sent head:503 body:0 ended:ok");
  expect_events(&options, "http://a/?failure=connect-failed",
                "queued started retry:connect-failed queued started "
                "ended:connect-failed");
}

static void test_failures(void) {
  expect_events(NULL, "http://a/?failure=resolve-failed",
                "queued started "
                "ended:resolve-failed");
  expect_events(NULL, "http://a/?failure=connection-reset&in=first-byte",
                "queued started opened sent ended:connection-reset");
  expect_events(NULL, "http://a/?failure=truncated&in=body&text=x",
                "queued started opened sent head:200 ended:truncated");
  expect_events(NULL, "http://a/?never=first-byte",
                "queued started opened sent ended:timed-out");
  expect_events(NULL, "nonsense", "ended:bad-url");
}

/* Events are told when things happen, not at the end. */
static void test_in_time(void) {
  struct scripting s;
  struct watching w;
  struct seen seen = {0};
  scripting_open(&s, NULL, NULL);
  get_watched(&s, &w, &seen,
              "http://a/?connect=20&first-byte=300&body=100&text=x");
  watching_expect(&w, "queued");
  scripting_run(&s, 10);
  watching_expect(&w, "queued started");
  scripting_run(&s, 10);
  watching_expect(&w, "queued started opened sent");
  uint64_t sent_ns = w.last_ns;
  scripting_run(&s, 300);
  watching_expect(&w, "queued started opened sent head:200");
  CU_ASSERT_EQUAL(w.last_ns, sent_ns + 300000000);
  scripting_cancel(&seen);
  watching_expect(&w, "queued started opened sent head:200 ended:cancelled");
  scripting_run(&s, 1000);
  watching_expect(&w, "queued started opened sent head:200 ended:cancelled");
  scripting_forget(&seen, 1);
  scripting_close(&s);
}

/* The client's observer is that of each request; and a job that had one is
 * used again by one that has none. */
static void test_of_a_client(void) {
  struct scripting s;
  struct watching w, own;
  struct seen seen[3] = {{0}};
  lariat_client_options options = lariat_client_defaults();
  options.observer = watching_observer(&w);
  scripting_open(&s, NULL, &options);
  scripting_get(&s, &seen[0], "http://a/?text=x");
  scripting_run(&s, 1);
  watching_expect(&w, "queued started opened sent head:200 body:1 ended:ok");
  CU_ASSERT_PTR_NOT_NULL(strstr(w.heads, "GET /?text=x HTTP/1.1\r\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(w.heads, "HTTP/1.1 200\r\n"));
  get_watched(&s, &own, &seen[1], "http://a/?text=y");
  scripting_run(&s, 1);
  watching_expect(&own, "queued started reused sent head:200 body:1 ended:ok");
  lariat_request_options none = lariat_request_defaults(s.client);
  none.observer = (lariat_observer){NULL, NULL};
  memset(&w, 0, sizeof w);
  scripting_forget(seen, 2);
  scripting_watch(&s, &seen[2],
                  lariat_request(s.client, "GET", "http://a/?text=z", &none));
  scripting_run(&s, 1);
  seen_http(&seen[2], 2, 200);
  watching_expect(&w, "");
  scripting_forget(&seen[2], 1);
  scripting_close(&s);
}

/* A program that was built against a smaller struct has none. */
static void test_smaller_options(void) {
  struct scripting s;
  struct watching w;
  struct seen seen = {0};
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = lariat_request_defaults(s.client);
  options.observer = watching_observer(&w);
  options.size = offsetof(lariat_request_options, observer);
  scripting_watch(&s, &seen,
                  lariat_request(s.client, "GET", "http://a/", &options));
  scripting_run(&s, 1);
  watching_expect(&w, "");
  scripting_forget(&seen, 1);
  scripting_close(&s);
}

static void test_secrets(void) {
  static const lariat_header headers[] = {{"Authorization", "Bearer sesame"},
                                          {"Cookie", "a=sesame"},
                                          {"proxy-authorization", "sesame"},
                                          {"Referer", "http://u:sesame@h/"},
                                          {"X-Seen", "shown"}};
  static const char *const urls[] = {
      "http://u:sesame@a/?text=x",
      "http://a/?to=http://u:sesame@b/",
      "http://a/?to=http://u:sesame@b:99999/",
      "http://u:sesame@a:0/",
      "ftp://u:sesame@a/",
      "http://u:sesame@a/?failure=connect-failed",
      "http://u:ses/sesame@a/"};
  struct scripting s;
  struct watching w;
  scripting_open(&s, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(urls); i++) {
    struct seen seen = {0};
    lariat_request_options options = lariat_request_defaults(s.client);
    options.headers = headers;
    options.header_count = FIXTURE_COUNT(headers);
    options.observer = watching_observer(&w);
    scripting_watch(&s, &seen,
                    lariat_request(s.client, "GET", urls[i], &options));
    scripting_run(&s, 1000);
    if (strstr(w.heads, "sesame") || strstr(w.texts, "sesame"))
      fixture_fail("%s: %s %s", urls[i], w.heads, w.texts);
    if (strstr(w.urls, "sesame") && !strstr(urls[i], "?to="))
      fixture_fail("%s: %s", urls[i], w.urls);
    if (i == 0) {
      CU_ASSERT_PTR_NOT_NULL(strstr(w.heads, "Authorization: ***\r\n"));
      CU_ASSERT_PTR_NOT_NULL(strstr(w.heads, "X-Seen: shown\r\n"));
    }
    scripting_forget(&seen, 1);
  }
  scripting_close(&s);
}

/* The report of a failure that nobody handles has none, either. */
static void test_reports(void) {
  static const char *const urls[] = {
      "http://a/?to=http://u:sesame@b:99999/", "http://u:sesame@a:0/",
      "ftp://u:sesame@a/", "http://u:sesame@a/?failure=connect-failed",
      "http://u:ses/sesame@a/"};
  struct scripting s;
  scripting_open(&s, NULL, NULL);
  for (unsigned i = 0; i < FIXTURE_COUNT(urls); i++) {
    lariat_deferred_release(lariat_get(s.client, urls[i]));
    scripting_run(&s, 1000);
    fixture_expect_reports(&s.f, i + 1);
    CU_ASSERT_EQUAL(s.f.reports, i + 1);
    if (strstr(s.f.last_report, "sesame"))
      fixture_fail("%s: %s", urls[i], s.f.last_report);
  }
  scripting_close(&s);
}

/* A client that closes, and a reactor that does, with events on their way. */
static void test_closing(void) {
  struct scripting s;
  struct watching w;
  struct seen seen = {0};
  scripting_open(&s, NULL, NULL);
  get_watched(&s, &w, &seen, "http://a/?first-byte=300");
  scripting_run(&s, 10);
  lariat_client_close(s.client);
  s.client = NULL;
  watching_expect(&w, "queued started opened sent ended:cancelled");
  scripting_forget(&seen, 1);
  scripting_close(&s);
}

/* Events may be left out for want of memory; the request is not. */
static void test_without_memory(void) {
  for (uint64_t nth = 1; nth < 60; nth++) {
    struct scripting s;
    struct watching w;
    struct seen seen = {0};
    scripting_open(&s, NULL, NULL);
    fixture_fail_allocation(&s.f, nth);
    get_watched(&s, &w, &seen, "http://a/?text=x");
    scripting_run(&s, 1000);
    fixture_fail_allocation(&s.f, 0);
    scripting_run(&s, 1000);
    CU_ASSERT_EQUAL(seen.fires, 1);
    scripting_forget(&seen, 1);
    scripting_close(&s);
  }
}

static void test_names(void) {
  CU_ASSERT_STRING_EQUAL(lariat_request_event_name(LARIAT_REQUEST_QUEUED),
                         "queued");
  CU_ASSERT_STRING_EQUAL(lariat_request_event_name(LARIAT_REQUEST_ENDED),
                         "ended");
  CU_ASSERT_STRING_EQUAL(
      lariat_request_event_name((lariat_request_event_kind)0), "unknown");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"an answer", test_an_answer},
      {"redirects", test_redirects},
      {"retries", test_retries},
      {"failures", test_failures},
      {"in time", test_in_time},
      {"of a client", test_of_a_client},
      {"smaller options", test_smaller_options},
      {"secrets", test_secrets},
      {"reports", test_reports},
      {"closing", test_closing},
      {"without memory", test_without_memory},
      {"names", test_names},
  };
  return fixture_main("observation", tests, FIXTURE_COUNT(tests), argc, argv);
}
