/* SPDX-License-Identifier: MIT
 * resolver_cache_test.c: what is kept for how long, to the second, and who is
 * told. */
#include "net/resolver_cache.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "reactor/reactor.h"
#include "support/fixture.h"

enum { WAITERS = 8 };

struct test {
  struct fixture f;
  lr_resolver_cache cache;
  uint64_t now_ns;
  struct waiter {
    lr_name_waiter waiter;
    unsigned told;
    lr_name_verdict verdict;
    bool has_addresses;
  } waiters[WAITERS];
};

static void deliver(lr_mail *mail) {
  struct waiter *w = lr_container(mail, struct waiter, waiter.mail);
  w->told++;
  w->verdict = w->waiter.outcome.verdict;
  w->has_addresses = w->waiter.outcome.addresses != NULL;
  w->waiter.state = LR_WAITER_IDLE;
  lr_addresses_release(w->waiter.outcome.addresses);
}

static const lr_mail_ops ops = {deliver, deliver};

static void open_test(struct test *t) {
  fixture_open(&t->f, FIXTURE_MANUAL_CLOCK);
  t->now_ns = LR_NS_PER_S;
  CU_ASSERT_TRUE(lr_resolver_cache_init(&t->cache));
  for (size_t i = 0; i < WAITERS; i++) {
    t->waiters[i] = (struct waiter){.told = 0};
    lr_list_init(&t->waiters[i].waiter.node);
    t->waiters[i].waiter.mail.ops = &ops;
    t->waiters[i].waiter.mailbox = lr_reactor_own_mailbox(t->f.reactor);
  }
}

static void close_test(struct test *t) {
  fixture_settle(&t->f);
  lr_resolver_cache_clear(&t->cache);
  fixture_close(&t->f);
}

/* Asks, and says what came of it in a letter: known, none, joined, start; an
 * old answer is there when START is in upper case. */
static char ask(struct test *t, const char *name, size_t i) {
  lr_name_outcome known;
  bool has_stale;
  lr_cache_reply reply =
      lr_resolver_cache_ask(&t->cache, name, strlen(name), t->now_ns,
                            &t->waiters[i].waiter, &known, &has_stale);
  if (reply == LR_CACHE_JOINED) return 'j';
  if (reply == LR_CACHE_START) return has_stale ? 'S' : 's';
  bool found = known.addresses != NULL;
  lr_addresses_release(known.addresses);
  return found ? 'k' : 'n';
}

static void settle(struct test *t, const char *name, lr_name_verdict verdict,
                   uint64_t ttl_s) {
  lr_host_address address = {{{[15] = 1}}, 0};
  lr_name_outcome outcome = {
      .verdict = verdict,
      .status = verdict == LR_NAME_FOUND ? LARIAT_OK : LARIAT_ERESOLVE,
      .ttl_ns = ttl_s * LR_NS_PER_S};
  if (verdict == LR_NAME_FOUND)
    outcome.addresses = lr_addresses_new(&address, 1);
  lr_resolver_cache_settle(&t->cache, name, strlen(name), outcome, t->now_ns);
  fixture_settle(&t->f);
}

static void pass(struct test *t, uint64_t ns) { t->now_ns += ns; }

static void test_ttl(void) {
  struct test t;
  open_test(&t);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 's');
  CU_ASSERT_EQUAL(ask(&t, "a", 1), 'j');
  CU_ASSERT_EQUAL(ask(&t, "b", 2), 's');
  settle(&t, "a", LR_NAME_FOUND, 5);
  CU_ASSERT_EQUAL(t.waiters[0].told, 1);
  CU_ASSERT_TRUE(t.waiters[0].has_addresses);
  CU_ASSERT_EQUAL(t.waiters[1].told, 1);
  CU_ASSERT_EQUAL(t.waiters[2].told, 0);
  pass(&t, 5 * LR_NS_PER_S - 1);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 'k');
  pass(&t, 1);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 'S');
  settle(&t, "a", LR_NAME_FOUND, 1);
  settle(&t, "b", LR_NAME_FOUND, 1);
  lr_resolver_counts counts = lr_resolver_cache_counts(&t.cache);
  CU_ASSERT_EQUAL(counts.look_ups, 3);
  CU_ASSERT_EQUAL(counts.hits, 1);
  CU_ASSERT_EQUAL(counts.joined, 1);
  CU_ASSERT_EQUAL(counts.in_flight, 0);
  CU_ASSERT_EQUAL(counts.failures, 0);
  close_test(&t);
}

/* What holds for no time is told to all who wait, and not kept. */
static void test_ttl_0(void) {
  struct test t;
  open_test(&t);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 's');
  CU_ASSERT_EQUAL(ask(&t, "a", 1), 'j');
  settle(&t, "a", LR_NAME_FOUND, 0);
  CU_ASSERT_TRUE(t.waiters[1].has_addresses);
  CU_ASSERT_EQUAL(t.cache.entries.count, 0);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 's');
  settle(&t, "a", LR_NAME_FAILED, 1);
  CU_ASSERT_EQUAL(t.waiters[0].verdict, LR_NAME_FAILED);
  close_test(&t);
}

/* Whatever a server says: names for a day, none for five minutes. */
static void test_caps(void) {
  struct test t;
  open_test(&t);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 's');
  settle(&t, "a", LR_NAME_FOUND, 1000000);
  CU_ASSERT_EQUAL(ask(&t, "b", 1), 's');
  settle(&t, "b", LR_NAME_NO_ADDRESS, 1000000);
  pass(&t, 300 * LR_NS_PER_S - 1);
  CU_ASSERT_EQUAL(ask(&t, "b", 1), 'n');
  pass(&t, 1);
  CU_ASSERT_EQUAL(ask(&t, "b", 1), 's');
  settle(&t, "b", LR_NAME_CUT_SHORT, 0);
  CU_ASSERT_EQUAL(t.waiters[1].verdict, LR_NAME_CUT_SHORT);
  pass(&t, (86400 - 300) * LR_NS_PER_S - 1);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 'k');
  pass(&t, 1);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 'S');
  settle(&t, "a", LR_NAME_NO_ADDRESS, 0);
  CU_ASSERT_EQUAL(t.cache.entries.count, 0);
  close_test(&t);
}

static void test_failure(void) {
  struct test t;
  open_test(&t);
  CU_ASSERT_EQUAL(ask(&t, "b", 1), 's');
  settle(&t, "b", LR_NAME_FAILED, 0); /* not the servers' */
  CU_ASSERT_EQUAL(ask(&t, "b", 1), 's');
  settle(&t, "b", LR_NAME_FAILED, 5); /* not for longer than a second */
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 's');
  settle(&t, "a", LR_NAME_FAILED, 1);
  pass(&t, LR_NS_PER_S - 1);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 'n');
  pass(&t, 1);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 's');
  CU_ASSERT_EQUAL(ask(&t, "b", 1), 's');
  settle(&t, "a", LR_NAME_FOUND, 10);
  settle(&t, "b", LR_NAME_FOUND, 10);
  CU_ASSERT_EQUAL(lr_resolver_cache_counts(&t.cache).failures, 3);
  close_test(&t);
}

/* Servers that fail: the old answer, for a day, tried again after 30 s. */
static void test_stale(void) {
  struct test t;
  open_test(&t);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 's');
  settle(&t, "a", LR_NAME_FOUND, 10);
  pass(&t, 10 * LR_NS_PER_S);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 'S');
  settle(&t, "a", LR_NAME_FAILED, 1);
  CU_ASSERT_TRUE(t.waiters[0].has_addresses);
  pass(&t, 30 * LR_NS_PER_S - 1);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 'k');
  pass(&t, 1);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 'S');
  CU_ASSERT_EQUAL(lr_resolver_cache_counts(&t.cache).stale, 2);
  settle(&t, "a", LR_NAME_NO_ADDRESS, 1); /* the servers' word */
  CU_ASSERT_FALSE(t.waiters[0].has_addresses);
  pass(&t, LR_NS_PER_S);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 's');
  settle(&t, "a", LR_NAME_FOUND, 10);
  pass(&t, (86400 + 10) * LR_NS_PER_S);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 's');
  settle(&t, "a", LR_NAME_FAILED, 1);
  CU_ASSERT_FALSE(t.waiters[0].has_addresses);
  close_test(&t);
}

/* Servers that are slow: those who wait get the old answer, and so do those who
 * come; the look-up goes on. */
static void test_slow(void) {
  struct test t;
  open_test(&t);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 's');
  lr_resolver_cache_tell_stale(&t.cache, "a", 1, t.now_ns);
  fixture_settle(&t.f);
  CU_ASSERT_EQUAL(t.waiters[0].told, 0);
  settle(&t, "a", LR_NAME_FOUND, 1);
  pass(&t, LR_NS_PER_S);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 'S');
  CU_ASSERT_EQUAL(ask(&t, "a", 1), 'j');
  lr_resolver_cache_tell_stale(&t.cache, "a", 1, t.now_ns);
  fixture_settle(&t.f);
  CU_ASSERT_EQUAL(t.waiters[0].told, 2);
  CU_ASSERT_TRUE(t.waiters[1].has_addresses);
  CU_ASSERT_FALSE(lr_resolver_cache_is_wanted(&t.cache, "a", 1));
  CU_ASSERT_EQUAL(ask(&t, "a", 2), 'k');
  CU_ASSERT_EQUAL(lr_resolver_cache_counts(&t.cache).in_flight, 1);
  settle(&t, "a", LR_NAME_FOUND, 100);
  CU_ASSERT_EQUAL(ask(&t, "a", 2), 'k');
  lr_resolver_counts counts = lr_resolver_cache_counts(&t.cache);
  CU_ASSERT_EQUAL(counts.stale, 3);
  CU_ASSERT_EQUAL(counts.hits, 1);
  close_test(&t);
}

static void test_leaving(void) {
  struct test t;
  open_test(&t);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 's');
  CU_ASSERT_EQUAL(ask(&t, "a", 1), 'j');
  CU_ASSERT_TRUE(lr_resolver_cache_is_wanted(&t.cache, "a", 1));
  CU_ASSERT_TRUE(lr_resolver_cache_leave(&t.cache, &t.waiters[0].waiter));
  CU_ASSERT_TRUE(lr_resolver_cache_leave(&t.cache, &t.waiters[1].waiter));
  CU_ASSERT_FALSE(lr_resolver_cache_is_wanted(&t.cache, "a", 1));
  CU_ASSERT_FALSE(lr_resolver_cache_is_wanted(&t.cache, "b", 1));
  CU_ASSERT_EQUAL(ask(&t, "a", 2), 'j'); /* it goes on by itself */
  lr_resolver_cache_settle(
      &t.cache, "a", 1, (lr_name_outcome){.verdict = LR_NAME_FAILED}, t.now_ns);
  CU_ASSERT_FALSE(lr_resolver_cache_leave(&t.cache, &t.waiters[2].waiter));
  fixture_settle(&t.f);
  CU_ASSERT_EQUAL(t.waiters[0].told, 0);
  CU_ASSERT_EQUAL(t.waiters[2].told, 1);
  close_test(&t);
}

static void fill(struct test *t, unsigned count) {
  char name[16];
  for (unsigned i = 0; i < count; i++) {
    snprintf(name, sizeof name, "n%u", i);
    CU_ASSERT_EQUAL(ask(t, name, 0), 's');
    lr_resolver_cache_settle(&t->cache, name, strlen(name),
                             (lr_name_outcome){.verdict = LR_NAME_NO_ADDRESS,
                                               .ttl_ns = 100 * LR_NS_PER_S},
                             t->now_ns);
    fixture_settle(&t->f);
  }
}

/* There is no end of names: the oldest go. */
static void test_bound(void) {
  struct test t;
  open_test(&t);
  CU_ASSERT_EQUAL(ask(&t, "first", 1), 's');
  fill(&t, LR_RESOLVER_CACHE_NAMES + 10);
  CU_ASSERT_EQUAL(t.cache.entries.count, LR_RESOLVER_CACHE_NAMES);
  CU_ASSERT_EQUAL(ask(&t, "n11", 0), 'n');
  CU_ASSERT_EQUAL(ask(&t, "first", 2), 'j'); /* looked up now: it stays */
  settle(&t, "first", LR_NAME_FAILED, 1);
  close_test(&t);
}

static void test_no_memory(void) {
  struct test t;
  open_test(&t);
  fixture_fail_allocation(&t.f, 1);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 'n');
  fixture_fail_allocation(&t.f, 0);
  CU_ASSERT_EQUAL(ask(&t, "a", 0), 's');
  settle(&t, "a", LR_NAME_FAILED, 1);
  close_test(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"TTLs, to the second", test_ttl},
      {"a TTL of 0", test_ttl_0},
      {"TTLs that are too long", test_caps},
      {"failures", test_failure},
      {"old answers for servers that fail", test_stale},
      {"old answers for servers that are slow", test_slow},
      {"who leaves is not told", test_leaving},
      {"names without end", test_bound},
      {"out of memory", test_no_memory},
  };
  return fixture_main("resolver cache", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
