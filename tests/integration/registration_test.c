/* SPDX-License-Identifier: MIT
 * labels: no-tsan
 * What epoll is told of libcurl's descriptors: nothing new from one request of
 * a kept-alive connection to the next.  This program's epoll_ctl counts. */
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/atomics.h"
#include "support/fetching.h"
#include "support/origin.h"

enum { REQUESTS = 50 };

static struct origin *origin;
static lr_atomic_u32 calls; /* of the pool's threads */

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
  char name[16] = "";
  (void)prctl(PR_GET_NAME, name);
  if (strncmp(name, "lariat-", 7) == 0) lr_u32_add_relaxed(&calls, 1);
  return (int)syscall(SYS_epoll_ctl, epoll, operation, fd, event);
}

static void request(struct fetching *t, const char *method) {
  struct outcome o;
  char url[128];
  origin_url(origin, "/page", url, sizeof url);
  fetching_do(t, &o, lariat_request(t->client, method, url, NULL));
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
}

/* One after the other: between two of them the lane has no transfer. */
static void count_calls(const char *method) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  fetching_open(&t, &pool, NULL);
  request(&t, method);
  uint32_t before = lr_u32_load_acquire(&calls);
  CU_ASSERT(before > 0);
  for (int i = 0; i < REQUESTS; i++) request(&t, method);
  uint32_t more = lr_u32_load_acquire(&calls) - before;
  if (more) fixture_fail("%u requests, %u calls of epoll_ctl", REQUESTS, more);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 1);
  fetching_close(&t);
}

static void test_libcurl(void) { count_calls("POST"); }
static void test_exchange(void) { count_calls("GET"); }

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"requests by libcurl", test_libcurl},
      {"requests by exchange", test_exchange},
  };
  origin = origin_start(NULL);
  if (!origin) return 77;
  int result =
      fixture_main("registration", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return result;
}
