/* SPDX-License-Identifier: MIT
 * address_order_test.c: the examples of RFC 6724, 10.2, as far as they are of
 * the rules that are kept to. */
#include "net/address_order.h"

#include <string.h>

#include "support/fixture.h"

/* The sources of a machine: each has the beginning of what it reaches. */
struct source {
  const char *to; /* the destination; NULL: no more */
  const char *from;
};

static const struct source *sources;

static lr_host_address parse(const char *text) {
  lr_host_address address = {{{0}}, 0};
  CU_ASSERT_TRUE(lr_host_address_read(text, strlen(text), &address));
  return address;
}

static bool find_source(const lr_host_address *to, lr_ip *source) {
  for (const struct source *at = sources; at->to; at++) {
    lr_host_address known = parse(at->to);
    if (memcmp(&known.ip, &to->ip, sizeof known.ip) != 0) continue;
    *source = parse(at->from).ip;
    return true;
  }
  return false;
}

enum { MOST = 4 };

struct row {
  const char *given[MOST];
  const char *sorted[MOST];
  struct source sources[MOST + 1];
};

static const struct row rows[] = {
    /* Matching scope, with IPv6 and without. */
    {{"198.51.100.121", "2001:db8:1::1"},
     {"2001:db8:1::1", "198.51.100.121"},
     {{"2001:db8:1::1", "2001:db8:1::2"}, {"198.51.100.121", "169.254.13.78"}}},
    {{"2001:db8:1::1", "198.51.100.121"},
     {"198.51.100.121", "2001:db8:1::1"},
     {{"2001:db8:1::1", "fe80::1"}, {"198.51.100.121", "198.51.100.117"}}},
    /* Higher precedence. */
    {{"10.1.2.3", "2001:db8:1::1"},
     {"2001:db8:1::1", "10.1.2.3"},
     {{"2001:db8:1::1", "2001:db8:1::2"}, {"10.1.2.3", "10.1.2.4"}}},
    /* Smaller scope. */
    {{"2001:db8:1::1", "fe80::1", "192.0.2.1"},
     {"fe80::1", "2001:db8:1::1", "192.0.2.1"},
     {{"2001:db8:1::1", "2001:db8:1::2"},
      {"fe80::1", "fe80::2"},
      {"192.0.2.1", "192.0.2.2"}}},
    /* Matching label: from 6to4, 6to4 goes before what is native. */
    {{"2001:db8:1::1", "2002:c633:6401::1", "192.0.2.1"},
     {"2002:c633:6401::1", "2001:db8:1::1", "192.0.2.1"},
     {{"2001:db8:1::1", "2002:c633:6401::2"},
      {"2002:c633:6401::1", "2002:c633:6401::2"},
      {"192.0.2.1", "169.254.1.1"}}},
    /* What cannot be reached comes last, in its own order. */
    {{"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"},
     {"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"},
     {{"192.0.2.1", "192.0.2.9"}, {"192.0.2.2", "192.0.2.9"}}},
    /* Loopback. */
    {{"127.0.0.1", "::1"},
     {"::1", "127.0.0.1"},
     {{"127.0.0.1", "127.0.0.1"}, {"::1", "::1"}}},
    /* One family is left as the server has it, reachable or not. */
    {{"192.0.2.9", "192.0.2.1"}, {"192.0.2.9", "192.0.2.1"}, {{NULL, NULL}}},
};

static void check_row(const struct row *row) {
  lr_host_address list[MOST];
  size_t count = 0;
  sources = row->sources;
  while (count < MOST && row->given[count]) {
    list[count] = parse(row->given[count]);
    count++;
  }
  lr_address_order_sort(list, count, find_source);
  for (size_t i = 0; i < count; i++) {
    lr_host_address wanted = parse(row->sorted[i]);
    CU_ASSERT_EQUAL(memcmp(&list[i].ip, &wanted.ip, sizeof wanted.ip), 0);
  }
}

static void test_rows(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) check_row(&rows[i]);
}

static void test_kernel(void) {
  lr_ip source;
  lr_host_address here = parse("127.0.0.1");
  CU_ASSERT_TRUE(lr_address_order_find_source(&here, &source));
  CU_ASSERT_EQUAL(memcmp(&source, &here.ip, sizeof source), 0);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the rules", test_rows},
      {"the kernel is asked", test_kernel},
  };
  return fixture_main("address order", tests, FIXTURE_COUNT(tests), argc, argv);
}
