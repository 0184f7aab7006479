/* SPDX-License-Identifier: MIT
 * dispatch_test.c: which host's URLs are handed out next, and how many. */
#include "crawl/dispatch.h"

#include "support/fixture.h"

static struct fixture fixture;
static lr_crawl_dispatch dispatch;

static void open_dispatch(void) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  dispatch = (lr_crawl_dispatch){.most_away = 16};
}

static void close_dispatch(void) {
  lr_crawl_dispatch_clear(&dispatch);
  fixture_close(&fixture);
}

/* Takes the next host, which is to be this one, and hands `count` of it out. */
static void give(uint64_t wanted, size_t count) {
  uint64_t host = 0;
  CU_ASSERT(lr_crawl_dispatch_next(&dispatch, &host));
  CU_ASSERT_EQUAL(host, wanted);
  size_t most = lr_crawl_dispatch_allowance(&dispatch, &dispatch.hosts[host]);
  lr_crawl_dispatch_gave(&dispatch, host, most, count < most ? count : most);
}

static bool has_next(void) { return dispatch.count > 0; }

/* A host that has more is ready again when half of its URLs are back. */
static void test_one_host(void) {
  open_dispatch();
  CU_ASSERT(lr_crawl_dispatch_add(&dispatch, 5, 1));
  CU_ASSERT(lr_crawl_dispatch_add(&dispatch, 5, 1)); /* once is enough */
  give(5, 16);
  CU_ASSERT_EQUAL(dispatch.away, 16);
  CU_ASSERT(!has_next());
  for (int i = 0; i < 7; i++) lr_crawl_dispatch_got(&dispatch, 5);
  CU_ASSERT(!has_next());
  lr_crawl_dispatch_got(&dispatch, 5);
  give(5, 3); /* it has no more */
  for (int i = 0; i < 11; i++) lr_crawl_dispatch_got(&dispatch, 5);
  CU_ASSERT(!has_next());
  CU_ASSERT_EQUAL(dispatch.away, 0);
  close_dispatch();
}

static void test_in_turn(void) {
  open_dispatch();
  for (uint64_t host = 1; host <= 200; host++)
    CU_ASSERT(lr_crawl_dispatch_add(&dispatch, host, (unsigned)host % 3));
  for (uint64_t host = 1; host <= 200; host++) {
    CU_ASSERT_EQUAL(dispatch.hosts[host].shard, host % 3);
    give(host, 1);
  }
  CU_ASSERT(!has_next());
  CU_ASSERT_EQUAL(dispatch.away, 200);
  close_dispatch();
}

/* Hands out all that may be; returns whether a host has to wait for others. */
static bool give_all(void) {
  uint64_t host = 0;
  while (lr_crawl_dispatch_next(&dispatch, &host)) {
    size_t most = lr_crawl_dispatch_allowance(&dispatch, &dispatch.hosts[host]);
    if (most == 0 && dispatch.hosts[host].away) continue;
    if (most == 0) return true;
    lr_crawl_dispatch_gave(&dispatch, host, most, most);
  }
  return false;
}

static void add_hosts(uint64_t from, uint64_t to) {
  for (uint64_t i = from; i <= to; i++)
    CU_ASSERT(lr_crawl_dispatch_add(&dispatch, i, 0));
}

/* With many hosts each has few away, and there is an end to it. */
static void test_many_hosts(void) {
  open_dispatch();
  add_hosts(1, 20000);
  CU_ASSERT(!give_all());
  CU_ASSERT_EQUAL(dispatch.hosts[1].away, 16);
  CU_ASSERT_EQUAL(dispatch.hosts[5000].away, 2);
  CU_ASSERT_EQUAL(dispatch.hosts[20000].away, 1);
  add_hosts(20001, 400000);
  CU_ASSERT(give_all());
  CU_ASSERT_EQUAL(dispatch.away, 262144);
  close_dispatch();
}

/* Hosts that answer late, if at all, do not keep another one from its turns. */
static void test_slow_hosts(void) {
  open_dispatch();
  add_hosts(1, 20000);
  CU_ASSERT(!give_all());
  uint64_t away = dispatch.away;
  CU_ASSERT(away >= 32768);
  add_hosts(20001, 20001);
  for (int i = 0; i < 100; i++) {
    CU_ASSERT(!give_all());
    CU_ASSERT_EQUAL(dispatch.hosts[20001].away, 1);
    lr_crawl_dispatch_got(&dispatch, 20001);
  }
  CU_ASSERT_EQUAL(dispatch.away, away);
  close_dispatch();
}

/* A host of which more is away than it may have by now is ready again once it
 * has less. */
static void test_less_away(void) {
  uint64_t host = 0;
  open_dispatch();
  add_hosts(1, 20000);
  CU_ASSERT(!give_all());
  for (int i = 0; i < 15; i++) {
    lr_crawl_dispatch_got(&dispatch, 1);
    CU_ASSERT(!give_all());
  }
  CU_ASSERT_EQUAL(dispatch.hosts[1].away, 1);
  lr_crawl_dispatch_got(&dispatch, 1);
  CU_ASSERT(lr_crawl_dispatch_next(&dispatch, &host));
  CU_ASSERT_EQUAL(host, 1);
  close_dispatch();
}

/* One whose turn it was not is there again. */
static void test_put_back(void) {
  uint64_t host = 0;
  open_dispatch();
  CU_ASSERT(lr_crawl_dispatch_add(&dispatch, 1, 0));
  CU_ASSERT(lr_crawl_dispatch_next(&dispatch, &host));
  lr_crawl_dispatch_put_back(&dispatch, host);
  give(1, 1);
  dispatch.hosts[1].is_full = true;
  CU_ASSERT(lr_crawl_dispatch_add(&dispatch, 1, 0));
  CU_ASSERT(!has_next());
  close_dispatch();
}

static void test_no_memory(void) {
  open_dispatch();
  fixture_fail_allocations_from(&fixture, 1);
  CU_ASSERT(!lr_crawl_dispatch_add(&dispatch, 1, 0));
  fixture_fail_allocation(&fixture, 0);
  CU_ASSERT(lr_crawl_dispatch_add(&dispatch, 1, 0));
  give(1, 1);
  close_dispatch();
}

/* A host that found no space in the ring is ready when there is memory. */
static void test_recover(void) {
  open_dispatch();
  CU_ASSERT(lr_crawl_dispatch_host(&dispatch, 9) != NULL);
  fixture_fail_allocation(&fixture, 1);
  CU_ASSERT(!lr_crawl_dispatch_add(&dispatch, 9, 1));
  CU_ASSERT(!has_next());
  fixture_fail_allocation(&fixture, 1);
  CU_ASSERT(!lr_crawl_dispatch_recover(&dispatch));
  CU_ASSERT(lr_crawl_dispatch_recover(&dispatch));
  give(9, 1);
  CU_ASSERT(lr_crawl_dispatch_recover(&dispatch));
  CU_ASSERT(!has_next());
  close_dispatch();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a host is ready again at half", test_one_host},
      {"hosts come in turn", test_in_turn},
      {"many hosts have few away each", test_many_hosts},
      {"slow hosts take nothing from another", test_slow_hosts},
      {"a host that has too many away", test_less_away},
      {"a host is put back", test_put_back},
      {"without memory a host is told later", test_no_memory},
      {"a host is ready when there is memory", test_recover},
  };
  return fixture_main("dispatch", tests, FIXTURE_COUNT(tests), argc, argv);
}
