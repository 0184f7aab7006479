/* SPDX-License-Identifier: MIT
 * response_details_test.c: what is kept of an answer beside its head and body,
 * read back; and headers that come several times. */
#include "http/response_details.h"

#include <string.h>

#include "base/list.h"
#include "http/response.h"
#include "support/fixture.h"

static lariat_response *make(unsigned keep) {
  lariat_response *response = lr_response_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(response);
  CU_ASSERT_PTR_NOT_NULL_FATAL(lr_response_details_need(response, keep));
  return response;
}

/* Each row: what came before the final head, and that. */
static void test_heads(void) {
  static const char *const rows[][2] = {
      {"", "HTTP/1.1 200 OK\r\n\r\n"},
      {"", "HTTP/1.1 200 OK\nA: b\n\n"},
      {"HTTP/1.1 100 Go\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"},
      {"HTTP/1.1 103 E\nL: x\n\nHTTP/1.1 100 Go\r\n\r\n",
       "HTTP/1.1 200 OK\r\n\r\n"},
      {"", "HTTP/1.1 200 OK\r\nA: b\r\n \r\n\tc\r\n\r\n"}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    size_t length = 1;
    lariat_response *response = make(LARIAT_KEEP_RAW_HEAD);
    lr_buffer *head = &response->details->head;
    CU_ASSERT_TRUE(lr_buffer_append(head, rows[i][0], strlen(rows[i][0])));
    CU_ASSERT_TRUE(lr_buffer_append(head, rows[i][1], strlen(rows[i][1])));
    const char *bytes = lariat_response_raw_interim_heads(response, &length);
    CU_ASSERT_EQUAL(length, strlen(rows[i][0]));
    CU_ASSERT_EQUAL(memcmp(bytes, rows[i][0], length), 0);
    bytes = lariat_response_raw_head(response, &length);
    CU_ASSERT_EQUAL(length, strlen(rows[i][1]));
    CU_ASSERT_EQUAL(memcmp(bytes, rows[i][1], length), 0);
    lr_response_release(response);
  }
  fixture_close(&f);
}

/* What was not asked for, or of a response that is none. */
static void expect_nothing(const lariat_response *response) {
  size_t length = 1;
  CU_ASSERT_STRING_EQUAL(lariat_response_raw_head(response, &length), "");
  CU_ASSERT_EQUAL(length, 0);
  CU_ASSERT_STRING_EQUAL(lariat_response_raw_interim_heads(response, NULL), "");
  CU_ASSERT_EQUAL(lariat_response_raw_head_source(response),
                  LARIAT_HEAD_NOT_KEPT);
  length = 1;
  CU_ASSERT_PTR_NULL(lariat_response_raw_body(response, &length));
  CU_ASSERT_EQUAL(length, 0);
  CU_ASSERT_STRING_EQUAL(lariat_response_local_ip(response), "");
  CU_ASSERT_EQUAL(lariat_response_local_port(response), 0);
  CU_ASSERT_STRING_EQUAL(lariat_response_tls_version(response), "");
  CU_ASSERT_STRING_EQUAL(lariat_response_tls_cipher(response), "");
  CU_ASSERT_STRING_EQUAL(lariat_response_tls_alpn(response), "");
  CU_ASSERT_FALSE(lariat_response_tls_resumed(response));
  CU_ASSERT_EQUAL(lariat_response_certificate_count(response), 0);
  CU_ASSERT_PTR_NULL(lariat_response_certificate_at(response, 0, &length));
  CU_ASSERT_PTR_NULL(lariat_response_redirect_at(response, 0));
}

static void test_nothing(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  expect_nothing(NULL);
  lariat_response *response = lr_response_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(response);
  expect_nothing(response);
  CU_ASSERT_PTR_NOT_NULL(lr_response_details_need(response, 0));
  expect_nothing(response);
  lr_response_release(response);
  fixture_close(&f);
}

static void test_bodies(void) {
  struct fixture f;
  size_t length;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response = make(LARIAT_KEEP_RAW_BODY);
  CU_ASSERT_STRING_EQUAL(lariat_response_raw_body(response, NULL), "");
  CU_ASSERT_TRUE(lr_response_add_body(response, "body", 4));
  CU_ASSERT_TRUE(lr_response_finish(response));
  CU_ASSERT_PTR_EQUAL(lariat_response_raw_body(response, &length),
                      lariat_response_body(response, NULL));
  CU_ASSERT_EQUAL(length, 4);
  response->details->has_coded_body = true;
  CU_ASSERT_STRING_EQUAL(lariat_response_raw_body(response, &length), "");
  CU_ASSERT_EQUAL(length, 0);
  CU_ASSERT_EQUAL(lr_response_details_coded_capacity(response, 0), 0);
  size_t capacity = lr_response_details_coded_capacity(response, 70);
  lr_buffer *coded = &response->details->coded_body;
  CU_ASSERT_TRUE(lr_buffer_append(coded, "0123456789", 10));
  CU_ASSERT_TRUE(lr_buffer_reserve(coded, 60));
  CU_ASSERT_EQUAL(coded->capacity, capacity);
  CU_ASSERT_EQUAL(lr_response_details_coded_capacity(response, 60), capacity);
  (void)lariat_response_raw_body(response, &length);
  CU_ASSERT_EQUAL(length, 10);
  lr_response_details_forget(response);
  CU_ASSERT_PTR_EQUAL(lariat_response_raw_body(response, NULL),
                      lariat_response_body(response, NULL));
  lr_response_release(response);
  fixture_close(&f);
}

static void test_certificates(void) {
  static const char *const all[] = {"first", "", "the third"};
  struct fixture f;
  size_t length;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response = make(LARIAT_KEEP_CERTIFICATES);
  for (size_t i = 0; i < FIXTURE_COUNT(all); i++)
    CU_ASSERT_TRUE(
        lr_tls_details_add(&response->details->tls, all[i], strlen(all[i])));
  fixture_fail_allocation(&f, 1);
  static const char large[1000];
  CU_ASSERT_FALSE(
      lr_tls_details_add(&response->details->tls, large, sizeof large));
  CU_ASSERT_EQUAL(lariat_response_certificate_count(response), 3);
  for (size_t i = 0; i < FIXTURE_COUNT(all); i++) {
    const uint8_t *der = lariat_response_certificate_at(response, i, &length);
    CU_ASSERT_PTR_NOT_NULL_FATAL(der);
    CU_ASSERT_EQUAL(length, strlen(all[i]));
    CU_ASSERT_EQUAL(memcmp(der, all[i], length), 0);
  }
  CU_ASSERT_PTR_NULL(lariat_response_certificate_at(response, 3, &length));
  lr_response_release(response);
  fixture_close(&f);
}

/* The cache of a client, which counts. */
struct owner {
  lr_response_owner owner;
  unsigned forgotten;
  unsigned taken;
};

static bool take_back(lr_response_owner *owner, lariat_response *response) {
  (void)response;
  lr_container(owner, struct owner, owner)->taken++;
  return false;
}

static void forget(lr_response_owner *owner) {
  lr_container(owner, struct owner, owner)->forgotten++;
}

/* Redirects go with the last response, and none of those that have any is used
 * again. */
static void test_redirects(void) {
  struct fixture f;
  struct owner owner = {.owner = {take_back, forget}};
  lariat_response *hops[3];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (int i = 0; i < 3; i++) {
    hops[i] = lr_response_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(hops[i]);
    hops[i]->owner = &owner.owner;
    if (i > 0) lr_response_set_previous(hops[i], hops[i - 1]);
  }
  CU_ASSERT_EQUAL(owner.forgotten, 2);
  CU_ASSERT_PTR_EQUAL(lariat_response_redirect_at(hops[2], 0), hops[0]);
  CU_ASSERT_PTR_EQUAL(lariat_response_redirect_at(hops[2], 1), hops[1]);
  CU_ASSERT_PTR_NULL(lariat_response_redirect_at(hops[2], 2));
  CU_ASSERT_PTR_EQUAL(lr_response_take_previous(hops[2]), hops[1]);
  CU_ASSERT_PTR_NULL(lariat_response_redirect_at(hops[2], 0));
  lr_response_set_previous(hops[2], NULL);
  lr_response_set_previous(hops[2], hops[1]);
  lr_response_release(hops[2]);
  CU_ASSERT_EQUAL(owner.forgotten, 3);
  CU_ASSERT_EQUAL(owner.taken, 0);
  fixture_close(&f);
}

static void test_no_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response = lr_response_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(response);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(lr_response_details_need(response, LARIAT_KEEP_RAW_HEAD));
  expect_nothing(response);
  lr_response_release(response);
  fixture_close(&f);
}

static void test_repeated_headers(void) {
  static const char *const lines[] = {"HTTP/1.1 200 OK\r\n",
                                      "Set-Cookie: a\r\n",
                                      "X: y\r\n",
                                      "SET-cookie: b\r\n",
                                      "Set-Cookie2: c\r\n",
                                      "Set-Cookie:\r\n",
                                      "\r\n"};
  static const char *const values[] = {"a", "b", ""};
  struct fixture f;
  size_t position = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response = lr_response_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(response);
  for (size_t i = 0; i < FIXTURE_COUNT(lines); i++)
    CU_ASSERT_EQUAL(lr_response_add_line(response, lines[i], strlen(lines[i])),
                    LARIAT_OK);
  CU_ASSERT_EQUAL(lr_response_add_line(response, "Set-Cookie: t\r\n", 15),
                  LARIAT_OK); /* a trailer */
  for (size_t i = 0; i < FIXTURE_COUNT(values); i++) {
    const char *value =
        lariat_response_next_header(response, "set-cookie", &position);
    CU_ASSERT_PTR_NOT_NULL_FATAL(value);
    CU_ASSERT_STRING_EQUAL(value, values[i]);
  }
  CU_ASSERT_PTR_NULL(
      lariat_response_next_header(response, "set-cookie", &position));
  CU_ASSERT_EQUAL(lariat_response_header_values(response, "SET-COOKIE"), 3);
  CU_ASSERT_EQUAL(lariat_response_header_values(response, "none"), 0);
  CU_ASSERT_EQUAL(lariat_response_header_values(response, NULL), 0);
  CU_ASSERT_EQUAL(lariat_response_header_values(NULL, "X"), 0);
  CU_ASSERT_STRING_EQUAL(lariat_response_header_at(response, 2).name,
                         "SET-cookie");
  lr_response_release(response);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"heads, and those of 1xx before", test_heads},
      {"nothing kept", test_nothing},
      {"bodies, coded and not", test_bodies},
      {"certificates", test_certificates},
      {"redirects", test_redirects},
      {"out of memory", test_no_memory},
      {"headers that come several times", test_repeated_headers},
  };
  return fixture_main("response details", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
