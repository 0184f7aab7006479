/* SPDX-License-Identifier: MIT
 * Names from a real name server: a dnsmasq of the test's own on loopback, which
 * knows some names and asks nobody. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/origin.h"
#include "support/ports.h"
#include <lariat/resolver.h>

static struct origin *origin;
static unsigned port;
static char servers[32];

static pid_t start_dnsmasq(void) {
  char port_option[32];
  snprintf(port_option, sizeof port_option, "--port=%u", port);
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid != 0) return pid;
  (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);
  execl("/usr/sbin/dnsmasq", "dnsmasq", "--keep-in-foreground", "--no-resolv",
        "--no-hosts", "--conf-file=/dev/null",
        "--pid-file=", "--bind-interfaces", "--listen-address=127.0.0.1",
        "--user=", "--group=", "--no-daemon", "--log-facility=/dev/null",
        "--local=/test/", "--auth-ttl=7", "--local-ttl=7",
        "--host-record=a.test,127.0.0.1", "--host-record=b.test,127.0.0.1,::1",
        "--host-record=six.test,::1", "--cname=alias.test,a.test",
        "--address=/wild.test/127.0.0.1", port_option, (char *)NULL);
  _exit(127);
}

static bool answers(void) {
  for (int i = 0; i < 500; i++) {
    if (ports_answer(port)) return true;
    usleep(10000);
  }
  return false;
}

static void open_pool(struct fetching *t) {
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 2;
  options.name_servers = servers;
  fetching_open(t, &options, NULL);
}

static void expect_status(struct fetching *t, const char *host,
                          lariat_status status) {
  struct outcome o;
  char url[128];
  snprintf(url, sizeof url, "http://%s:%u/page", host, origin_port(origin));
  fetching_do(t, &o, lariat_get(t->client, url));
  if (status == LARIAT_OK)
    outcome_expect_http(&o, 200);
  else
    outcome_expect_failure(&o, status, LARIAT_PHASE_DNS);
  outcome_clear(&o, 1);
}

static void test_names(void) {
  struct fetching t;
  open_pool(&t);
  expect_status(&t, "a.test", LARIAT_OK);
  expect_status(&t, "b.test", LARIAT_OK);
  expect_status(&t, "alias.test", LARIAT_OK);
  expect_status(&t, "x.wild.test", LARIAT_OK);
  expect_status(&t, "none.test", LARIAT_ERESOLVE);
  expect_status(&t, "none.test", LARIAT_ERESOLVE);
  expect_status(&t, "refused.example", LARIAT_ERESOLVE); /* not its own */
  expect_status(&t, "a.test", LARIAT_OK);
  CU_ASSERT(fetching_stats(&t).names_looked_up <= 7);
  fetching_close(&t);
}

static void test_addresses(void) {
  struct fetching t;
  struct outcome o;
  open_pool(&t);
  fetching_do(&t, &o, lariat_resolve(t.pool, t.f.reactor, "b.test"));
  CU_ASSERT_EQUAL(lariat_addresses_count(lariat_addresses_in(o.value)), 2);
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_resolve(t.pool, t.f.reactor, "six.test"));
  CU_ASSERT_STRING_EQUAL(lariat_addresses_text(lariat_addresses_in(o.value), 0),
                         "::1");
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_many(void) {
  enum { NAMES = 200, EACH = 4, ALL = NAMES * EACH };
  static struct outcome outcomes[ALL];
  struct fetching t;
  open_pool(&t);
  for (unsigned i = 0; i < ALL; i++) {
    char host[32];
    snprintf(host, sizeof host, "n%u.wild.test", i % NAMES);
    outcome_watch(&outcomes[i], lariat_resolve(t.pool, t.f.reactor, host));
  }
  (void)fetching_wait(&t, outcomes, ALL, 20000);
  for (unsigned i = 0; i < ALL; i++)
    CU_ASSERT_EQUAL(outcomes[i].status, LARIAT_OK);
  outcome_clear(outcomes, ALL);
  CU_ASSERT_EQUAL(fetching_stats(&t).names_looked_up, NAMES);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"names", test_names},
      {"addresses", test_addresses},
      {"many", test_many},
  };
  if (access("/usr/sbin/dnsmasq", X_OK) != 0) {
    printf("no dnsmasq here\n");
    return 77;
  }
  if (!ports_find(&port, 1)) return 1;
  snprintf(servers, sizeof servers, "127.0.0.1:%u", port);
  pid_t pid = start_dnsmasq();
  origin = origin_start(NULL);
  int result = 1;
  if (origin && answers())
    result = fixture_main("dnsmasq", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  kill(pid, SIGTERM);
  waitpid(pid, NULL, 0);
  return result;
}
