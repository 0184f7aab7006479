/* SPDX-License-Identifier: MIT
 * host_table_test.c: hosts by origin and by id, and what begins their URLs. */
#include "crawl/host_table.h"

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

static struct fixture fixture;
static lr_crawl_host_table table;

static void open_table(void) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  lr_crawl_hosts_begin(&table, (lr_crawl_hash_key){{1, 2}});
}

static void close_table(void) {
  lr_crawl_hosts_clear(&table);
  fixture_close(&fixture);
}

static void check_prefix(const char *origin, const char *prefix) {
  uint32_t id = lr_crawl_hosts_add(&table, origin);
  const lr_crawl_host *host = lr_crawl_hosts_at(&table, id);
  CU_ASSERT_PTR_NOT_NULL_FATAL(host);
  if (host->prefix != strlen(prefix) ||
      memcmp(host->origin, prefix, host->prefix) != 0)
    fixture_fail("%s: %.*s", origin, host->prefix, host->origin);
}

static void test_prefixes(void) {
  open_table();
  check_prefix("http://example.org:80", "http://example.org");
  check_prefix("https://example.org:443", "https://example.org");
  check_prefix("http://example.org:443", "http://example.org:443");
  check_prefix("https://example.org:80", "https://example.org:80");
  check_prefix("http://example.org:8080", "http://example.org:8080");
  check_prefix("http://[::1]:80", "http://[::1]");
  check_prefix("http://127.0.0.1:80", "http://127.0.0.1");
  check_prefix("http://:80", "http://:80");
  check_prefix("x", "x");
  close_table();
}

static void write_origin(uint32_t number, char origin[40]) {
  snprintf(origin, 40, "http://host%u.example:80", number);
}

static void test_many(void) {
  enum { MANY = 20000 };
  char origin[40];
  unsigned wrong = 0;
  open_table();
  CU_ASSERT_EQUAL(lr_crawl_hosts_find(&table, "http://host1.example:80"), 0);
  for (uint32_t i = 1; i <= MANY; i++) {
    write_origin(i, origin);
    wrong += lr_crawl_hosts_add(&table, origin) != i;
  }
  for (uint32_t i = MANY; i; i--) {
    write_origin(i, origin);
    wrong += lr_crawl_hosts_find(&table, origin) != i ||
             lr_crawl_hosts_add(&table, origin) != i ||
             strcmp(lr_crawl_hosts_at(&table, i)->origin, origin) != 0;
  }
  CU_ASSERT_EQUAL(wrong, 0);
  CU_ASSERT_PTR_NULL(lr_crawl_hosts_at(&table, 0));
  CU_ASSERT_PTR_NULL(lr_crawl_hosts_at(&table, MANY + 1));
  close_table();
}

static void test_no_memory(void) {
  char origin[40];
  unsigned refused = 0;
  open_table();
  for (uint32_t i = 1; i <= 3000; i++) {
    write_origin(i, origin);
    fixture_fail_allocation(&fixture, 1);
    uint32_t id = lr_crawl_hosts_add(&table, origin);
    fixture_fail_allocation(&fixture, 0);
    refused += !id;
    CU_ASSERT_EQUAL(lr_crawl_hosts_add(&table, origin), i);
  }
  CU_ASSERT_TRUE(refused > 3);
  static char long_origin[70000];
  memset(long_origin, 'a', sizeof long_origin - 1);
  CU_ASSERT_EQUAL(lr_crawl_hosts_add(&table, long_origin), 0);
  close_table();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"what begins a host's URLs", test_prefixes},
      {"many hosts", test_many},
      {"no memory", test_no_memory},
  };
  return fixture_main("host_table", tests, FIXTURE_COUNT(tests), argc, argv);
}
