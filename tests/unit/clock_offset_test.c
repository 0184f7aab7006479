/* SPDX-License-Identifier: MIT
 * clock_offset_test.c: how far another clock is ahead. */
#include "../../tools/lariat-load-mpi/clock_offset.h"

#include "support/fixture.h"

/* Makes the exchange of a message that is `there` and `back` so long on its
 * way, and with them for `kept`, by a clock that is `ahead`. */
static struct clock_exchange make(int64_t ahead, int64_t there, int64_t kept,
                                  int64_t back) {
  const int64_t sent = INT64_C(1796000000000000000);
  return (struct clock_exchange){.sent_ns = sent,
                                 .received_ns = sent + there + ahead,
                                 .returned_ns = sent + there + kept + ahead,
                                 .back_ns = sent + there + kept + back};
}

static void add(struct clock_offset *offset, struct clock_exchange exchange) {
  clock_offset_add(offset, &exchange);
}

static void test_even(void) {
  static const int64_t aheads[] = {0, 1, 250, 5000000, -7200000000000};
  for (size_t i = 0; i < sizeof aheads / sizeof aheads[0]; i++) {
    struct clock_offset offset = {0};
    add(&offset, make(aheads[i], 40, 1000, 40));
    CU_ASSERT_EQUAL(offset.ahead_ns, aheads[i]);
    CU_ASSERT_EQUAL(offset.round_trip_ns, 80);
    CU_ASSERT_EQUAL(clock_offset_error(&offset), 40);
  }
}

/* One way may have been all of it: then the error is half of the trip, and no
 * more. */
static void test_uneven(void) {
  struct clock_offset offset = {0};
  add(&offset, make(1000, 90, 5, 0));
  CU_ASSERT_EQUAL(offset.ahead_ns, 1045);
  CU_ASSERT_EQUAL(clock_offset_error(&offset), 45);
  offset = (struct clock_offset){0};
  add(&offset, make(1000, 0, 5, 91));
  CU_ASSERT(offset.ahead_ns == 955 || offset.ahead_ns == 954);
  CU_ASSERT_EQUAL(clock_offset_error(&offset), 46);
}

static void test_the_shortest_decides(void) {
  struct clock_offset offset = {0};
  add(&offset, make(1000, 2000000, 5, 0));
  add(&offset, make(1000, 20, 900000, 20));
  add(&offset, make(1000, 0, 5, 3000000));
  CU_ASSERT_EQUAL(offset.ahead_ns, 1000);
  CU_ASSERT_EQUAL(offset.round_trip_ns, 40);
  CU_ASSERT_EQUAL(offset.exchanges, 3);
}

/* A clock that is set between two of the instants. */
static void test_a_clock_that_is_set(void) {
  struct clock_offset offset = {0};
  struct clock_exchange exchange = make(0, 10, 5, 10);
  exchange.returned_ns += 1000000;
  add(&offset, exchange);
  CU_ASSERT_EQUAL(offset.round_trip_ns, 0);
  CU_ASSERT_EQUAL(clock_offset_error(&offset), 0);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"even", test_even},
      {"uneven", test_uneven},
      {"the shortest decides", test_the_shortest_decides},
      {"a clock that is set", test_a_clock_that_is_set}};
  return fixture_main("clock_offset", tests, FIXTURE_COUNT(tests), argc, argv);
}
