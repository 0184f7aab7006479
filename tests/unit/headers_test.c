/* SPDX-License-Identifier: MIT
 * headers_test.c: lists of request headers: order, names, what is refused,
 * credentials, and memory that runs out. */
#include <lariat/headers.h>

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

struct heading {
  struct fixture f;
  lariat_headers *headers;
};

static void begin(struct heading *h) {
  fixture_open(&h->f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL_FATAL(lariat_headers_new(&h->headers), LARIAT_OK);
}

static void end(struct heading *h) {
  lariat_headers_free(h->headers);
  fixture_close(&h->f);
}

/* Expects these headers, each written as "Name: value". */
static void expect_items(const struct heading *h, const char *wanted) {
  char text[1024] = "";
  size_t count = 0;
  size_t length = 0;
  const lariat_header *items = lariat_headers_items(h->headers, &count);
  for (size_t i = 0; i < count; i++)
    length += (size_t)snprintf(text + length, sizeof text - length, "%s: %s\n",
                               items[i].name,
                               items[i].value ? items[i].value : "(none)");
  if (strcmp(text, wanted) != 0)
    fixture_fail("\"%s\" instead of \"%s\"", text, wanted);
}

static void test_changes(void) {
  struct heading h;
  begin(&h);
  expect_items(&h, "");
  CU_ASSERT_EQUAL(lariat_headers_add(h.headers, "A", "1"), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_headers_add(h.headers, "B", ""), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_headers_add(h.headers, "a", "2"), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_headers_add(h.headers, "C", NULL), LARIAT_OK);
  expect_items(&h, "A: 1\nB: \na: 2\nC: (none)\n");
  CU_ASSERT_STRING_EQUAL(lariat_headers_find(h.headers, "a"), "1");
  CU_ASSERT_PTR_NULL(lariat_headers_find(h.headers, "C"));
  CU_ASSERT_PTR_NULL(lariat_headers_find(h.headers, "D"));
  CU_ASSERT_EQUAL(lariat_headers_set_default(h.headers, "b", "x"), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_headers_set_default(h.headers, "c", "x"), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_headers_set_default(h.headers, "D", "x"), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_headers_set(h.headers, "A", "3"), LARIAT_OK);
  expect_items(&h, "B: \nC: (none)\nD: x\nA: 3\n");
  CU_ASSERT_EQUAL(lariat_headers_remove(h.headers, "d"), 1);
  CU_ASSERT_EQUAL(lariat_headers_remove(h.headers, "d"), 0);
  for (int i = 0; i < 100; i++)
    CU_ASSERT_EQUAL(lariat_headers_add(h.headers, "Many", "x"), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_headers_remove(h.headers, "many"), 100);
  expect_items(&h, "B: \nC: (none)\nA: 3\n");
  end(&h);
}

/* Texts of the list's own may be given to it. */
static void test_own_texts(void) {
  struct heading h;
  size_t count;
  begin(&h);
  CU_ASSERT_EQUAL(lariat_headers_add(h.headers, "A", "1"), LARIAT_OK);
  const lariat_header *own = lariat_headers_items(h.headers, &count);
  CU_ASSERT_EQUAL(lariat_headers_set(h.headers, own->name, own->value),
                  LARIAT_OK);
  expect_items(&h, "A: 1\n");
  end(&h);
}

static void test_refused(void) {
  static const lariat_header bad[] = {{"", "x"},
                                      {"A B", "x"},
                                      {"A:", "x"},
                                      {"A\r\nB", "x"},
                                      {"A", "x\r\nB: y"},
                                      {"A", "x\n"},
                                      {"A", "\r"},
                                      {"Content-Length", "1"},
                                      {"transfer-encoding", "x"},
                                      {NULL, "x"},
                                      {"\xc3\xa4", "x"}};
  struct heading h;
  begin(&h);
  CU_ASSERT_EQUAL(lariat_headers_add(h.headers, "A", "kept"), LARIAT_OK);
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++) {
    CU_ASSERT_EQUAL(lariat_headers_add(h.headers, bad[i].name, bad[i].value),
                    LARIAT_EINVAL);
    CU_ASSERT_EQUAL(lariat_headers_set(h.headers, bad[i].name, bad[i].value),
                    LARIAT_EINVAL);
  }
  CU_ASSERT_EQUAL(lariat_headers_set_default(h.headers, NULL, "x"),
                  LARIAT_EINVAL);
  expect_items(&h, "A: kept\n");
  end(&h);
}

static void test_credentials(void) {
  struct heading h;
  begin(&h);
  CU_ASSERT_EQUAL(lariat_headers_set_basic(h.headers, "Aladdin", "open sesame"),
                  LARIAT_OK);
  expect_items(&h, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\n");
  CU_ASSERT_EQUAL(lariat_headers_set_basic(h.headers, "test", "123\xc2\xa3"),
                  LARIAT_OK); /* RFC 7617, 2.1 */
  expect_items(&h, "Authorization: Basic dGVzdDoxMjPCow==\n");
  CU_ASSERT_EQUAL(lariat_headers_set_basic(h.headers, "", ""), LARIAT_OK);
  expect_items(&h, "Authorization: Basic Og==\n");
  CU_ASSERT_EQUAL(lariat_headers_set_basic(h.headers, "a:b", "c"),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_headers_set_basic(h.headers, "a", "c\n"),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_headers_set_basic(h.headers, "\x7f", "c"),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_headers_set_basic(h.headers, NULL, "c"),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_headers_set_bearer(h.headers, "mF_9.B5f-4.1JqM~+/=="),
                  LARIAT_OK);
  expect_items(&h, "Authorization: Bearer mF_9.B5f-4.1JqM~+/==\n");
  static const char *const bad[] = {"", "=", "a b", "a=b", "a\r\n", "\xc3"};
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++)
    CU_ASSERT_EQUAL(lariat_headers_set_bearer(h.headers, bad[i]),
                    LARIAT_EINVAL);
  end(&h);
}

static lariat_status use(void) {
  lariat_headers *headers;
  lariat_status status = lariat_headers_new(&headers);
  if (status != LARIAT_OK) return status;
  status = lariat_headers_set_basic(headers, "user", "password");
  for (int i = 0; i < 20 && status == LARIAT_OK; i++)
    status = lariat_headers_add(headers, "A", "value");
  lariat_headers_free(headers);
  return status;
}

static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  uint64_t nth = 1;
  for (;; nth++) {
    fixture_fail_allocation(&f, nth);
    lariat_status status = use();
    fixture_fail_allocation(&f, 0);
    if (status == LARIAT_OK) break;
    CU_ASSERT_EQUAL(status, LARIAT_ENOMEM);
  }
  CU_ASSERT(nth > 20);
  lariat_headers_free(NULL);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"changes", test_changes},
      {"texts of its own", test_own_texts},
      {"what is refused", test_refused},
      {"credentials", test_credentials},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("headers", tests, FIXTURE_COUNT(tests), argc, argv);
}
