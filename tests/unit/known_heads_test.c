/* SPDX-License-Identifier: MIT
 * known_heads_test.c: which heads are known, and which must not be. */
#include "load/known_heads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

static const char page[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
static const char page_head[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";

struct test {
  struct fixture f;
  lariat_h1_parser *parser;
  lr_load_known_heads *known;
};

static void open_test(struct test *t) {
  fixture_open(&t->f, FIXTURE_NO_REACTOR);
  t->known = calloc(1, sizeof *t->known);
  CU_ASSERT_EQUAL(lariat_h1_parser_new(&t->parser), LARIAT_OK);
}

static void close_test(struct test *t) {
  lariat_h1_parser_free(t->parser);
  free(t->known);
  fixture_close(&t->f);
}

static void begin(struct test *t, bool head_request) {
  const lariat_h1_parser_options options = {.size = sizeof options,
                                            .body = LARIAT_H1_DISCARD,
                                            .head_request = head_request};
  CU_ASSERT_EQUAL(lariat_h1_parser_begin(t->parser, &options), LARIAT_OK);
}

static lariat_h1_result feed(struct test *t, const char *bytes, size_t *used) {
  return lariat_h1_parser_feed(t->parser, bytes, strlen(bytes), used);
}

/* Has an answer read in one piece, as the first of its kind. */
static void learn(struct test *t, const char *answer, bool head_request) {
  size_t used;
  begin(t, head_request);
  lariat_h1_result result = feed(t, answer, &used);
  lr_load_known_heads_note(t->known, 0, head_request, t->parser, answer, used);
  if (result == LARIAT_H1_DONE)
    lr_load_known_heads_confirm(t->known, 0, t->parser);
}

static const lr_load_known_head *find(struct test *t, const char *bytes,
                                      bool head_request) {
  return lr_load_known_heads_find(t->known, 0, head_request, bytes,
                                  strlen(bytes));
}

static void test_found(void) {
  struct test t;
  open_test(&t);
  CU_ASSERT_PTR_NULL(find(&t, page, false));
  learn(&t, page, false);
  const lr_load_known_head *head = find(&t, page, false);
  CU_ASSERT_PTR_NOT_NULL_FATAL(head);
  CU_ASSERT_EQUAL(head->status, 200);
  CU_ASSERT_EQUAL(head->body_bytes, 3);
  CU_ASSERT_EQUAL(head->length, strlen(page_head));
  CU_ASSERT_TRUE(head->keeps);
  CU_ASSERT_PTR_NOT_NULL(find(&t, page_head, false));
  close_test(&t);
}

static void test_not_found(void) {
  struct test t;
  open_test(&t);
  learn(&t, page, false);
  CU_ASSERT_PTR_NULL(
      find(&t, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd", false));
  CU_ASSERT_PTR_NULL(find(&t, "HTTP/1.1 200 OK\r\nContent-", false));
  CU_ASSERT_PTR_NULL(find(&t, page, true));
  CU_ASSERT_PTR_NULL(
      lr_load_known_heads_find(t.known, 1, false, page, strlen(page)));
  close_test(&t);
}

static void test_of_head_requests(void) {
  struct test t;
  open_test(&t);
  learn(&t, page_head, true);
  const lr_load_known_head *head = find(&t, page_head, true);
  CU_ASSERT_PTR_NOT_NULL_FATAL(head);
  CU_ASSERT_EQUAL(head->body_bytes, 0);
  CU_ASSERT_PTR_NULL(find(&t, page_head, false));
  close_test(&t);
}

static void test_without_body(void) {
  static const char *const answers[] = {
      "HTTP/1.1 204 No Content\r\n\r\n",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"};
  for (size_t i = 0; i < FIXTURE_COUNT(answers); i++) {
    struct test t;
    open_test(&t);
    learn(&t, answers[i], false);
    const lr_load_known_head *head = find(&t, answers[i], false);
    CU_ASSERT_PTR_NOT_NULL_FATAL(head);
    CU_ASSERT_EQUAL(head->body_bytes, 0);
    close_test(&t);
  }
}

static void test_that_closes(void) {
  static const char answer[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                               "Content-Length: 0\r\n\r\n";
  struct test t;
  open_test(&t);
  learn(&t, answer, false);
  const lr_load_known_head *head = find(&t, answer, false);
  CU_ASSERT_PTR_NOT_NULL_FATAL(head);
  CU_ASSERT_FALSE(head->keeps);
  close_test(&t);
}

/* Where a head does not say how long the body is, it cannot be known. */
static void test_never_known(void) {
  static const char *const answers[] = {
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nContent-Le",
  };
  for (size_t i = 0; i < FIXTURE_COUNT(answers); i++) {
    struct test t;
    open_test(&t);
    learn(&t, answers[i], false);
    CU_ASSERT_PTR_NULL(find(&t, answers[i], false));
    close_test(&t);
  }
}

/* A head that is longer than what is kept. */
static void test_too_long(void) {
  struct test t;
  char answer[LR_LOAD_KNOWN_HEAD_BYTES + 200];
  open_test(&t);
  snprintf(answer, sizeof answer,
           "HTTP/1.1 200 OK\r\nX: %0*d\r\nContent-Length: 0\r\n\r\n",
           LR_LOAD_KNOWN_HEAD_BYTES, 0);
  learn(&t, answer, false);
  CU_ASSERT_PTR_NULL(find(&t, answer, false));
  close_test(&t);
}

/* What was noted of an answer is found when that is complete, and not if it
 * never is. */
static void test_confirmed_at_the_end(void) {
  struct test t;
  size_t used;
  open_test(&t);
  learn(&t, page_head, false);
  CU_ASSERT_PTR_NULL(find(&t, page_head, false));
  CU_ASSERT_EQUAL(feed(&t, "abc", &used), LARIAT_H1_DONE);
  lr_load_known_heads_confirm(t.known, 0, t.parser);
  CU_ASSERT_PTR_NOT_NULL(find(&t, page_head, false));
  close_test(&t);
}

static void test_confirmed_by_its_own_parser(void) {
  struct test t;
  lariat_h1_parser *other;
  open_test(&t);
  CU_ASSERT_EQUAL(lariat_h1_parser_new(&other), LARIAT_OK);
  learn(&t, page_head, false);
  lr_load_known_heads_confirm(t.known, 0, other);
  CU_ASSERT_PTR_NULL(find(&t, page_head, false));
  lariat_h1_parser_free(other);
  close_test(&t);
}

/* The head of an answer that was given up is not confirmed by the next one. */
static void test_given_up(void) {
  static const char other[] =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  struct test t;
  open_test(&t);
  learn(&t, page_head, false);
  learn(&t, other, false);
  CU_ASSERT_PTR_NULL(find(&t, page_head, false));
  close_test(&t);
}

/* Of heads that never come again few are noted, and those that do come again
 * are found in the end. */
static void test_pauses(void) {
  struct test t;
  unsigned noted = 0;
  char answer[80];
  open_test(&t);
  for (int i = 0; i < 1000; i++) {
    snprintf(answer, sizeof answer,
             "HTTP/1.1 200 OK\r\nX: %d\r\nContent-Length: 0\r\n\r\n", i);
    learn(&t, answer, false);
    /* Looks without finding, which would count as found. */
    noted += strncmp(t.known->slots[0].bytes, answer, strlen(answer)) == 0;
  }
  CU_ASSERT_TRUE(noted > 10 && noted < 30);
  for (int i = 0; i < 100 && !find(&t, page, false); i++)
    learn(&t, page, false);
  CU_ASSERT_PTR_NOT_NULL(find(&t, page, false));
  close_test(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a head that was read is found", test_found},
      {"another is not found", test_not_found},
      {"heads of HEAD are apart", test_of_head_requests},
      {"answers without a body", test_without_body},
      {"answers that end the connection", test_that_closes},
      {"heads that do not say where the body ends", test_never_known},
      {"a head that is too long", test_too_long},
      {"found when the answer is complete", test_confirmed_at_the_end},
      {"confirmed by its own parser", test_confirmed_by_its_own_parser},
      {"an answer that was given up", test_given_up},
      {"heads that never come again", test_pauses},
  };
  return fixture_main("known_heads", tests, FIXTURE_COUNT(tests), argc, argv);
}
