/* SPDX-License-Identifier: MIT
 * resolv_conf_test.c: the domains that are searched. */
#include "net/resolv_conf.h"

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

static const struct row {
  const char *text;
  const char *local_domain;
  const char *machine;
  const char *domains;
  unsigned ndots;
} rows[] = {
    {NULL, NULL, "box", "", 1},
    {NULL, NULL, "box.site.test", "site.test", 1},
    {"nameserver 192.0.2.1\n", NULL, "box.", "", 1},
    {"search one.test two.test\n", NULL, "box.site.test", "one.test two.test",
     1},
    {"search\tone.test\ttwo.test # three.test\noptions ndots:2 rotate", NULL,
     "box", "one.test two.test", 2},
    {"domain one.test two.test\r\n", NULL, "box", "one.test", 1},
    {"search one.test\ndomain two.test\n", NULL, "box", "two.test", 1},
    {"search a b c d e f g h\n", NULL, "box", "a b c d e f", 1},
    {"search .\n", NULL, "box", "", 1},
    {"# search one.test\n; search two.test\nsearching three.test\n", NULL,
     "box", "", 1},
    {"options ndots:99\noptions timeout:1", NULL, "box", "", 15},
    {"options ndots:0", NULL, "box", "", 0},
    {"search one.test\n", "env.test", "box.site.test", "env.test", 1},
    {"search one.test\n", "", "box.site.test", "", 1},
};

static void check_row(const struct row *row) {
  lr_resolv_conf conf;
  char domains[256] = "";
  CU_ASSERT_TRUE(lr_resolv_conf_read(&conf, row->text,
                                     row->text ? strlen(row->text) : 0,
                                     row->local_domain, row->machine));
  for (unsigned i = 0; i < conf.domain_count; i++) {
    size_t length = strlen(domains);
    snprintf(domains + length, sizeof domains - length, "%s%s", i ? " " : "",
             conf.domains[i]);
  }
  CU_ASSERT_STRING_EQUAL(domains, row->domains);
  CU_ASSERT_EQUAL(conf.ndots, row->ndots);
  lr_resolv_conf_clear(&conf);
}

static void test_rows(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) check_row(&rows[i]);
  fixture_close(&f);
}

static void test_no_memory(void) {
  struct fixture f;
  lr_resolv_conf conf;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_FALSE(lr_resolv_conf_read(&conf, "search a", 8, NULL, "box"));
  fixture_fail_allocation(&f, 0);
  CU_ASSERT_EQUAL(conf.domain_count, 0);
  lr_resolv_conf_clear(&conf);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"domains", test_rows},
      {"out of memory", test_no_memory},
  };
  return fixture_main("resolv.conf", tests, FIXTURE_COUNT(tests), argc, argv);
}
