/* SPDX-License-Identifier: MIT
 * politeness_test.c: which host may be asked when: delays, Retry-After,
 * back-off, failures, robots first, groups that change.  Time is a number. */
#include "crawl/politeness.h"

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

static struct fixture fixture;
static lr_crawl_politeness *politeness;
static int64_t now_ms; /* of the test */

static const int64_t ms = 1000000;

static void open_with(const lr_crawl_politeness_options *options) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  now_ms = 1000;
  CU_ASSERT_EQUAL_FATAL(
      lr_crawl_politeness_new(options, now_ms * ms, &politeness), LARIAT_OK);
}

/* Without a guard, so that instants are round. */
static lr_crawl_politeness_options exact(void) {
  lr_crawl_politeness_options options = lr_crawl_politeness_defaults();
  options.guard_ms = 0;
  return options;
}

static void open_exact(void) {
  lr_crawl_politeness_options options = exact();
  open_with(&options);
}

static void drop(void *item) { (void)item; }

static void close_all(void) {
  lr_crawl_politeness_free(politeness, drop);
  fixture_close(&fixture);
}

static lr_crawl_site *make_site(const char *origin) {
  lr_crawl_site *site = NULL;
  CU_ASSERT_EQUAL_FATAL(lr_crawl_politeness_site(politeness, origin, 7, &site),
                        LARIAT_OK);
  return site;
}

/* The items are texts, which nobody writes to. */
static lariat_status add(lr_crawl_site *site, const char *text, bool first) {
  return lr_crawl_politeness_add(site, (void *)(uintptr_t)text, first);
}

/* A site whose robots are known for good, with items "1" to "9", of which there
 * are `count`. */
static lr_crawl_site *make_known(const char *origin, int count) {
  static const char *const items[] = {"1", "2", "3", "4", "5",
                                      "6", "7", "8", "9"};
  lr_crawl_site *site = make_site(origin);
  lr_crawl_politeness_robots_known(site, INT64_MAX, -1);
  for (int i = 0; i < count; i++)
    CU_ASSERT_EQUAL(add(site, items[i], false), LARIAT_OK);
  return site;
}

static lr_crawl_turn next(void) {
  return lr_crawl_politeness_next(politeness, now_ms * ms);
}

/* The next turn is one of this site with this item ("robots": for that). */
static void expect_turn(const lr_crawl_site *site, const char *item) {
  lr_crawl_turn turn = next();
  const char *got = turn.kind == LR_CRAWL_TURN_ROBOTS ? "robots"
                    : turn.kind == LR_CRAWL_TURN_ITEM ? turn.item
                                                      : "nothing";
  if (turn.site != site || strcmp(got, item) != 0)
    fixture_fail("at %lld: %s of %s, not %s of %s", (long long)now_ms, got,
                 turn.site ? lr_crawl_site_origin(turn.site) : "none", item,
                 lr_crawl_site_origin(site));
}

/* There is none now, and the next is due so many ms from now on (-1: never). */
static void expect_none(int64_t wait_ms) {
  lr_crawl_turn turn = next();
  CU_ASSERT_EQUAL(turn.kind, LR_CRAWL_TURN_NONE);
  int64_t due_ms = turn.due_ns == INT64_MAX ? -1 : turn.due_ns / ms - now_ms;
  if (due_ms != wait_ms)
    fixture_fail("at %lld: due in %lld ms, not in %lld", (long long)now_ms,
                 (long long)due_ms, (long long)wait_ms);
}

static lr_crawl_reply make_reply(int status, int64_t took_ms) {
  return (lr_crawl_reply){.sent_ns = now_ms * ms,
                          .ended_ns = (now_ms + took_ms) * ms,
                          .status = status,
                          .retry_after_ms = -1};
}

/* Lets a request that was sent now end after `took_ms`. */
static lr_crawl_verdict end(lr_crawl_site *site, lr_crawl_reply reply) {
  now_ms = reply.ended_ns / ms;
  return lr_crawl_politeness_ended(site, &reply, now_ms * ms);
}

static void answer(lr_crawl_site *site, int status, int64_t took_ms) {
  CU_ASSERT_EQUAL(end(site, make_reply(status, took_ms)),
                  LR_CRAWL_VERDICT_COUNTS);
}

static lr_crawl_verdict fail(lr_crawl_site *site, bool network) {
  lr_crawl_reply reply = make_reply(0, 0);
  reply.connection_failed = true;
  reply.network_failed = network;
  return end(site, reply);
}

static void expect_reason(const lr_crawl_site *site, const char *reason) {
  lr_crawl_site_state state = lr_crawl_politeness_state(site, now_ms * ms);
  if (strcmp(state.reason, reason) != 0)
    fixture_fail("at %lld: %s, not %s", (long long)now_ms, state.reason,
                 reason);
}

static void expect_group(const lr_crawl_site *site, const char *name) {
  const char *group = lr_crawl_politeness_state(site, 0).group;
  if (strcmp(group, name) != 0) fixture_fail("%s, not %s", group, name);
}

/* ---- Delays ---- */

static void test_delay(void) {
  open_exact();
  lr_crawl_site *site = make_known("http://a.example:80", 3);
  expect_turn(site, "1");
  expect_reason(site, "in flight");
  expect_none(-1);
  answer(site, 200, 100);
  expect_reason(site, "delay");
  expect_none(900);
  now_ms += 899;
  expect_none(1);
  now_ms += 1;
  expect_reason(site, "due");
  expect_turn(site, "2");
  answer(site, 200, 5000); /* longer than the delay: at once behind it */
  expect_turn(site, "3");
  answer(site, 200, 10);
  expect_reason(site, "empty");
  expect_none(-1);
  CU_ASSERT_EQUAL(add(site, "4", false), LARIAT_OK);
  expect_none(990); /* the delay is kept over the time without items */
  close_all();
}

static void test_guard(void) {
  lr_crawl_politeness_options options = lr_crawl_politeness_defaults();
  open_with(&options);
  lr_crawl_site *site = make_known("http://a.example:80", 3);
  expect_turn(site, "1");
  answer(site, 200, 100); /* when it had arrived is not known */
  expect_none(910);
  now_ms += 910;
  expect_turn(site, "2");
  lr_crawl_reply reply = make_reply(200, 100);
  reply.answered_ns = reply.sent_ns + 3 * ms; /* by then it had arrived */
  end(site, reply);
  expect_none(903);
  close_all();
}

static void test_order_of_items(void) {
  lr_crawl_politeness_options options = exact();
  options.delay_ms = 0;
  open_with(&options);
  lr_crawl_site *site = make_known("http://a.example:80", 9);
  add(site, "front", true);
  expect_turn(site, "front");
  answer(site, 200, 1);
  for (const char *at = "123456789"; *at; at++) {
    char item[2] = {*at, 0};
    expect_turn(site, item);
    answer(site, 200, 1);
  }
  CU_ASSERT_EQUAL(lr_crawl_politeness_waiting(site), 0);
  close_all();
}

static void test_crawl_delay(void) {
  open_exact();
  lr_crawl_site *site = make_site("http://a.example:80");
  add(site, "1", false);
  add(site, "2", false);
  expect_turn(site, "robots");
  answer(site, 200, 100);
  lr_crawl_politeness_robots_known(site, INT64_MAX, 5000);
  expect_reason(site, "Crawl-delay");
  expect_none(4900); /* of robots.txt's own request, too */
  now_ms += 4900;
  expect_turn(site, "1");
  lr_crawl_politeness_robots_known(site, INT64_MAX, 500);
  answer(site, 200, 100);
  expect_none(900); /* the larger of both */
  lr_crawl_politeness_robots_known(site, INT64_MAX, 500000);
  expect_none(29900); /* the cap */
  CU_ASSERT_FALSE(lr_crawl_politeness_is_skipped(site));
  close_all();
}

static void test_crawl_delay_skip(void) {
  lr_crawl_politeness_options options = exact();
  options.crawl_delay_skip = true;
  open_with(&options);
  lr_crawl_site *site = make_known("http://a.example:80", 1);
  lr_crawl_politeness_robots_known(site, INT64_MAX, 30000);
  CU_ASSERT_FALSE(lr_crawl_politeness_is_skipped(site));
  lr_crawl_politeness_robots_known(site, INT64_MAX, 30001);
  CU_ASSERT_TRUE(lr_crawl_politeness_is_skipped(site));
  close_all();
}

static void test_delay_factor(void) {
  lr_crawl_politeness_options options = exact();
  options.delay_factor = 5;
  open_with(&options);
  lr_crawl_site *site = make_known("http://a.example:80", 4);
  expect_turn(site, "1");
  answer(site, 200, 100);
  expect_none(900); /* 5 x 100 is less than the rest of the delay */
  now_ms += 900;
  expect_turn(site, "2");
  answer(site, 200, 800);
  expect_reason(site, "answer time");
  expect_none(4000);
  now_ms += 4000;
  expect_turn(site, "3");
  answer(site, 200, 100000);
  expect_none(60000); /* the cap */
  close_all();
}

static void test_set_delay(void) {
  open_exact();
  lr_crawl_site *a = make_known("http://a.example:80", 3);
  lr_crawl_site *b = make_known("http://b.example.net:80", 3);
  expect_turn(a, "1");
  answer(a, 200, 0);
  expect_turn(b, "1");
  answer(b, 200, 0);
  expect_none(1000);
  lr_crawl_politeness_set_delay(a, 5000); /* of what waits now, too */
  lr_crawl_politeness_set_default_delay(politeness, 2000);
  expect_none(2000);
  now_ms += 2000;
  expect_turn(b, "2");
  expect_none(3000);
  lr_crawl_politeness_set_delay(a, UINT64_MAX);
  expect_turn(a, "2");
  close_all();
}

/* ---- What hosts say ---- */

static void test_retry_after(void) {
  lr_crawl_politeness_options options = exact();
  options.grouping = LR_CRAWL_GROUP_DOMAIN;
  open_with(&options);
  lr_crawl_site *a = make_known("http://a.example.org:80", 3);
  lr_crawl_site *b = make_known("http://b.example.org:80", 3);
  expect_turn(a, "1");
  lr_crawl_reply reply = make_reply(503, 0);
  reply.retry_after_ms = 20000;
  end(a, reply);
  expect_reason(b, "Retry-After"); /* the whole group's */
  expect_none(20000);
  now_ms += 20000;
  expect_turn(b, "1");
  reply = make_reply(429, 0);
  reply.retry_after_ms = INT64_C(1000000000);
  end(b, reply);
  expect_none(86400000); /* the cap */
  close_all();
}

static void test_back_off(void) {
  lr_crawl_politeness_options options = exact();
  options.delay_max_ms = 5000;
  open_with(&options);
  lr_crawl_site *site = make_known("http://a.example:80", 9);
  const int64_t waits[] = {2000, 4000, 5000, 5000};
  for (int i = 0; i < 4; i++) {
    CU_ASSERT_EQUAL(next().kind, LR_CRAWL_TURN_ITEM);
    answer(site, i % 2 ? 429 : 503, 0);
    expect_reason(site, "back-off");
    expect_none(waits[i]);
    now_ms += waits[i];
  }
  const int64_t shorter[] = {4500, 4050, 3645};
  for (int i = 0; i < 3; i++) {
    CU_ASSERT_EQUAL(next().kind, LR_CRAWL_TURN_ITEM);
    answer(site, i % 2 ? 404 : 200, 0); /* both are good answers */
    expect_none(shorter[i]);
    now_ms += shorter[i];
  }
  CU_ASSERT_EQUAL(next().kind, LR_CRAWL_TURN_ITEM);
  answer(site, 500, 0); /* neither */
  expect_none(3645);
  close_all();
}

static void test_back_off_without_delay(void) {
  lr_crawl_politeness_options options = exact();
  options.delay_ms = 0;
  open_with(&options);
  lr_crawl_site *site = make_known("http://a.example:80", 9);
  expect_turn(site, "1");
  answer(site, 429, 0);
  expect_none(1000);
  now_ms += 1000;
  int answers = 0;
  while (lr_crawl_politeness_state(site, 0).delay_ms && answers++ < 100) {
    if (!lr_crawl_politeness_waiting(site)) add(site, "x", false);
    CU_ASSERT_EQUAL(next().kind, LR_CRAWL_TURN_ITEM);
    answer(site, 200, 1000);
  }
  CU_ASSERT_TRUE(answers < 100); /* it ends */
  close_all();
}

/* ---- Failures ---- */

static void test_failures(void) {
  open_exact();
  lr_crawl_site *site = make_known("http://a.example:80", 9);
  const int64_t minutes[] = {1, 2, 4, 8, 30, 30};
  for (int i = 0; i < 6; i++) {
    CU_ASSERT_EQUAL(next().kind, LR_CRAWL_TURN_ITEM);
    CU_ASSERT_EQUAL(fail(site, false), LR_CRAWL_VERDICT_COUNTS);
    expect_reason(site, i < 4 ? "connection failed" : "down");
    expect_none(minutes[i] * 60000);
    now_ms += minutes[i] * 60000;
  }
  lr_crawl_politeness_counts counts =
      lr_crawl_politeness_count(politeness, now_ms * ms);
  CU_ASSERT_EQUAL(counts.down, 1);
  CU_ASSERT_EQUAL(counts.waiting_down, 3);
  CU_ASSERT_EQUAL(next().kind, LR_CRAWL_TURN_ITEM);
  answer(site, 500, 0); /* any answer: it is there */
  CU_ASSERT_EQUAL(lr_crawl_politeness_state(site, 0).failures, 0);
  expect_none(1000);
  close_all();
}

/* A host that is not there does not hold its group. */
static void test_failure_of_one_in_group(void) {
  lr_crawl_politeness_options options = exact();
  options.grouping = LR_CRAWL_GROUP_DOMAIN;
  open_with(&options);
  lr_crawl_site *a = make_known("http://a.example.org:80", 1);
  lr_crawl_site *b = make_known("http://b.example.org:80", 1);
  add(a, "2", false);
  expect_turn(a, "1");
  fail(a, false);
  expect_none(1000);
  now_ms += 1000;
  expect_turn(b, "1");
  answer(b, 200, 0);
  expect_none(59000);
  close_all();
}

static lr_crawl_site *make_numbered(int number) {
  char origin[64];
  snprintf(origin, sizeof origin, "http://h%d.example:80", number);
  return make_known(origin, 9);
}

/* Five hosts in a row: the network is gone, and none of them is down. */
static void test_network(void) {
  lr_crawl_site *sites[8];
  lr_crawl_politeness_options options = exact();
  options.grouping = LR_CRAWL_GROUP_HOST;
  open_with(&options);
  for (int i = 0; i < 8; i++) sites[i] = make_numbered(i);
  for (int i = 0; i < 7; i++) expect_turn(sites[i], "1");
  for (int i = 0; i < 4; i++)
    CU_ASSERT_EQUAL(fail(sites[i], true), LR_CRAWL_VERDICT_COUNTS);
  CU_ASSERT_EQUAL(fail(sites[4], true), LR_CRAWL_VERDICT_NETWORK);
  CU_ASSERT_EQUAL(fail(sites[5], true), LR_CRAWL_VERDICT_NETWORK);
  expect_none(5000);
  expect_reason(sites[7], "network");
  CU_ASSERT_TRUE(
      lr_crawl_politeness_count(politeness, now_ms * ms).network_gone);
  now_ms += 5000;
  expect_turn(sites[7], "1"); /* one is asked whether it is back */
  expect_none(-1);
  CU_ASSERT_EQUAL(fail(sites[7], true), LR_CRAWL_VERDICT_NETWORK);
  expect_none(10000);
  answer(sites[6], 200, 20);
  for (int i = 0; i < 6; i++) { /* at once: nothing is said about them */
    lr_crawl_turn turn = next();
    CU_ASSERT_EQUAL_FATAL(turn.kind, LR_CRAWL_TURN_ITEM);
    CU_ASSERT_EQUAL(lr_crawl_politeness_state(turn.site, 0).failures, 0);
    CU_ASSERT_TRUE(turn.site != sites[6] && turn.site != sites[7]);
  }
  close_all();
}

/* After an hour without any answer it is the hosts after all: a list of hosts
 * that are all gone ends. */
static void test_network_given_up(void) {
  lr_crawl_site *sites[6];
  lr_crawl_politeness_options options = exact();
  options.grouping = LR_CRAWL_GROUP_HOST;
  options.failure_ms = options.down_ms = 1000;
  open_with(&options);
  for (int i = 0; i < 6; i++) sites[i] = make_numbered(i);
  int64_t began_ms = now_ms, counted_ms = 0;
  while (now_ms < began_ms + 3 * 3600000) {
    lr_crawl_turn turn = next();
    if (turn.kind == LR_CRAWL_TURN_NONE) {
      CU_ASSERT_TRUE_FATAL(turn.due_ns < INT64_MAX);
      now_ms = turn.due_ns / ms;
      continue;
    }
    bool counts = fail(turn.site, true) == LR_CRAWL_VERDICT_COUNTS;
    if (counts && now_ms > began_ms + 10000 && !counted_ms) counted_ms = now_ms;
    if (!counts) CU_ASSERT_EQUAL(counted_ms, 0);
    lr_crawl_politeness_add(turn.site, turn.item, true);
  }
  CU_ASSERT_TRUE(counted_ms > began_ms + 3600000);
  CU_ASSERT_TRUE(counted_ms < began_ms + 2 * 3600000);
  CU_ASSERT_EQUAL(next().kind, LR_CRAWL_TURN_ITEM);
  answer(sites[0], 200, 0); /* and it begins anew */
  close_all();
}

/* Failures of one host, or with answers between, or that are the hosts' own. */
static void test_no_network_failure(void) {
  lr_crawl_politeness_options options = exact();
  options.grouping = LR_CRAWL_GROUP_HOST;
  open_with(&options);
  for (int i = 0; i < 20; i++) {
    lr_crawl_site *site = make_numbered(i);
    CU_ASSERT_EQUAL(next().kind, LR_CRAWL_TURN_ITEM);
    if (i % 5 == 4)
      answer(site, 200, 0);
    else
      CU_ASSERT_EQUAL(fail(site, true), LR_CRAWL_VERDICT_COUNTS);
  }
  for (int i = 30; i < 40; i++) { /* connections on which nothing came */
    lr_crawl_site *site = make_numbered(i);
    CU_ASSERT_EQUAL(next().kind, LR_CRAWL_TURN_ITEM);
    answer(site, 0, 0);
  }
  for (int i = 20; i < 30; i++) {
    lr_crawl_site *site = make_numbered(i);
    CU_ASSERT_EQUAL(next().kind, LR_CRAWL_TURN_ITEM);
    CU_ASSERT_EQUAL(fail(site, false), LR_CRAWL_VERDICT_COUNTS);
  }
  close_all();
}

/* ---- Robots ---- */

static void test_robots_first(void) {
  open_exact();
  lr_crawl_site *site = make_site("http://a.example:80");
  expect_none(-1); /* not without an item */
  add(site, "1", false);
  add(site, "2", false);
  expect_turn(site, "robots");
  expect_reason(site, "robots");
  expect_none(-1);
  answer(site, 301, 100);
  expect_none(900);
  now_ms += 900;
  expect_turn(site, "robots"); /* they are still not known */
  answer(site, 200, 0);
  lr_crawl_politeness_robots_known(site, (now_ms + 1500) * ms, -1);
  expect_none(1000);
  now_ms += 1000;
  expect_turn(site, "1");
  answer(site, 200, 0);
  now_ms += 1000;
  expect_turn(site, "robots"); /* expired */
  CU_ASSERT_EQUAL(lr_crawl_politeness_waiting(site), 1);
  close_all();
}

static void test_robots_hold(void) {
  open_exact();
  lr_crawl_site *site = make_site("http://a.example:80");
  add(site, "1", false);
  expect_turn(site, "robots");
  answer(site, 500, 0);
  lr_crawl_politeness_hold(site, (now_ms + 600000) * ms);
  expect_reason(site, "robots");
  expect_none(600000);
  now_ms += 600000;
  expect_turn(site, "robots");
  answer(site, 500, 0);
  lr_crawl_politeness_hold(site, INT64_MAX);
  lr_crawl_politeness_hold(site, (now_ms + 2000) * ms); /* sooner after all */
  expect_none(2000);
  lr_crawl_politeness_robots_known(site, INT64_MAX, -1); /* an old copy */
  now_ms += 1000;
  expect_turn(site, "1");
  close_all();
}

static void test_unsent(void) {
  open_exact();
  lr_crawl_site *site = make_known("http://a.example:80", 9);
  for (int i = 0; i < 5; i++) {
    CU_ASSERT_EQUAL(next().kind, LR_CRAWL_TURN_ITEM);
    lr_crawl_politeness_unsent(site, now_ms * ms);
  }
  expect_turn(site, "6"); /* at once */
  answer(site, 200, 0);
  expect_none(1000);
  close_all();
}

/* robots.txt is redirected to another host: that one's delay is kept. */
static void test_visitor(void) {
  lr_crawl_politeness_options options = exact();
  options.grouping = LR_CRAWL_GROUP_HOST;
  open_with(&options);
  lr_crawl_site *b = make_known("http://b.example:80", 3), *visitor, *twice;
  lr_crawl_politeness_robots_known(b, INT64_MAX, 10000);
  expect_turn(b, "1");
  answer(b, 200, 0);
  CU_ASSERT_EQUAL(lr_crawl_politeness_visitor(politeness,
                                              "http://b.example:8080",
                                              "http://a.example:80", &visitor),
                  LARIAT_OK);
  CU_ASSERT_TRUE(lr_crawl_site_is_visitor(visitor));
  CU_ASSERT_FALSE(lr_crawl_site_is_visitor(b));
  CU_ASSERT_STRING_EQUAL(lr_crawl_site_origin(visitor),
                         "http://b.example:8080 for http://a.example:80");
  expect_group(visitor, "b.example");
  CU_ASSERT_EQUAL(lr_crawl_politeness_visitor(politeness,
                                              "http://b.example:8080",
                                              "http://a.example:80", &twice),
                  LARIAT_EALREADY);
  CU_ASSERT_EQUAL(lr_crawl_politeness_visitor(politeness, "nothing",
                                              "http://a.example:80", &twice),
                  LARIAT_EINVAL);
  add(visitor, "visit", false);
  expect_none(10000); /* b's Crawl-delay */
  now_ms += 10000;
  expect_turn(b, "2");
  expect_none(-1); /* one at a time, and each site in turn */
  answer(b, 200, 0);
  now_ms += 10000;
  expect_turn(visitor, "visit"); /* without robots.txt of its own */
  answer(visitor, 200, 0);
  lr_crawl_politeness_end_visit(visitor);
  expect_none(10000); /* and b's wait is not shorter for that */
  now_ms += 10000;
  expect_turn(b, "3");
  CU_ASSERT_EQUAL(lr_crawl_politeness_count(politeness, 0).sites, 1);
  close_all();
}

/* A host that only visitors have asked is not asked again at once, either. */
static void test_visited_before(void) {
  lr_crawl_politeness_options options = exact();
  options.grouping = LR_CRAWL_GROUP_HOST;
  open_with(&options);
  lr_crawl_site *visitor;
  CU_ASSERT_EQUAL(lr_crawl_politeness_visitor(politeness, "http://b.example:80",
                                              "http://a.example:80", &visitor),
                  LARIAT_OK);
  add(visitor, "visit", false);
  expect_turn(visitor, "visit");
  answer(visitor, 200, 0);
  lr_crawl_politeness_end_visit(visitor);
  lr_crawl_site *b = make_known("http://b.example:80", 1);
  expect_none(1000);
  now_ms += 1000;
  expect_turn(b, "1");
  answer(b, 200, 0);
  now_ms += 1000;
  CU_ASSERT_EQUAL(
      lr_crawl_politeness_drop_idle(politeness, now_ms * ms, NULL, NULL), 1);
  CU_ASSERT_EQUAL(lr_crawl_politeness_count(politeness, 0).groups, 0);
  close_all();
}

/* A visitor goes where its host's site is, and waits as long as that. */
static void test_visitor_at_address(void) {
  lr_crawl_politeness_options options = exact();
  options.address_first = true;
  open_with(&options);
  lr_crawl_site *site = make_known("http://b.example:80", 1), *visitor;
  lr_crawl_politeness_set_address(site, "192.0.2.1");
  CU_ASSERT_EQUAL(lr_crawl_politeness_visitor(politeness, "http://b.example:80",
                                              "http://a.example:80", &visitor),
                  LARIAT_OK);
  expect_group(visitor, "b.example at 192.0.2.1");
  lr_crawl_politeness_end_visit(visitor);
  CU_ASSERT_EQUAL(lr_crawl_politeness_visitor(politeness, "http://c.example:80",
                                              "http://a.example:80", &visitor),
                  LARIAT_OK);
  add(visitor, "visit", false);
  expect_turn(site, "1");
  expect_none(-1);
  lr_crawl_politeness_set_address(visitor, "192.0.2.2");
  expect_turn(visitor, "visit");
  expect_group(visitor, "c.example at 192.0.2.2");
  close_all();
}

/* ---- Groups ---- */

static void test_names_of_groups(void) {
  static const struct {
    lr_crawl_grouping grouping;
    const char *origin, *ip, *before, *after;
  } cases[] = {
      {LR_CRAWL_GROUP_HOST, "http://a.example.org:80", "192.0.2.1",
       "a.example.org", "a.example.org"},
      {LR_CRAWL_GROUP_HOST, "https://[2001:db8::1]:443", "2001:db8::1",
       "2001:db8::1", "2001:db8::1"},
      {LR_CRAWL_GROUP_DOMAIN, "http://a.b.example.co.uk:8080", "192.0.2.1",
       "example.co.uk", "example.co.uk"},
      {LR_CRAWL_GROUP_DOMAIN, "http://192.0.2.1:80", "192.0.2.1", "192.0.2.1",
       "192.0.2.1"},
      {LR_CRAWL_GROUP_IP, "http://a.example.org:80", "192.0.2.1",
       "a.example.org", "192.0.2.1"},
      {LR_CRAWL_GROUP_IP_IN_DOMAIN, "http://a.example.org:80", "192.0.2.1",
       "example.org at ?", "example.org at 192.0.2.1"},
      {LR_CRAWL_GROUP_IP_IN_DOMAIN, "http://127.0.0.5:80", "127.0.0.5",
       "127.0.0.5", "127.0.0.5"},
      {LR_CRAWL_GROUP_IP_IN_DOMAIN, "http://localhost:80", "127.0.0.1",
       "localhost at ?", "localhost at 127.0.0.1"},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    lr_crawl_politeness_options options = exact();
    options.grouping = cases[i].grouping;
    open_with(&options);
    lr_crawl_site *site = make_known(cases[i].origin, 1);
    expect_group(site, cases[i].before);
    lr_crawl_politeness_set_address(site, cases[i].ip);
    expect_group(site, cases[i].after);
    CU_ASSERT_EQUAL(lr_crawl_politeness_count(politeness, 0).groups, 1);
    close_all();
  }
}

static void test_schemes_and_ports(void) {
  open_exact();
  lr_crawl_site *plain = make_known("http://a.example:80", 1);
  lr_crawl_site *secure = make_known("https://a.example:443", 1);
  lr_crawl_site *other = make_known("http://a.example:8080", 1);
  CU_ASSERT_EQUAL(lr_crawl_politeness_count(politeness, 0).groups, 1);
  expect_turn(plain, "1");
  expect_none(-1);
  answer(plain, 200, 0);
  now_ms += 1000;
  expect_turn(secure, "1");
  answer(secure, 200, 0);
  now_ms += 1000;
  expect_turn(other, "1");
  close_all();
}

/* Blogs on one machine, whose address comes with the first answer. */
static void test_address_while_in_flight(void) {
  open_exact();
  lr_crawl_site *a = make_known("http://a.example.org:80", 9);
  lr_crawl_site *b = make_known("http://b.example.org:80", 9);
  lr_crawl_site *c = make_known("http://c.example.org:80", 9);
  expect_turn(a, "1");
  lr_crawl_politeness_set_address(a, "192.0.2.1"); /* in flight */
  expect_group(a, "example.org at 192.0.2.1");
  expect_turn(b, "1");
  lr_crawl_politeness_set_address(b, "192.0.2.1");
  expect_turn(c, "1"); /* it is elsewhere for all that is known */
  lr_crawl_politeness_set_address(c, "192.0.2.2");
  expect_none(-1);
  answer(a, 200, 100);
  expect_none(-1); /* b's is in flight still */
  answer(b, 200, 500);
  expect_none(500);
  now_ms += 500;
  CU_ASSERT_EQUAL(lr_crawl_politeness_count(politeness, 0).groups, 2);
  lr_crawl_turn turn = next();
  CU_ASSERT_TRUE(turn.site == a || turn.site == b);
  close_all();
}

/* The delay since the last request is the new group's, with Retry-After. */
static void test_times_move(void) {
  open_exact();
  lr_crawl_site *a = make_known("http://a.example.org:80", 9);
  lr_crawl_site *b = make_known("http://b.example.org:80", 9);
  lr_crawl_politeness_set_address(b, "192.0.2.1");
  expect_turn(a, "1");
  lr_crawl_reply reply = make_reply(503, 0);
  reply.retry_after_ms = 10000;
  end(a, reply);
  lr_crawl_politeness_set_address(a, "192.0.2.1");
  expect_none(10000);
  expect_reason(b, "Retry-After");
  close_all();
}

/* An address that another one ends with is not the same. */
static void test_addresses_change(void) {
  open_exact();
  lr_crawl_site *site = make_known("http://a.example.org:80", 9);
  lr_crawl_politeness_set_address(site, "92.0.2.1");
  expect_group(site, "example.org at 92.0.2.1");
  lr_crawl_politeness_set_address(site, "2.0.2.1");
  expect_group(site, "example.org at 2.0.2.1");
  lr_crawl_politeness_set_address(site, "192.0.2.1");
  expect_group(site, "example.org at 192.0.2.1");
  lr_crawl_politeness_set_address(site, "192.0.2.1");
  expect_group(site, "example.org at 192.0.2.1");
  CU_ASSERT_EQUAL(lr_crawl_politeness_count(politeness, 0).groups, 1);
  close_all();
}

static void test_address_first(void) {
  lr_crawl_politeness_options options = exact();
  options.address_first = true;
  open_with(&options);
  lr_crawl_site *a = make_known("http://a.example.org:80", 9);
  lr_crawl_site *b = make_known("http://b.example.org:80", 9);
  lr_crawl_site *literal = make_known("http://[::1]:80", 9);
  expect_turn(literal, "1");
  expect_none(-1);
  expect_reason(a, "address");
  lr_crawl_politeness_set_address(a, "192.0.2.1");
  lr_crawl_politeness_set_address(b, NULL); /* none: the failure is the fetch's
                                             */
  expect_turn(a, "1");
  expect_turn(b, "1");
  close_all();
}

static void test_turns_in_a_group(void) {
  lr_crawl_politeness_options options = exact();
  options.grouping = LR_CRAWL_GROUP_DOMAIN;
  options.delay_ms = 0;
  open_with(&options);
  lr_crawl_site *a = make_known("http://a.example.org:80", 3);
  lr_crawl_site *b = make_known("http://b.example.org:80", 3);
  for (const char *at = "123"; *at; at++) {
    char item[2] = {*at, 0};
    expect_turn(a, item);
    answer(a, 200, 0);
    expect_turn(b, item);
    answer(b, 200, 0);
  }
  close_all();
}

/* ---- Several at once, and all of them ---- */

static void test_several_at_once(void) {
  lr_crawl_politeness_options options = exact();
  options.per_group = 2;
  open_with(&options);
  lr_crawl_site *site = make_known("http://a.example:80", 9);
  expect_turn(site, "1");
  expect_none(1000); /* the delay is between two that begin */
  now_ms += 1000;
  expect_turn(site, "2");
  now_ms += 5000;
  expect_none(-1);
  lr_crawl_reply reply = make_reply(200, 0);
  reply.sent_ns = 1000 * ms;
  end(site, reply);
  expect_turn(site, "3");
  lr_crawl_politeness_unsent(site, now_ms * ms);
  expect_turn(site, "4");
  close_all();
}

/* Robots that expire wait for what is in flight. */
static void test_expiry_with_several(void) {
  lr_crawl_politeness_options options = exact();
  options.per_group = 3;
  options.delay_ms = 0;
  open_with(&options);
  lr_crawl_site *site = make_known("http://a.example:80", 9);
  lr_crawl_politeness_robots_known(site, (now_ms + 10) * ms, -1);
  expect_turn(site, "1");
  expect_turn(site, "2");
  now_ms += 10;
  expect_none(-1);
  answer(site, 200, 0);
  expect_none(-1);
  answer(site, 200, 0);
  expect_turn(site, "robots");
  expect_none(-1);
  answer(site, 200, 0);
  lr_crawl_politeness_robots_known(site, INT64_MAX, -1);
  expect_turn(site, "3");
  expect_turn(site, "4");
  expect_turn(site, "5");
  expect_none(-1);
  close_all();
}

static void test_slots(void) {
  lr_crawl_politeness_options options = exact();
  options.most_in_flight = 2;
  options.grouping = LR_CRAWL_GROUP_HOST;
  open_with(&options);
  lr_crawl_site *sites[3];
  for (int i = 0; i < 3; i++) sites[i] = make_numbered(i);
  expect_turn(sites[0], "1");
  expect_turn(sites[1], "1");
  expect_none(-1);
  expect_reason(sites[2], "slots");
  answer(sites[0], 200, 0);
  expect_turn(sites[2], "1");
  close_all();
}

static void test_pause(void) {
  open_exact();
  lr_crawl_site *site = make_known("http://a.example:80", 9);
  lr_crawl_politeness_pause(politeness, true);
  expect_none(-1);
  expect_reason(site, "paused");
  lr_crawl_politeness_pause(politeness, false);
  expect_turn(site, "1");
  close_all();
}

static void test_delay_first(void) {
  lr_crawl_politeness_options options = exact();
  options.delay_first = true;
  options.grouping = LR_CRAWL_GROUP_HOST;
  open_with(&options);
  lr_crawl_site *site = make_known("http://a.example:80", 1);
  expect_none(1000);
  now_ms += 1000;
  expect_turn(site, "1");
  lr_crawl_site *later = make_known("http://b.example:80", 1);
  expect_turn(later, "1"); /* what is new later waits for nothing */
  close_all();
}

static void count_item(void *context, void *item) {
  char *text = context;
  snprintf(text + strlen(text), 2, "%s", (const char *)item);
}

static void test_take_all(void) {
  open_exact();
  lr_crawl_site *site = make_known("http://a.example:80", 4);
  char items[10] = "";
  expect_turn(site, "1");
  CU_ASSERT_EQUAL(lr_crawl_politeness_take_all(site, count_item, items), 3);
  CU_ASSERT_STRING_EQUAL(items, "234");
  answer(site, 200, 0);
  now_ms += 1000;
  expect_none(-1);
  CU_ASSERT_EQUAL(lr_crawl_politeness_count(politeness, 0).waiting, 0);
  add(site, "5", false);
  expect_turn(site, "5");
  close_all();
}

static void count_site(void *context, lr_crawl_site *site) {
  unsigned *count = context;
  *count += lr_crawl_site_host_id(site) == 7;
}

static void test_drop_idle(void) {
  lr_crawl_politeness_options options = exact();
  options.grouping = LR_CRAWL_GROUP_HOST;
  open_with(&options);
  unsigned count = 0, dropped = 0;
  for (int i = 0; i < 50; i++) make_site("http://only.example:80");
  for (int i = 0; i < 50; i++) {
    char origin[64];
    snprintf(origin, sizeof origin, "http://idle%d.example:80", i);
    make_site(origin);
  }
  lr_crawl_site *busy = make_known("http://busy.example:80", 1);
  lr_crawl_site *asked = make_known("http://asked.example:80", 1);
  expect_turn(busy, "1");
  expect_turn(asked, "1");
  answer(asked, 200, 0);
  lr_crawl_politeness_each_site(politeness, count_site, &count);
  CU_ASSERT_EQUAL(count, 53);
  CU_ASSERT_EQUAL(lr_crawl_politeness_drop_idle(politeness, now_ms * ms,
                                                count_site, &dropped),
                  51);
  CU_ASSERT_EQUAL(dropped, 51);
  now_ms += 1000; /* nothing of its delay is left */
  CU_ASSERT_EQUAL(
      lr_crawl_politeness_drop_idle(politeness, now_ms * ms, NULL, NULL), 1);
  CU_ASSERT_EQUAL(lr_crawl_politeness_count(politeness, 0).sites, 1);
  CU_ASSERT_EQUAL(lr_crawl_politeness_count(politeness, 0).groups, 1);
  answer(busy, 200, 0);
  CU_ASSERT_PTR_EQUAL(make_site("http://busy.example:80"), busy);
  close_all();
}

static void test_refusals(void) {
  open_exact();
  lr_crawl_politeness *none;
  lr_crawl_site *site;
  lr_crawl_politeness_options options = exact();
  options.per_group = 0;
  CU_ASSERT_EQUAL(lr_crawl_politeness_new(&options, 0, &none), LARIAT_EINVAL);
  options = exact();
  options.most_in_flight = 0;
  CU_ASSERT_EQUAL(lr_crawl_politeness_new(&options, 0, &none), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lr_crawl_politeness_site(politeness, "a.example", 1, &site),
                  LARIAT_EINVAL);
  site = make_site("http://a.example:80");
  int data;
  CU_ASSERT_PTR_NULL(lr_crawl_site_data(site));
  lr_crawl_site_set_data(site, &data);
  CU_ASSERT_PTR_EQUAL(lr_crawl_site_data(site), &data);
  lr_crawl_politeness_free(NULL, drop);
  close_all();
}

/* Each allocation fails once: nothing is lost or left behind. */
static void test_out_of_memory(void) {
  lr_crawl_politeness_options options = exact();
  for (uint64_t nth = 1; nth < 40; nth++) {
    fixture_open(&fixture, FIXTURE_NO_REACTOR);
    now_ms = 1000;
    fixture_fail_allocation(&fixture, nth);
    if (!lr_crawl_politeness_new(&options, 0, &politeness)) {
      for (int i = 0; i < 3; i++) {
        lr_crawl_site *site;
        char origin[64];
        snprintf(origin, sizeof origin, "http://a%d.example.org:80", i);
        if (lr_crawl_politeness_site(politeness, origin, 1, &site)) continue;
        for (int j = 0; j < 6; j++)
          if (add(site, "x", false))
            CU_ASSERT_TRUE(lr_crawl_politeness_waiting(site) < 6);
        lr_crawl_politeness_set_address(site, "192.0.2.1");
        lr_crawl_site *visitor;
        if (!lr_crawl_politeness_visitor(politeness, "http://b.example.net:80",
                                         origin, &visitor))
          lr_crawl_politeness_end_visit(visitor);
      }
      lr_crawl_politeness_free(politeness, drop);
    }
    fixture_fail_allocation(&fixture, 0);
    fixture_close(&fixture);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the delay between two requests", test_delay},
      {"a request may leave late", test_guard},
      {"the order of items", test_order_of_items},
      {"Crawl-delay", test_crawl_delay},
      {"a Crawl-delay that is too long", test_crawl_delay_skip},
      {"a delay by the time of answers", test_delay_factor},
      {"a delay that is set", test_set_delay},
      {"Retry-After", test_retry_after},
      {"back-off", test_back_off},
      {"back-off without a delay", test_back_off_without_delay},
      {"connections that fail", test_failures},
      {"a failure of one host of a group", test_failure_of_one_in_group},
      {"the network is gone", test_network},
      {"the network stays gone", test_network_given_up},
      {"the network is not gone", test_no_network_failure},
      {"robots.txt first, and when it has expired", test_robots_first},
      {"robots.txt is unreachable", test_robots_hold},
      {"turns of which nothing is sent", test_unsent},
      {"robots.txt at another host", test_visitor},
      {"robots.txt at a host that is new", test_visited_before},
      {"robots.txt at another host's address", test_visitor_at_address},
      {"names of groups", test_names_of_groups},
      {"schemes and ports are one group", test_schemes_and_ports},
      {"an address while in flight", test_address_while_in_flight},
      {"the times of a group move", test_times_move},
      {"addresses that change", test_addresses_change},
      {"not before the address is known", test_address_first},
      {"turns within a group", test_turns_in_a_group},
      {"several requests at once", test_several_at_once},
      {"robots expire with several at once", test_expiry_with_several},
      {"slots", test_slots},
      {"pause", test_pause},
      {"a delay at first", test_delay_first},
      {"all items are taken out", test_take_all},
      {"idle sites are dropped", test_drop_idle},
      {"refusals", test_refusals},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("politeness", tests, FIXTURE_COUNT(tests), argc, argv);
}
