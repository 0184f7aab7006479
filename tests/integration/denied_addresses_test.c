/* SPDX-License-Identifier: MIT
 * Addresses that a pool may not connect to: every spelling of one in a URL, in
 * a redirect and behind a name, counted where connections are accepted.  Names
 * are looked up in a table of the test's own, so that nothing leaves the
 * machine; and should a rule fail, a callback still denies what is not on
 * loopback. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/atomics.h"
#include "support/fetching.h"
#include "support/name_table.h"
#include "support/origin.h"
#include "support/ports.h"
#include <lariat/failure.h>

static struct origin *origin;

/* The one address that is allowed. */
static const char outside[] = "127.0.0.2";

/* ---- Names ---- */

static const struct name_row names[] = {
    {"outside.test", {"127.0.0.2"}},
    {"inside.test", {"127.0.0.1"}},
    {"inside6.test", {"::1"}},
    {"mapped.test", {"::ffff:127.0.0.1"}},
    {"compatible.test", {"::127.0.0.1"}},
    {"translated.test", {"64:ff9b::127.0.0.1"}},
    {"tunnelled.test", {"2002:7f00:1::"}},
    {"metadata.test", {"169.254.169.254"}},
    {"zero.test", {"0.0.0.0", "::"}},
    {"link.test", {"fe80::1%lo"}},
    {"every.test", {"127.0.0.1", "::1", "10.0.0.1", "fd00::1"}},
    {"denied-first.test", {"127.0.0.1", "127.0.0.2"}},
    {"denied-last.test", {"127.0.0.2", "127.0.0.1"}},
    {"denied-six.test", {"::1", "127.0.0.2"}},
    {"rebound.test", {"127.0.0.2"}},
    {"rebound.test", {"127.0.0.1"}},
};

/* ---- Spellings ---- */

enum { SPELLINGS = 512, SPELLING = 80 };

static char spellings[SPELLINGS][SPELLING];
static size_t spelling_count;

static void add_spelling(const char *text) {
  CU_ASSERT_FATAL(spelling_count < SPELLINGS);
  snprintf(spellings[spelling_count++], SPELLING, "%s", text);
}

/* Writes a number in one of three ways: decimal, hexadecimal, octal. */
static void write_number(char *text, size_t size, unsigned number,
                         unsigned way) {
  if (way == 0)
    snprintf(text, size, "%u", number);
  else
    snprintf(text, size, way == 1 ? "0x%x" : "0%o", number);
}

/* Adds an address of `parts` parts, the last of which has all that is left;
 * each part in its own way, a digit of `ways` to the base of three. */
static void add_parts(uint32_t address, unsigned parts, unsigned ways) {
  char text[SPELLING] = "";
  for (unsigned i = 0; i < parts; i++, ways /= 3) {
    unsigned shift = 24 - 8 * i;
    bool last = i + 1 == parts;
    uint32_t number =
        last ? address & (UINT32_MAX >> 8 * i) : address >> shift & 255;
    size_t length = strlen(text);
    if (i) text[length++] = '.';
    write_number(text + length, sizeof text - length, number, ways % 3);
  }
  add_spelling(text);
}

static void add_numbers(void) {
  static const uint32_t others[] = {0x7ffffffe, 0x7f000101, 0,
                                    0x0a000001, 0xa9fea9fe, 0xc0a80001,
                                    0xac100001, 0x64646464};
  static const unsigned powers[] = {1, 3, 9, 27, 81};
  for (unsigned parts = 1; parts <= 4; parts++)
    for (unsigned ways = 0; ways < powers[parts]; ways++)
      add_parts(0x7f000001, parts, ways);
  for (size_t i = 0; i < FIXTURE_COUNT(others); i++)
    for (unsigned parts = 1; parts <= 4; parts++)
      for (unsigned way = 0; way < 3; way++)
        add_parts(others[i], parts, way * (powers[parts] - 1) / 2);
}

/* Adds the text with each of its bytes as %XX, one at a time, and all. */
static void add_escaped(const char *text) {
  size_t length = strlen(text);
  for (size_t at = 0; at <= length; at++) {
    char escaped[SPELLING] = "";
    for (size_t i = 0; i < length; i++) {
      size_t end = strlen(escaped);
      bool escape = at == length || i == at;
      snprintf(escaped + end, sizeof escaped - end, escape ? "%%%02x" : "%c",
               text[i]);
    }
    add_spelling(escaped);
  }
}

/* IPv6, and IPv4 in it; names; numbers with something about them; digits,
 * letters and dots that are made into those of ASCII.  Blanks between them. */
static const char texts[] =
    "[::1] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] "
    "[::0:1] [::0.0.0.1] [::] [0::0] [0:0:0:0:0:0:0:0] [::ffff:127.0.0.1] "
    "[::FFFF:127.0.0.1] [::ffff:7f00:1] [::ffff:7f00:0001] "
    "[0:0:0:0:0:ffff:7f00:0001] [0:0:0:0:0:ffff:127.0.0.1] "
    "[::ffff:127.255.255.254] [::ffff:0.0.0.0] [::ffff:0:127.0.0.1] "
    "[::127.0.0.1] [::7f00:1] [0:0:0:0:0:0:127.0.0.1] [64:ff9b::127.0.0.1] "
    "[64:ff9b::7f00:1] [64:ff9b:1::127.0.0.1] [64:ff9b::10.0.0.1] "
    "[2002:7f00:1::] [2002:a00:1::1] [2001:0:7f00:1::1] "
    "[2001:0:808:808::80ff:fffe] [fe80::1] [fe80::1%25lo] [fe80::1%25] "
    "[fe80::1%lo] [::1%25lo] [::1%lo] [fd00::1] [fd00:ec2::254] [fc00::1] "
    "[fec0::1] [ff02::1] [2001:db8::1] [3fff::1] [5f00::1] [100::1] "
    "[::ffff:169.254.169.254] [::ffff:a9fe:a9fe] localhost LOCALHOST "
    "LocalHost foo.localhost a.b.localhost FOO.LOCALHOST localhost. "
    "foo.localhost. inside.test inside6.test mapped.test compatible.test "
    "translated.test tunnelled.test metadata.test zero.test link.test "
    "every.test INSIDE.TEST inside.test. 127.000.000.001 0000127.0.0.1 "
    "00000000177.0.0.1 0x000000007f.1 0X7F.1 0x7F000001 127.0.0.1. 127.1. "
    "2130706433. 0x7f000001. 00000000 0x 0x0 0x.0x.0x.0x 4294967296 "
    "0x17f000001 127.0.0.1%00.outside.test 127.0.0.1%2e user@127.0.0.1 "
    "user:secret@127.0.0.1 127.0.0.2@127.0.0.1 outside.test@127.0.0.1 "
    "127.0.0.2:80@127.0.0.1 "
    "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1"
    " "
    "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1"
    " "
    "127\xe3\x80\x82"
    "0\xe3\x80\x82"
    "0\xe3\x80\x82"
    "1"
    " "
    "127\xef\xbc\x8e"
    "0\xef\xbc\x8e"
    "0\xef\xbc\x8e"
    "1"
    " "
    "127\xef\xbd\xa1"
    "0\xef\xbd\xa1"
    "0\xef\xbd\xa1"
    "1"
    " "
    "\xe2\x93\x9b"
    "ocalhost"
    " "
    "\xef\xbd\x8c"
    "ocalhost"
    " "
    "l\xc2\xad"
    "ocalhost"
    " "
    "\xef\xbc\x90"
    "x7f.1"
    " "
    "127.0.0.\xc2\xb9"
    " "
    "[::\xef\xbc\x91]"
    " ";

static void add_texts(void) {
  for (const char *text = texts; *text; text += strcspn(text, " ") + 1) {
    char copy[SPELLING];
    snprintf(copy, sizeof copy, "%.*s", (int)strcspn(text, " "), text);
    add_spelling(copy);
  }
}

static void make_spellings(void) {
  if (spelling_count) return;
  add_numbers();
  add_escaped("127.0.0.1");
  add_escaped("0x7f.1");
  add_escaped("localhost");
  add_texts();
}

/* ---- Servers ---- */

static int six_listener = -1;

/* Listens on ::1, too, where nothing is ever accepted: what came waits. */
static bool listen_six(void) {
  struct sockaddr_in6 name = {.sin6_family = AF_INET6,
                              .sin6_port =
                                  htons((in_port_t)origin_port(origin)),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  if (!ports_have_ipv6()) return true;
  six_listener =
      socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return bind(six_listener, (struct sockaddr *)&name, sizeof name) == 0 &&
         listen(six_listener, 1024) == 0;
}

static unsigned accept_six(void) {
  unsigned count = 0;
  int fd;
  if (six_listener < 0) return 0;
  while ((fd = accept4(six_listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
    count++;
    close(fd);
  }
  return count;
}

/* How many connections came to addresses that are denied. */
static unsigned long count_reached(void) {
  unsigned long all = origin_counts(origin).accepted;
  return all - origin_address_counts(origin, outside).accepted + accept_six();
}

/* ---- Pools ---- */

/* What the rules allowed, as the callback has seen it. */
struct decisions {
  lr_atomic_u32 allowed;
  lr_atomic_u32 denied; /* of these, by the callback */
  bool deny_all;
};

static bool is_on_loopback(const struct sockaddr *address) {
  struct sockaddr_in four;
  memcpy(&four, (const void *)address, sizeof four);
  return address->sa_family == AF_INET &&
         ntohl(four.sin_addr.s_addr) >> 24 == 127;
}

static bool decide(const struct sockaddr *address, socklen_t length,
                   void *context) {
  struct decisions *decisions = context;
  (void)length;
  (void)lr_u32_add_relaxed(&decisions->allowed, 1);
  if (!decisions->deny_all && is_on_loopback(address)) return true;
  (void)lr_u32_add_relaxed(&decisions->denied, 1);
  return false;
}

static void open_guarded(struct fetching *t, struct decisions *decisions,
                         bool deny_all, bool libcurl_only) {
  lariat_pool_options options = lariat_pool_defaults();
  lr_u32_init(&decisions->allowed, 0);
  lr_u32_init(&decisions->denied, 0);
  decisions->deny_all = deny_all;
  options.reactors = 2;
  options.libcurl_only = libcurl_only;
  options.insecure = true;
  options.look_up_way = LARIAT_LOOK_UP_BY_SYSTEM; /* by the table */
  options.addresses = (lariat_address_rules){.deny_private = true,
                                             .allow_nets = outside,
                                             .allow = decide,
                                             .context = decisions};
  fetching_open(t, &options, NULL);
}

/* Closes the pool, whose every connection was decided on. */
static void close_guarded(struct fetching *t, struct decisions *decisions) {
  lariat_pool_stats stats = fetching_stats(t);
  uint32_t allowed = lr_u32_load_relaxed(&decisions->allowed);
  uint32_t denied = lr_u32_load_relaxed(&decisions->denied);
  CU_ASSERT_EQUAL(stats.connections_opened, allowed - denied);
  CU_ASSERT(stats.addresses_denied >= denied);
  fetching_close(t);
}

/* ---- Ways ---- */

enum way { DIRECT, TLS, POSTED, REDIRECTED, REDIRECTED_POST, WAYS };

static char location[256];
static const struct origin_step redirect_steps[] = {
    {ORIGIN_SEND,
     "HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\n"
     "Location: ",
     0, 0},
    {ORIGIN_SEND, location, 0, 0},
    {ORIGIN_SEND, "\r\n\r\n", 0, 0},
    {ORIGIN_END, NULL, 0, 0}};

static lariat_deferred *ask(struct fetching *t, enum way way,
                            const char *spelling) {
  char url[256];
  char start[128];
  unsigned port = origin_port(origin);
  snprintf(url, sizeof url, "http%s://%s:%u/page", way == TLS ? "s" : "",
           spelling, port);
  if (way == DIRECT || way == TLS) return lariat_get(t->client, url);
  if (way == POSTED) return lariat_post(t->client, url, "body", 4);
  snprintf(location, sizeof location, "%s", url);
  CU_ASSERT_TRUE(origin_script(origin, "/go", redirect_steps));
  snprintf(start, sizeof start, "http://%s:%u/go", outside, port);
  return way == REDIRECTED ? lariat_get(t->client, start)
                           : lariat_post(t->client, start, "body", 4);
}

/* What a spelling that is no URL, or has no address, may come to. */
static bool is_no_address(lariat_status status) {
  return status == LARIAT_EURL || status == LARIAT_ERESOLVE ||
         status == LARIAT_EREDIRECT;
}

struct tally {
  unsigned denied;
  unsigned others;
};

static void ask_for(struct fetching *t, enum way way, const char *spelling,
                    struct tally *tally) {
  struct outcome o;
  fetching_do(t, &o, ask(t, way, spelling));
  if (o.status == LARIAT_EADDRESS)
    tally->denied++;
  else if (is_no_address(o.status))
    tally->others++;
  else
    fixture_fail("%s, way %u: %s", spelling, way, lariat_status_name(o.status));
  outcome_clear(&o, 1);
}

static void expect_page(struct fetching *t, const char *host) {
  char url[128];
  struct outcome o;
  snprintf(url, sizeof url, "http://%s:%u/page", host, origin_port(origin));
  fetching_do(t, &o, lariat_get(t->client, url));
  outcome_expect_http(&o, 200);
  if (o.status == LARIAT_OK)
    CU_ASSERT_STRING_EQUAL(
        lariat_response_remote_ip(lariat_response_in(o.value)), outside);
  outcome_clear(&o, 1);
}

/* ---- Tests ---- */

/* Before and after, a connection to the address that is allowed is open. */
static void try_spellings(enum way way, struct tally *tally) {
  struct fetching t;
  struct decisions decisions;
  unsigned long reached = count_reached();
  make_spellings();
  open_guarded(&t, &decisions, false, way == POSTED);
  expect_page(&t, outside);
  for (size_t i = 0; i < spelling_count; i++)
    ask_for(&t, way, spellings[i], tally);
  expect_page(&t, outside);
  CU_ASSERT_EQUAL(count_reached(), reached);
  close_guarded(&t, &decisions);
}

static void test_spellings(void) {
  struct tally tally = {0, 0};
  for (unsigned way = 0; way < WAYS; way++)
    try_spellings((enum way)way, &tally);
  CU_ASSERT(tally.denied + tally.others >= 1000);
  CU_ASSERT(tally.denied >= 800);
}

/* A name's other address is fetched from, wherever it stands. */
static void test_one_address_of_several(void) {
  struct fetching t;
  struct decisions decisions;
  unsigned long reached = count_reached();
  open_guarded(&t, &decisions, false, false);
  expect_page(&t, "denied-first.test");
  expect_page(&t, "denied-last.test");
  expect_page(&t, "denied-six.test");
  expect_page(&t, "outside.test");
  CU_ASSERT_EQUAL(count_reached(), reached);
  close_guarded(&t, &decisions);
}

/* An address that was tried in vain might be there the next time. */
static void test_one_is_denied_one_refuses(void) {
  struct fetching t;
  struct decisions decisions;
  struct outcome o;
  char url[64];
  unsigned port;
  CU_ASSERT_TRUE_FATAL(ports_find(&port, 1));
  open_guarded(&t, &decisions, false, false);
  snprintf(url, sizeof url, "http://denied-first.test:%u/", port);
  fetching_do(&t, &o, lariat_get(t.client, url));
  outcome_expect_status(&o, LARIAT_ECONNECT);
  outcome_clear(&o, 1);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 1);
  CU_ASSERT_EQUAL(fetching_stats(&t).addresses_denied, 1);
  close_guarded(&t, &decisions);
}

/* All of a name's addresses are asked about, and the failure names one. */
static void test_all_are_denied(void) {
  struct fetching t;
  struct decisions decisions;
  struct outcome o;
  char url[64];
  open_guarded(&t, &decisions, false, false);
  snprintf(url, sizeof url, "http://every.test:%u/", origin_port(origin));
  fetching_do(&t, &o, lariat_get(t.client, url));
  outcome_expect_status(&o, LARIAT_EADDRESS);
  CU_ASSERT_EQUAL(fetching_stats(&t).addresses_denied,
                  ports_have_ipv6() ? 4 : 2);
  const char *message = lariat_failure_message(o.value);
  CU_ASSERT_PTR_NOT_NULL(strstr(message, "connections to "));
  CU_ASSERT_PTR_NOT_NULL(strstr(message, " are denied"));
  CU_ASSERT_FALSE(lariat_status_retryable(o.status));
  outcome_clear(&o, 1);
  close_guarded(&t, &decisions);
}

/* A name that leads elsewhere the next time is decided on anew; as long as its
 * connection is open, it is where it was. */
static void test_rebinding(void) {
  struct decisions decisions;
  unsigned long reached = count_reached();
  for (unsigned pool = 0; pool < 2; pool++) {
    struct fetching t;
    struct tally tally = {0, 0};
    open_guarded(&t, &decisions, false, false);
    for (unsigned i = 0; i < 3; i++)
      if (pool == 0)
        expect_page(&t, "rebound.test");
      else
        ask_for(&t, DIRECT, "rebound.test", &tally);
    CU_ASSERT_EQUAL(tally.denied, pool == 0 ? 0 : 3);
    CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, pool == 0 ? 1 : 0);
    close_guarded(&t, &decisions);
  }
  CU_ASSERT_EQUAL(count_reached(), reached);
}

/* A connection that is open needs no decision. */
static void test_reuse(void) {
  struct fetching t;
  struct decisions decisions;
  open_guarded(&t, &decisions, false, false);
  for (unsigned i = 0; i < 20; i++) expect_page(&t, "outside.test");
  CU_ASSERT_EQUAL(lr_u32_load_relaxed(&decisions.allowed), 1);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 1);
  CU_ASSERT_EQUAL(fetching_stats(&t).addresses_denied, 0);
  close_guarded(&t, &decisions);
}

/* Public addresses: the rules allow them, and the callback is asked, which
 * keeps this test on the machine. */
static void test_public_addresses(void) {
  struct fetching t;
  struct decisions decisions;
  enum { COUNT = 128 };
  open_guarded(&t, &decisions, true, false);
  for (unsigned i = 0; i < COUNT; i++) {
    struct outcome o;
    char url[64];
    if (i % 2)
      snprintf(url, sizeof url, "http://[2606:4700:%x::1]/", i);
    else
      snprintf(url, sizeof url, "http://%u.%u.8.8/", 12 + i / 2, i);
    fetching_do(&t, &o, lariat_get(t.client, url));
    outcome_expect_status(&o, LARIAT_EADDRESS);
    outcome_clear(&o, 1);
  }
  CU_ASSERT_EQUAL(lr_u32_load_relaxed(&decisions.allowed), COUNT);
  CU_ASSERT_EQUAL(lr_u32_load_relaxed(&decisions.denied), COUNT);
  CU_ASSERT_EQUAL(fetching_stats(&t).addresses_denied, COUNT);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 0);
  close_guarded(&t, &decisions);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"spellings", test_spellings},
      {"one address of several", test_one_address_of_several},
      {"one is denied, one refuses", test_one_is_denied_one_refuses},
      {"all are denied", test_all_are_denied},
      {"rebinding", test_rebinding},
      {"reuse", test_reuse},
      {"public addresses", test_public_addresses},
  };
  name_table_set(names, FIXTURE_COUNT(names));
  const struct origin_options everywhere = {.address = "127.0.0.0/8"};
  /* A proxy would have the decision; none is used. */
  (void)setenv("all_proxy", "http://127.0.0.1:9", 1);
  origin = origin_start(&everywhere);
  if (!origin || !listen_six()) return 1;
  int failed =
      fixture_main("denied_addresses", tests, FIXTURE_COUNT(tests), argc, argv);
  if (six_listener >= 0) close(six_listener);
  origin_stop(origin);
  return failed;
}
