/* SPDX-License-Identifier: MIT
 * flow_test.c: users who take the steps of a flow, each with cookies of his
 * own. */
#include "load/flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"
#include <lariat/h1_parser.h>

struct flows {
  lariat_load_requests *requests;
  lr_load_source *source;
};

static struct flows open_flow(const lariat_load_request *steps, size_t count) {
  struct flows flows;
  lariat_load_error error = {0};
  if (lariat_load_requests_new(&flows.requests) != LARIAT_OK) abort();
  if (lariat_load_requests_add_flow(flows.requests, steps, count, &error) !=
      LARIAT_OK)
    fixture_fail("%s", error.message);
  if (lr_load_source_new(flows.requests, &flows.source) != LARIAT_OK) abort();
  return flows;
}

static void close_flow(struct flows *flows) {
  lr_load_source_free(flows->source);
  lariat_load_requests_free(flows->requests);
}

static lariat_load_request get_of(const char *url) {
  return (lariat_load_request){.size = sizeof(lariat_load_request), .url = url};
}

/* Answers a user's step with these header lines. */
static bool answer(struct flows *flows, lr_load_user *user,
                   const char *headers) {
  char text[500];
  size_t used;
  lariat_h1_parser *parser;
  if (lariat_h1_parser_new(&parser) != LARIAT_OK) abort();
  int length =
      snprintf(text, sizeof text,
               "HTTP/1.1 200 OK\r\n%sContent-Length: 0\r\n\r\n", headers);
  (void)lariat_h1_parser_feed(parser, text, (size_t)length, &used);
  CU_ASSERT_TRUE(lariat_h1_parser_has_head(parser));
  bool more = lr_load_source_answer(flows->source, user,
                                    lariat_h1_parser_response(parser));
  lariat_h1_parser_free(parser);
  return more;
}

static bool has_text(const lr_load_message *message, const char *text) {
  return memmem(message->bytes, message->length, text, strlen(text)) != NULL;
}

static lr_load_message take(struct flows *flows, uint64_t index) {
  lr_load_message message = {.bytes = NULL};
  CU_ASSERT_EQUAL(lr_load_source_take(flows->source, index, &message),
                  LR_LOAD_MESSAGE);
  CU_ASSERT_PTR_NOT_NULL_FATAL(message.user);
  return message;
}

static lr_load_message step(struct flows *flows, lr_load_user *user) {
  lr_load_message message = {.bytes = NULL};
  CU_ASSERT_EQUAL(lr_load_source_step(flows->source, user, &message),
                  LR_LOAD_MESSAGE);
  CU_ASSERT_PTR_EQUAL(message.user, user);
  return message;
}

static void test_steps(void) {
  lariat_load_request steps[3] = {get_of("http://a/1"), get_of("http://a/2"),
                                  get_of("http://a/3")};
  steps[1].method = "POST";
  steps[1].body = "x=1";
  steps[1].body_length = 3;
  steps[0].think_low_ns = 5;
  steps[0].think_high_ns = 5;
  struct flows flows = open_flow(steps, 3);
  CU_ASSERT_EQUAL(lariat_load_requests_count(flows.requests), 1);
  lr_load_message message = take(&flows, 7);
  CU_ASSERT_TRUE(has_text(&message, "GET /1 "));
  CU_ASSERT_EQUAL(message.think_ns, 5);
  CU_ASSERT_TRUE(answer(&flows, message.user, ""));
  message = step(&flows, message.user);
  CU_ASSERT_TRUE(has_text(&message, "POST /2 ") &&
                 has_text(&message, "\r\n\r\nx=1"));
  CU_ASSERT_EQUAL(message.think_ns, 0);
  CU_ASSERT_TRUE(lr_load_source_answer(flows.source, message.user, NULL));
  message = step(&flows, message.user);
  CU_ASSERT_TRUE(has_text(&message, "GET /3 ") && message.stays);
  CU_ASSERT_FALSE(answer(&flows, message.user, ""));
  close_flow(&flows);
}

static void test_cookies(void) {
  lariat_load_request steps[4] = {get_of("http://a/in"), get_of("http://a/x"),
                                  get_of("http://b/"), get_of("http://a/out")};
  steps[1].body = "body";
  steps[1].body_length = 4;
  struct flows flows = open_flow(steps, 4);
  lr_load_user *user = take(&flows, 0).user;
  CU_ASSERT_TRUE(
      answer(&flows, user, "Set-Cookie: id=1\r\nSet-Cookie: t=2; Path=/\r\n"));
  lr_load_message message = step(&flows, user);
  CU_ASSERT_TRUE(has_text(&message, "\r\nCookie: id=1; t=2\r\n\r\nbody"));
  CU_ASSERT_FALSE(message.stays);
  CU_ASSERT_TRUE(answer(&flows, user, "set-cookie: id=; Max-Age=0\r\n"));
  message = step(&flows, user);
  CU_ASSERT_FALSE(has_text(&message, "Cookie"));
  CU_ASSERT_TRUE(answer(&flows, user, ""));
  message = step(&flows, user);
  CU_ASSERT_TRUE(has_text(&message, "\r\nCookie: t=2\r\n\r\n"));
  CU_ASSERT_FALSE(answer(&flows, user, "Set-Cookie: late=1\r\n"));
  close_flow(&flows);
}

/* Cookies that a step brings itself are the only ones. */
static void test_own_cookies(void) {
  static const lariat_header own[] = {{"Cookie", "mine=1"}};
  lariat_load_request steps[2] = {get_of("http://a/1"), get_of("http://a/2")};
  steps[1].headers = own;
  steps[1].header_count = 1;
  struct flows flows = open_flow(steps, 2);
  lr_load_user *user = take(&flows, 0).user;
  CU_ASSERT_TRUE(answer(&flows, user, "Set-Cookie: id=1\r\n"));
  lr_load_message message = step(&flows, user);
  CU_ASSERT_TRUE(has_text(&message, "Cookie: mine=1\r\n"));
  CU_ASSERT_FALSE(has_text(&message, "id=1"));
  lr_load_source_leave(flows.source, user);
  close_flow(&flows);
}

static void test_many_users(void) {
  lariat_load_request steps[2] = {get_of("http://a/1"), get_of("http://a/2")};
  struct flows flows = open_flow(steps, 2);
  lr_load_user *users[5];
  for (unsigned i = 0; i < 5; i++) {
    char header[40];
    users[i] = take(&flows, i).user;
    snprintf(header, sizeof header, "Set-Cookie: id=%u\r\n", i);
    CU_ASSERT_TRUE(answer(&flows, users[i], header));
  }
  for (unsigned i = 5; i-- > 0;) {
    char header[40];
    lr_load_message message = step(&flows, users[i]);
    snprintf(header, sizeof header, "\r\nCookie: id=%u\r\n", i);
    CU_ASSERT_TRUE(has_text(&message, header));
  }
  lr_load_source_leave(flows.source, users[2]);
  lr_load_source_leave(flows.source, users[4]);
  CU_ASSERT_FALSE(answer(&flows, users[0], ""));
  close_flow(&flows); /* frees the two that are left */
}

static void test_refusals(void) {
  lariat_load_request steps[2] = {get_of("http://a/1"), get_of("nothing")};
  lariat_load_requests *requests;
  lariat_load_error error;
  if (lariat_load_requests_new(&requests) != LARIAT_OK) abort();
  CU_ASSERT_EQUAL(lariat_load_requests_add_flow(requests, steps, 2, &error),
                  LARIAT_EINVAL);
  CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "step 2: not a URL"));
  CU_ASSERT_EQUAL(lariat_load_requests_add_flow(requests, steps, 0, &error),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_requests_add_flow(requests, steps, 0, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_requests_count(requests), 0);
  lariat_load_requests_free(requests);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"steps, one after the other", test_steps},
      {"cookies go with later steps", test_cookies},
      {"a step's own cookies", test_own_cookies},
      {"each user has cookies of his own", test_many_users},
      {"flows that are none", test_refusals},
  };
  return fixture_main("flow", tests, FIXTURE_COUNT(tests), argc, argv);
}
