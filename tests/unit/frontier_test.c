/* SPDX-License-Identifier: MIT
 * frontier_test.c: the way of URLs through a frontier, and what is there when
 * it is opened again. */
#include "crawl/frontier.h"

#include "support/fixture.h"
#include "support/scripted_crawl.h"

static struct fixture fixture;
static struct scripted_crawl crawl;

static void open_crawl(void) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  scripted_begin(&crawl);
  if (scripted_open(&crawl)) fixture_fail("%s", crawl.fault.message);
  CU_ASSERT_PTR_NOT_NULL_FATAL(crawl.frontier);
}

static void open_again(void) {
  scripted_close(&crawl);
  if (scripted_open(&crawl)) fixture_fail("%s", crawl.fault.message);
  CU_ASSERT_PTR_NOT_NULL_FATAL(crawl.frontier);
}

static void close_crawl(void) {
  scripted_close(&crawl);
  scripted_end(&crawl);
  fixture_close(&fixture);
}

static void verify(void) {
  struct scripted_check check = scripted_verify(&crawl);
  if (check.wrong[0]) fixture_fail("%s", check.wrong);
}

static void commit(void) {
  if (lr_crawl_frontier_commit(crawl.frontier, &crawl.fault))
    fixture_fail("%s", crawl.fault.message);
}

static void test_whole_site(void) {
  open_crawl();
  CU_ASSERT_EQUAL(scripted_run(&crawl), LARIAT_OK);
  lr_crawl_frontier_counts counts = lr_crawl_frontier_count(crawl.frontier);
  CU_ASSERT_EQUAL(counts.known, SCRIPTED_PAGES);
  CU_ASSERT_EQUAL(counts.queued, 0);
  CU_ASSERT_EQUAL(counts.hosts, SCRIPTED_HOSTS);
  CU_ASSERT_TRUE(counts.warc_files > 1);
  scripted_close(&crawl);
  CU_ASSERT_EQUAL(crawl.closed_files, counts.warc_files);
  verify();
  close_crawl();
}

static void test_going_on(void) {
  open_crawl();
  for (unsigned round = 0, done = 1; round < 200 && done; round++) {
    CU_ASSERT_EQUAL(scripted_offer(crawl.frontier, 0, 0), LARIAT_OK);
    CU_ASSERT_EQUAL(scripted_batch(&crawl, &done), LARIAT_OK);
    commit();
    lr_crawl_frontier_counts before = lr_crawl_frontier_count(crawl.frontier);
    open_again();
    lr_crawl_frontier_counts after = lr_crawl_frontier_count(crawl.frontier);
    CU_ASSERT_EQUAL(before.queued, after.queued);
    CU_ASSERT_EQUAL(before.known, after.known);
    CU_ASSERT_EQUAL(memcmp(before.by_kind, after.by_kind, sizeof after.by_kind),
                    0);
    done = after.queued > 0;
  }
  CU_ASSERT_EQUAL(lr_crawl_frontier_count(crawl.frontier).queued, 0);
  scripted_close(&crawl);
  verify();
  close_crawl();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a whole site is crawled, each page once", test_whole_site},
      {"a crawl goes on where it stood", test_going_on},
  };
  return fixture_main("frontier", tests, FIXTURE_COUNT(tests), argc, argv);
}
