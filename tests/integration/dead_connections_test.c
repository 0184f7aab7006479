/* SPDX-License-Identifier: MIT
 * Connections that are known to be dead: closed by their server while they were
 * idle, or spoilt by bytes that nobody asked for.  No request goes into one,
 * however seldom libcurl looks; so even what must not be made twice is not
 * lost.  The lane has a transfer of another host's, or it would be closed with
 * all that is in it. */
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/manual_server.h"
#include "support/origin.h"
#include <lariat/failure.h>

enum { POSTS = 12 };

#define PAGE "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine"
#define STRAY "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanyone"

static struct origin *origin;
static struct origin *holder; /* of the request that keeps the lane busy */

struct busy {
  struct fetching t;
  struct manual_server server;
  struct outcome held;
};

/* A pool with one lane, in which a request of the holder's is held. */
static void open_busy(struct busy *b) {
  char url[128];
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  pool.lane_connections = 32;
  fetching_open(&b->t, &pool, NULL);
  manual_server_open(&b->server, &b->t.f);
  lariat_request_options post = lariat_request_defaults(b->t.client);
  post.body = lariat_body_bytes("body", 4);
  origin_url(holder, "/hold", url, sizeof url);
  outcome_watch(&b->held, lariat_request(b->t.client, "POST", url, &post));
  fetching_wait_in_flight(&b->t, holder, 1);
}

static void close_busy(struct busy *b) {
  (void)origin_release(holder);
  (void)fetching_wait(&b->t, &b->held, 1, 5000);
  outcome_expect_http(&b->held, 200);
  outcome_clear(&b->held, 1);
  manual_server_close(&b->server);
  fetching_close(&b->t);
}

/* A request and its answer: when they are through, the reactor has seen what
 * was on its other connections before. */
static void pass_turns(struct busy *b) {
  struct outcome o;
  char url[128];
  for (int i = 0; i < 2; i++) {
    fetching_do(
        &b->t, &o,
        lariat_get(b->t.client, origin_url(origin, "/page", url, sizeof url)));
    outcome_clear(&o, 1);
  }
}

static void post(struct busy *b, struct outcome *o) {
  outcome_watch(o, lariat_request(b->t.client, "POST",
                                  manual_server_url(&b->server, "/"), NULL));
}

static void expect_own_answer(struct busy *b, struct outcome *o) {
  manual_server_read_request(&b->server);
  manual_server_send(&b->server, PAGE);
  (void)fetching_wait(&b->t, o, 1, 5000);
  outcome_expect_body(o, "mine");
  if (o->status == LARIAT_OK)
    CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(o)), 1);
  outcome_clear(o, 1);
}

static void test_closed(void) {
  struct busy b;
  struct outcome o;
  open_busy(&b);
  for (int i = 0; i < POSTS; i++) {
    post(&b, &o);
    manual_server_accept(&b.server);
    expect_own_answer(&b, &o);
    manual_server_end(&b.server);
    pass_turns(&b);
  }
  close_busy(&b);
}

static void test_reset(void) {
  struct busy b;
  struct outcome o;
  open_busy(&b);
  for (int i = 0; i < POSTS; i++) {
    post(&b, &o);
    manual_server_accept(&b.server);
    expect_own_answer(&b, &o);
    manual_server_reset(&b.server);
    pass_turns(&b);
  }
  close_busy(&b);
}

/* Each answer is followed by another, which nobody has asked for. */
static void test_stray(void) {
  struct busy b;
  struct outcome o;
  open_busy(&b);
  for (int i = 0; i < POSTS; i++) {
    post(&b, &o);
    manual_server_accept(&b.server);
    expect_own_answer(&b, &o);
    pass_turns(&b);
    manual_server_send(&b.server, STRAY);
    pass_turns(&b);
    manual_server_end(&b.server);
  }
  close_busy(&b);
}

/* Of two idle connections the other one is used on. */
static void test_one_of_two(void) {
  struct busy b;
  struct outcome o[2];
  open_busy(&b);
  post(&b, &o[0]);
  manual_server_accept(&b.server);
  manual_server_read_request(&b.server);
  int first = b.server.fd;
  post(&b, &o[1]);
  manual_server_accept(&b.server);
  expect_own_answer(&b, &o[1]);
  int second = b.server.fd;
  b.server.fd = first;
  manual_server_send(&b.server, PAGE);
  (void)fetching_wait(&b.t, &o[0], 1, 5000);
  outcome_expect_body(&o[0], "mine");
  outcome_clear(o, 1);
  manual_server_end(&b.server);
  pass_turns(&b);
  b.server.fd = second;
  for (int i = 0; i < POSTS; i++) {
    post(&b, o);
    expect_own_answer(&b, o);
  }
  CU_ASSERT_FALSE(manual_server_has_caller(&b.server, 0));
  manual_server_end(&b.server);
  close_busy(&b);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"closed by the server", test_closed},
      {"reset by the server", test_reset},
      {"an answer that nobody asked for", test_stray},
      {"one of two", test_one_of_two},
  };
  origin = origin_start(NULL);
  holder = origin_start(NULL);
  if (!origin || !holder) return 77;
  int result = fixture_main("dead", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(holder);
  origin_stop(origin);
  return result;
}
