/* SPDX-License-Identifier: MIT
 * Names that the system's resolver takes long for: nobody else waits for them.
 * The resolver of this program is its own: what it is asked about NAME.slow
 * waits at a gate, and every other name is 127.0.0.1. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/atomics.h"
#include "support/fetching.h"
#include "support/gate.h"
#include "support/origin.h"
#include <lariat/failure.h>

enum { SLOW = 24, WAVES = 3, QUICK = 20 };

static struct origin *origin;
static struct gate gate = GATE_CLOSED;
static lr_atomic_u32 waiting; /* look-ups at the gate */
static struct outcome slow[WAVES * SLOW];

/* ---- The resolver ---- */

typedef int resolve(const char *, const char *, const struct addrinfo *,
                    struct addrinfo **);

static resolve *find_real(void) {
  resolve *real;
  *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  return real;
}

int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **out) {
  struct addrinfo numeric = {.ai_family = AF_INET};
  if (hints) numeric.ai_socktype = hints->ai_socktype;
  if (!name || !strchr(name, '.') ||
      strspn(name, "0123456789.") == strlen(name))
    return find_real()(name, service, hints, out);
  if (strstr(name, ".slow")) {
    lr_u32_add_relaxed(&waiting, 1);
    gate_wait(&gate);
    lr_u32_add_relaxed(&waiting, (uint32_t)-1);
  }
  if (hints && hints->ai_family == AF_INET6) return EAI_NONAME;
  return find_real()("127.0.0.1", service, &numeric, out);
}

/* ---- Tests ---- */

static void open_one(struct fetching *t, unsigned lane_connections) {
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  pool.lane_connections = lane_connections;
  pool.look_up_way = LARIAT_LOOK_UP_BY_SYSTEM;
  fetching_open(t, &pool, NULL);
}

static bool has_none_waiting(void *unused) {
  (void)unused;
  return lr_u32_load_acquire(&waiting) == 0;
}

static bool has_some_waiting(void *unused) {
  (void)unused;
  return lr_u32_load_acquire(&waiting) > 0;
}

/* Lets what still waits in the resolver go. */
static void close_all(struct fetching *t) {
  gate_set(&gate, true);
  CU_ASSERT(fixture_run_until(&t->f, has_none_waiting, NULL, 5000));
  fetching_close(t);
  gate_set(&gate, false);
}

static lariat_deferred *get_from(struct fetching *t, const char *host,
                                 uint64_t timeout_ms) {
  char url[128];
  lariat_request_options options = lariat_request_defaults(t->client);
  options.timeout_ms = timeout_ms;
  snprintf(url, sizeof url, "http://%s:%u/page", host, origin_port(origin));
  return lariat_request(t->client, "GET", url, &options);
}

/* A request that is made while the gate is closed, and answered. */
static void expect_page(struct fetching *t, const char *host) {
  struct outcome o;
  outcome_watch(&o, get_from(t, host, 0));
  if (fetching_wait(t, &o, 1, 1000)) outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
}

static void start_slow(struct fetching *t, unsigned wave, uint64_t timeout_ms) {
  char host[64];
  for (unsigned i = 0; i < SLOW; i++) {
    snprintf(host, sizeof host, "w%u-%u.slow", wave, i);
    outcome_watch(&slow[wave * SLOW + i], get_from(t, host, timeout_ms));
  }
}

static bool has_no_lane(const lariat_pool_stats *stats) {
  return stats->lanes == 0;
}

/* The lane of a look-up that was given up is closed soon, and that does not
 * wait for the resolver. */
static void test_given_up(void) {
  struct fetching t;
  struct outcome o;
  open_one(&t, 1);
  outcome_watch(&o, get_from(&t, "one.slow", 50));
  CU_ASSERT(fixture_run_until(&t.f, has_some_waiting, NULL, 2000));
  (void)fetching_wait(&t, &o, 1, 2000);
  outcome_expect_failure(&o, LARIAT_ETIMEDOUT, LARIAT_PHASE_DNS);
  outcome_clear(&o, 1);
  fetching_wait_stats(&t, has_no_lane);
  CU_ASSERT(lr_u32_load_acquire(&waiting) > 0);
  for (int i = 0; i < QUICK; i++) expect_page(&t, "127.0.0.1");
  close_all(&t);
}

/* Names that are quick do not wait for others, in the same lane. */
static void test_many_slow(void) {
  struct fetching t;
  char host[64];
  open_one(&t, 2 * SLOW);
  start_slow(&t, 0, 0);
  CU_ASSERT(fixture_run_until(&t.f, has_some_waiting, NULL, 2000));
  for (int i = 0; i < QUICK; i++) {
    snprintf(host, sizeof host, "n%d.quick", i);
    expect_page(&t, host);
  }
  CU_ASSERT_EQUAL(fetching_stats(&t).jobs_running, SLOW);
  gate_set(&gate, true);
  (void)fetching_wait(&t, slow, SLOW, 5000);
  for (int i = 0; i < SLOW; i++) outcome_expect_http(&slow[i], 200);
  outcome_clear(slow, SLOW);
  close_all(&t);
}

/* Nor for those that were given up, whose threads are still in the resolver. */
static void test_many_given_up(void) {
  struct fetching t;
  char host[64];
  open_one(&t, 2 * SLOW);
  for (unsigned wave = 0; wave < WAVES; wave++) {
    start_slow(&t, wave, 100);
    (void)fetching_wait(&t, &slow[wave * SLOW], SLOW, 2000);
    snprintf(host, sizeof host, "w%u.quick", wave);
    expect_page(&t, host);
  }
  for (unsigned i = 0; i < WAVES * SLOW; i++)
    outcome_expect_status(&slow[i], LARIAT_ETIMEDOUT);
  outcome_clear(slow, WAVES * SLOW);
  close_all(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a look-up that was given up", test_given_up},
      {"many slow names", test_many_slow},
      {"many that were given up", test_many_given_up},
  };
  origin = origin_start(NULL);
  if (!origin) return 77;
  int result =
      fixture_main("look-ups", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return result;
}
