/* SPDX-License-Identifier: MIT
 * frontier_parked_test.c: URLs that were parked for a shape are queued again
 * once it is open, each once, whether their outcomes are in the log or not. */
#include "crawl/frontier.h"

#include <sys/stat.h>

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

static void commit(void) {
  if (lr_crawl_frontier_commit(crawl.frontier, &crawl.fault))
    fixture_fail("%s", crawl.fault.message);
}

static void offer(unsigned number) {
  char url[64];
  bool added;
  int length = snprintf(url, sizeof url, "http://x.example/cal/%u", number);
  lr_crawl_found_url found = {.url = url,
                              .length = (uint32_t)length,
                              .fingerprint = 1000 + number,
                              .origin = "http://x.example:80",
                              .priority = 4,
                              .hop = 'L'};
  CU_ASSERT_EQUAL(lr_crawl_frontier_offer(crawl.frontier, &found, &added),
                  LARIAT_OK);
}

/* Takes the next URL and finishes it. */
static void finish(lr_crawl_outcome_kind kind, const char *note) {
  lr_crawl_queued_url taken;
  CU_ASSERT_EQUAL_FATAL(lr_crawl_frontier_take(crawl.frontier, 1, 1, &taken),
                        1);
  lr_crawl_outcome outcome = {.url = taken.id,
                              .host = 1,
                              .kind = kind,
                              .note = note ? lr_crawl_copy_text(note) : NULL};
  CU_ASSERT_EQUAL(lr_crawl_frontier_finish(crawl.frontier, &outcome),
                  LARIAT_OK);
  lr_crawl_queued_url_clear(&taken);
}

static uint64_t unpark(const char *shape) {
  uint64_t count = 99;
  CU_ASSERT_EQUAL(lr_crawl_frontier_unpark(crawl.frontier, shape, &count),
                  LARIAT_OK);
  return count;
}

/* Returns how many URLs can be taken now. */
static unsigned take_all(void) {
  lr_crawl_queued_url taken;
  unsigned count = 0;
  (void)lr_crawl_frontier_wake(crawl.frontier, 1);
  while (lr_crawl_frontier_take(crawl.frontier, 1, 1, &taken)) {
    count++;
    lr_crawl_queued_url_clear(&taken);
  }
  return count;
}

static const char shape[] = "http://x.example/cal/N";

/* Two of the shape, one of another, one that was fetched. */
static void park_some(void) {
  for (unsigned i = 0; i < 4; i++) offer(i);
  finish(LR_CRAWL_TRAP, shape);
  finish(LR_CRAWL_TRAP, "http://x.example/*");
  finish(LR_CRAWL_FETCHED, shape);
  finish(LR_CRAWL_TRAP, shape);
}

static void test_not_in_the_log(void) {
  open_crawl();
  park_some();
  CU_ASSERT_EQUAL(take_all(), 0);
  CU_ASSERT_EQUAL(unpark(shape), 2);
  CU_ASSERT_EQUAL(unpark(shape), 0);
  CU_ASSERT_EQUAL(take_all(), 2);
  close_crawl();
}

static void test_in_the_log(void) {
  open_crawl();
  park_some();
  commit();
  open_again();
  CU_ASSERT_EQUAL(unpark("http://x.example/none"), 0);
  CU_ASSERT_EQUAL(unpark(shape), 2);
  commit();
  open_again();
  CU_ASSERT_EQUAL(unpark(shape), 0);
  CU_ASSERT_EQUAL(take_all(), 2);
  CU_ASSERT_EQUAL(unpark("http://x.example/*"), 1);
  CU_ASSERT_EQUAL(take_all(), 1);
  close_crawl();
}

/* One that was opened, and parked again, is opened again. */
static void test_parked_again(void) {
  open_crawl();
  park_some();
  commit();
  CU_ASSERT_EQUAL(unpark(shape), 2);
  commit();
  (void)lr_crawl_frontier_wake(crawl.frontier, 1);
  finish(LR_CRAWL_TRAP, shape);
  finish(LR_CRAWL_FETCHED, NULL);
  commit();
  CU_ASSERT_EQUAL(unpark(shape), 1);
  CU_ASSERT_EQUAL(take_all(), 1);
  close_crawl();
}

static void test_without_memory(void) {
  for (uint64_t nth = 1; nth < 12; nth++) {
    uint64_t count;
    open_crawl();
    park_some();
    fixture_fail_allocation(&fixture, nth);
    lariat_status status =
        lr_crawl_frontier_unpark(crawl.frontier, shape, &count);
    fixture_fail_allocation(&fixture, 0);
    CU_ASSERT(status == LARIAT_OK || status == LARIAT_ENOMEM);
    if (status != LARIAT_OK) count += unpark(shape);
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_EQUAL(take_all(), 2);
    close_crawl();
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"outcomes that are not in the log", test_not_in_the_log},
      {"outcomes of an earlier run", test_in_the_log},
      {"parked again", test_parked_again},
      {"without memory", test_without_memory},
  };
  return fixture_main("frontier_parked", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
