/* SPDX-License-Identifier: MIT
 * resolver_test.c: look-ups by a scripted name server, under the virtual clock:
 * c-ares has a clock of its own, lariat's times are the virtual one's. */
#include "net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "support/dns_server.h"
#include "support/fixture.h"

enum { QUERIES = 1024, TIMEOUT_MS = 20000, SHORT_MS = 50 };

static struct dns_server *server;

struct answer {
  struct test *test;
  lr_name_query *query;
  unsigned told;
  lr_name_verdict verdict;
  lariat_status status;
  char texts[256];
  char detail[64];
};

struct test {
  struct fixture f;
  lr_name_service service;
  lr_resolver resolver;
  unsigned told;
  unsigned wanted;
  struct answer answers[QUERIES];
};

static void open_test(struct test *t, const lr_name_service_config *config) {
  lr_name_service_config all = *config;
  fixture_open(&t->f, FIXTURE_MANUAL_CLOCK);
  if (!all.name_servers) all.name_servers = dns_server_address(server);
  if (!all.hosts_path) all.hosts_path = "/nonexistent";
  if (!all.timeout_ms) all.timeout_ms = TIMEOUT_MS;
  CU_ASSERT_EQUAL_FATAL(lr_name_service_init(&t->service, &all), LARIAT_OK);
  lr_resolver_init(&t->resolver, t->f.reactor, &t->service);
  t->told = 0;
}

static void open_plain(struct test *t) {
  static const lr_name_service_config config = {.family = LARIAT_FAMILY_ANY};
  open_test(t, &config);
}

static void close_test(struct test *t) {
  lr_resolver_close(&t->resolver);
  fixture_settle(&t->f);
  lr_name_service_clear(&t->service);
  fixture_close(&t->f);
}

static void keep(struct answer *answer, lr_name_outcome outcome) {
  answer->told++;
  answer->query = NULL;
  answer->verdict = outcome.verdict;
  answer->status = outcome.status;
  snprintf(answer->detail, sizeof answer->detail, "%s",
           outcome.detail ? outcome.detail : "");
  answer->texts[0] = '\0';
  if (outcome.addresses)
    (void)lariat_value_describe(
        lariat_value_of(&lariat_addresses_type, outcome.addresses),
        answer->texts, sizeof answer->texts);
  lr_addresses_release(outcome.addresses);
}

static void take(void *answer_pointer, lr_name_outcome outcome) {
  struct answer *answer = answer_pointer;
  keep(answer, outcome);
  answer->test->told++;
}

static struct answer *ask_at(struct test *t, size_t i, const char *name,
                             uint16_t port) {
  struct answer *answer = &t->answers[i];
  lr_name_outcome known;
  lr_host_port host = {name, strlen(name), port};
  *answer = (struct answer){.test = t};
  answer->query = lr_resolver_ask(&t->resolver, host, take, answer, &known);
  if (!answer->query) take(answer, known);
  return answer;
}

static bool has_all(void *context) {
  const struct test *t = context;
  return t->told >= t->wanted;
}

static void wait_for(struct test *t, unsigned told) {
  t->wanted = told;
  CU_ASSERT_TRUE(fixture_run_until(&t->f, has_all, t, 5000));
}

/* Asks and waits for the answer. */
static struct answer *look_up(struct test *t, const char *name) {
  unsigned before = t->told;
  struct answer *answer = ask_at(t, 0, name, 80);
  wait_for(t, before + 1);
  return answer;
}

static void expect_texts(struct test *t, const char *name, const char *texts) {
  CU_ASSERT_STRING_EQUAL(look_up(t, name)->texts, texts);
}

static void expect_failure(struct test *t, const char *name,
                           lr_name_verdict verdict, const char *detail) {
  struct answer *answer = look_up(t, name);
  CU_ASSERT_EQUAL(answer->verdict, verdict);
  CU_ASSERT_EQUAL(answer->status, LARIAT_ERESOLVE);
  CU_ASSERT_STRING_EQUAL(answer->detail, detail);
}

/* ---- Names that nobody is asked for ---- */

static void test_special(void) {
  struct test t;
  dns_server_set(server, NULL, 0);
  open_plain(&t);
  expect_texts(&t, "192.0.2.1", "192.0.2.1");
  expect_texts(&t, "[2001:db8::1]", "2001:db8::1");
  CU_ASSERT_PTR_NOT_NULL(strstr(look_up(&t, "localhost")->texts, "127.0.0.1"));
  CU_ASSERT_PTR_NOT_NULL(strstr(look_up(&t, "a.LOCALHOST.")->texts, "::1"));
  expect_failure(&t, "a.invalid", LR_NAME_NO_ADDRESS,
                 "the name is reserved, and has none");
  expect_failure(&t, "a..b", LR_NAME_NO_ADDRESS, "the name is not valid");
  CU_ASSERT_EQUAL(dns_server_questions(server), 0);
  CU_ASSERT_EQUAL(lr_resolver_cache_counts(&t.service.cache).look_ups, 0);
  close_test(&t);
}

static void test_overrides(void) {
  struct test t;
  static const lr_name_service_config config = {
      .resolve = "a.test:80:192.0.2.7 localhost:80:192.0.2.8"};
  dns_server_set(server, NULL, 0);
  open_test(&t, &config);
  expect_texts(&t, "a.test", "192.0.2.7");
  expect_texts(&t, "localhost", "192.0.2.8");
  CU_ASSERT_EQUAL(ask_at(&t, 0, "a.test", 81)->told, 0);
  wait_for(&t, 3);
  CU_ASSERT_EQUAL(t.answers[0].verdict, LR_NAME_NO_ADDRESS);
  close_test(&t);
}

static void test_hosts(void) {
  struct test t;
  char path[] = "/tmp/lariat-hosts-XXXXXX";
  lr_name_service_config config = {.hosts_path = path};
  int fd = mkstemp(path);
  dprintf(fd, "192.0.2.1 a.test\n::1 six.test\n");
  close(fd);
  dns_server_set(server, NULL, 0);
  open_test(&t, &config);
  expect_texts(&t, "A.test", "192.0.2.1");
  expect_texts(&t, "six.test.", "::1");
  CU_ASSERT_EQUAL(dns_server_questions(server), 0);
  close_test(&t);
  config.family = LARIAT_FAMILY_IPV4;
  open_test(&t, &config);
  expect_failure(&t, "six.test", LR_NAME_NO_ADDRESS, "there is no such name");
  CU_ASSERT(dns_server_questions(server) > 0); /* it may have one elsewhere */
  close_test(&t);
  unlink(path);
}

/* ---- Answers ---- */

static const struct dns_rule rules[] = {
    {"a.test", DNS_ADDRESSES, "192.0.2.1,2001:db8::1,192.0.2.2", 5},
    {"four.test", DNS_ADDRESSES, "192.0.2.1,192.0.2.9,192.0.2.3", 5},
    {"chain.test", DNS_ALIAS, "chain2.test", 60},
    {"chain2.test", DNS_ALIAS, "chain3.test", 3},
    {"chain3.test", DNS_ADDRESSES, "192.0.2.4", 60},
    {"dead-end.test", DNS_ALIAS, "gone.test", 60},
    {"gone.test", DNS_NO_NAME, NULL, 7},
    {"no-soa.test", DNS_NO_SOA, NULL, 7},
    {"nothing.test", DNS_ADDRESSES, "", 7},
    {"broken.test", DNS_SERVFAIL, NULL, 0},
    {"refused.test", DNS_REFUSED, NULL, 0},
    {"large.test", DNS_TRUNCATED, "192.0.2.5", 60},
    {"silent.test", DNS_SILENT, NULL, 0},
    {"half.test", DNS_FOUR_ONLY, "192.0.2.6", 600},
    {"garbage.test", DNS_GARBAGE, NULL, 0},
    {"zero.test", DNS_ADDRESSES, "192.0.2.1", 0},
};

static void set_rules(void) {
  dns_server_set(server, rules, FIXTURE_COUNT(rules));
}

static void test_found(void) {
  struct test t;
  set_rules();
  open_plain(&t);
  struct answer *answer = look_up(&t, "a.test");
  CU_ASSERT_PTR_NOT_NULL(strstr(answer->texts, "192.0.2.1, 192.0.2.2"));
  CU_ASSERT_PTR_NOT_NULL(strstr(answer->texts, "2001:db8::1"));
  expect_texts(&t, "four.test", "192.0.2.1, 192.0.2.9, 192.0.2.3");
  expect_texts(&t, "chain.test", "192.0.2.4");
  expect_texts(&t, "large.test", "192.0.2.5");
  CU_ASSERT(dns_server_tcp_questions(server) > 0);
  expect_texts(&t, "zero.test", "192.0.2.1");
  close_test(&t);
}

/* Opens a port that refuses what is sent to it: its socket is connected to
 * itself, and takes datagrams from nowhere else. */
static int refuse(char *address, size_t capacity) {
  struct sockaddr_in name = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof name;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  CU_ASSERT_FATAL(fd >= 0);
  CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&name, length), 0);
  CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&name, &length), 0);
  CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&name, length), 0);
  snprintf(address, capacity, "127.0.0.1:%u", ntohs(name.sin_port));
  return fd;
}

/* The times of c-ares are too long for any of these look-ups to end by them. */
static void test_refusing_server(void) {
  struct test t;
  char refusing[32], servers[128];
  int fd = refuse(refusing, sizeof refusing);
  snprintf(servers, sizeof servers, "%s,%s", refusing,
           dns_server_address(server));
  lr_name_service_config config = {.name_servers = servers};
  set_rules();
  open_test(&t, &config);
  struct answer *answers[3] = {ask_at(&t, 0, "a.test", 80),
                               ask_at(&t, 1, "four.test", 80),
                               ask_at(&t, 2, "chain.test", 80)};
  wait_for(&t, 3);
  CU_ASSERT_PTR_NOT_NULL(strstr(answers[0]->texts, "192.0.2.1, 192.0.2.2"));
  CU_ASSERT_PTR_NOT_NULL(strstr(answers[0]->texts, "2001:db8::1"));
  CU_ASSERT_STRING_EQUAL(answers[1]->texts, "192.0.2.1, 192.0.2.9, 192.0.2.3");
  CU_ASSERT_STRING_EQUAL(answers[2]->texts, "192.0.2.4");
  close_test(&t);
  config.name_servers = refusing;
  open_test(&t, &config);
  expect_failure(&t, "a.test", LR_NAME_FAILED, "the name servers have failed");
  close_test(&t);
  close(fd);
}

static void test_families(void) {
  struct test t;
  lr_name_service_config config = {.family = LARIAT_FAMILY_IPV4};
  set_rules();
  open_test(&t, &config);
  expect_texts(&t, "a.test", "192.0.2.1, 192.0.2.2");
  CU_ASSERT_EQUAL(dns_server_questions(server), 1);
  expect_texts(&t, "localhost", "127.0.0.1");
  close_test(&t);
  config.family = LARIAT_FAMILY_IPV6;
  open_test(&t, &config);
  expect_texts(&t, "a.test", "2001:db8::1");
  CU_ASSERT_EQUAL(dns_server_questions(server), 2);
  expect_texts(&t, "localhost", "::1");
  expect_failure(&t, "four.test", LR_NAME_NO_ADDRESS,
                 "the name has no address");
  close_test(&t);
}

static void test_failures(void) {
  struct test t;
  lr_name_service_config config = {.timeout_ms = SHORT_MS};
  set_rules();
  open_test(&t, &config);
  expect_failure(&t, "dead-end.test", LR_NAME_NO_ADDRESS,
                 "there is no such name");
  expect_failure(&t, "no-soa.test", LR_NAME_NO_ADDRESS,
                 "there is no such name");
  expect_failure(&t, "nothing.test", LR_NAME_NO_ADDRESS,
                 "the name has no address");
  expect_failure(&t, "broken.test", LR_NAME_FAILED,
                 "the name servers have failed");
  expect_failure(&t, "refused.test", LR_NAME_FAILED,
                 "the name servers have failed");
  expect_failure(&t, "garbage.test", LR_NAME_FAILED,
                 "the name servers have failed");
  struct answer *answer = ask_at(&t, 0, "silent.test", 80);
  for (int i = 0; i < 1000 && !answer->told; i++) {
    fixture_run_for(&t.f, 10); /* for c-ares's clock */
    fixture_advance(&t.f, 100);
  }
  CU_ASSERT_EQUAL(answer->verdict, LR_NAME_FAILED);
  CU_ASSERT_STRING_EQUAL(answer->detail, "the name servers do not answer");
  close_test(&t);
}

/* The number of questions for a name, of either family. */
static void expect_asked(const char *name, unsigned times) {
  CU_ASSERT_EQUAL(dns_server_asked(server, name), 2 * times);
}

/* To the second: by the least TTL of the chain, by the SOA record, not at all.
 */
static void test_ttls(void) {
  struct test t;
  set_rules();
  open_plain(&t);
  expect_texts(&t, "chain.test", "192.0.2.4");
  fixture_advance(&t.f, 2999);
  expect_texts(&t, "chain.test", "192.0.2.4");
  expect_asked("chain.test", 1);
  fixture_advance(&t.f, 1);
  expect_texts(&t, "chain.test", "192.0.2.4");
  expect_asked("chain.test", 2);
  (void)look_up(&t, "gone.test");
  fixture_advance(&t.f, 6999);
  (void)look_up(&t, "gone.test");
  expect_asked("gone.test", 1);
  fixture_advance(&t.f, 1);
  (void)look_up(&t, "gone.test");
  expect_asked("gone.test", 2);
  (void)look_up(&t, "zero.test");
  (void)look_up(&t, "zero.test");
  expect_asked("zero.test", 2);
  (void)look_up(&t, "no-soa.test");
  (void)look_up(&t, "no-soa.test");
  expect_asked("no-soa.test", 2);
  close_test(&t);
}

/* A server that never answers for IPv6 keeps nobody for long, and is asked
 * again soon. */
static void test_one_family(void) {
  struct test t;
  set_rules();
  open_plain(&t);
  struct answer *answer = ask_at(&t, 0, "half.test", 80);
  while (!t.resolver.look_ups.next || dns_server_asked(server, "half.test") < 2)
    fixture_turns(&t.f, 1);
  fixture_run_for(&t.f, 20);
  CU_ASSERT_EQUAL(answer->told, 0);
  fixture_advance(&t.f, 499);
  CU_ASSERT_EQUAL(answer->told, 0);
  fixture_advance(&t.f, 1);
  CU_ASSERT_EQUAL(answer->told, 1);
  CU_ASSERT_STRING_EQUAL(answer->texts, "192.0.2.6");
  fixture_advance(&t.f, 29999);
  expect_texts(&t, "half.test", "192.0.2.6");
  expect_asked("half.test", 1);
  close_test(&t);
}

/* ---- Old answers ---- */

static void test_stale(void) {
  struct test t;
  static const struct dns_rule silent[] = {{"*", DNS_SILENT, NULL, 0}};
  set_rules();
  open_plain(&t);
  expect_texts(&t, "chain.test", "192.0.2.4");
  fixture_advance(&t.f, 3000);
  dns_server_set(server, silent, 1);
  struct answer *answer = ask_at(&t, 0, "chain.test", 80);
  fixture_advance(&t.f, 1799);
  CU_ASSERT_EQUAL(answer->told, 0);
  fixture_advance(&t.f, 1);
  CU_ASSERT_EQUAL(answer->told, 1);
  CU_ASSERT_STRING_EQUAL(answer->texts, "192.0.2.4");
  CU_ASSERT_EQUAL(lr_resolver_cache_counts(&t.service.cache).stale, 1);
  close_test(&t);
}

/* ---- Many ---- */

/* One look-up for each name, whoever asks, and so many at once. */
static void test_many(void) {
  enum { NAMES = 250, EACH = 4 };
  struct test t;
  char name[32];
  static const struct dns_rule all[] = {
      {"*", DNS_ADDRESSES, "192.0.2.1,2001:db8::1", 60}};
  dns_server_set(server, all, 1);
  open_plain(&t);
  dns_server_hold(server, true);
  for (unsigned i = 0; i < NAMES * EACH; i++) {
    snprintf(name, sizeof name, "n%u.test", i % NAMES);
    (void)ask_at(&t, i, name, 80);
  }
  lr_resolver_counts counts = lr_resolver_cache_counts(&t.service.cache);
  CU_ASSERT_EQUAL(counts.in_flight, NAMES);
  CU_ASSERT_EQUAL(counts.joined, NAMES * (EACH - 1));
  dns_server_hold(server, false);
  wait_for(&t, NAMES * EACH);
  for (unsigned i = 0; i < NAMES * EACH; i++)
    CU_ASSERT_EQUAL(t.answers[i].verdict, LR_NAME_FOUND);
  CU_ASSERT_EQUAL(dns_server_questions(server), 2 * NAMES);
  close_test(&t);
}

/* More than are looked up at once wait; those that nobody wants any more are
 * never asked for. */
static void test_bound(void) {
  enum { MORE = 40, ALL = LR_RESOLVER_LOOK_UPS + MORE };
  struct test t;
  char name[32];
  static const struct dns_rule all[] = {{"*", DNS_ADDRESSES, "192.0.2.1", 60}};
  dns_server_set(server, all, 1);
  open_plain(&t);
  dns_server_hold(server, true);
  for (unsigned i = 0; i < ALL; i++) {
    snprintf(name, sizeof name, "n%u.test", i);
    (void)ask_at(&t, i, name, 80);
  }
  CU_ASSERT_EQUAL(t.resolver.begun, LR_RESOLVER_LOOK_UPS);
  for (unsigned i = ALL - MORE / 2; i < ALL; i++)
    lr_resolver_cancel(t.answers[i].query);
  dns_server_hold(server, false);
  wait_for(&t, ALL - MORE / 2);
  CU_ASSERT_EQUAL(dns_server_questions(server), 2 * (ALL - MORE / 2));
  CU_ASSERT_EQUAL(lr_resolver_cache_counts(&t.service.cache).in_flight, 0);
  close_test(&t);
}

static void test_cancelled(void) {
  struct test t;
  set_rules();
  open_plain(&t);
  struct answer *first = ask_at(&t, 0, "silent.test", 80);
  struct answer *second = ask_at(&t, 1, "silent.test", 80);
  lr_resolver_cancel(first->query);
  fixture_settle(&t.f);
  lr_resolver_cancel(second->query);
  CU_ASSERT_EQUAL(t.told, 0);
  close_test(&t);
}

/* ---- Search domains ---- */

static void write_file(char *path, const char *text) {
  int fd = mkstemp(path);
  CU_ASSERT_FATAL(fd >= 0);
  dprintf(fd, "%s", text);
  close(fd);
}

static void test_search(void) {
  struct test t;
  char path[] = "/tmp/lariat-resolv-XXXXXX";
  static const struct dns_rule some[] = {
      {"box.two.test", DNS_ADDRESSES, "192.0.2.1", 60},
      {"a.b", DNS_ADDRESSES, "192.0.2.2", 60},
      {"a.b.c.one.test", DNS_ADDRESSES, "192.0.2.3", 60},
  };
  lr_name_service_config config = {.resolv_conf = path};
  write_file(path, "search one.test two.test\noptions ndots:1\n");
  dns_server_set(server, some, FIXTURE_COUNT(some));
  open_test(&t, &config);
  expect_texts(&t, "box", "192.0.2.1");
  expect_asked("box.one.test", 1);
  expect_asked("box", 0);
  expect_texts(&t, "a.b", "192.0.2.2");
  expect_texts(&t, "a.b.c", "192.0.2.3");
  expect_asked("a.b.c", 1);
  expect_failure(&t, "box.", LR_NAME_NO_ADDRESS, "there is no such name");
  expect_asked("box", 1);
  expect_failure(&t, "nobody", LR_NAME_NO_ADDRESS, "there is no such name");
  expect_asked("nobody.two.test", 1);
  expect_asked("nobody", 1);
  close_test(&t);
  unlink(path);
}

/* ---- By the C library ---- */

static void test_system(void) {
  struct test t;
  lr_name_service_config config = {.way = LARIAT_LOOK_UP_BY_SYSTEM};
  dns_server_set(server, NULL, 0);
  open_test(&t, &config);
  struct answer *answer = look_up(&t, "name.test");
  CU_ASSERT_EQUAL(answer->verdict, LR_NAME_FOUND);
  CU_ASSERT_STRING_EQUAL(answer->texts, "192.0.2.55");
  answer = look_up(&t, "none.test");
  CU_ASSERT_EQUAL(answer->verdict, LR_NAME_NO_ADDRESS);
  CU_ASSERT_STRING_EQUAL(answer->detail, "there is no such name");
  answer = look_up(&t, "again.test");
  CU_ASSERT_EQUAL(answer->verdict, LR_NAME_FAILED);
  CU_ASSERT_EQUAL(dns_server_questions(server), 0);
  close_test(&t);
}

/* With "mdns" the C library has the names of "local", and no others. */
static void test_mixed(void) {
  struct test t;
  lr_name_service_config config = {
      .nsswitch = "hosts: files mdns4_minimal [NOTFOUND=return] dns"};
  char path[] = "/tmp/lariat-resolv-XXXXXX";
  write_file(path, "nameserver 127.0.0.1\n");
  config.resolv_conf = path;
  fixture_open(&t.f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lr_name_service_init(&t.service, &config), LARIAT_OK);
  lr_resolver_init(&t.resolver, t.f.reactor, &t.service);
  t.told = 0;
  CU_ASSERT_STRING_EQUAL(look_up(&t, "name.local")->texts, "192.0.2.55");
  struct answer *answer = ask_at(&t, 1, "name.test", 80);
  fixture_run_for(&t.f, 50); /* nobody listens there, or knows it */
  CU_ASSERT_STRING_EQUAL(answer->texts, "");
  if (answer->query) lr_resolver_cancel(answer->query);
  close_test(&t);
  unlink(path);
}

/* The C library of this program: name.* is 192.0.2.55, again.* cannot be told
 * now, and there is nothing else. */
int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict hints,
                struct addrinfo **restrict out) {
  (void)service;
  if (strncmp(name, "again.", 6) == 0) return EAI_AGAIN;
  if (strncmp(name, "name.", 5) != 0) return EAI_NONAME;
  struct addrinfo *one = calloc(1, sizeof *one + sizeof(struct sockaddr_in));
  struct sockaddr_in *address = (void *)(one + 1);
  if (!one) return EAI_MEMORY;
  one->ai_family = AF_INET;
  one->ai_socktype = hints->ai_socktype;
  one->ai_addr = (void *)address;
  one->ai_addrlen = sizeof *address;
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = htonl(0xc0000237);
  *out = one;
  return 0;
}

void freeaddrinfo(struct addrinfo *list) { free(list); }

/* ---- Closing ---- */

/* A resolver that closes leaves its look-ups to those who still wait. */
static void test_cut_short(void) {
  struct test t;
  lr_resolver other;
  set_rules();
  open_plain(&t);
  lr_resolver_init(&other, t.f.reactor, &t.service);
  dns_server_hold(server, true);
  lr_name_outcome known;
  struct answer first = {.test = &t};
  lr_host_port host = {"four.test", 9, 80};
  first.query = lr_resolver_ask(&other, host, take, &first, &known);
  struct answer *second = ask_at(&t, 1, "four.test", 80);
  lr_resolver_cancel(first.query);
  lr_resolver_close(&other);
  dns_server_hold(server, false);
  wait_for(&t, 1);
  CU_ASSERT_STRING_EQUAL(second->texts, "192.0.2.1, 192.0.2.9, 192.0.2.3");
  close_test(&t);
}

static void test_closed_in_flight(void) {
  struct test t;
  set_rules();
  open_plain(&t);
  struct answer *answers[3] = {ask_at(&t, 0, "silent.test", 80),
                               ask_at(&t, 1, "silent.test", 80),
                               ask_at(&t, 2, "half.test", 80)};
  for (int i = 0; i < 3; i++) lr_resolver_cancel(answers[i]->query);
  close_test(&t);
  CU_ASSERT_EQUAL(t.told, 0);
}

static void test_config(void) {
  struct fixture f;
  char message[128];
  static const lr_name_service_config wrong[] = {
      {.name_servers = "name.test"},
      {.name_servers = "1.2.3.4:port"},
      {.name_servers = "127.0.0.1:70934"},
      {.resolve = "a"},
      {.connect_to = "a"},
      {.family = 9},
      {.way = 9}};
  static const lr_name_service_config right[] = {
      {.name_servers = NULL},
      {.name_servers = "127.0.0.1:5353,[::1]:53"},
      {.name_servers = "192.0.2.1,2001:db8::1"}};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(wrong); i++)
    CU_ASSERT_EQUAL(lr_name_service_check(&wrong[i], message, sizeof message),
                    LARIAT_EINVAL);
  for (size_t i = 0; i < FIXTURE_COUNT(right); i++)
    CU_ASSERT_EQUAL(lr_name_service_check(&right[i], NULL, 0), LARIAT_OK);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"what nobody is asked for", test_special},
      {"overrides", test_overrides},
      {"the hosts file", test_hosts},
      {"answers", test_found},
      {"a server that refuses", test_refusing_server},
      {"families", test_families},
      {"failures", test_failures},
      {"TTLs, to the second", test_ttls},
      {"no answer for one family", test_one_family},
      {"old answers", test_stale},
      {"many who ask for the same", test_many},
      {"more than at once", test_bound},
      {"cancelled", test_cancelled},
      {"search domains", test_search},
      {"by the C library", test_system},
      {"some by the C library", test_mixed},
      {"cut short", test_cut_short},
      {"closed in flight", test_closed_in_flight},
      {"options", test_config},
  };
  server = dns_server_start();
  if (!server) return 1;
  int result =
      fixture_main("resolver", tests, FIXTURE_COUNT(tests), argc, argv);
  dns_server_stop(server);
  return result;
}
