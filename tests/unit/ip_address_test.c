/* SPDX-License-Identifier: MIT
 * ip_address_test.c: IPv4 in all notations, IPv6, and how both are written. */
#include "http/ip_address.h"

#include <string.h>

#include "support/fixture.h"

struct row {
  const char *in;
  const char *out; /* NULL: refused */
};

static void check_ipv4(const struct row *row) {
  uint32_t address;
  char text[LR_IPV4_MAX + 1];
  bool read = lr_ipv4_read(row->in, strlen(row->in), &address);
  if (read) *lr_ipv4_write(text, address) = '\0';
  if (read != (row->out != NULL) || (read && strcmp(text, row->out) != 0))
    fixture_fail("%s: %s", row->in, read ? text : "refused");
  if (row->out && !lr_ipv4_is_meant(row->in, strlen(row->in)))
    fixture_fail("%s: not meant", row->in);
}

static void test_ipv4(void) {
  static const struct row rows[] = {
      {"127.0.0.1", "127.0.0.1"},
      {"255.255.255.255", "255.255.255.255"},
      {"0", "0.0.0.0"},
      {"00000000", "0.0.0.0"},
      {"127.1", "127.0.0.1"},
      {"127.0.1", "127.0.0.1"},
      {"1.65535", "1.0.255.255"},
      {"1.2.65535", "1.2.255.255"},
      {"1.16777215", "1.255.255.255"},
      {"2130706433", "127.0.0.1"},
      {"4294967295", "255.255.255.255"},
      {"0x7f000001", "127.0.0.1"},
      {"0X7F.0x0.0.0x1", "127.0.0.1"},
      {"0x", "0.0.0.0"},
      {"0x.0x.0", "0.0.0.0"},
      {"0177.0.0.01", "127.0.0.1"},
      {"017700000001", "127.0.0.1"},
      {"127.000.000.001", "127.0.0.1"},
      {"127.0.0.1.", "127.0.0.1"},
      {"0000000000000000000000000000001.1", "1.0.0.1"},
      {"", NULL},
      {".", NULL},
      {"1.2.3.4.5", NULL},
      {"1..2", NULL},
      {"1.2..", NULL},
      {".1", NULL},
      {"256.1.1.1", NULL},
      {"1.1.1.256", NULL},
      {"1.1.65536", NULL},
      {"1.16777216", NULL},
      {"4294967296", NULL},
      {"0x100000000", NULL},
      {"99999999999999999999999999", NULL},
      {"08", NULL},
      {"0x1g", NULL},
      {"1.2.3.4a", NULL},
      {"-1", NULL},
      {" 1", NULL},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) check_ipv4(&rows[i]);
}

static bool is_meant(const char *host) {
  return lr_ipv4_is_meant(host, strlen(host));
}

static void test_ipv4_is_meant(void) {
  CU_ASSERT_TRUE(is_meant("1.2.3.4.5"));
  CU_ASSERT_TRUE(is_meant("a.b.09"));
  CU_ASSERT_TRUE(is_meant("a.0x."));
  CU_ASSERT_TRUE(is_meant("a.0xf"));
  CU_ASSERT_FALSE(is_meant("a"));
  CU_ASSERT_FALSE(is_meant("1.a"));
  CU_ASSERT_FALSE(is_meant("a.0xg"));
  CU_ASSERT_FALSE(is_meant("a.1b"));
  CU_ASSERT_FALSE(is_meant("1.."));
  CU_ASSERT_FALSE(is_meant("."));
  CU_ASSERT_FALSE(is_meant(""));
}

static void check_ipv6(const struct row *row) {
  uint16_t pieces[8];
  char text[LR_IPV6_MAX + 1];
  bool read = lr_ipv6_read(row->in, strlen(row->in), pieces);
  if (read) *lr_ipv6_write(text, pieces) = '\0';
  if (read != (row->out != NULL) || (read && strcmp(text, row->out) != 0))
    fixture_fail("%s: %s", row->in, read ? text : "refused");
}

static void test_ipv6(void) {
  static const struct row rows[] = {
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"0:0:0:0:0:0:0:1", "::1"},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
      {"1:0:0:2:0:0:3:4", "1::2:0:0:3:4"},
      {"1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"},
      {"FFFF:ABCD::0aBc", "ffff:abcd::abc"},
      {"0000:00a0::1000", "0:a0::1000"},
      {"::ffff:127.0.0.1", "::ffff:7f00:1"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
      {"1::1.2.3.4", "1::102:304"},
      {"", NULL},
      {":", NULL},
      {":1", NULL},
      {"1:", NULL},
      {":::", NULL},
      {"1:::2", NULL},
      {"1::2::3", NULL},
      {"1:2:3:4:5:6:7", NULL},
      {"1:2:3:4:5:6:7:8:9", NULL},
      {"1:2:3:4:5:6:7:8::", NULL},
      {"1::2:3:4:5:6:7:8", NULL},
      {"12345::", NULL},
      {"g::", NULL},
      {"::1%25lo", NULL},
      {"::.1", NULL},
      {"::1.2.3", NULL},
      {"::1.2.3.", NULL},
      {"::1.2.3.4.5", NULL},
      {"::1.2.3.4:1", NULL},
      {"::1.2.3.256", NULL},
      {"::1.2.3.04", NULL},
      {"::0x1.2.3.4", NULL},
      {"1:2:3:4:5:6:7:1.2.3.4", NULL},
      {"1:2:3:4:5:6::1.2.3.4", NULL},
      {"::1 ", NULL},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) check_ipv6(&rows[i]);
}

/* What is written is read as the same. */
static void test_ipv6_again(void) {
  uint64_t state = UINT64_C(0x1b6adde55e5f00d1);
  for (unsigned i = 0; i < 100000; i++) {
    uint16_t pieces[8];
    uint16_t again[8];
    char text[LR_IPV6_MAX + 1];
    for (size_t k = 0; k < 8; k++) {
      state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
      pieces[k] = (uint16_t)(state >> 62 ? 0 : state >> (40 + state % 13));
    }
    size_t length = (size_t)(lr_ipv6_write(text, pieces) - text);
    CU_ASSERT_TRUE(length <= LR_IPV6_MAX);
    if (!lr_ipv6_read(text, length, again) ||
        memcmp(pieces, again, sizeof pieces) != 0)
      fixture_fail("%.*s", (int)length, text);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"IPv4", test_ipv4},
      {"whether IPv4 is meant", test_ipv4_is_meant},
      {"IPv6", test_ipv6},
      {"IPv6 that was written", test_ipv6_again},
  };
  return fixture_main("ip_address", tests, FIXTURE_COUNT(tests), argc, argv);
}
