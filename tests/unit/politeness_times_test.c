/* SPDX-License-Identifier: MIT
 * politeness_times_test.c: a crawl of many hosts in simulated time, judged by
 * when requests arrive at them: never too near to each other, never late when
 * one could be sent; none waits for a slow one or starves; what a million of
 * them take. */
#include "crawl/politeness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawl/due_order.h"
#include "crawl/list.h"
#include "support/fixture.h"

static struct fixture fixture;

static const int64_t ms = 1000000;

/* ---- The simulation ---- */

struct host {
  lr_crawl_site *site;
  int64_t arrived_ns; /* the last request, at the host */
  int64_t free_ns;    /* from when on another one is due */
  int64_t answer_ns;  /* how long it takes to answer; 0: at random */
  unsigned in_flight;
  unsigned answered; /* robots.txt included */
  bool has_robots;
};

struct request {
  lr_crawl_due_node end;
  struct host *host;
  lr_crawl_reply reply;
  bool robots;
};

static struct {
  lr_crawl_politeness *politeness;
  struct host *hosts;
  int host_count;
  lr_crawl_due_order ends;
  uint64_t random;
  int64_t now_ns;
  int64_t delay_ns;
  int64_t wake_ns; /* the reactor's timers are so late at the most */
  /* What was wrong. */
  unsigned too_near, too_late, at_once, before_robots;
  unsigned requests;
} world;

/* xorshift64 (G. Marsaglia, 2003). */
static int64_t random_below(int64_t bound) {
  world.random ^= world.random << 13;
  world.random ^= world.random >> 7;
  world.random ^= world.random << 17;
  return (int64_t)(world.random % (uint64_t)bound);
}

static void open_world(const lr_crawl_politeness_options *options,
                       int host_count) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  memset(&world, 0, sizeof world);
  world.random = 88172645463325252U;
  world.now_ns = 1000 * ms;
  world.delay_ns = (int64_t)options->delay_ms * ms;
  world.host_count = host_count;
  world.hosts = calloc((size_t)host_count, sizeof *world.hosts);
  CU_ASSERT_PTR_NOT_NULL_FATAL(world.hosts);
  CU_ASSERT_EQUAL_FATAL(
      lr_crawl_politeness_new(options, world.now_ns, &world.politeness),
      LARIAT_OK);
}

static void drop(void *item) { (void)item; }

static void close_world(void) {
  for (lr_crawl_due_node *end; (end = lr_crawl_due_order_first(&world.ends));) {
    lr_crawl_due_order_remove(&world.ends, end);
    free(lr_crawl_listed(end, struct request, end));
  }
  lr_crawl_due_order_clear(&world.ends);
  lr_crawl_politeness_free(world.politeness, drop);
  free(world.hosts);
  fixture_close(&fixture);
}

static void add_host(int number, int items) {
  struct host *host = &world.hosts[number];
  char origin[64];
  snprintf(origin, sizeof origin, "http://www.h%d.example:80", number);
  host->arrived_ns = INT64_MIN / 2;
  host->free_ns = world.now_ns;
  CU_ASSERT_EQUAL_FATAL(lr_crawl_politeness_site(world.politeness, origin,
                                                 (uint64_t)number, &host->site),
                        LARIAT_OK);
  lr_crawl_site_set_data(host->site, host);
  for (int i = 0; i < items; i++)
    if (lr_crawl_politeness_add(host->site, host, false)) abort();
}

/* A request arrives some time after its turn: a connection may have to be made,
 * the thread may be late, the network takes its time. */
static void send_request(const lr_crawl_turn *turn) {
  struct host *host = lr_crawl_site_data(turn->site);
  struct request *request = calloc(1, sizeof *request);
  if (!request) abort();
  int64_t answer_ns =
      host->answer_ns ? host->answer_ns : 1 * ms + random_below(300 * ms);
  int64_t sent_ns =
      world.now_ns + (random_below(4) ? 0 : random_below(30 * ms));
  int64_t arrived_ns = sent_ns + random_below(10 * ms);
  if (turn->kind == LR_CRAWL_TURN_ITEM && !host->has_robots)
    world.before_robots++;
  world.at_once += host->in_flight++ > 0;
  world.too_near += arrived_ns - host->arrived_ns < world.delay_ns;
  world.too_late += world.now_ns - host->free_ns > 50 * ms;
  world.requests++;
  host->arrived_ns = arrived_ns;
  request->host = host;
  request->robots = turn->kind == LR_CRAWL_TURN_ROBOTS;
  request->reply = (lr_crawl_reply){
      .sent_ns = sent_ns,
      .answered_ns = arrived_ns + answer_ns,
      .ended_ns = arrived_ns + answer_ns + random_below(20 * ms),
      .status = request->robots || random_below(50) ? 200 : 404,
      .retry_after_ms = -1};
  if (lr_crawl_due_order_reserve(&world.ends, world.ends.count + 1)) abort();
  lr_crawl_due_order_put(&world.ends, &request->end, request->reply.ended_ns);
}

static void end_request(struct request *request) {
  struct host *host = request->host;
  host->in_flight--;
  host->answered++;
  if (lr_crawl_politeness_ended(host->site, &request->reply, world.now_ns))
    fixture_fail("an answer does not count");
  if (request->robots) {
    host->has_robots = true;
    lr_crawl_politeness_robots_known(host->site, INT64_MAX, -1);
  }
  host->free_ns = host->arrived_ns + world.delay_ns;
  if (host->free_ns < world.now_ns) host->free_ns = world.now_ns;
  free(request);
}

static void run_ends(void) {
  for (lr_crawl_due_node *end; (end = lr_crawl_due_order_first(&world.ends)) &&
                               end->due_ns <= world.now_ns;) {
    lr_crawl_due_order_remove(&world.ends, end);
    end_request(lr_crawl_listed(end, struct request, end));
  }
}

/* Goes on until nothing is left to do or it is `until_ns`. */
static void run_until(int64_t until_ns) {
  for (;;) {
    lr_crawl_turn turn;
    run_ends();
    while ((turn = lr_crawl_politeness_next(world.politeness, world.now_ns))
               .kind != LR_CRAWL_TURN_NONE)
      send_request(&turn);
    lr_crawl_due_node *end = lr_crawl_due_order_first(&world.ends);
    int64_t next_ns = turn.due_ns;
    if (next_ns != INT64_MAX && world.wake_ns)
      next_ns += random_below(world.wake_ns);
    if (end && end->due_ns < next_ns) next_ns = end->due_ns;
    if (next_ns == INT64_MAX || next_ns > until_ns) return;
    if (next_ns < world.now_ns) {
      fixture_fail("due in the past");
      return;
    }
    world.now_ns = next_ns;
  }
}

static void expect_polite(void) {
  if (world.too_near || world.too_late || world.at_once || world.before_robots)
    fixture_fail("of %u requests %u too near, %u late, %u at once, %u before "
                 "robots.txt",
                 world.requests, world.too_near, world.too_late, world.at_once,
                 world.before_robots);
}

/* ---- Tests ---- */

enum { HOSTS = 1000, ITEMS = 20 };

static void test_gaps(void) {
  lr_crawl_politeness_options options = lr_crawl_politeness_defaults();
  open_world(&options, HOSTS);
  world.wake_ns = 5 * ms;
  for (int i = 0; i < HOSTS; i++) add_host(i, ITEMS);
  run_until(INT64_MAX);
  CU_ASSERT_EQUAL(world.requests, HOSTS * (ITEMS + 1));
  for (int i = 0; i < HOSTS; i++)
    CU_ASSERT_EQUAL(world.hosts[i].answered, ITEMS + 1);
  expect_polite();
  close_world();
}

/* With fewer slots than hosts that could be asked nothing is too near, and the
 * slots are never idle. */
static void test_few_slots(void) {
  lr_crawl_politeness_options options = lr_crawl_politeness_defaults();
  options.most_in_flight = 16;
  open_world(&options, HOSTS);
  for (int i = 0; i < HOSTS; i++) add_host(i, 4);
  run_until(INT64_MAX);
  CU_ASSERT_EQUAL(world.requests, HOSTS * 5);
  CU_ASSERT_EQUAL(world.too_near + world.at_once + world.before_robots, 0);
  close_world();
}

/* Returns how many answers the others of HOSTS hosts have given after 20 s. */
static unsigned count_beside(int64_t answer_ns) {
  lr_crawl_politeness_options options = lr_crawl_politeness_defaults();
  unsigned count = 0;
  options.most_in_flight = 192;
  open_world(&options, HOSTS);
  for (int i = 0; i < HOSTS; i++) add_host(i, 100);
  world.hosts[0].answer_ns = answer_ns;
  run_until(world.now_ns + 20000 * ms);
  for (int i = 1; i < HOSTS; i++) count += world.hosts[i].answered;
  close_world();
  return count;
}

static void test_slow_host(void) {
  unsigned alone = count_beside(0);
  unsigned beside = count_beside(20000 * ms);
  CU_ASSERT_TRUE(alone > 10000);
  if (beside * 100 < alone * 98)
    fixture_fail("%u answers, without the slow host %u", beside, alone);
}

/* More hosts that are new all the time than there are slots for: the old ones
 * have their turns between them, as often as each other. */
static void test_no_starvation(void) {
  enum { OLD = 100, NEW = 1200 };
  lr_crawl_politeness_options options = lr_crawl_politeness_defaults();
  options.delay_ms = 0;
  options.most_in_flight = 4;
  open_world(&options, OLD + NEW);
  for (int i = 0; i < OLD; i++) add_host(i, 1000);
  for (int i = OLD; i < OLD + NEW; i++) {
    int64_t next_ns = world.now_ns + 50 * ms;
    run_until(next_ns);
    world.now_ns = next_ns;
    add_host(i, 1);
  }
  unsigned least = UINT32_MAX, most = 0;
  for (int i = 0; i < OLD; i++) {
    unsigned answered = world.hosts[i].answered;
    if (answered < least) least = answered;
    if (answered > most) most = answered;
  }
  if (least + 2 < most || least < 3)
    fixture_fail("the old hosts gave %u to %u answers", least, most);
  close_world();
}

/* Groups of which nothing waits, as they are kept and as they are forgotten. */
static void test_memory(void) {
  enum { GROUPS = 1000000 };
  lr_crawl_politeness_options options = lr_crawl_politeness_defaults();
  char origin[64];
  open_world(&options, 1);
  for (int i = 0; i < GROUPS; i++) {
    lr_crawl_site *site;
    snprintf(origin, sizeof origin, "http://h%d.example:80", i);
    if (lr_crawl_politeness_site(world.politeness, origin, 1, &site)) abort();
  }
  lr_crawl_politeness_counts counts =
      lr_crawl_politeness_count(world.politeness, world.now_ns);
  CU_ASSERT_EQUAL(counts.groups, GROUPS);
  uint64_t bytes = fixture_live_bytes(&fixture) / GROUPS;
  printf("%llu bytes for each site that is idle\n", (unsigned long long)bytes);
  CU_ASSERT_TRUE(bytes <= 320);
  CU_ASSERT_EQUAL(
      lr_crawl_politeness_drop_idle(world.politeness, world.now_ns, NULL, NULL),
      GROUPS);
  bytes = fixture_live_bytes(&fixture) / GROUPS;
  CU_ASSERT_TRUE(bytes <= 64); /* the tables' slots */
  close_world();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"gaps at 1,000 hosts", test_gaps},
      {"fewer slots than hosts", test_few_slots},
      {"one slow host beside others", test_slow_host},
      {"no host starves", test_no_starvation},
      {"the memory of a million groups", test_memory},
  };
  return fixture_main("politeness_times", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
