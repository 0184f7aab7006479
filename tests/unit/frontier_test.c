/* SPDX-License-Identifier: MIT
 * frontier_test.c: the way of URLs through a frontier, and what is there when
 * it is opened again. */
#include "crawl/frontier.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

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

/* ---- URLs ---- */

/* Offers a URL that is no page of the site. */
static void offer(const char *url, const char *origin, uint8_t priority) {
  bool added = false;
  lr_crawl_found_url found = {
      .url = url,
      .length = (uint32_t)strlen(url),
      .fingerprint = lr_crawl_fingerprint(
          lr_crawl_frontier_hash_key(crawl.frontier), url, strlen(url)),
      .origin = origin,
      .depth = 3,
      .priority = priority,
      .hop = 'E',
      .hops_off_site = 2,
      .via = 1};
  CU_ASSERT_EQUAL(lr_crawl_frontier_offer(crawl.frontier, &found, &added),
                  LARIAT_OK);
  CU_ASSERT_TRUE(added);
  CU_ASSERT_TRUE(lr_crawl_frontier_has_seen(crawl.frontier, found.fingerprint));
  CU_ASSERT_EQUAL(lr_crawl_frontier_offer(crawl.frontier, &found, &added),
                  LARIAT_OK);
  CU_ASSERT_FALSE(added);
}

/* Takes the next URL of host 1, which is to be this one; returns its id. */
static uint64_t expect_next(const char *url, uint32_t tries) {
  lr_crawl_queued_url taken;
  size_t count = lr_crawl_frontier_take(crawl.frontier, 1, 1, &taken);
  if (count != (url != NULL)) fixture_fail("%s: %zu taken", url, count);
  if (!count) return 0;
  if (strcmp(taken.url, url) != 0) fixture_fail("%s, not %s", taken.url, url);
  CU_ASSERT_EQUAL(taken.tries, tries);
  CU_ASSERT_EQUAL(taken.depth, 3);
  CU_ASSERT_EQUAL(taken.hop, 'E');
  CU_ASSERT_EQUAL(taken.hops_off_site, 2);
  CU_ASSERT_EQUAL(taken.via, 1);
  CU_ASSERT_EQUAL(taken.old_at_ns, 0);
  uint64_t id = taken.id;
  lr_crawl_queued_url_clear(&taken);
  return id;
}

static const char origin[] = "http://x.example:80";

static void offer_four(void) {
  offer("http://x.example/a", origin, 4);
  offer("http://x.example/b?c=d", origin, 0);
  offer("http://X.example/upper", origin, 4);
  offer("http://x.example.org/e", origin, 7);
}

static void expect_four(void) {
  (void)expect_next("http://x.example/b?c=d", 0);
  (void)expect_next("http://x.example/a", 0);
  (void)expect_next("http://X.example/upper", 0);
  (void)expect_next("http://x.example.org/e", 0);
  (void)expect_next(NULL, 0);
}

/* As they were offered, from memory; after a commit; and from the database. */
static void test_order_and_texts(void) {
  open_crawl();
  offer_four();
  expect_four();
  CU_ASSERT_EQUAL(lr_crawl_frontier_count(crawl.frontier).handed_out, 4);
  commit();
  open_again();
  CU_ASSERT_EQUAL(lr_crawl_frontier_count(crawl.frontier).handed_out, 0);
  expect_four();
  close_crawl();
}

/* Offers a URL under the fingerprint of another text, as rules for keys make
 * it. */
static void offer_as(const char *url, uint64_t fingerprint, bool expected) {
  bool added;
  lr_crawl_found_url found = {.url = url,
                              .length = (uint32_t)strlen(url),
                              .fingerprint = fingerprint,
                              .origin = origin};
  CU_ASSERT_EQUAL(lr_crawl_frontier_offer(crawl.frontier, &found, &added),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(added, expected);
}

static void test_other_fingerprints(void) {
  static char url[5000];
  lr_crawl_known_url known;
  open_crawl();
  memset(url, 'a', sizeof url - 1);
  memcpy(url, "http://x.example/", 17);
  uint64_t own = lr_crawl_fingerprint(
      lr_crawl_frontier_hash_key(crawl.frontier), url, strlen(url));
  offer_as(url, own, true);
  offer_as("http://x.example/b", 77, true);
  commit();
  for (int round = 0; round < 2; round++) {
    offer_as(url, own, false);
    offer_as("http://x.example/c", 77, false);
    CU_ASSERT_EQUAL(lr_crawl_frontier_find_url(crawl.frontier, 77, &known),
                    LARIAT_OK);
    CU_ASSERT_EQUAL(known.fingerprint, 77);
    CU_ASSERT_STRING_EQUAL(known.url, "http://x.example/b");
    lariat_memory_release(known.url);
    CU_ASSERT_EQUAL(lr_crawl_frontier_find_url(crawl.frontier, own, &known),
                    LARIAT_OK);
    CU_ASSERT_EQUAL(known.fingerprint, own);
    CU_ASSERT_EQUAL(known.id, 1);
    lariat_memory_release(known.url);
    open_again();
  }
  close_crawl();
}

static void test_giving_back(void) {
  open_crawl();
  offer_four();
  uint64_t b = expect_next("http://x.example/b?c=d", 0);
  uint64_t a = expect_next("http://x.example/a", 0);
  CU_ASSERT_EQUAL(lr_crawl_frontier_give_back(crawl.frontier, a), LARIAT_OK);
  CU_ASSERT_EQUAL(lr_crawl_frontier_give_back(crawl.frontier, b), LARIAT_OK);
  CU_ASSERT_EQUAL(lr_crawl_frontier_give_back(crawl.frontier, b),
                  LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(lr_crawl_frontier_give_back(crawl.frontier, UINT64_MAX),
                  LARIAT_ENOTFOUND);
  expect_four();
  close_crawl();
}

static void test_bad_offers(void) {
  bool added;
  lr_crawl_found_url found = {.url = "", .origin = origin, .fingerprint = 5};
  open_crawl();
  CU_ASSERT_EQUAL(lr_crawl_frontier_offer(crawl.frontier, &found, &added),
                  LARIAT_EINVAL);
  found = (lr_crawl_found_url){
      .url = "/a", .length = 2, .origin = "", .fingerprint = 5};
  CU_ASSERT_EQUAL(lr_crawl_frontier_offer(crawl.frontier, &found, &added),
                  LARIAT_EINVAL);
  CU_ASSERT_FALSE(lr_crawl_frontier_has_seen(crawl.frontier, 5));
  lr_crawl_queued_url taken;
  CU_ASSERT_EQUAL(lr_crawl_frontier_take(crawl.frontier, 1, 1, &taken), 0);
  CU_ASSERT_EQUAL(lr_crawl_frontier_take(crawl.frontier, 0, 1, &taken), 0);
  close_crawl();
}

/* ---- Hosts that have something to take ---- */

static unsigned told;

static void count_host(void *context, uint64_t host, const char *name) {
  (void)context;
  told++;
  CU_ASSERT_STRING_EQUAL(lr_crawl_frontier_origin(crawl.frontier, host), name);
  CU_ASSERT_EQUAL(lr_crawl_frontier_find_host(crawl.frontier, name), host);
}

static void test_hosts_are_told_of(void) {
  told = 0;
  open_crawl();
  lr_crawl_frontier_on_host(crawl.frontier, count_host, NULL);
  offer_four();
  CU_ASSERT_EQUAL(told, 1);
  offer("http://y.example/", "http://y.example:80", 4);
  CU_ASSERT_EQUAL(told, 2);
  expect_four();
  offer("http://x.example/again", origin, 4);
  CU_ASSERT_EQUAL(told, 3);
  commit();
  open_again();
  lr_crawl_frontier_on_host(crawl.frontier, count_host, NULL);
  CU_ASSERT_EQUAL(told, 3);
  lr_crawl_frontier_tell_hosts(crawl.frontier);
  CU_ASSERT_EQUAL(told, 5);
  CU_ASSERT_EQUAL(lr_crawl_frontier_host_count(crawl.frontier), 2);
  CU_ASSERT_EQUAL(lr_crawl_frontier_find_host(crawl.frontier, "none"), 0);
  CU_ASSERT_PTR_NULL(lr_crawl_frontier_origin(crawl.frontier, 3));
  close_crawl();
}

/* ---- Outcomes ---- */

static void finish_later(uint64_t id, int64_t next_s) {
  lr_crawl_outcome outcome = {
      .url = id, .kind = LR_CRAWL_LATER, .next_s = next_s};
  CU_ASSERT_EQUAL(lr_crawl_frontier_finish(crawl.frontier, &outcome),
                  LARIAT_OK);
}

static void test_later(void) {
  static const char url[] = "http://x.example/a";
  open_crawl();
  offer(url, origin, 4);
  CU_ASSERT_EQUAL(lr_crawl_frontier_wake(crawl.frontier, 10), INT64_MAX);
  finish_later(expect_next(url, 0), 100);
  CU_ASSERT_EQUAL(lr_crawl_frontier_wake(crawl.frontier, 99), 100);
  (void)expect_next(NULL, 0);
  CU_ASSERT_EQUAL(lr_crawl_frontier_wake(crawl.frontier, 100), INT64_MAX);
  finish_later(expect_next(url, 1), 200);
  commit();
  open_again();
  CU_ASSERT_EQUAL(lr_crawl_frontier_count(crawl.frontier).later, 1);
  CU_ASSERT_EQUAL(lr_crawl_frontier_wake(crawl.frontier, 199), 200);
  (void)lr_crawl_frontier_wake(crawl.frontier, 200);
  uint64_t id = expect_next(url, 2);
  CU_ASSERT_EQUAL(lr_crawl_frontier_give_back(crawl.frontier, id), LARIAT_OK);
  (void)expect_next(url, 2);
  CU_ASSERT_EQUAL(lr_crawl_frontier_count(crawl.frontier).queued, 1);
  close_crawl();
}

static void test_bad_outcomes(void) {
  lr_crawl_outcome outcome = {.url = 1, .kind = LR_CRAWL_FETCHED};
  open_crawl();
  offer("http://x.example/a", origin, 4);
  CU_ASSERT_EQUAL(lr_crawl_frontier_finish(crawl.frontier, &outcome),
                  LARIAT_ENOTFOUND);
  outcome.url = UINT64_MAX;
  CU_ASSERT_EQUAL(lr_crawl_frontier_finish(crawl.frontier, &outcome),
                  LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(lr_crawl_frontier_count(crawl.frontier).queued, 1);
  close_crawl();
}

/* What goes first in its host's queue is counted, while it is in there. */
static void test_place(void) {
  lr_crawl_known_url known;
  lr_crawl_queued_url taken;
  uint64_t count = 0;
  open_crawl();
  offer("http://x.example/a", origin, 4);
  offer("http://x.example/b", origin, 4);
  offer("http://x.example/c", origin, 3);
  CU_ASSERT_EQUAL_FATAL(lr_crawl_frontier_read_url(crawl.frontier, 2, &known),
                        LARIAT_OK);
  CU_ASSERT_EQUAL(
      lr_crawl_frontier_count_before(crawl.frontier, &known, &count),
      LARIAT_OK);
  CU_ASSERT_EQUAL(count, 2);
  for (int i = 0; i < 3; i++) {
    CU_ASSERT_EQUAL_FATAL(lr_crawl_frontier_take(crawl.frontier, 1, 1, &taken),
                          1);
    lr_crawl_queued_url_clear(&taken);
  }
  CU_ASSERT_EQUAL(
      lr_crawl_frontier_count_before(crawl.frontier, &known, &count),
      LARIAT_ENOTFOUND);
  lariat_memory_release(known.url);
  close_crawl();
}

/* Records of what is no URL, as of a robots.txt. */
static void test_records_alone(void) {
  lr_crawl_outcome outcome = {.records_length = 7};
  open_crawl();
  outcome.records = lr_crawl_copy_text("ROBOTS\n");
  CU_ASSERT_EQUAL(lr_crawl_frontier_finish(crawl.frontier, &outcome),
                  LARIAT_OK);
  CU_ASSERT_PTR_NULL(outcome.records);
  CU_ASSERT_EQUAL(lr_crawl_frontier_uncommitted_bytes(crawl.frontier), 7);
  CU_ASSERT_TRUE(lr_crawl_frontier_has_uncommitted(crawl.frontier));
  commit();
  CU_ASSERT_FALSE(lr_crawl_frontier_has_uncommitted(crawl.frontier));
  lr_crawl_frontier_counts counts = lr_crawl_frontier_count(crawl.frontier);
  CU_ASSERT_EQUAL(counts.warc_files, 1);
  CU_ASSERT_TRUE(counts.warc_bytes > 7);
  CU_ASSERT_EQUAL(lr_crawl_frontier_uncommitted_bytes(crawl.frontier), 0);
  close_crawl();
}

/* ---- Facts, counters, the diary ---- */

static void expect_facts(const char *ip, const char *robots, int status) {
  lr_crawl_host_facts facts;
  CU_ASSERT_TRUE_FATAL(lr_crawl_frontier_host(crawl.frontier, 1, &facts));
  CU_ASSERT_STRING_EQUAL_FATAL(facts.ip, ip);
  CU_ASSERT_EQUAL_FATAL(facts.robots_length, strlen(robots));
  CU_ASSERT_EQUAL(memcmp(facts.robots, robots, strlen(robots)), 0);
  CU_ASSERT_EQUAL(facts.robots_status, status);
  CU_ASSERT_EQUAL(facts.robots_at_s, 50);
  CU_ASSERT_EQUAL(facts.robots_expires_s, 60);
  CU_ASSERT_EQUAL(facts.delay_ms, 1500);
  CU_ASSERT_STRING_EQUAL(facts.note, "slow");
}

static void test_facts(void) {
  static const char robots[] = "User-agent: *\nDisallow: /\n";
  lr_crawl_host_facts facts = {.host = 1,
                               .ip = "192.0.2.1",
                               .robots_at_s = 50,
                               .robots_expires_s = 60,
                               .robots_status = 200,
                               .robots = robots,
                               .robots_length = sizeof robots - 1,
                               .delay_ms = 1500,
                               .note = "slow"};
  open_crawl();
  CU_ASSERT_EQUAL(lr_crawl_frontier_set_host(crawl.frontier, &facts),
                  LARIAT_ENOTFOUND);
  offer("http://x.example/a", origin, 4);
  lr_crawl_host_facts none;
  CU_ASSERT_TRUE(lr_crawl_frontier_host(crawl.frontier, 1, &none));
  CU_ASSERT_PTR_NULL(none.ip);
  CU_ASSERT_FALSE(lr_crawl_frontier_host(crawl.frontier, 2, &none));
  CU_ASSERT_EQUAL(lr_crawl_frontier_set_host(crawl.frontier, &facts),
                  LARIAT_OK);
  facts.ip = "192.0.2.2";
  CU_ASSERT_EQUAL(lr_crawl_frontier_set_host(crawl.frontier, &facts),
                  LARIAT_OK);
  expect_facts("192.0.2.2", robots, 200);
  commit();
  expect_facts("192.0.2.2", robots, 200);
  open_again();
  expect_facts("192.0.2.2", robots, 200);
  close_crawl();
}

/* Returns how many bytes the database has of the robots.txt of host 1. */
static int robots_bytes(void) {
  char path[128];
  sqlite3 *database;
  sqlite3_stmt *row = NULL;
  int bytes = -1;
  snprintf(path, sizeof path, "%s/crawl.db", crawl.directory);
  if (sqlite3_open(path, &database) == SQLITE_OK &&
      sqlite3_prepare_v2(database, "select length(body) from robots", -1, &row,
                         NULL) == SQLITE_OK &&
      sqlite3_step(row) == SQLITE_ROW)
    bytes = sqlite3_column_int(row, 0);
  sqlite3_finalize(row);
  sqlite3_close(database);
  return bytes;
}

/* A long robots.txt takes little space, and comes back whole. */
static void test_long_robots(void) {
  enum { LENGTH = 500 * 1024 };
  static char robots[LENGTH + 1];
  for (size_t i = 0; i < LENGTH; i++) robots[i] = "Disallow: /a/b\n"[i % 15];
  lr_crawl_host_facts facts = {.host = 1,
                               .ip = "192.0.2.1",
                               .robots_at_s = 50,
                               .robots_expires_s = 60,
                               .robots_status = 200,
                               .robots = robots,
                               .robots_length = LENGTH,
                               .delay_ms = 1500,
                               .note = "slow"};
  open_crawl();
  offer("http://x.example/a", origin, 4);
  CU_ASSERT_EQUAL(lr_crawl_frontier_set_host(crawl.frontier, &facts),
                  LARIAT_OK);
  commit();
  open_again();
  expect_facts("192.0.2.1", robots, 200);
  int bytes = robots_bytes();
  CU_ASSERT_TRUE(bytes > 0 && bytes < LENGTH / 50);
  close_crawl();
}

static void test_counters(void) {
  open_crawl();
  CU_ASSERT_EQUAL(lr_crawl_frontier_counter(crawl.frontier, "pages"), 0);
  CU_ASSERT_EQUAL(lr_crawl_frontier_set_counter(crawl.frontier, "pages", 7),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lr_crawl_frontier_note(crawl.frontier, 5, "begun"),
                  LARIAT_OK);
  CU_ASSERT_TRUE(lr_crawl_frontier_has_uncommitted(crawl.frontier));
  commit();
  CU_ASSERT_EQUAL(lr_crawl_frontier_set_counter(crawl.frontier, "pages", 7),
                  LARIAT_OK);
  CU_ASSERT_FALSE(lr_crawl_frontier_has_uncommitted(crawl.frontier));
  open_again();
  CU_ASSERT_EQUAL(lr_crawl_frontier_counter(crawl.frontier, "pages"), 7);
  close_crawl();
}

static void test_configuration(void) {
  open_crawl();
  CU_ASSERT_PTR_NULL(lr_crawl_frontier_config(crawl.frontier));
  crawl.options.config = "delay = 1";
  open_again();
  CU_ASSERT_STRING_EQUAL(lr_crawl_frontier_config(crawl.frontier), "delay = 1");
  crawl.options.config = "delay = 2";
  open_again();
  crawl.options.config = NULL;
  open_again();
  CU_ASSERT_STRING_EQUAL(lr_crawl_frontier_config(crawl.frontier), "delay = 2");
  close_crawl();
}

/* ---- Two processes, and readers ---- */

static void test_one_at_a_time(void) {
  lr_crawl_frontier *second;
  lr_crawl_fault fault;
  open_crawl();
  CU_ASSERT_EQUAL(lr_crawl_frontier_open(&crawl.options, &second, &fault),
                  LARIAT_EBUSY);
  CU_ASSERT_PTR_NULL(second);
  CU_ASSERT_PTR_NOT_NULL(strstr(fault.message, "in use by another process"));
  close_crawl();
}

static unsigned outcomes_seen;

static bool see_outcome(void *context, const lr_crawl_past_outcome *outcome) {
  uint64_t url = *(const uint64_t *)context;
  outcomes_seen++;
  CU_ASSERT_EQUAL(outcome->url, url);
  CU_ASSERT_EQUAL(outcome->host, url);
  if (outcome->kind == LR_CRAWL_FETCHED) {
    CU_ASSERT_STRING_EQUAL(outcome->type, "text/html");
    CU_ASSERT_PTR_NOT_NULL(outcome->etag);
    CU_ASSERT_STRING_EQUAL(outcome->last_modified,
                           url % 2 ? "Sun, 06 Nov 1994 08:49:37 GMT"
                                   : "yesterday");
    CU_ASSERT_PTR_NOT_NULL(outcome->digest);
    CU_ASSERT_PTR_NOT_NULL(outcome->warc);
  }
  return true;
}

/* Reads page 0, and what is known of it. */
static void look_at_first_page(lr_crawl_frontier *frontier) {
  char url[64];
  lr_crawl_known_url known;
  scripted_url(0, url);
  uint64_t fingerprint = lr_crawl_fingerprint(
      lr_crawl_frontier_hash_key(frontier), url, strlen(url));
  CU_ASSERT_EQUAL_FATAL(
      lr_crawl_frontier_find_url(frontier, fingerprint, &known), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(known.url, url);
  CU_ASSERT_EQUAL(known.id, 1);
  CU_ASSERT_EQUAL(known.hop, '-');
  lariat_memory_release(known.url);
  outcomes_seen = 0;
  for (uint64_t id = 1; id <= 2; id++) /* pages 0 and 1 */
    CU_ASSERT_EQUAL(
        lr_crawl_frontier_each_outcome(frontier, id, see_outcome, &id),
        LARIAT_OK);
  CU_ASSERT_EQUAL(outcomes_seen, 2);
  CU_ASSERT_EQUAL(lr_crawl_frontier_find_url(frontier, 12345, &known),
                  LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(lr_crawl_frontier_read_url(frontier, 5000, &known),
                  LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(lr_crawl_frontier_read_url(frontier, 0, &known),
                  LARIAT_ENOTFOUND);
}

/* The links that led to a page, up to the seed. */
static void look_at_path(lr_crawl_frontier *frontier) {
  uint64_t id = 20;
  unsigned steps = 0;
  while (id && steps < 100) {
    lr_crawl_known_url known;
    CU_ASSERT_EQUAL_FATAL(lr_crawl_frontier_read_url(frontier, id, &known),
                          LARIAT_OK);
    CU_ASSERT_TRUE(known.via < id);
    id = known.via;
    steps++;
    lariat_memory_release(known.url);
  }
  CU_ASSERT_TRUE(steps > 2 && steps < 10);
}

static bool stop_at_first(void *context, const lr_crawl_past_outcome *outcome) {
  (void)outcome;
  ++*(unsigned *)context;
  return false;
}

static void test_readers(void) {
  lr_crawl_frontier_options options = {.read_only = true};
  lr_crawl_frontier *reader;
  unsigned calls = 0;
  open_crawl();
  options.directory = crawl.directory;
  CU_ASSERT_EQUAL(scripted_run(&crawl), LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(lr_crawl_frontier_open(&options, &reader, &crawl.fault),
                        LARIAT_OK);
  lr_crawl_frontier_counts own = lr_crawl_frontier_count(crawl.frontier);
  lr_crawl_frontier_counts read = lr_crawl_frontier_count(reader);
  CU_ASSERT_EQUAL(own.known, read.known);
  CU_ASSERT_EQUAL(own.queued, read.queued);
  CU_ASSERT_EQUAL(own.hosts, read.hosts);
  CU_ASSERT_EQUAL(own.warc_files, read.warc_files);
  CU_ASSERT_EQUAL(own.warc_bytes, read.warc_bytes);
  CU_ASSERT_EQUAL(memcmp(own.by_kind, read.by_kind, sizeof own.by_kind), 0);
  look_at_first_page(crawl.frontier);
  look_at_first_page(reader);
  look_at_path(reader);
  CU_ASSERT_EQUAL(
      lr_crawl_frontier_each_outcome(reader, 0, stop_at_first, &calls),
      LARIAT_OK);
  CU_ASSERT_EQUAL(calls, 1);
  lr_crawl_frontier_close(reader);
  close_crawl();
}

static void test_no_crawl_to_read(void) {
  lr_crawl_frontier_options options = {.directory = "/tmp/lariat-no-such-crawl",
                                       .read_only = true};
  lr_crawl_frontier *reader;
  lr_crawl_fault fault = {.message = ""};
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lr_crawl_frontier_open(&options, &reader, &fault),
                  LARIAT_ESYSTEM);
  CU_ASSERT_PTR_NOT_NULL(strstr(fault.message, "cannot open"));
  options.directory = "";
  CU_ASSERT_EQUAL(lr_crawl_frontier_open(&options, &reader, &fault),
                  LARIAT_EINVAL);
  options = (lr_crawl_frontier_options){.directory = "/tmp/lariat-none",
                                        .warc_prefix = "a/b"};
  CU_ASSERT_EQUAL(lr_crawl_frontier_open(&options, &reader, &fault),
                  LARIAT_EINVAL);
  fixture_close(&fixture);
}

/* ---- Files that are not as they were ---- */

/* Runs some batches in a process that does not close anything. */
static void run_and_die(unsigned batches) {
  int state;
  pid_t child = fork();
  if (child == 0) {
    unsigned done;
    if (scripted_open(&crawl) || scripted_offer(crawl.frontier, 0, 0)) _exit(1);
    while (batches--)
      if (scripted_batch(&crawl, &done) ||
          lr_crawl_frontier_commit(crawl.frontier, &crawl.fault))
        _exit(1);
    _exit(0);
  }
  CU_ASSERT_EQUAL_FATAL(waitpid(child, &state, 0), child);
  CU_ASSERT_EQUAL_FATAL(state, 0);
}

/* Writes the path of a WARC file: of the one that is open, or of one that is
 * closed. */
static void find_file(bool is_open, char path[400]) {
  snprintf(path, 400, "%s/warc", crawl.directory);
  DIR *directory = opendir(path);
  path[0] = 0;
  for (struct dirent *entry; directory && (entry = readdir(directory));)
    if (entry->d_name[0] != '.' &&
        (strstr(entry->d_name, ".open") != NULL) == is_open)
      snprintf(path, 400, "%s/warc/%s", crawl.directory, entry->d_name);
  if (directory) closedir(directory);
}

static void find_open_file(char path[400]) { find_file(true, path); }

static void cut_by(const char *path, off_t bytes) {
  struct stat state;
  CU_ASSERT_EQUAL_FATAL(stat(path, &state), 0);
  CU_ASSERT_EQUAL(truncate(path, state.st_size - bytes), 0);
}

static void begin_and_die(void) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  scripted_begin(&crawl);
  run_and_die(6);
}

/* Cuts a file, and goes on without what it has lost. */
static void lose_end(bool of_open) {
  char path[400];
  begin_and_die();
  find_file(of_open, path);
  cut_by(path, 150);
  CU_ASSERT_EQUAL(scripted_open(&crawl), LARIAT_EFORMAT);
  CU_ASSERT_PTR_NOT_NULL(strstr(crawl.fault.message, "its end is lost"));
  crawl.options.repair = true;
  CU_ASSERT_EQUAL_FATAL(scripted_open(&crawl), LARIAT_OK);
  CU_ASSERT_TRUE(lr_crawl_frontier_count(crawl.frontier).queued > 2);
  unlink(crawl.jsonl); /* whose lines would come twice */
  unlink(crawl.links);
  CU_ASSERT_EQUAL(scripted_run(&crawl), LARIAT_OK);
  scripted_close(&crawl);
  struct scripted_check check = scripted_verify(&crawl);
  for (unsigned page = 0; page < SCRIPTED_PAGES; page++) {
    CU_ASSERT_EQUAL(check.last[page], 1);
    CU_ASSERT_EQUAL(check.records[page],
                    scripted_kind(page) == LR_CRAWL_FETCHED);
  }
  close_crawl();
}

static void test_lost_end(void) { lose_end(true); }
static void test_lost_end_of_closed(void) { lose_end(false); }

/* Who is told of a closed file may take it elsewhere. */
static void test_taken_file(void) {
  char path[400];
  begin_and_die();
  find_file(false, path);
  unlink(path);
  CU_ASSERT_EQUAL_FATAL(scripted_open(&crawl), LARIAT_OK);
  CU_ASSERT_EQUAL(scripted_run(&crawl), LARIAT_OK);
  close_crawl();
}

static void test_lost_file(void) {
  char path[400];
  begin_and_die();
  find_open_file(path);
  unlink(path);
  CU_ASSERT_EQUAL(scripted_open(&crawl), LARIAT_EFORMAT);
  crawl.options.repair = true;
  CU_ASSERT_EQUAL_FATAL(scripted_open(&crawl), LARIAT_OK);
  CU_ASSERT_EQUAL(scripted_run(&crawl), LARIAT_OK);
  close_crawl();
}

static void test_lost_lines(void) {
  begin_and_die();
  cut_by(crawl.jsonl, 5);
  CU_ASSERT_EQUAL(scripted_open(&crawl), LARIAT_EFORMAT);
  CU_ASSERT_PTR_NOT_NULL(strstr(crawl.fault.message, crawl.jsonl));
  unlink(crawl.jsonl); /* one that was moved away begins anew */
  CU_ASSERT_EQUAL_FATAL(scripted_open(&crawl), LARIAT_OK);
  CU_ASSERT_EQUAL(scripted_run(&crawl), LARIAT_OK);
  close_crawl();
}

/* What is behind the committed end is cut; what a file had before stays. */
static void test_tails(void) {
  char path[400], line[64] = "";
  begin_and_die();
  find_open_file(path);
  const char *const paths[] = {path, crawl.jsonl, crawl.links};
  for (size_t i = 0; i < 3; i++) {
    FILE *file = fopen(paths[i], "a");
    fputs("RECORD http://h1.example/page?1 {\"url\":\"http://h1/page?1\"}\n",
          file);
    fclose(file);
  }
  CU_ASSERT_EQUAL_FATAL(scripted_open(&crawl), LARIAT_OK);
  CU_ASSERT_EQUAL(scripted_run(&crawl), LARIAT_OK);
  scripted_close(&crawl);
  verify();
  FILE *file = fopen(crawl.jsonl, "w");
  fputs("of the user\n", file);
  fclose(file);
  char other[100];
  snprintf(other, sizeof other, "%s-2", crawl.jsonl);
  rename(crawl.jsonl, other);
  crawl.options.jsonl = other;
  CU_ASSERT_EQUAL_FATAL(scripted_open(&crawl), LARIAT_OK);
  file = fopen(other, "r");
  CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof line, file));
  CU_ASSERT_STRING_EQUAL(line, "of the user\n");
  fclose(file);
  unlink(other);
  close_crawl();
}

/* ---- A later crawl ---- */

/* Takes page 0 and compares what is known of it from an earlier time. */
static void expect_old(bool known) {
  lr_crawl_queued_url taken;
  CU_ASSERT_EQUAL(scripted_offer(crawl.frontier, 0, 0), LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(lr_crawl_frontier_take(crawl.frontier, 1, 1, &taken),
                        1);
  if (known) {
    CU_ASSERT_STRING_EQUAL(taken.etag, "\"http://h0.example/page?0\"");
    CU_ASSERT_STRING_EQUAL(taken.last_modified,
                           "Sun, 06 Nov 1994 08:49:37 GMT");
    CU_ASSERT_EQUAL(taken.old_at_ns, (SCRIPTED_NOW + 10) * 1000000000ll);
    CU_ASSERT_EQUAL(taken.old_digest[19], 0);
  } else {
    CU_ASSERT_PTR_NULL(taken.etag);
    CU_ASSERT_EQUAL(taken.old_at_ns, 0);
  }
  CU_ASSERT_EQUAL(lr_crawl_frontier_give_back(crawl.frontier, taken.id),
                  LARIAT_OK);
  lr_crawl_queued_url_clear(&taken);
}

static void test_since(void) {
  struct scripted_crawl first;
  open_crawl();
  CU_ASSERT_EQUAL(scripted_run(&crawl), LARIAT_OK);
  scripted_close(&crawl);
  first = crawl;
  scripted_begin(&crawl);
  crawl.options.since = first.directory;
  CU_ASSERT_EQUAL_FATAL(scripted_open(&crawl), LARIAT_OK);
  expect_old(true);
  commit();
  scripted_end(&first);
  open_again(); /* the earlier directory is gone, and not needed any more */
  expect_old(true);
  CU_ASSERT_EQUAL(scripted_run(&crawl), LARIAT_OK);
  scripted_close(&crawl);
  verify();
  crawl.options.since = "/tmp/lariat-no-such-crawl";
  CU_ASSERT_EQUAL(scripted_open(&crawl), LARIAT_ESYSTEM);
  close_crawl();
}

static void test_again(void) {
  open_crawl();
  CU_ASSERT_EQUAL(scripted_run(&crawl), LARIAT_OK);
  open_again();
  CU_ASSERT_EQUAL(lr_crawl_frontier_count(crawl.frontier).queued, 0);
  crawl.options.again_s = SCRIPTED_NOW;
  open_again();
  CU_ASSERT_EQUAL(lr_crawl_frontier_count(crawl.frontier).queued, 0);
  crawl.options.again_s = crawl.now_s + 1;
  crawl.now_s += 100;
  open_again();
  CU_ASSERT_EQUAL(lr_crawl_frontier_count(crawl.frontier).queued,
                  SCRIPTED_PAGES);
  expect_old(true);
  CU_ASSERT_EQUAL(scripted_run(&crawl), LARIAT_OK);
  open_again();
  CU_ASSERT_EQUAL(lr_crawl_frontier_count(crawl.frontier).queued, 0);
  close_crawl();
}

/* The lock says that the disk was full until the next run has it. */
static void test_full(void) {
  open_crawl();
  CU_ASSERT_FALSE(lr_crawl_frontier_was_full(crawl.frontier));
  lr_crawl_frontier_mark_full(crawl.frontier);
  CU_ASSERT_TRUE(lr_crawl_frontier_was_full(crawl.frontier));
  open_again();
  CU_ASSERT_FALSE(lr_crawl_frontier_was_full(crawl.frontier));
  close_crawl();
}

static void test_keys(void) {
  open_crawl();
  lr_crawl_hash_key key = lr_crawl_frontier_hash_key(crawl.frontier);
  open_again();
  lr_crawl_hash_key same = lr_crawl_frontier_hash_key(crawl.frontier);
  CU_ASSERT_EQUAL(memcmp(&key, &same, sizeof key), 0);
  close_crawl();
  open_crawl();
  lr_crawl_hash_key other = lr_crawl_frontier_hash_key(crawl.frontier);
  CU_ASSERT_NOT_EQUAL(memcmp(&key, &other, sizeof key), 0);
  close_crawl();
}

/* ---- No memory ---- */

/* Goes on to the end, through failures; false: it does not get there. */
static bool run_without_memory(uint64_t nth) {
  unsigned done, tries = 0;
  fixture_fail_allocation(&fixture, nth);
  while (scripted_open(&crawl))
    if (++tries > 3) return false;
  while (scripted_offer(crawl.frontier, 0, 0))
    if (++tries > 3) return false;
  while (lr_crawl_frontier_count(crawl.frontier).queued) {
    (void)scripted_batch(&crawl, &done);
    if (lr_crawl_frontier_commit(crawl.frontier, &crawl.fault) && ++tries > 3)
      return false;
  }
  return true;
}

static void test_no_memory(void) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  bool failed = true;
  for (uint64_t nth = 1; failed; nth += 1 + nth / 20) {
    scripted_begin(&crawl);
    uint64_t before = fixture_allocations(&fixture);
    if (!run_without_memory(nth))
      fixture_fail("allocation %u: %s", (unsigned)nth, crawl.fault.message);
    failed = fixture_allocations(&fixture) - before >= nth;
    fixture_fail_allocation(&fixture, 0);
    scripted_close(&crawl);
    verify();
    scripted_end(&crawl);
  }
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a whole site is crawled, each page once", test_whole_site},
      {"a crawl goes on where it stood", test_going_on},
      {"URLs come by priority and age, as they were", test_order_and_texts},
      {"fingerprints that are not the URL's own", test_other_fingerprints},
      {"what is given back comes first", test_giving_back},
      {"offers that are none", test_bad_offers},
      {"hosts that have something are told of", test_hosts_are_told_of},
      {"what is due later, and how often it was tried", test_later},
      {"outcomes of what is not handed out", test_bad_outcomes},
      {"records of what is no URL", test_records_alone},
      {"the place in a queue", test_place},
      {"facts about hosts", test_facts},
      {"a long robots.txt", test_long_robots},
      {"counters, and the diary", test_counters},
      {"the configuration is kept", test_configuration},
      {"one process at a time", test_one_at_a_time},
      {"readers beside a crawl that runs", test_readers},
      {"no crawl to read", test_no_crawl_to_read},
      {"a WARC file that has lost its end", test_lost_end},
      {"a closed WARC file that has lost its end", test_lost_end_of_closed},
      {"a closed WARC file that was taken elsewhere", test_taken_file},
      {"a WARC file that is gone", test_lost_file},
      {"lines that were lost", test_lost_lines},
      {"tails are cut, and what was before them stays", test_tails},
      {"validators of an earlier crawl", test_since},
      {"a full disk is told", test_full},
      {"old outcomes are done again", test_again},
      {"each crawl has its key", test_keys},
      {"no memory", test_no_memory},
  };
  return fixture_main("frontier", tests, FIXTURE_COUNT(tests), argc, argv);
}
