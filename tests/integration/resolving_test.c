/* SPDX-License-Identifier: MIT
 * Fetches from hosts by name, through a scripted name server: libcurl is given
 * addresses and looks nothing up, so that there is never a thread of its
 * resolver. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "support/dns_server.h"
#include "support/fetching.h"
#include "support/nginx.h"
#include "support/origin.h"
#include "support/ports.h"
#include <lariat/failure.h>
#include <lariat/resolver.h>
#include <lariat/testing.h>

static struct origin *origin;
static struct dns_server *server;
static char text[256];

static const char *url(const char *host) {
  snprintf(text, sizeof text, "http://%s:%u/page", host, origin_port(origin));
  return text;
}

static lariat_pool_options options_of(unsigned reactors) {
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = reactors;
  options.name_servers = dns_server_address(server);
  return options;
}

static void open_one(struct fetching *t) {
  lariat_pool_options options = options_of(1);
  fetching_open(t, &options, NULL);
}

static unsigned count_threads(void) {
  unsigned count = 0;
  DIR *tasks = opendir("/proc/self/task");
  struct dirent *task;
  while (tasks && (task = readdir(tasks))) count += task->d_name[0] != '.';
  if (tasks) closedir(tasks);
  return count;
}

static void expect_page_from(struct fetching *t, const char *where,
                             const char *ip) {
  struct outcome o;
  fetching_do(t, &o, lariat_get(t->client, where));
  outcome_expect_http(&o, 200);
  if (o.status == LARIAT_OK)
    CU_ASSERT_STRING_EQUAL(
        lariat_response_remote_ip(lariat_response_in(o.value)), ip);
  outcome_clear(&o, 1);
}

static void expect_page(struct fetching *t, const char *host) {
  expect_page_from(t, url(host), "127.0.0.1");
}

/* ---- Names ---- */

static const struct dns_rule rules[] = {
    {"a.test", DNS_ADDRESSES, "127.0.0.1", 60},
    {"long.test", DNS_ALIAS, "longer.test", 60},
    {"longer.test", DNS_ADDRESSES, "127.0.0.1", 60},
    {"both.test", DNS_ADDRESSES, "127.0.0.1,::1", 60},
    {"outside.test", DNS_ADDRESSES, "127.0.0.2", 60},
    {"mixed.test", DNS_ADDRESSES, "127.0.0.1,127.0.0.2", 60},
    {"www.test.local", DNS_ADDRESSES, "127.0.0.1", 60},
    {"bad.test.local", DNS_ADDRESSES, "127.0.0.1", 60},
    {"broken.test", DNS_SERVFAIL, NULL, 0},
    {"silent.test", DNS_SILENT, NULL, 0},
    {"large.test", DNS_TRUNCATED, "127.0.0.1", 60},
    {"zero.test", DNS_ADDRESSES, "127.0.0.1", 0},
};

static void set_rules(void) {
  dns_server_set(server, rules, FIXTURE_COUNT(rules));
}

static void test_by_name(void) {
  struct fetching t;
  set_rules();
  open_one(&t);
  for (int i = 0; i < 5; i++) expect_page(&t, "a.test");
  expect_page(&t, "A.TEST");
  expect_page(&t, "a.test.");
  expect_page(&t, "long.test");
  expect_page(&t, "large.test");
  lariat_pool_stats stats = fetching_stats(&t);
  CU_ASSERT_EQUAL(stats.names_looked_up, 4); /* "a.test." is another name */
  CU_ASSERT_EQUAL(stats.names_failed, 0);
  CU_ASSERT_EQUAL(stats.names_in_flight, 0);
  CU_ASSERT_EQUAL(stats.connections_opened, 4);
  CU_ASSERT(dns_server_tcp_questions(server) > 0);
  fetching_close(&t);
}

/* The addresses are known; the connections are not kept. */
static void test_cached(void) {
  struct fetching t;
  char where[128];
  set_rules();
  open_one(&t);
  snprintf(where, sizeof where, "http://a.test:%u/last", origin_port(origin));
  for (int i = 0; i < 10; i++) expect_page_from(&t, where, "127.0.0.1");
  snprintf(where, sizeof where, "http://zero.test:%u/last",
           origin_port(origin));
  for (int i = 0; i < 3; i++) expect_page_from(&t, where, "127.0.0.1");
  lariat_pool_stats stats = fetching_stats(&t);
  CU_ASSERT_EQUAL(stats.names_looked_up, 1 + 3);
  CU_ASSERT_EQUAL(stats.names_cached, 9);
  CU_ASSERT_EQUAL(stats.connections_opened, 13);
  fetching_close(&t);
}

static void test_libcurl_only(void) {
  struct fetching t;
  lariat_pool_options options = options_of(1);
  unsigned port = origin_port(origin);
  char where[128];
  set_rules();
  options.libcurl_only = true;
  fetching_open(&t, &options, NULL);
  unsigned threads = count_threads();
  for (int i = 0; i < 3; i++) expect_page(&t, "a.test");
  expect_page(&t, "long.test");
  snprintf(where, sizeof where, "http://a.test:%u/served/1", port);
  for (int i = 0; i < 3; i++) expect_page_from(&t, where, "127.0.0.1");
  CU_ASSERT_EQUAL(fetching_stats(&t).names_looked_up, 2);
  CU_ASSERT_EQUAL(count_threads(), threads);
  fetching_close(&t);
}

/* A connection that its server has closed is opened again, whoever notices. */
static void test_reopened(void) {
  struct fetching t;
  lariat_pool_options options = options_of(1);
  set_rules();
  for (int form = 0; form < 2; form++) {
    options.libcurl_only = form == 1;
    fetching_open(&t, &options, NULL);
    unsigned threads = count_threads();
    for (int i = 0; i < 5; i++) {
      expect_page(&t, "a.test");
      (void)origin_close_idle(origin);
    }
    CU_ASSERT_EQUAL(count_threads(), threads);
    CU_ASSERT_EQUAL(fetching_stats(&t).names_looked_up, 1);
    fetching_close(&t);
  }
}

static void expect_no_address(struct fetching *t, const char *host,
                              const char *why) {
  struct outcome o;
  char message[256];
  fetching_do(t, &o, lariat_get(t->client, url(host)));
  outcome_expect_failure(&o, LARIAT_ERESOLVE, LARIAT_PHASE_DNS);
  snprintf(message, sizeof message, "Could not resolve host: %s (%s)", host,
           why);
  if (o.status != LARIAT_OK)
    CU_ASSERT_PTR_NOT_NULL(strstr(lariat_failure_message(o.value), message));
  outcome_clear(&o, 1);
}

static void test_failures(void) {
  struct fetching t;
  set_rules();
  open_one(&t);
  expect_no_address(&t, "none.test", "there is no such name");
  expect_no_address(&t, "none.test", "there is no such name");
  expect_no_address(&t, "broken.test", "the name servers have failed");
  expect_no_address(&t, "a.invalid", "the name is reserved, and has none");
  CU_ASSERT_EQUAL(dns_server_asked(server, "a.invalid"), 0);
  lariat_pool_stats stats = fetching_stats(&t);
  CU_ASSERT_EQUAL(stats.names_looked_up, 2);
  CU_ASSERT_EQUAL(stats.names_failed, 2);
  CU_ASSERT_EQUAL(stats.names_cached, 1);
  CU_ASSERT_EQUAL(stats.connections_opened, 0);
  expect_page(&t, "a.test");
  fetching_close(&t);
}

static void test_timings(void) {
  struct fetching t;
  struct outcome o;
  set_rules();
  open_one(&t);
  fetching_do(&t, &o, lariat_get(t.client, url("a.test")));
  lariat_timings times = lariat_response_timings(outcome_response(&o));
  CU_ASSERT(times.dns_us > 0);
  CU_ASSERT(times.dns_us + times.connect_us <= times.first_byte_us);
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url("a.test")));
  times = lariat_response_timings(outcome_response(&o));
  CU_ASSERT_EQUAL(times.dns_us, 0);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* ---- Several addresses ---- */

/* Nobody listens on ::1, or it answers as well. */
static void test_several(void) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options options = options_of(1);
  set_rules();
  open_one(&t);
  for (int i = 0; i < 3; i++) expect_page(&t, "both.test");
  CU_ASSERT(fetching_stats(&t).connections_opened <= 2);
  fetching_close(&t);
  options.family = LARIAT_FAMILY_IPV4;
  fetching_open(&t, &options, NULL);
  expect_page(&t, "both.test");
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 1);
  fetching_close(&t);
  options.family = LARIAT_FAMILY_IPV6;
  fetching_open(&t, &options, NULL);
  expect_no_address(&t, "a.test", "the name has no address");
  fetching_do(&t, &o, lariat_get(t.client, url("both.test")));
  outcome_expect_status(&o, LARIAT_ECONNECT);
  outcome_clear(&o, 1);
  expect_page(&t, "127.0.0.1"); /* that is no name */
  fetching_close(&t);
}

/* The guard sees each address of each name. */
static void test_guard(void) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options options = options_of(1);
  options.addresses.deny_private = true;
  options.addresses.allow_nets = "127.0.0.2";
  set_rules();
  for (int form = 0; form < 2; form++) {
    options.libcurl_only = form == 1;
    fetching_open(&t, &options, NULL);
    fetching_do(&t, &o, lariat_get(t.client, url("a.test")));
    outcome_expect_status(&o, LARIAT_EADDRESS);
    outcome_clear(&o, 1);
    CU_ASSERT_EQUAL(fetching_stats(&t).addresses_denied, 1);
    CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 0);
    fetching_do(&t, &o, lariat_get(t.client, url("mixed.test")));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
    CU_ASSERT_EQUAL(fetching_stats(&t).addresses_denied, 2);
    expect_page_from(&t, url("outside.test"), "127.0.0.2");
    fetching_close(&t);
  }
}

/* ---- Overrides ---- */

static void test_overrides(void) {
  struct fetching t;
  struct outcome o;
  char resolve[128];
  char connect_to[128];
  unsigned port = origin_port(origin);
  lariat_pool_options options = options_of(1);
  set_rules();
  snprintf(resolve, sizeof resolve, "b.test:%u:127.0.0.1 c.test:80:127.0.0.2",
           port);
  snprintf(connect_to, sizeof connect_to,
           "d.test:80:a.test:%u e.test:80:127.0.0.2:%u 192.0.2.1:80::%u "
           "f.test::c.test:80",
           port, port, port);
  options.resolve = resolve;
  options.connect_to = connect_to;
  options.addresses.deny_nets = "192.0.2.1";
  fetching_open(&t, &options, NULL);
  expect_page(&t, "b.test");
  CU_ASSERT_EQUAL(dns_server_questions(server), 0);
  for (int i = 0; i < 2; i++)
    expect_page_from(&t, "http://d.test/page", "127.0.0.1");
  expect_page_from(&t, "http://e.test/page", "127.0.0.2");
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 3);
  fetching_do(&t, &o, lariat_get(t.client, "http://192.0.2.1/page"));
  outcome_expect_status(&o, LARIAT_EADDRESS); /* it stays what it is */
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* A host that is an address leads elsewhere, too; and the guard sees where. */
static void test_address_overridden(void) {
  struct fetching t;
  struct outcome o;
  char connect_to[128];
  lariat_pool_options options = options_of(1);
  snprintf(connect_to, sizeof connect_to,
           "192.0.2.1:80:127.0.0.1:%u [2001:db8::1]:80:127.0.0.1:%u "
           "192.0.2.2:80:127.0.0.2:%u",
           origin_port(origin), origin_port(origin), origin_port(origin));
  options.connect_to = connect_to;
  options.addresses.deny_nets = "127.0.0.2";
  fetching_open(&t, &options, NULL);
  for (int i = 0; i < 2; i++) {
    expect_page_from(&t, "http://192.0.2.1/page", "127.0.0.1");
    expect_page_from(&t, "http://[2001:db8::1]/page", "127.0.0.1");
  }
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 2);
  fetching_do(&t, &o, lariat_get(t.client, "http://192.0.2.2/page"));
  outcome_expect_status(&o, LARIAT_EADDRESS);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* Writes the URL of a host whose name has `length` bytes, in labels of 60. */
static void put_long_url(char *to, size_t capacity, size_t length) {
  size_t at = (size_t)snprintf(to, capacity, "http://");
  for (size_t i = 0; i < length; i++) to[at++] = i % 61 == 60 ? '.' : 'a';
  if (to[at - 1] == '.') to[at - 1] = 'a';
  snprintf(to + at, capacity - at, ":%u/page", origin_port(origin));
}

/* A host that no name can be is not led elsewhere, nor looked up by libcurl. */
static void test_impossible_names(void) {
  static const size_t lengths[] = {254, 255, 300, 3000};
  struct fetching t;
  struct outcome o;
  char where[3100];
  char resolve[64];
  char connect_to[64];
  for (int connects = 0; connects < 2; connects++) {
    lariat_pool_options options = options_of(1);
    unsigned port = origin_port(origin);
    snprintf(resolve, sizeof resolve, "*:%u:127.0.0.1", port);
    snprintf(connect_to, sizeof connect_to, "::127.0.0.1:%u", port);
    options.resolve = connects ? NULL : resolve;
    options.connect_to = connects ? connect_to : NULL;
    fetching_open(&t, &options, NULL);
    put_long_url(where, sizeof where, 253);
    expect_page_from(&t, where, "127.0.0.1");
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
      put_long_url(where, sizeof where, lengths[i]);
      fetching_do(&t, &o, lariat_get(t.client, where));
      outcome_expect_status(&o, LARIAT_ERESOLVE);
      outcome_clear(&o, 1);
    }
    fetching_do(&t, &o, lariat_get(t.client, url("-b.test")));
    outcome_expect_status(&o, LARIAT_ERESOLVE);
    outcome_clear(&o, 1);
    expect_page(&t, "b.test");
    fetching_close(&t);
  }
}

/* ---- TLS and HTTP/2 ---- */

static void expect_version(struct fetching *t, struct nginx *nginx,
                           enum nginx_port port, const char *host,
                           int version) {
  struct outcome o;
  char where[128];
  snprintf(where, sizeof where, "%s://%s:%u/version",
           port == NGINX_H2C ? "http" : "https", host, nginx->ports[port]);
  lariat_request_options request = lariat_request_defaults(t->client);
  if (port == NGINX_H2C) request.http = LARIAT_HTTP_2;
  fetching_do(t, &o, lariat_request(t->client, "GET", where, &request));
  outcome_expect_http(&o, 200);
  if (o.status == LARIAT_OK)
    CU_ASSERT_EQUAL(lariat_response_http_version(lariat_response_in(o.value)),
                    version);
  outcome_clear(&o, 1);
}

static void test_tls(void) {
  struct fetching t;
  struct nginx *nginx = nginx_start(NULL);
  lariat_pool_options options = options_of(1);
  set_rules();
  CU_ASSERT_PTR_NOT_NULL_FATAL(nginx);
  options.ca_file = nginx->ca_file;
  fetching_open(&t, &options, NULL);
  unsigned threads = count_threads();
  for (int i = 0; i < 4; i++) {
    expect_version(&t, nginx, NGINX_TLS, "www.test.local", 20);
    expect_version(&t, nginx, NGINX_TLS_HTTP1, "www.test.local", 11);
    expect_version(&t, nginx, NGINX_H2C, "www.test.local", 20);
  }
  CU_ASSERT_EQUAL(count_threads(), threads);
  CU_ASSERT_EQUAL(fetching_stats(&t).names_looked_up, 1);
  fetching_close(&t);
  nginx_stop(nginx);
}

/* ---- Many, slow, dead ---- */

/* Fetches of one name from four reactors need one look-up. */
static void test_once_for_all(void) {
  enum { NAMES = 50, EACH = 4, ALL = NAMES * EACH };
  static struct outcome outcomes[ALL];
  struct fetching t;
  lariat_pool_options options = options_of(4);
  static const struct dns_rule all[] = {{"*", DNS_ADDRESSES, "127.0.0.1", 60}};
  lariat_client_options client = lariat_client_defaults();
  client.placement = LARIAT_PLACE_SPREAD;
  dns_server_set(server, all, 1);
  fetching_open(&t, &options, &client);
  unsigned threads = count_threads();
  dns_server_hold(server, true);
  for (unsigned i = 0; i < ALL; i++) {
    char host[32];
    snprintf(host, sizeof host, "n%u.test", i % NAMES);
    outcome_watch(&outcomes[i], lariat_get(t.client, url(host)));
  }
  while (fetching_stats(&t).names_looked_up < NAMES) fetching_run(&t, 1);
  CU_ASSERT_EQUAL(count_threads(), threads);
  dns_server_hold(server, false);
  (void)fetching_wait(&t, outcomes, ALL, 10000);
  for (unsigned i = 0; i < ALL; i++) outcome_expect_http(&outcomes[i], 200);
  outcome_clear(outcomes, ALL);
  CU_ASSERT_EQUAL(fetching_stats(&t).names_looked_up, NAMES);
  CU_ASSERT_EQUAL(dns_server_asked(server, "n7.test"), 2);
  fetching_close(&t);
}

/* 1,000 names, each asked for by four callers at once. */
static void test_thousand(void) {
  enum { NAMES = 1000, EACH = 4, ALL = NAMES * EACH };
  static struct outcome outcomes[ALL];
  struct fetching t;
  lariat_pool_options options = options_of(4);
  static const struct dns_rule all[] = {
      {"*", DNS_ADDRESSES, "192.0.2.1,2001:db8::1", 60}};
  dns_server_set(server, all, 1);
  fetching_open(&t, &options, NULL);
  for (unsigned i = 0; i < ALL; i++) {
    char host[32];
    snprintf(host, sizeof host, "n%u.test", i % NAMES);
    outcome_watch(&outcomes[i], lariat_resolve(t.pool, t.f.reactor, host));
  }
  (void)fetching_wait(&t, outcomes, ALL, 20000);
  for (unsigned i = 0; i < ALL; i++) {
    CU_ASSERT_EQUAL(outcomes[i].status, LARIAT_OK);
    if (outcomes[i].status == LARIAT_OK)
      CU_ASSERT_EQUAL(
          lariat_addresses_count(lariat_addresses_in(outcomes[i].value)), 2);
  }
  outcome_clear(outcomes, ALL);
  lariat_pool_stats stats = fetching_stats(&t);
  CU_ASSERT_EQUAL(stats.names_looked_up, NAMES);
  CU_ASSERT_EQUAL(stats.names_joined + stats.names_cached, ALL - NAMES);
  fetching_close(&t);
}

/* Nobody waits for a server that does not answer but who has asked for its
 * names, and that not longer than the time for a connection. */
static void test_silent(void) {
  enum { SLOW = 40, QUICK = 20 };
  static struct outcome slow[SLOW];
  struct fetching t;
  lariat_pool_options options = options_of(1);
  lariat_client_options client = lariat_client_defaults();
  static const struct dns_rule some[] = {
      {"quick.test", DNS_ADDRESSES, "127.0.0.1", 60},
      {"*", DNS_SILENT, NULL, 0}};
  dns_server_set(server, some, 2);
  client.connect_timeout_ms = 1500;
  fetching_open(&t, &options, &client);
  unsigned threads = count_threads();
  for (unsigned i = 0; i < SLOW; i++) {
    char host[32];
    snprintf(host, sizeof host, "s%u.test", i);
    outcome_watch(&slow[i], lariat_get(t.client, url(host)));
  }
  while (fetching_stats(&t).names_in_flight < SLOW) fetching_run(&t, 1);
  for (unsigned i = 0; i < QUICK; i++) {
    expect_page(&t, "127.0.0.1");
    expect_page(&t, "quick.test");
  }
  CU_ASSERT_EQUAL(count_threads(), threads);
  CU_ASSERT_EQUAL(slow[0].fires, 0);
  (void)fetching_wait(&t, slow, SLOW, 5000);
  for (unsigned i = 0; i < SLOW; i++)
    outcome_expect_failure(&slow[i], LARIAT_ETIMEDOUT, LARIAT_PHASE_DNS);
  outcome_clear(slow, SLOW);
  fetching_close(&t);
}

/* A fetch that is cancelled while its host is looked up, and a pool that is
 * closed meanwhile. */
static void test_cancelled(void) {
  struct fetching t;
  struct outcome o[3];
  set_rules();
  open_one(&t);
  lariat_deferred *deferred = lariat_get(t.client, url("silent.test"));
  outcome_watch(&o[0], lariat_deferred_retain(deferred));
  outcome_watch(&o[1], lariat_get(t.client, url("silent.test")));
  lariat_deferred *resolved =
      lariat_resolve(t.pool, t.f.reactor, "silent.test");
  outcome_watch(&o[2], lariat_deferred_retain(resolved));
  while (fetching_stats(&t).names_in_flight < 1) fetching_run(&t, 1);
  lariat_deferred_cancel(deferred);
  lariat_deferred_release(deferred);
  outcome_expect_status(&o[0], LARIAT_ECANCELLED);
  lariat_deferred_cancel(resolved);
  lariat_deferred_release(resolved);
  outcome_expect_status(&o[2], LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(o[1].fires, 0);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(t.pool, 0), LARIAT_OK);
  (void)fetching_wait(&t, &o[1], 1, 1000);
  outcome_expect_status(&o[1], LARIAT_ECANCELLED);
  outcome_clear(o, 3);
  fetching_close(&t);
}

/* ---- Names alone ---- */

static void test_resolve(void) {
  struct fetching t;
  struct outcome o;
  set_rules();
  open_one(&t);
  fetching_do(&t, &o, lariat_resolve(t.pool, t.f.reactor, "long.test"));
  CU_ASSERT_STRING_EQUAL(lariat_addresses_text(lariat_addresses_in(o.value), 0),
                         "127.0.0.1");
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_resolve(t.pool, t.f.reactor, "192.0.2.1"));
  CU_ASSERT_STRING_EQUAL(lariat_addresses_text(lariat_addresses_in(o.value), 0),
                         "192.0.2.1");
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_resolve(t.pool, t.f.reactor, "none.test"));
  outcome_expect_status(&o, LARIAT_ERESOLVE);
  CU_ASSERT_STRING_EQUAL(
      lariat_failure_message(o.value),
      "Could not resolve host: none.test (there is no such name)");
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_resolve(t.pool, t.f.reactor, ""));
  outcome_expect_status(&o, LARIAT_EINVAL);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void give_nothing(const lariat_asked *asked, lariat_answer *answer,
                         void *context) {
  (void)asked;
  (void)answer;
  (void)context;
}

/* A pool without a network has nobody to ask. */
static void test_scripted(void) {
  struct fixture f;
  struct outcome o;
  lariat_pool *pool = NULL;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL_FATAL(
      lariat_scripted_pool_new(NULL, f.reactor, give_nothing, NULL, &pool),
      LARIAT_OK);
  outcome_watch(&o, lariat_resolve(pool, f.reactor, "a.test"));
  outcome_expect_status(&o, LARIAT_EINVAL);
  outcome_clear(&o, 1);
  lariat_pool_release(pool);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"by name", test_by_name},
      {"cached", test_cached},
      {"by libcurl only", test_libcurl_only},
      {"opened again", test_reopened},
      {"failures", test_failures},
      {"timings", test_timings},
      {"several addresses", test_several},
      {"the guard", test_guard},
      {"overrides", test_overrides},
      {"addresses that are overridden", test_address_overridden},
      {"names that there cannot be", test_impossible_names},
      {"TLS and HTTP/2", test_tls},
      {"once for all reactors", test_once_for_all},
      {"a thousand names", test_thousand},
      {"a silent server", test_silent},
      {"cancelled", test_cancelled},
      {"names alone", test_resolve},
      {"a scripted pool", test_scripted},
  };
  const struct origin_options everywhere = {.address = "127.0.0.0/8"};
  origin = origin_start(&everywhere);
  server = dns_server_start();
  if (!origin || !server) return 1;
  int result =
      fixture_main("resolving", tests, FIXTURE_COUNT(tests), argc, argv);
  dns_server_stop(server);
  origin_stop(origin);
  return result;
}
