/* SPDX-License-Identifier: MIT
 * name_servers_test.c: what lists come to, and what is said of wrong
 * ones. */
#include "net/name_servers.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "support/fixture.h"

#define PORT "the port must be 1 to 65535"
#define ADDRESS "not an IP address"

/* Writes a list as it was read: "192.0.2.1 53, ::1 5353". */
static void write_list(const lr_name_server *servers, size_t count, char *to,
                       size_t capacity) {
  *to = '\0';
  for (size_t i = 0; i < count; i++) {
    lariat_addresses *one = lr_addresses_new(&servers[i].address, 1);
    size_t length = strlen(to);
    snprintf(to + length, capacity - length, "%s%s %u", i ? ", " : "",
             lariat_addresses_text(one, 0), servers[i].port);
    lr_addresses_release(one);
  }
}

static void test_right(void) {
  static const char *const rows[][2] = {
      {"192.0.2.1", "192.0.2.1 53"},
      {"192.0.2.1:1", "192.0.2.1 1"},
      {"192.0.2.1:65535", "192.0.2.1 65535"},
      {"2001:db8::1", "2001:db8::1 53"},
      {"2001:db8::1:53", "2001:db8::1:53 53"},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8 53"},
      {"[2001:db8::1]", "2001:db8::1 53"},
      {"[2001:db8::1]:5353", "2001:db8::1 5353"},
      {"::1,[::1]:54,127.0.0.1:55,127.0.0.1",
       "::1 53, ::1 54, 127.0.0.1 55, 127.0.0.1 53"},
      {"[::ffff:192.0.2.1]:53", "192.0.2.1 53"}};
  struct fixture f;
  char message[128] = "", got[256];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    lr_name_server *servers;
    size_t count;
    CU_ASSERT_EQUAL_FATAL(lr_name_servers_read(rows[i][0], &servers, &count,
                                               message, sizeof message),
                          LARIAT_OK);
    write_list(servers, count, got, sizeof got);
    CU_ASSERT_STRING_EQUAL(got, rows[i][1]);
    CU_ASSERT_STRING_EQUAL(message, "");
    lr_free(servers);
  }
  fixture_close(&f);
}

static void expect_wrong(const char *list, const char *expected) {
  lr_name_server *servers;
  size_t count;
  char message[128];
  CU_ASSERT_EQUAL(
      lr_name_servers_read(list, &servers, &count, message, sizeof message),
      LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(servers);
  CU_ASSERT_STRING_EQUAL(message, expected);
}

static void test_wrong(void) {
  static const struct {
    const char *list, *entry, *fault;
  } rows[] = {
      {"127.0.0.1:70934", "127.0.0.1:70934", PORT},
      {"127.0.0.1:65536", "127.0.0.1:65536", PORT},
      {"127.0.0.1:99999", "127.0.0.1:99999", PORT},
      {"127.0.0.1:4294967349", "127.0.0.1:4294967349", PORT},
      {"127.0.0.1:0", "127.0.0.1:0", PORT},
      {"127.0.0.1:", "127.0.0.1:", PORT},
      {"127.0.0.1:-1", "127.0.0.1:-1", PORT},
      {"127.0.0.1:+1", "127.0.0.1:+1", PORT},
      {"127.0.0.1:5x", "127.0.0.1:5x", PORT},
      {"127.0.0.1:53 ", "127.0.0.1:53 ", PORT},
      {"::1,[::1]:0", "[::1]:0", PORT},
      {"[::1]:70934,::1", "[::1]:70934", PORT},
      {"[::1]:", "[::1]:", PORT},
      {"1.2.3", "1.2.3", ADDRESS},
      {"192.0.2.1,1.2.3:53", "1.2.3:53", ADDRESS},
      {"127", "127", ADDRESS},
      {"0x7f.0.0.1", "0x7f.0.0.1", ADDRESS},
      {"127.0.0.01", "127.0.0.01", ADDRESS},
      {"127.0.0.256", "127.0.0.256", ADDRESS},
      {"127.0.0.1.", "127.0.0.1.", ADDRESS},
      {"127.0.0.1:53:53", "127.0.0.1:53:53", ADDRESS},
      {"name.test", "name.test", ADDRESS},
      {"1:2:3:4:5:6:7:8:53", "1:2:3:4:5:6:7:8:53", ADDRESS},
      {"[::1", "[::1", ADDRESS},
      {"[::1]53", "[::1]53", ADDRESS},
      {"[]:53", "[]:53", ADDRESS},
      {"192.0.2.1, ::1", " ::1", ADDRESS},
      {"192.0.2.1,", "", ADDRESS},
      {"", "", ADDRESS},
      {"[192.0.2.1]:53", "[192.0.2.1]:53", "brackets are for IPv6 addresses"},
      {"fe80::1%1", "fe80::1%1", "no zone is possible here"}};
  struct fixture f;
  char expected[128];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    snprintf(expected, sizeof expected, "\"%s\": %s", rows[i].entry,
             rows[i].fault);
    expect_wrong(rows[i].list, expected);
  }
  fixture_close(&f);
}

/* The reason is there however long the entry is. */
static void test_long(void) {
  struct fixture f;
  char list[512], expected[128];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  memset(list, '1', sizeof list - 1);
  list[sizeof list - 1] = '\0';
  snprintf(expected, sizeof expected, "\"%.80s\": " ADDRESS, list);
  expect_wrong(list, expected);
  fixture_close(&f);
}

static void test_no_memory(void) {
  struct fixture f;
  lr_name_server *servers;
  size_t count;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lr_name_servers_read("::1", &servers, &count, NULL, 0),
                  LARIAT_ENOMEM);
  CU_ASSERT_PTR_NULL(servers);
  fixture_fail_allocation(&f, 0);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"right lists", test_right},
      {"wrong entries", test_wrong},
      {"a long entry", test_long},
      {"out of memory", test_no_memory},
  };
  return fixture_main("name servers", tests, FIXTURE_COUNT(tests), argc, argv);
}
