/* SPDX-License-Identifier: MIT
 * stale_test.c: answers on a connection that was open already which are none to
 * the request: a 408 with which the server has closed it, bytes that are no
 * status line, a second answer to the request before.  And which connections
 * are used again: those of HTTP/1.0, and of hosts that were forgotten.  The
 * server is worked by hand; everything is asked for through lariat's own
 * reader and through libcurl. */
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/manual_server.h"
#include <lariat/failure.h>

#define PAGE "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npage\n"
#define LATE "HTTP/1.1 408 Request Timeout\r\n"

struct session {
  struct fetching t;
  struct manual_server server;
};

static void open_session(struct session *s, bool libcurl_only) {
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  pool.libcurl_only = libcurl_only;
  fetching_open(&s->t, &pool, NULL);
  manual_server_open(&s->server, &s->t.f);
}

static void close_session(struct session *s) {
  manual_server_close(&s->server);
  fetching_close(&s->t);
}

static lariat_deferred *get(struct session *s) {
  return lariat_get(s->t.client, manual_server_url(&s->server, "/"));
}

static lariat_deferred *post(struct session *s) {
  return lariat_post(s->t.client, manual_server_url(&s->server, "/"), "", 0);
}

static void answer(struct session *s, struct outcome *o, const char *bytes) {
  manual_server_read_request(&s->server);
  manual_server_send(&s->server, bytes);
  fetching_wait(&s->t, o, 1, 5000);
}

/* Answers the first request, on a new connection. */
static void answer_new(struct session *s, const char *bytes) {
  struct outcome o;
  outcome_watch(&o, get(s));
  manual_server_accept(&s->server);
  answer(s, &o, bytes);
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
}

/* Answers one more on the connection that there is. */
static void answer_reused(struct session *s, const char *bytes) {
  struct outcome o;
  outcome_watch(&o, get(s));
  answer(s, &o, bytes);
  outcome_expect_http(&o, 200);
  CU_ASSERT_TRUE(lariat_response_reused(outcome_response(&o)));
  outcome_clear(&o, 1);
}

/* Expects that the request which is under way is made again on a new
 * connection, where it is answered. */
static void expect_again(struct session *s, struct outcome *o, size_t attempts,
                         unsigned origins) {
  manual_server_expect_end(&s->server);
  manual_server_accept(&s->server);
  answer(s, o, PAGE);
  outcome_expect_body(o, "page\n");
  const lariat_response *response = outcome_response(o);
  CU_ASSERT_FALSE(lariat_response_reused(response));
  CU_ASSERT_EQUAL(lariat_response_attempts(response), attempts);
  CU_ASSERT_EQUAL(fetching_stats(&s->t).desync_origins, origins);
}

/* ---- Dead connections ---- */

static void ask_again_after(const char *said, unsigned origins,
                            bool libcurl_only) {
  struct session s;
  struct outcome o;
  open_session(&s, libcurl_only);
  answer_new(&s, PAGE);
  answer_reused(&s, PAGE);
  outcome_watch(&o, get(&s));
  manual_server_read_request(&s.server);
  manual_server_send(&s.server, said);
  expect_again(&s, &o, 2, origins);
  outcome_clear(&o, 1);
  if (!origins) answer_reused(&s, PAGE);
  close_session(&s);
}

/* Behind the request, on a connection that was open. */
static void test_dead_connections(void) {
  static const struct {
    const char *said;
    unsigned origins; /* that are found out by it */
  } rows[] = {
      {LATE "Connection: close\r\nContent-Length: 4\r\n\r\nlate", 0},
      {LATE "Connection: close\r\n\r\n", 0},
      {LATE "Content-Length: 0\r\nConnection: x, Close\r\n\r\n", 0},
      {"HTTP/1.0 408 Late\r\n\r\n", 0},
      {"\r\n", 0},
      {"rubbish of more than some bytes\r\n", 1},
      {"<html>more of the page before</html>", 1},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    for (int libcurl_only = 0; libcurl_only < 2; libcurl_only++)
      ask_again_after(rows[i].said, rows[i].origins, libcurl_only);
}

/* A 408 whose connection breaks within it. */
static void test_cut_goodbye(void) {
  for (int libcurl_only = 0; libcurl_only < 2; libcurl_only++) {
    struct session s;
    struct outcome o;
    open_session(&s, libcurl_only);
    answer_new(&s, PAGE);
    outcome_watch(&o, get(&s));
    manual_server_read_request(&s.server);
    manual_server_send(&s.server,
                       LATE "Connection: close\r\nContent-Length: 9\r\n\r\nla");
    manual_server_reset(&s.server);
    manual_server_accept(&s.server);
    answer(&s, &o, PAGE);
    outcome_expect_body(&o, "page\n");
    outcome_clear(&o, 1);
    close_session(&s);
  }
}

/* On a new connection they are what they are; and a 408 that keeps the
 * connection is an answer to the request. */
static void test_answers_all_the_same(void) {
  for (int libcurl_only = 0; libcurl_only < 2; libcurl_only++) {
    struct session s;
    struct outcome o;
    open_session(&s, libcurl_only);
    outcome_watch(&o, get(&s));
    manual_server_accept(&s.server);
    answer(&s, &o, LATE "Connection: close\r\nContent-Length: 0\r\n\r\n");
    outcome_expect_http(&o, 408);
    CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 1);
    outcome_clear(&o, 1);
    manual_server_expect_end(&s.server);
    answer_new(&s, PAGE);
    outcome_watch(&o, get(&s));
    answer(&s, &o, LATE "Content-Length: 0\r\n\r\n");
    outcome_expect_http(&o, 408);
    CU_ASSERT_TRUE(lariat_response_reused(outcome_response(&o)));
    outcome_clear(&o, 1);
    answer_reused(&s, PAGE);
    close_session(&s);
  }
}

static void test_rubbish_on_a_new_connection(void) {
  for (int libcurl_only = 0; libcurl_only < 2; libcurl_only++) {
    struct session s;
    struct outcome o;
    open_session(&s, libcurl_only);
    outcome_watch(&o, get(&s));
    manual_server_accept(&s.server);
    answer(&s, &o, "rubbish of more than some bytes\r\n");
    outcome_expect_status(&o, LARIAT_EPROTOCOL);
    outcome_clear(&o, 1);
    close_session(&s);
  }
}

/* What may not be made twice: a 408 is told, since it says that the server has
 * not got the request; after rubbish nobody knows. */
static void test_post(void) {
  struct session s;
  struct outcome o;
  open_session(&s, true);
  answer_new(&s, PAGE);
  outcome_watch(&o, post(&s));
  answer(&s, &o, LATE "Connection: close\r\nContent-Length: 0\r\n\r\n");
  outcome_expect_http(&o, 408);
  outcome_clear(&o, 1);
  manual_server_expect_end(&s.server);
  answer_new(&s, PAGE);
  outcome_watch(&o, post(&s));
  answer(&s, &o, "rubbish of more than some bytes\r\n");
  outcome_expect_failure(&o, LARIAT_ERESET, LARIAT_PHASE_FIRST_BYTE);
  CU_ASSERT_FALSE(manual_server_has_caller(&s.server, 50));
  outcome_clear(&o, 1);
  close_session(&s);
}

/* A connection that ended while it was idle gets no POST. */
static void test_post_after_the_end(void) {
  for (int broken = 0; broken < 2; broken++) {
    struct session s;
    struct outcome o;
    open_session(&s, true);
    answer_new(&s, PAGE);
    if (broken)
      manual_server_reset(&s.server);
    else
      manual_server_end(&s.server);
    outcome_watch(&o, post(&s));
    manual_server_accept(&s.server);
    answer(&s, &o, PAGE);
    outcome_expect_body(&o, "page\n");
    CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 1);
    outcome_clear(&o, 1);
    close_session(&s);
  }
}

/* ---- Second answers ---- */

/* Behind the first answer, which libcurl reads in both pools. */
static void expect_closed_after(const char *first, const char *more,
                                bool libcurl_only, bool sign) {
  struct session s;
  struct outcome o;
  char text[512];
  snprintf(text, sizeof text, "%s%s", first, more);
  open_session(&s, libcurl_only);
  outcome_watch(&o, get(&s));
  manual_server_accept(&s.server);
  answer(&s, &o, text);
  CU_ASSERT_EQUAL(o.status, LARIAT_OK);
  uint64_t connection = lariat_response_connection(outcome_response(&o));
  CU_ASSERT_EQUAL(lariat_response_desync(outcome_response(&o)),
                  sign ? LARIAT_DESYNC_CONNECTION : LARIAT_DESYNC_NONE);
  outcome_clear(&o, 1);
  manual_server_expect_end(&s.server);
  lariat_desync_connection found = {NULL, 0};
  CU_ASSERT_EQUAL(lariat_pool_desync_connections(s.t.pool, 0, &found, 1), sign);
  if (sign) CU_ASSERT_EQUAL(found.connection, connection);
  answer_new(&s, PAGE);
  if (!sign) answer_reused(&s, PAGE);
  CU_ASSERT_EQUAL(fetching_stats(&s.t).desync_origins, sign);
  close_session(&s);
}

static void test_more_than_the_first_answer(void) {
  static const char *const firsts[] = {
      PAGE, "HTTP/1.1 204 None\r\n\r\n",
      "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n",
      ("HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" PAGE),
      "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 5\r\n\r\npage\n"};
  for (size_t i = 0; i < FIXTURE_COUNT(firsts); i++) {
    for (int libcurl_only = 0; libcurl_only < 2; libcurl_only++) {
      expect_closed_after(firsts[i], PAGE, libcurl_only, true);
      expect_closed_after(firsts[i], "\r\n", libcurl_only, false);
    }
  }
}

/* Nothing is too much in these. */
static void test_nothing_more(void) {
  static const char *const answers[] = {
      PAGE,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=y\r\npage\n\r\n0\r\nTrailer: z\r\n\r\n",
      ("HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" PAGE),
      "HTTP/1.1 200 OK\r\nX: a\r\nX: b\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 204 None\r\n\r\n",
      "HTTP/1.1 200 OK\nContent-Length: 5\n\npage\n",
      "HTTP/1.1 200\r\nContent-Length: 05\r\n\r\npage\n"};
  for (size_t i = 0; i < FIXTURE_COUNT(answers); i++) {
    struct session s;
    struct outcome o;
    open_session(&s, true);
    answer_new(&s, PAGE);
    for (int again = 0; again < 3; again++) {
      outcome_watch(&o, get(&s));
      answer(&s, &o, answers[i]);
      CU_ASSERT_TRUE(lariat_response_reused(outcome_response(&o)));
      outcome_clear(&o, 1);
    }
    CU_ASSERT_EQUAL(fetching_stats(&s.t).desync_origins, 0);
    CU_ASSERT_EQUAL(fetching_stats(&s.t).connections_opened, 1);
    close_session(&s);
  }
}

/* ---- HTTP/1.0, and what is remembered ---- */

static void test_http_1_0(void) {
  static const struct {
    const char *answer;
    bool keeps;
  } rows[] = {
      {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n"
       "page\n",
       true},
      {"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n",
       true},
      {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\npage\n", false},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    for (int libcurl_only = 0; libcurl_only < 2; libcurl_only++) {
      struct session s;
      open_session(&s, libcurl_only);
      answer_new(&s, rows[i].answer);
      for (int again = 0; again < 3; again++) {
        if (!rows[i].keeps) manual_server_expect_end(&s.server);
        if (rows[i].keeps)
          answer_reused(&s, rows[i].answer);
        else
          answer_new(&s, rows[i].answer);
      }
      CU_ASSERT_EQUAL(fetching_stats(&s.t).connections_opened,
                      rows[i].keeps ? 1 : 4);
      close_session(&s);
    }
  }
}

/* A server whose connections end after one request: what cannot be made twice
 * gets a new one, even where one is open. */
static void test_short_lived(void) {
  struct session s;
  struct outcome o;
  open_session(&s, true);
  for (int i = 0; i < 3; i++) {
    answer_new(&s, PAGE);
    manual_server_end(&s.server);
    CU_ASSERT_TRUE(fetching_wait_idle(&s.t, 1000));
    fetching_run(&s.t, 5);
  }
  answer_new(&s, PAGE);
  int first = s.server.fd;
  outcome_watch(&o, post(&s));
  manual_server_accept(&s.server);
  answer(&s, &o, PAGE);
  CU_ASSERT_FALSE(lariat_response_reused(outcome_response(&o)));
  outcome_clear(&o, 1);
  manual_server_end(&s.server);
  s.server.fd = first;
  close_session(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"dead connections", test_dead_connections},
      {"a goodbye that is cut", test_cut_goodbye},
      {"answers all the same", test_answers_all_the_same},
      {"rubbish on a new connection", test_rubbish_on_a_new_connection},
      {"a POST", test_post},
      {"a POST after the end", test_post_after_the_end},
      {"more than the first answer", test_more_than_the_first_answer},
      {"nothing more", test_nothing_more},
      {"HTTP/1.0", test_http_1_0},
      {"a host whose connections are short-lived", test_short_lived}};
  return fixture_main("stale", tests, FIXTURE_COUNT(tests), argc, argv);
}
