/* SPDX-License-Identifier: MIT
 * labels: same-libcurl
 * unsolicited_test.c: which bytes that nobody asked for are a goodbye. */
#include "http/unsolicited.h"

#include <string.h>

#include "support/fixture.h"

#define LATE "HTTP/1.1 408 Request Timeout\r\n"

static void test_goodbyes(void) {
  static const struct {
    const char *bytes;
    bool goodbye;
  } rows[] = {
      {"\r\n", true},
      {"\n", true},
      {"\r\n\r\n\r\n", true},
      {"\r", true},
      {"\r\nx", false},
      {" \r\n", false},
      {LATE "Content-Length: 0\r\nConnection: close\r\n\r\n", true},
      {LATE "Content-Length: 4\r\nConnection: close\r\n\r\nlate", true},
      {LATE "Content-Length: 4\r\nConnection: close\r\n\r\nla", true},
      {LATE "Connection: close\r\n\r\nuntil the end", true},
      {LATE "Content-Length: 0\r\n\r\n", true},
      {LATE "Transfer-Encoding: chunked\r\n\r\n4\r\nlate\r\n0\r\n\r\n", true},
      {"HTTP/1.0 408 Late\r\n\r\n", true},
      {LATE "Content-Length: 4\r\n\r\nlate more", false},
      {LATE "Content-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", false},
      {LATE "Content-Le", false},
      {LATE, false},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false},
      {"HTTP/1.1 503 Busy\r\nConnection: close\r\n\r\n", false},
      {"x", false},
      {"\1\2\3", false},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    if (lr_unsolicited_is_goodbye(rows[i].bytes, strlen(rows[i].bytes)) !=
        rows[i].goodbye)
      fixture_fail("wrong about: %s", rows[i].bytes);
  fixture_close(&f);
}

/* Nobody is found out for want of memory. */
static void test_without_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_TRUE(lr_unsolicited_is_goodbye("x", 1));
  fixture_fail_allocation(&f, 0);
  CU_ASSERT_FALSE(lr_unsolicited_is_goodbye("x", 1));
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"goodbyes", test_goodbyes}, {"without memory", test_without_memory}};
  return fixture_main("unsolicited", tests, FIXTURE_COUNT(tests), argc, argv);
}
