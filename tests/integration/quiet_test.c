/* SPDX-License-Identifier: MIT
 * labels: no-asan no-tsan long
 * A pool with nothing to do: its threads sleep, however many connections are
 * open, and what servers close is given back without a new request.
 *
 * LARIAT_QUIET_MS says how long sleep is watched: usually 2,000, in full
 * 10,000. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include "support/origin.h"

enum {
  MANY = 2000,     /* connections, each to a host of its own */
  BACK_MS = 20000, /* in which descriptors are back, of a busy machine */
  SETTLE_MS = 500, /* from the last answer until sleep */
  USUAL_QUIET_MS = 2000,
  DESCRIPTORS = 8192, /* this process has both ends */
  NGINX_KEEP_MS = 1500
};

static struct origin *origin;
static struct outcome outcomes[MANY];
static unsigned many = MANY;
static unsigned quiet_ms = USUAL_QUIET_MS;

static void sleep_ms(unsigned ms) {
  struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
  nanosleep(&time, NULL);
}

/* The pool's threads, seen from outside. */

struct switches {
  unsigned threads;
  unsigned long count; /* voluntary and involuntary */
};

static void add_thread(struct switches *all, const char *tid) {
  char path[320];
  char line[128];
  unsigned long number;
  bool ours = false;
  snprintf(path, sizeof path, "/proc/self/task/%s/status", tid);
  FILE *file = fopen(path, "re");
  if (!file) return;
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, "Name:\tlariat-", 13) == 0) ours = true;
    if (ours && (sscanf(line, "voluntary_ctxt_switches: %lu", &number) == 1 ||
                 sscanf(line, "nonvoluntary_ctxt_switches: %lu", &number) == 1))
      all->count += number;
  }
  if (ours) all->threads++;
  fclose(file);
}

static struct switches read_switches(void) {
  struct switches all = {0, 0};
  DIR *directory = opendir("/proc/self/task");
  if (!directory) return all;
  for (const struct dirent *entry; (entry = readdir(directory));)
    if (entry->d_name[0] != '.') add_thread(&all, entry->d_name);
  closedir(directory);
  return all;
}

/* Fails the test unless there are `ms` in which none of the pool's threads
 * runs: on a busy machine something may settle late, but once it has, it
 * sleeps. */
static void expect_sleep(const struct fetching *t, unsigned ms) {
  struct switches before = read_switches();
  struct switches after = before;
  for (int tries = 0; tries < 8; tries++) {
    before = after;
    sleep_ms(ms);
    after = read_switches();
    if (after.count == before.count) break;
  }
  CU_ASSERT_EQUAL(before.threads, lariat_pool_reactors(t->pool));
  CU_ASSERT_EQUAL(after.threads, before.threads);
  CU_ASSERT(before.count > 0);
  if (after.count != before.count)
    fixture_fail("%lu context switches in %u ms, with %llu connections open",
                 after.count - before.count, ms,
                 (unsigned long long)fetching_stats(t).connections);
}

/* Requests. */

static const char *host_url(unsigned host, const char *path) {
  static char text[128];
  snprintf(text, sizeof text, "http://127.0.%u.%u:%u%s", 1 + host / 200,
           1 + host % 200, origin_port(origin), path);
  return text;
}

static void open_pool(struct fetching *t) {
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  fetching_open(t, &pool, NULL);
}

/* One connection to each of `hosts` hosts; each `nth` asks for `other`. */
static void connect_all(struct fetching *t, unsigned hosts, unsigned nth,
                        const char *other) {
  for (unsigned i = 0; i < hosts; i++) {
    const char *path = i % nth == nth - 1 ? other : "/page";
    outcome_watch(&outcomes[i], lariat_get(t->client, host_url(i, path)));
  }
  fetching_wait(t, outcomes, hosts, 30000);
  for (unsigned i = 0; i < hosts; i++) outcome_expect_http(&outcomes[i], 200);
  outcome_clear(outcomes, hosts);
}

/* Descriptors and connections, as the main thread finds them when nothing is
 * asked for. */
struct state {
  const struct fetching *t;
  unsigned fds;
  uint64_t connections;
  unsigned long at_origin;
};

static struct state state_of(const struct fetching *t) {
  return (struct state){t, fetching_open_fds(), fetching_stats(t).connections,
                        origin ? origin_counts(origin).open : 0};
}

/* Waits until no more is open than in `goal`; in how many ms. */
static unsigned wait_for_state(const struct state *goal) {
  uint64_t start_ms = fixture_real_ms();
  struct state now;
  unsigned ms;
  do {
    sleep_ms(20);
    now = state_of(goal->t);
    ms = (unsigned)(fixture_real_ms() - start_ms);
  } while (ms < BACK_MS &&
           (now.fds > goal->fds || now.connections > goal->connections ||
            now.at_origin > goal->at_origin));
  if (now.fds > goal->fds || now.connections > goal->connections)
    fixture_fail("after %u ms %u descriptors and %llu connections, not %u and "
                 "%llu",
                 ms, now.fds, (unsigned long long)now.connections, goal->fds,
                 (unsigned long long)goal->connections);
  return ms;
}

static void expect_no_request_since(unsigned long requests) {
  CU_ASSERT_EQUAL(origin_counts(origin).requests, requests);
}

/* Sleep. */

static struct nginx *start_nginx(unsigned keepalive_ms) {
  const struct nginx_options options = {.keepalive_ms = keepalive_ms,
                                        .addresses = 8};
  struct nginx *nginx = nginx_start(&options);
  CU_ASSERT_PTR_NOT_NULL_FATAL(nginx);
  return nginx;
}

static lariat_pool_options trusting(const struct nginx *nginx) {
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 2;
  options.ca_file = nginx->ca_file;
  return options;
}

/* `each` times everything: plain, TLS with HTTP/1.1 (its session tickets may
 * come when the connection is idle) and with HTTP/2, on several addresses. */
static void get_some(struct fetching *t, const struct nginx *nginx,
                     unsigned each) {
  static const enum nginx_port ports[] = {NGINX_PLAIN, NGINX_TLS,
                                          NGINX_TLS_HTTP1};
  size_t count = 0;
  char url[128];
  for (unsigned i = 0; i < each; i++) {
    for (size_t p = 0; p < FIXTURE_COUNT(ports); p++) {
      nginx_url(nginx, ports[p], "/bytes", url, sizeof url);
      outcome_watch(&outcomes[count++], lariat_get(t->client, url));
    }
    snprintf(url, sizeof url, "http://127.0.0.%u:%u/other", 1 + i % 8,
             nginx->ports[NGINX_PLAIN]);
    outcome_watch(&outcomes[count++], lariat_get(t->client, url));
  }
  fetching_wait(t, outcomes, count, 10000);
  for (size_t i = 0; i < count; i++) outcome_expect_http(&outcomes[i], 200);
  outcome_clear(outcomes, count);
}

static void test_an_idle_pool_sleeps(void) {
  struct fetching t;
  struct nginx *nginx = start_nginx(0);
  lariat_pool_options pool = trusting(nginx);
  fetching_open(&t, &pool, NULL);
  get_some(&t, nginx, 16);
  sleep_ms(SETTLE_MS);
  lariat_pool_stats before = fetching_stats(&t);
  CU_ASSERT(before.connections >= 10); /* one for each host */
  expect_sleep(&t, quiet_ms);
  lariat_pool_stats after = fetching_stats(&t);
  CU_ASSERT_EQUAL(after.connections, before.connections);
  CU_ASSERT_EQUAL(after.lanes_recycled, before.lanes_recycled);
  get_some(&t, nginx, 1); /* and they are good still */
  after = fetching_stats(&t);
  CU_ASSERT_EQUAL(after.connections_opened, before.connections_opened);
  fetching_close(&t);
  nginx_stop(nginx);
}

static void test_a_pool_never_used_sleeps(void) {
  struct fetching t;
  open_pool(&t);
  sleep_ms(SETTLE_MS);
  expect_sleep(&t, quiet_ms / 4);
  fetching_close(&t);
}

static void test_many_idle_connections_sleep(void) {
  struct fetching t;
  open_pool(&t);
  connect_all(&t, many, 1, "/page");
  sleep_ms(SETTLE_MS);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections, many);
  expect_sleep(&t, quiet_ms / 2);
  fetching_close(&t);
}

/* Bytes that come to an idle connection of plain HTTP/1 are nobody's answer: it
 * is closed, by whomever it was used, and they do not keep the pool awake. */
static void expect_closed_by_bytes(bool libcurl_only) {
  enum { HOSTS = 100 };
  static const struct origin_step late[] = {{ORIGIN_PAGE, "late\n", 0, 0},
                                            {ORIGIN_WAIT, NULL, 0, 300},
                                            {ORIGIN_SEND, "\r\n", 0, 0},
                                            {ORIGIN_STALL, NULL, 0, 0}};
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.libcurl_only = libcurl_only;
  fetching_open(&t, &pool, NULL);
  struct state before = state_of(&t);
  CU_ASSERT_TRUE(origin_script(origin, "/late", late));
  connect_all(&t, HOSTS, 1, "/late");
  (void)wait_for_state(&before);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections, 0);
  expect_sleep(&t, quiet_ms / 4);
  fetching_close(&t);
  origin_script(origin, "/late", NULL);
}

static void test_bytes_on_idle_connections(void) {
  expect_closed_by_bytes(false);
  expect_closed_by_bytes(true);
}

/* Given back. */

static void test_all_closed_by_their_servers(void) {
  struct fetching t;
  open_pool(&t);
  struct state before = state_of(&t);
  connect_all(&t, many, 1, "/page");
  unsigned opened = fetching_open_fds();
  CU_ASSERT_EQUAL(fetching_stats(&t).connections, many);
  CU_ASSERT(opened >= before.fds + 2 * many); /* both ends are here */
  unsigned long requests = origin_counts(origin).requests;
  CU_ASSERT_EQUAL(origin_close_idle(origin), many);
  unsigned ms = wait_for_state(&before);
  printf("\n    %u connections: from %u descriptors to %u in %u ms; ", many,
         opened, fetching_open_fds(), ms);
  expect_no_request_since(requests);
  sleep_ms(SETTLE_MS);
  expect_sleep(&t, quiet_ms / 4);
  fetching_close(&t);
}

/* The same while the pool never had time to be quiet. */
static void test_closed_right_after_the_answer(void) {
  static const struct origin_step brief[] = {{ORIGIN_PAGE, "brief\n", 0, 0},
                                             {ORIGIN_CLOSE, NULL, 0, 0}};
  struct fetching t;
  open_pool(&t);
  struct state before = state_of(&t);
  CU_ASSERT_TRUE(origin_script(origin, "/brief", brief));
  connect_all(&t, 300, 1, "/brief");
  (void)wait_for_state(&before);
  fetching_close(&t);
  origin_script(origin, "/brief", NULL);
}

/* Those that are still alive may stay, or go with their lanes. */
static void close_some(unsigned hosts, unsigned nth) {
  static const struct origin_step brief[] = {{ORIGIN_PAGE, "brief\n", 0, 0},
                                             {ORIGIN_HOLD, NULL, 0, 0},
                                             {ORIGIN_CLOSE, NULL, 0, 0}};
  struct fetching t;
  open_pool(&t);
  struct state goal = state_of(&t);
  CU_ASSERT_TRUE(origin_script(origin, "/brief", brief));
  connect_all(&t, hosts, nth, "/brief");
  unsigned dead = hosts / nth;
  unsigned opened = fetching_open_fds();
  CU_ASSERT_EQUAL(fetching_stats(&t).connections, hosts);
  sleep_ms(SETTLE_MS);
  CU_ASSERT_EQUAL(origin_release(origin), dead);
  goal.fds = opened - 2 * dead;
  goal.connections = hosts - dead;
  goal.at_origin = hosts - dead;
  unsigned ms = wait_for_state(&goal);
  printf("\n    %u of %u closed: %llu are left after %u ms; ", dead, hosts,
         (unsigned long long)fetching_stats(&t).connections, ms);
  connect_all(&t, hosts, 1, "/page"); /* the next requests know */
  CU_ASSERT_EQUAL(fetching_stats(&t).connections, hosts);
  fetching_close(&t);
  origin_script(origin, "/brief", NULL);
}

static void test_half_closed_by_their_servers(void) { close_some(600, 2); }

static void test_few_closed_by_their_servers(void) { close_some(600, 30); }

/* One of a lane that has been quiet for long: the others have their time. */
static void test_one_closed_after_long(void) {
  enum { HOSTS = 12, LONG_MS = 1300 };
  static const struct origin_step brief[] = {{ORIGIN_PAGE, "brief\n", 0, 0},
                                             {ORIGIN_HOLD, NULL, 0, 0},
                                             {ORIGIN_CLOSE, NULL, 0, 0}};
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  pool.libcurl_only = true;
  fetching_open(&t, &pool, NULL);
  CU_ASSERT_TRUE(origin_script(origin, "/brief", brief));
  connect_all(&t, HOSTS, HOSTS, "/brief");
  CU_ASSERT_EQUAL(fetching_stats(&t).lanes, 1);
  struct state goal = state_of(&t);
  sleep_ms(LONG_MS);
  uint64_t closed_ms = fixture_real_ms();
  CU_ASSERT_EQUAL(origin_release(origin), 1);
  sleep_ms(200);
  uint64_t connections = fetching_stats(&t).connections;
  if (fixture_real_ms() - closed_ms < 800) CU_ASSERT_EQUAL(connections, HOSTS);
  goal.fds -= 2;
  goal.connections--;
  goal.at_origin--;
  (void)wait_for_state(&goal);
  fetching_close(&t);
  origin_script(origin, "/brief", NULL);
}

/* The end of TLS connections and of HTTP/2 is seen, too; a session ticket is
 * no end: they stay for as long as the server lets them. */
static void test_closed_with_tls(void) {
  struct fetching t;
  struct nginx *nginx = start_nginx(NGINX_KEEP_MS);
  lariat_pool_options pool = trusting(nginx);
  fetching_open(&t, &pool, NULL);
  struct state before = state_of(&t);
  uint64_t start_ms = fixture_real_ms();
  get_some(&t, nginx, 16);
  lariat_pool_stats stats = fetching_stats(&t);
  sleep_ms(NGINX_KEEP_MS / 3);
  bool in_time = fixture_real_ms() - start_ms < NGINX_KEEP_MS;
  if (in_time) {
    CU_ASSERT_EQUAL(fetching_stats(&t).connections, stats.connections);
    CU_ASSERT_EQUAL(fetching_stats(&t).lanes_recycled, 0);
  }
  sleep_ms(NGINX_KEEP_MS - NGINX_KEEP_MS / 3);
  unsigned ms = wait_for_state(&before);
  printf("\n    %llu connections, back %u ms after their time%s; ",
         (unsigned long long)stats.connections, ms,
         in_time ? "" : " (too busy to see them open)");
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened,
                  stats.connections_opened);
  fetching_close(&t);
  nginx_stop(nginx);
}

/* A machine that gives fewer descriptors gets a smaller test. */
static void find_room(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  if (limit.rlim_cur < DESCRIPTORS) {
    limit.rlim_cur =
        limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
  while (many > 100 && limit.rlim_cur < 3 * many + 500) many /= 2;
  if (many < MANY) printf("only %u connections\n", many);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"an idle pool sleeps", test_an_idle_pool_sleeps},
      {"a pool never used sleeps", test_a_pool_never_used_sleeps},
      {"many idle connections sleep", test_many_idle_connections_sleep},
      {"bytes on idle connections", test_bytes_on_idle_connections},
      {"all closed by their servers", test_all_closed_by_their_servers},
      {"closed right after the answer", test_closed_right_after_the_answer},
      {"half closed by their servers", test_half_closed_by_their_servers},
      {"few closed by their servers", test_few_closed_by_their_servers},
      {"one closed after long", test_one_closed_after_long},
      {"closed with TLS", test_closed_with_tls},
  };
  const struct origin_options everywhere = {.address = "127.0.0.0/8"};
  const char *ms = getenv("LARIAT_QUIET_MS");
  if (ms) quiet_ms = (unsigned)strtoul(ms, NULL, 10);
  find_room();
  origin = origin_start(&everywhere);
  if (!origin) return 1;
  int failed = fixture_main("quiet", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return failed;
}
