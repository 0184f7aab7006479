/* SPDX-License-Identifier: MIT
 * network_test.c: addresses and networks as bits, and lists of them as text. */
#include "net/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "support/fixture.h"
#include <lariat/address.h>

static lr_ip ip_of(const char *text) {
  lr_ip ip;
  uint8_t bytes[4];
  if (inet_pton(AF_INET, text, bytes) == 1) return lr_ip_of_v4(bytes);
  CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, text, ip.bytes), 1);
  return ip;
}

static void test_addresses_as_text(void) {
  static const char *const texts[][2] = {
      {"127.0.0.1", "127.0.0.1"},
      {"::ffff:127.0.0.1", "127.0.0.1"},
      {"::", "::"},
      {"::1", "::1"},
      {"::127.0.0.1", "::127.0.0.1"},
      {"2001:0DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}};
  for (size_t i = 0; i < FIXTURE_COUNT(texts); i++) {
    char text[INET6_ADDRSTRLEN];
    lr_ip ip = ip_of(texts[i][0]);
    lr_ip_write(&ip, text);
    CU_ASSERT_STRING_EQUAL(text, texts[i][1]);
  }
}

static void test_addresses_of_sockets(void) {
  struct sockaddr_in four = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(0x7f000001)};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6,
                             .sin6_addr = IN6ADDR_LOOPBACK_INIT,
                             .sin6_scope_id = 7};
  struct sockaddr_storage other = {.ss_family = AF_UNIX};
  const struct sockaddr *address = (const struct sockaddr *)&four;
  lr_ip ip;
  lr_ip expected = ip_of("127.0.0.1");
  CU_ASSERT_TRUE(lr_ip_read(address, sizeof four, &ip));
  CU_ASSERT_EQUAL(memcmp(&ip, &expected, sizeof ip), 0);
  for (socklen_t length = 0; length < sizeof four; length++)
    CU_ASSERT_FALSE(lr_ip_read(address, length, &ip));
  address = (const struct sockaddr *)&six;
  expected = ip_of("::1");
  CU_ASSERT_TRUE(lr_ip_read(address, sizeof six, &ip));
  CU_ASSERT_EQUAL(memcmp(&ip, &expected, sizeof ip), 0);
  for (socklen_t length = 0; length < sizeof six; length++)
    CU_ASSERT_FALSE(lr_ip_read(address, length, &ip));
  for (unsigned family = 0; family < 64; family++) {
    other.ss_family = (sa_family_t)family;
    if (family == AF_INET || family == AF_INET6) continue;
    CU_ASSERT_FALSE(
        lr_ip_read((const struct sockaddr *)&other, sizeof other, &ip));
  }
  CU_ASSERT_FALSE(lr_ip_read(NULL, sizeof other, &ip));
}

static void test_longest_prefix(void) {
  static const struct {
    const char *list;
    const char *ip;
    int bits;
  } cases[] = {
      {"10.0.0.0/8", "10.255.255.255", 104},
      {"10.0.0.0/8", "11.0.0.0", -1},
      {"10.0.0.0/8", "9.255.255.255", -1},
      {"10.0.0.0/8", "::ffff:10.1.2.3", 104},
      {"10.0.0.0/8,10.1.0.0/16, 10.1.2.3", "10.1.2.3", 128},
      {"10.0.0.0/8,10.1.0.0/16, 10.1.2.3", "10.1.2.4", 112},
      {"10.1.2.3 10.1.0.0/16\t10.0.0.0/8", "10.2.0.0", 104},
      {"0.0.0.0/0", "0.0.0.0", 96},
      {"0.0.0.0/0", "255.255.255.255", 96},
      {"0.0.0.0/0", "::1", -1},
      {"::/0", "::1", 0},
      {"::/0", "127.0.0.1", -1}, /* is none of IPv6 */
      {"::/0", "::ffff:127.0.0.1", -1},
      {"::/80", "127.0.0.1", -1},
      {"::/1", "::1", 1},
      {"::/1", "8000::", -1},
      {"::ffff:0:0/96", "127.0.0.1", 96},
      {"::ffff:10.0.0.0/104", "10.9.8.7", 104},
      {"::ffff:10.0.0.0/104", "11.0.0.0", -1},
      {"fd00::/8,fd12:3456::/31", "fd12:3457:ffff::", 31},
      {"fd00::/8,fd12:3456::/31", "fd12:3458::", 8},
      {"2001:db8::1", "2001:db8::1", 128},
      {"2001:db8::1", "2001:db8::", -1},
      {"192.0.2.129/32", "192.0.2.129", 128},
      {"192.0.2.128/25", "192.0.2.127", -1},
      {"192.0.2.128/25", "192.0.2.255", 121},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    lr_networks networks;
    lr_ip ip = ip_of(cases[i].ip);
    CU_ASSERT_EQUAL_FATAL(lr_networks_read(&networks, cases[i].list, NULL, 0),
                          LARIAT_OK);
    int bits = lr_network_longest(networks.list, networks.count, &ip);
    if (bits != cases[i].bits)
      fixture_fail("%s in %s: %d", cases[i].ip, cases[i].list, bits);
    lr_networks_clear(&networks);
  }
}

static const char no_address[] = "not an address, as 10.0.0.0/8, fd00::/8 or "
                                 "::1";

static void test_what_is_wrong(void) {
  static const struct {
    const char *list;
    const char *network; /* the one it is about */
    const char *why;
  } cases[] = {
      {"10.0.0.1/8", "10.0.0.1/8",
       "there are bits behind the prefix; the network is 10.0.0.0/8"},
      {"127.0.0.1,10.255.255.255/9", "10.255.255.255/9",
       "there are bits behind the prefix; the network is 10.128.0.0/9"},
      {"1.2.3.4/0", "1.2.3.4/0",
       "there are bits behind the prefix; the network is 0.0.0.0/0"},
      {"fd00::1/8", "fd00::1/8",
       "there are bits behind the prefix; the network is fd00::/8"},
      {"::1/0", "::1/0",
       "there are bits behind the prefix; the network is ::/0"},
      {"10.0.0.0/33", "10.0.0.0/33", "the prefix has from 0 to 32 bits"},
      {"10.0.0.0/", "10.0.0.0/", "the prefix has from 0 to 32 bits"},
      {"10.0.0.0/08", "10.0.0.0/08", "the prefix has from 0 to 32 bits"},
      {"10.0.0.0/-1", "10.0.0.0/-1", "the prefix has from 0 to 32 bits"},
      {"10.0.0.0/+8", "10.0.0.0/+8", "the prefix has from 0 to 32 bits"},
      {"10.0.0.0/8/8", "10.0.0.0/8/8", "the prefix has from 0 to 32 bits"},
      {"10.0.0.0/4294967304", "10.0.0.0/4294967304",
       "the prefix has from 0 to 32 bits"},
      {"10.0.0.0/255.0.0.0", "10.0.0.0/255.0.0.0",
       "the prefix has from 0 to 32 bits"},
      {"::/129", "::/129", "the prefix has from 0 to 128 bits"},
      {"fd00::/x", "fd00::/x", "the prefix has from 0 to 128 bits"},
      {"10/8", "10/8", no_address},
      {"10.0.0/24", "10.0.0/24", no_address},
      {"010.0.0.0/8", "010.0.0.0/8", no_address},
      {"0x7f.0.0.1", "0x7f.0.0.1", no_address},
      {"127.1", "127.1", no_address},
      {"localhost", "localhost", no_address},
      {"[::1]", "[::1]", no_address},
      {"fe80::1%lo", "fe80::1%lo", no_address},
      {"::1:", "::1:", no_address},
      {"/8", "/8", no_address},
      {"127.0.0.1;127.0.0.2", "127.0.0.1;127.0.0.2", no_address},
      {"", "", "no network, as 10.0.0.0/8, fd00::/8 or ::1"},
      {" , ", "", "no network, as 10.0.0.0/8, fd00::/8 or ::1"},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    char message[256] = "";
    char expected[256];
    lariat_status status =
        lariat_networks_check(cases[i].list, message, sizeof message);
    CU_ASSERT_EQUAL(status, LARIAT_EINVAL);
    snprintf(expected, sizeof expected, "\"%s\": %s", cases[i].network,
             cases[i].why);
    if (strcmp(message, expected) != 0) fixture_fail("%s", message);
  }
}

/* The message is cut to its place; nothing is written without one. */
static void test_messages_are_bounded(void) {
  char text[300];
  char message[8] = "1234567";
  memset(text, '1', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  CU_ASSERT_EQUAL(lariat_networks_check(text, message, 0), LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(message, "1234567");
  CU_ASSERT_EQUAL(lariat_networks_check(text, message, sizeof message),
                  LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(message, "\"111111");
  CU_ASSERT_EQUAL(lariat_networks_check(NULL, NULL, 0), LARIAT_OK);
}

static void test_no_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (unsigned n = 1; n <= 3; n++) {
    lr_networks networks;
    fixture_fail_allocation(&f, n);
    CU_ASSERT_EQUAL(lr_networks_read(&networks, "::1,::2,::3", NULL, 0),
                    LARIAT_ENOMEM);
    fixture_fail_allocation(&f, 0);
    CU_ASSERT_PTR_NULL(networks.list);
  }
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"addresses as text", test_addresses_as_text},
      {"addresses of sockets", test_addresses_of_sockets},
      {"the longest prefix", test_longest_prefix},
      {"what is wrong with a list", test_what_is_wrong},
      {"messages are bounded", test_messages_are_bounded},
      {"no memory", test_no_memory},
  };
  return fixture_main("network", tests, FIXTURE_COUNT(tests), argc, argv);
}
