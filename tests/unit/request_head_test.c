/* SPDX-License-Identifier: MIT
 * request_head_test.c: the text of requests, byte for byte. */
#include "h1/request_head.h"

#include <stdio.h>
#include <string.h>

#include "http/header_list.h"
#include "support/dispatching.h"

/* An h1 that sends nothing. */
struct writing {
  struct dispatching d;
  lr_h1 h1;
};

static struct writing writing; /* large */

static struct writing *open_h1(void) {
  static const lr_host_extra extra = {.size = sizeof(lr_h1_host),
                                      .init = lr_h1_host_init,
                                      .clear = lr_h1_host_clear};
  struct writing *w = &writing;
  memset(w, 0, sizeof *w);
  dispatching_open(&w->d, &extra, NULL);
  return w;
}

static void close_h1(struct writing *w) {
  lr_buffer_clear(&w->h1.request);
  dispatching_close(&w->d);
}

static lr_job *job_for(struct writing *w, const char *url) {
  lr_job *job = dispatching_job(url);
  job->pool.host = dispatching_host(&w->d, url);
  return job;
}

static void expect_text(struct writing *w, const lr_job *job,
                        const char *expected) {
  size_t length = 0;
  const char *text = lr_request_head_write(&w->h1, job, &length);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  CU_ASSERT_EQUAL(length, strlen(expected));
  if (length == strlen(expected))
    CU_ASSERT_EQUAL(memcmp(text, expected, length), 0);
}

static lr_header_list *list_of(const lariat_header *headers, size_t count) {
  lr_header_list *list = NULL;
  CU_ASSERT_EQUAL_FATAL(lr_header_list_make(NULL, headers, count, &list),
                        LARIAT_OK);
  return list;
}

/* ---- Text ---- */

static void test_urls(void) {
  static const char *const rows[][2] = {
      {"http://a.example/",
       "GET / HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n"},
      {"http://a.example/x/y?z=%20&q",
       "GET /x/y?z=%20&q HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n"},
      {"http://a.example:80/",
       "GET / HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n"},
      {"http://a.example:8080/",
       "GET / HTTP/1.1\r\nHost: a.example:8080\r\nAccept: */*\r\n\r\n"},
      {"http://a.example:180/",
       "GET / HTTP/1.1\r\nHost: a.example:180\r\nAccept: */*\r\n\r\n"},
      {"http://127.0.0.1:8/",
       "GET / HTTP/1.1\r\nHost: 127.0.0.1:8\r\nAccept: */*\r\n\r\n"},
  };
  struct writing *w = open_h1();
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    lr_job *job = job_for(w, rows[i][0]);
    expect_text(w, job, rows[i][1]);
    lr_job_free(job);
  }
  close_h1(w);
}

static void test_head(void) {
  struct writing *w = open_h1();
  lr_job *job = job_for(w, "http://a/x");
  job->request.get = false;
  memcpy(job->request.method, "HEAD", sizeof "HEAD");
  expect_text(w, job, "HEAD /x HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n");
  lr_job_free(job);
  close_h1(w);
}

/* A request's own headers come behind; those of the same name replace what
 * would have been sent, or remove it. */
static void test_own_headers(void) {
  static const struct {
    lariat_header headers[2];
    size_t count;
    const char *lines;
  } rows[] = {
      {{{"X-Test", "1"}, {"User-Agent", "t"}},
       2,
       "Accept: */*\r\nX-Test: 1\r\n"
       "User-Agent: t\r\n"},
      {{{"accept", "text/html"}, {NULL, NULL}}, 1, "accept: text/html\r\n"},
      {{{"Accept-Encoding", "br"}, {NULL, NULL}},
       1,
       "Accept: */*\r\nAccept-Encoding: br\r\n"},
      {{{"Accept", NULL}, {"Accept-Encoding", NULL}}, 2, ""},
      {{{"X-Empty", ""}, {NULL, NULL}}, 1, "Accept: */*\r\nX-Empty:\r\n"},
  };
  struct writing *w = open_h1();
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    char expected[256];
    lr_job *job = job_for(w, "http://a/");
    job->request.headers = list_of(rows[i].headers, rows[i].count);
    snprintf(expected, sizeof expected, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n",
             rows[i].lines);
    expect_text(w, job, expected);
    lr_job_free(job);
  }
  close_h1(w);
}

/* ---- What is kept ---- */

/* What is behind the path is written once for a host, as long as headers
 * are the same. */
static void test_kept_lines(void) {
  static const lariat_header header = {"X-Test", "1"};
  struct writing *w = open_h1();
  lr_header_list *list = list_of(&header, 1);
  lr_job *job = job_for(w, "http://a/long-enough-for-both");
  lr_job *other = job_for(w, "http://a/y");
  lr_h1_host *kept = lr_h1_host_of(job->pool.host);
  job->request.headers = lr_header_list_retain(list);
  other->request.headers = lr_header_list_retain(list);
  expect_text(w, job,
              "GET /long-enough-for-both HTTP/1.1\r\nHost: a\r\n"
              "Accept: */*\r\nX-Test: 1\r\n\r\n");
  CU_ASSERT_PTR_EQUAL(kept->lines_headers, list);
  kept->lines.bytes[1] = 'h'; /* shows that it is used again */
  expect_text(w, other,
              "GET /y hTTP/1.1\r\nHost: a\r\nAccept: */*\r\nX-Test: 1\r\n\r\n");
  lr_header_list_release(other->request.headers);
  other->request.headers = NULL;
  expect_text(w, other, "GET /y HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n");
  CU_ASSERT_PTR_NULL(kept->lines_headers);
  lr_header_list_release(list);
  expect_text(w, job,
              "GET /long-enough-for-both HTTP/1.1\r\nHost: a\r\n"
              "Accept: */*\r\nX-Test: 1\r\n\r\n");
  lr_job_free(other);
  lr_job_free(job); /* the host still has the list */
  CU_ASSERT_PTR_EQUAL(kept->lines_headers, list);
  close_h1(w);
}

/* A large request leaves no memory behind, a small one all of it. */
static void test_trim(void) {
  enum { LARGE = 70 * 1024 };
  static char value[LARGE + 1];
  struct writing *w = open_h1();
  const lariat_header header = {"X-Large", value};
  size_t length;
  memset(value, 'v', LARGE);
  lr_job *job = job_for(w, "http://a/");
  lr_h1_host *kept = lr_h1_host_of(job->pool.host);
  expect_text(w, job, "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n");
  lr_request_head_trim(&w->h1, job->pool.host);
  CU_ASSERT(kept->lines.capacity > 0);
  CU_ASSERT(w->h1.request.capacity > 0);
  job->request.headers = list_of(&header, 1);
  CU_ASSERT_PTR_NOT_NULL(lr_request_head_write(&w->h1, job, &length));
  CU_ASSERT(length > LARGE);
  lr_request_head_trim(&w->h1, job->pool.host);
  CU_ASSERT_EQUAL(kept->lines.capacity, 0);
  CU_ASSERT_EQUAL(w->h1.request.capacity, 0);
  CU_ASSERT_PTR_NOT_NULL(lr_request_head_write(&w->h1, job, &length));
  CU_ASSERT(length > LARGE);
  lr_job_free(job);
  close_h1(w);
}

static void test_no_memory(void) {
  struct writing *w = open_h1();
  lr_job *job = job_for(w, "http://a/");
  size_t length;
  for (uint64_t nth = 1; nth <= 2; nth++) {
    fixture_fail_allocation(&w->d.f, nth);
    CU_ASSERT_PTR_NULL(lr_request_head_write(&w->h1, job, &length));
    fixture_fail_allocation(&w->d.f, 0);
    lr_buffer_clear(&lr_h1_host_of(job->pool.host)->lines);
  }
  expect_text(w, job, "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n");
  lr_job_free(job);
  close_h1(w);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"URLs", test_urls},
      {"HEAD", test_head},
      {"own headers", test_own_headers},
      {"lines that are kept", test_kept_lines},
      {"memory of large requests", test_trim},
      {"no memory", test_no_memory},
  };
  return fixture_main("request_head", tests, FIXTURE_COUNT(tests), argc, argv);
}
