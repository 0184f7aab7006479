/* SPDX-License-Identifier: MIT
 * tcp_counters_test.c: counters in texts like those of /proc/net, and this
 * machine's. */
#include "load/tcp_counters.h"

#include "support/fixture.h"

static const char text[] = "Ip: Forwarding RetransSegs\n"
                           "Ip: 1 2\n"
                           "TcpExt: RetransSegs\n"
                           "TcpExt: 3\n"
                           "Tcp: RtoMax InSegs RetransSegs OutRsts\n"
                           "Tcp: -1 18446744073709551615 5 6\n";

static void test_found(void) {
  uint64_t value = 0;
  CU_ASSERT(lr_load_tcp_counters_find(text, "Tcp", "RetransSegs", &value));
  CU_ASSERT_EQUAL(value, 5);
  CU_ASSERT(lr_load_tcp_counters_find(text, "Tcp", "OutRsts", &value));
  CU_ASSERT_EQUAL(value, 6);
  CU_ASSERT(lr_load_tcp_counters_find(text, "TcpExt", "RetransSegs", &value));
  CU_ASSERT_EQUAL(value, 3);
  CU_ASSERT(lr_load_tcp_counters_find(text, "Tcp", "InSegs", &value));
  CU_ASSERT_EQUAL(value, UINT64_MAX);
}

static void test_not_found(void) {
  uint64_t value = 7;
  CU_ASSERT(!lr_load_tcp_counters_find(text, "Tcp", "Retrans", &value));
  CU_ASSERT(!lr_load_tcp_counters_find(text, "Udp", "InSegs", &value));
  CU_ASSERT(!lr_load_tcp_counters_find("", "Tcp", "InSegs", &value));
  CU_ASSERT(!lr_load_tcp_counters_find("Tcp: A B", "Tcp", "A", &value));
  CU_ASSERT(!lr_load_tcp_counters_find("Tcp: A B\nTcp: 1", "Tcp", "B", &value));
  CU_ASSERT(!lr_load_tcp_counters_find("Tcp:", "Tcp", "A", &value));
  CU_ASSERT_EQUAL(value, 7);
}

/* What is unknown at one end is unknown between the two. */
static void test_differences(void) {
  lr_load_network before = {true, 5, 6, 7};
  lr_load_network now = {true, 15, 26, 37};
  lr_load_network unknown = {false, 0, 0, 0};
  lr_load_network between = lr_load_tcp_counters_since(&now, &before);
  CU_ASSERT(between.known);
  CU_ASSERT_EQUAL(between.retransmits, 10);
  CU_ASSERT_EQUAL(between.timeouts, 20);
  CU_ASSERT_EQUAL(between.listen_drops, 30);
  between = lr_load_tcp_counters_since(&now, &unknown);
  CU_ASSERT(!between.known && !between.retransmits);
}

static void test_this_machine(void) {
  lr_load_network before;
  lr_load_network now;
  lr_load_tcp_counters_read(&before);
  lr_load_tcp_counters_read(&now);
  CU_ASSERT_EQUAL(before.known, now.known);
  CU_ASSERT(now.retransmits >= before.retransmits);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a counter of a group", test_found},
      {"what is not there", test_not_found},
      {"differences", test_differences},
      {"this machine's", test_this_machine},
  };
  return fixture_main("tcp_counters", tests, FIXTURE_COUNT(tests), argc, argv);
}
