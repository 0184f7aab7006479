/* SPDX-License-Identifier: MIT
 * address_guard_test.c: the decision on an address: what is public, at the ends
 * of each network and beside them; addresses within addresses; lists. */
#include "net/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "support/fixture.h"
#include <lariat/address.h>

/* A socket's address of either family. */
struct socket_address {
  struct sockaddr_storage storage;
  socklen_t length;
};

static struct socket_address address_of(const char *text) {
  struct socket_address address = {.length = sizeof(struct sockaddr_in)};
  struct sockaddr_in *four = (struct sockaddr_in *)&address.storage;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address.storage;
  four->sin_family = AF_INET;
  if (inet_pton(AF_INET, text, &four->sin_addr) == 1) return address;
  address.length = sizeof *six;
  six->sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1)
    fixture_fail("%s is no address", text);
  return address;
}

static bool is_public(const char *text) {
  struct socket_address address = address_of(text);
  return lariat_address_is_public((struct sockaddr *)&address.storage,
                                  address.length);
}

static bool allows(const lr_address_guard *guard, const char *text) {
  struct socket_address address = address_of(text);
  return lr_address_guard_allows(guard, (struct sockaddr *)&address.storage,
                                 address.length);
}

/* A network that is not public, with the addresses before and behind it: those
 * in brackets are not public, either. */
struct range {
  const char *before;
  const char *first;
  const char *last;
  const char *behind;
};

static const struct range ranges[] = {
    {NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0"},
    {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
    {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
    {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
    {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
    {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
    {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
    {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
    {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
    {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
    {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
    {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
    {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
    {"223.255.255.255", "224.0.0.0", "239.255.255.255", NULL},
    {NULL, "240.0.0.0", "255.255.255.255", NULL},
    {NULL, "::", "::1", NULL},
    {NULL, "::ffff:0:0", "::ffff:0.255.255.255", "::ffff:1.0.0.0"},
    {NULL, "::ffff:0:0:0", "::ffff:0:ffff:ffff", NULL},
    {"64:ff9b::ffff:ffff:ffff", "64:ff9b:1::",
     "64:ff9b:1:ffff:ffff:ffff:"
     "ffff:ffff",
     "64:ff9b:2::"},
    {"ff:ffff::", "100::", "100::ffff:ffff:ffff:ffff", "100:0:0:1::"},
    {NULL, "100:0:0:1::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"},
    {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:1::", "2001:1::3", NULL},
    {NULL, "2001:2::", "2001:2:ffff:ffff:ffff:ffff:ffff:ffff", "2001:3::"},
    {"2001:3:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:4::", "2001:4:111:ffff:ffff:ffff:ffff:ffff", "2001:4:112::"},
    {"2001:4:112:ffff:ffff:ffff:ffff:ffff",
     "2001:4:113::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:20::"},
    {"2001:3f:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
    {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
    {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"},
    {"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    {NULL, "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    {NULL, "5f01::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    {NULL, "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    {NULL, "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    {NULL, "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    {NULL, "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
};

/* Of the neighbours, those that are of no network above but not public. */
static const char *const reserved[] = {
    "64:ff9b::ffff:ffff:ffff", "64:ff9b:2::", "ff:ffff::", "100:0:0:1::"};

static bool is_reserved(const char *text) {
  for (size_t i = 0; i < FIXTURE_COUNT(reserved); i++)
    if (strcmp(text, reserved[i]) == 0) return true;
  return false;
}

static void expect_public(const char *text, bool expected) {
  if (is_public(text) != expected)
    fixture_fail("%s is %spublic", text, expected ? "not " : "");
}

static void test_ends_of_networks(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(ranges); i++) {
    const struct range *range = &ranges[i];
    expect_public(range->first, false);
    expect_public(range->last, false);
    if (range->before)
      expect_public(range->before, !is_reserved(range->before));
    if (range->behind)
      expect_public(range->behind, !is_reserved(range->behind));
  }
}

/* Well-known addresses from all over the Internet. */
static const char *const controls[] = {
    "1.1.1.1",
    "1.0.0.1",
    "8.8.8.8",
    "8.8.4.4",
    "9.9.9.9",
    "4.2.2.2",
    "208.67.222.222",
    "149.112.112.112",
    "193.0.0.1",
    "199.7.83.42",
    "198.41.0.4",
    "192.5.5.241",
    "192.33.4.12",
    "192.36.148.17",
    "192.58.128.30",
    "192.112.36.4",
    "192.203.230.10",
    "198.97.190.53",
    "202.12.27.33",
    "170.247.170.2",
    "93.184.215.14",
    "151.101.1.69",
    "140.82.121.4",
    "185.199.108.153",
    "104.16.132.229",
    "172.217.16.14",
    "172.67.1.1",
    "172.64.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "172.253.1.1",
    "142.250.1.1",
    "17.253.144.10",
    "20.70.246.20",
    "3.5.140.2",
    "52.95.245.0",
    "13.107.42.14",
    "31.13.66.19",
    "157.240.1.35",
    "91.198.174.192",
    "130.89.148.77",
    "128.31.0.62",
    "149.20.4.15",
    "100.0.0.1",
    "100.63.0.1",
    "100.128.0.1",
    "101.0.0.1",
    "11.0.0.1",
    "126.1.1.1",
    "128.0.0.1",
    "169.253.1.1",
    "169.255.1.1",
    "192.0.1.1",
    "192.1.0.1",
    "192.88.98.1",
    "192.169.0.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.175.48.1",
    "198.17.0.1",
    "198.20.0.1",
    "198.51.101.1",
    "203.0.112.1",
    "203.0.114.1",
    "223.255.255.1",
    "2606:4700:4700::1111",
    "2606:4700:4700::1001",
    "2001:4860:4860::8888",
    "2001:4860:4860::8844",
    "2620:fe::fe",
    "2620:fe::9",
    "2620:119:35::35",
    "2001:503:ba3e::2:30",
    "2801:1b8:10::b",
    "2001:500:2::c",
    "2001:500:2d::d",
    "2001:500:a8::e",
    "2001:500:2f::f",
    "2001:500:12::d0d",
    "2001:500:1::53",
    "2001:7fe::53",
    "2001:503:c27::2:30",
    "2001:7fd::1",
    "2001:500:9f::42",
    "2001:dc3::35",
    "2a00:1450:4001::200e",
    "2a03:2880:f12f:83:face:b00c:0:25de",
    "2a04:4e42::485",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "2a02:2f0:1::1",
    "2400:cb00:2048:1::6814:1",
    "2404:6800:4003::1",
    "2800:3f0:4001::1",
    "2c0f:fb50:4003::1",
    "2600:9000:2000::1",
    "2620:4f:8000::1",
    "2001:678:2c:0:194:0:28:53",
    "2001:67c:2218:e::51:41",
    "2002:808:808::1",
    "2002:101:101::",
    "64:ff9b::8.8.8.8",
    "64:ff9b::93.184.215.14",
    "::ffff:8.8.8.8",
    "::ffff:1.1.1.1",
    "::ffff:172.32.0.1",
    "::8.8.8.8",
    "2001:0:5337:5337:0:0:f7f7:f7f7", /* by 83.55.83.55: 8.8.8.8 */
};

static void test_public_controls(void) {
  CU_ASSERT(FIXTURE_COUNT(controls) >= 100);
  for (size_t i = 0; i < FIXTURE_COUNT(controls); i++)
    expect_public(controls[i], true);
}

/* The forms of IPv6 that lead to an IPv4 address: some by what is before it, in
 * dots. */
static const char *const prefixes[] = {
    "::ffff:", "::", "64:ff9b::", "64:ff9b:1::", "::ffff:0:"};

enum { PREFIXES = 5, FORMS = 8, LOCAL_TRANSLATION = 3, TRANSLATED = 4 };

static void write_form(unsigned form, const uint8_t v4[4], char text[64]) {
  unsigned high = v4[0] * 256u + v4[1];
  unsigned low = v4[2] * 256u + v4[3];
  if (form < PREFIXES)
    snprintf(text, 64, "%s%u.%u.%u.%u", prefixes[form], v4[0], v4[1], v4[2],
             v4[3]);
  else if (form == PREFIXES)
    snprintf(text, 64, "2002:%x:%x::1", high, low);
  else if (form == PREFIXES + 1) /* Teredo: the server's */
    snprintf(text, 64, "2001:0:%x:%x:0:0:f7f7:f7f7", high, low);
  else /* the client's */
    snprintf(text, 64, "2001:0:808:808:0:0:%x:%x", high ^ 0xffff, low ^ 0xffff);
}

static void test_addresses_within_addresses(void) {
  static const uint8_t inner[][4] = {
      {10, 0, 0, 1},        {100, 100, 100, 200}, {127, 0, 0, 1},
      {127, 255, 255, 254}, {169, 254, 169, 254}, {172, 16, 0, 1},
      {172, 31, 255, 255},  {192, 0, 0, 8},       {192, 168, 0, 1},
      {198, 18, 0, 1},      {224, 0, 0, 1},       {240, 0, 0, 1},
      {255, 255, 255, 255}, {0, 1, 2, 3}};
  static const uint8_t outer[] = {8, 8, 8, 8};
  char text[64];
  for (unsigned form = 0; form < FORMS; form++) {
    for (size_t i = 0; i < FIXTURE_COUNT(inner); i++) {
      write_form(form, inner[i], text);
      expect_public(text, false);
    }
    write_form(form, outer, text);
    expect_public(text, form != LOCAL_TRANSLATION && form != TRANSLATED);
  }
}

static lr_address_guard *guard_of(lariat_address_rules rules) {
  lr_address_guard *guard = NULL;
  CU_ASSERT_EQUAL(lr_address_guard_new(&rules, &guard), LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(guard);
  return guard;
}

static void test_lists(void) {
  static const struct {
    bool deny_private;
    const char *allow;
    const char *deny;
    const char *ip;
    bool allowed;
  } cases[] = {
      /* What is named goes before what is private. */
      {true, "127.0.0.2", NULL, "127.0.0.2", true},
      {true, "127.0.0.2", NULL, "127.0.0.3", false},
      {true, "127.0.0.2", NULL, "::ffff:127.0.0.2", true},
      {true, "127.0.0.0/8", NULL, "127.9.9.9", true},
      {true, "0.0.0.0/0", NULL, "10.0.0.1", true},
      {true, "0.0.0.0/0", NULL, "::1", false},
      {true, "::/0", NULL, "::1", true},
      {true, "::/0", NULL, "fe80::1", true},
      {true, "::/0", NULL, "127.0.0.1", false},
      {true, "::1", NULL, "::1", true},
      {true, "::1", NULL, "::", false},
      {true, NULL, "8.8.8.8", "8.8.8.8", false},
      {true, NULL, "8.8.8.8", "8.8.4.4", true},
      /* Without that, what is not named is allowed. */
      {false, NULL, "10.0.0.0/8", "10.0.0.1", false},
      {false, NULL, "10.0.0.0/8", "127.0.0.1", true},
      {false, NULL, "10.0.0.0/8", "::1", true},
      /* The longest prefix decides, in whichever list; then denying does. */
      {false, "10.1.0.0/16", "10.0.0.0/8", "10.1.2.3", true},
      {false, "10.1.0.0/16", "10.0.0.0/8", "10.2.2.3", false},
      {false, "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", false},
      {false, "10.0.0.0/8", "10.1.0.0/16", "10.2.2.3", true},
      {false, "10.0.0.0/8", "10.0.0.0/8", "10.2.2.3", false},
      {false, "10.0.0.0/8", "0.0.0.0/0,::/0", "10.2.2.3", true},
      {false, "10.0.0.0/8", "0.0.0.0/0,::/0", "11.2.2.3", false},
      {false, "10.0.0.0/8", "0.0.0.0/0,::/0", "2606:4700::1", false},
      /* An address by another: both must be allowed. */
      {false, NULL, "10.0.0.0/8", "64:ff9b::10.0.0.1", false},
      {false, NULL, "10.0.0.0/8", "64:ff9b:1::10.0.0.1", false},
      {false, NULL, "10.0.0.0/8", "::ffff:0:10.0.0.1", false},
      {false, NULL, "10.0.0.0/8", "2002:a00:1::", false},
      {false, NULL, "10.0.0.0/8", "2002:b00:1::", true},
      {false, NULL, "2002::/16", "2002:b00:1::", false},
      {true, "64:ff9b::/96", NULL, "64:ff9b::10.0.0.1", false},
      {true, "10.0.0.0/8", NULL, "64:ff9b::10.0.0.1", true},
      {true, "10.0.0.0/8", NULL, "64:ff9b:1::10.0.0.1", false},
      {true, "10.0.0.0/8 64:ff9b:1::/48", NULL, "64:ff9b:1::10.0.0.1", true},
      {true, "10.0.0.0/8", NULL, "::10.0.0.1", true},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    lr_address_guard *guard =
        guard_of((lariat_address_rules){.deny_private = cases[i].deny_private,
                                        .allow_nets = cases[i].allow,
                                        .deny_nets = cases[i].deny});
    if (allows(guard, cases[i].ip) != cases[i].allowed)
      fixture_fail("case %zu: %s", i, cases[i].ip);
    lr_address_guard_free(guard);
  }
}

struct asked {
  unsigned count;
  bool answer;
  socklen_t length;
};

static bool answer(const struct sockaddr *address, socklen_t length,
                   void *context) {
  struct asked *asked = context;
  CU_ASSERT_PTR_NOT_NULL(address);
  asked->count++;
  asked->length = length;
  return asked->answer;
}

/* The callback may deny what the lists allow, and is not asked for the rest. */
static void test_callback(void) {
  struct asked asked = {.answer = true};
  lr_address_guard *guard = guard_of((lariat_address_rules){
      .deny_private = true, .allow = answer, .context = &asked});
  CU_ASSERT_TRUE(allows(guard, "8.8.8.8"));
  CU_ASSERT_EQUAL(asked.length, sizeof(struct sockaddr_in));
  CU_ASSERT_TRUE(allows(guard, "2606:4700::1"));
  CU_ASSERT_EQUAL(asked.length, sizeof(struct sockaddr_in6));
  CU_ASSERT_FALSE(allows(guard, "127.0.0.1"));
  CU_ASSERT_EQUAL(asked.count, 2);
  asked.answer = false;
  CU_ASSERT_FALSE(allows(guard, "8.8.8.8"));
  CU_ASSERT_EQUAL(asked.count, 3);
  lr_address_guard_free(guard);
}

/* Neither a local socket nor half an address is connected to, whatever the
 * lists say. */
static void test_other_families(void) {
  struct socket_address address = {.length = sizeof address.storage};
  struct sockaddr *name = (struct sockaddr *)&address.storage;
  lr_address_guard *guard = guard_of((lariat_address_rules){
      .allow_nets = "0.0.0.0/0,::/0", .deny_nets = "192.0.2.1"});
  for (unsigned family = 0; family < 64; family++) {
    name->sa_family = (sa_family_t)family;
    CU_ASSERT_EQUAL(lr_address_guard_allows(guard, name, address.length),
                    family == AF_INET || family == AF_INET6);
  }
  address = address_of("8.8.8.8");
  CU_ASSERT_FALSE(lr_address_guard_allows(guard, name, address.length - 1));
  address = address_of("2606:4700::1");
  CU_ASSERT_FALSE(lr_address_guard_allows(guard, name, address.length - 1));
  CU_ASSERT_FALSE(lr_address_guard_allows(guard, NULL, address.length));
  lr_address_guard_free(guard);
}

static void test_rules_that_deny_nothing(void) {
  lr_address_guard *guard = NULL;
  CU_ASSERT_EQUAL(lr_address_guard_new(&(lariat_address_rules){0}, &guard),
                  LARIAT_OK);
  CU_ASSERT_PTR_NULL(guard);
  CU_ASSERT_EQUAL(lr_address_guard_new(
                      &(lariat_address_rules){.allow_nets = "::1"}, &guard),
                  LARIAT_OK);
  CU_ASSERT_PTR_NULL(guard);
}

static void test_rules_without_sense(void) {
  static const lariat_address_rules rules[] = {
      {.allow_nets = "10.0.0.1/8"},
      {.deny_nets = "10.0.0.0/33"},
      {.deny_nets = ""},
      {.allow_nets = "::1", .deny_nets = "here"}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rules); i++) {
    lr_address_guard *guard = NULL;
    CU_ASSERT_EQUAL(lr_address_guard_new(&rules[i], &guard), LARIAT_EINVAL);
    CU_ASSERT_PTR_NULL(guard);
  }
  for (uint64_t n = 1; n <= 3; n++) {
    lr_address_guard *guard = NULL;
    const lariat_address_rules good = {.allow_nets = "::1", .deny_nets = "::2"};
    fixture_fail_allocation(&f, n);
    CU_ASSERT_EQUAL(lr_address_guard_new(&good, &guard), LARIAT_ENOMEM);
    CU_ASSERT_PTR_NULL(guard);
  }
  fixture_fail_allocation(&f, 0);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the ends of networks", test_ends_of_networks},
      {"public controls", test_public_controls},
      {"addresses within addresses", test_addresses_within_addresses},
      {"lists", test_lists},
      {"the callback", test_callback},
      {"other families", test_other_families},
      {"rules that deny nothing", test_rules_that_deny_nothing},
      {"rules without sense", test_rules_without_sense},
  };
  return fixture_main("address_guard", tests, FIXTURE_COUNT(tests), argc, argv);
}
