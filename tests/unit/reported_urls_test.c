/* SPDX-License-Identifier: MIT
 * reported_urls_test.c: what reports of a shard hold is counted, URLs too. */
#include "crawl/report.h"

#include "support/fixture.h"

/* A shard waits while what it has told holds too much, which it would not where
 * pages of very many links counted for nothing. */
static void test_bytes(void) {
  struct fixture fixture;
  static const char url[] = "http://a.example/a/page";
  lr_crawl_found_url found = {.url = url,
                              .length = sizeof url - 1,
                              .fingerprint = 1,
                              .origin = "http://a.example:80"};
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  lr_crawl_report *report = lr_crawl_report_new(0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(report);
  for (size_t i = 1; i <= 100; i++) {
    CU_ASSERT(lr_crawl_report_add_url(report, &found));
    CU_ASSERT(report->bytes >= i * sizeof url);
  }
  lr_crawl_report_free(report);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"URLs of a report are counted", test_bytes},
  };
  return fixture_main("reported_urls", tests, FIXTURE_COUNT(tests), argc, argv);
}
