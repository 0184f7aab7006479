/* SPDX-License-Identifier: MIT
 * host_pace_test.c: rates and delays of hosts, and how long they are
 * remembered. */
#include "limits/host_pace.h"

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

static const uint64_t ms = 1000000;

static lr_host_pace *enter(lr_host_paces *host_paces, const char *key,
                           uint64_t now) {
  uint64_t hash = 14695981039346656037u;
  for (const char *at = key; *at; at++)
    hash = (hash ^ (unsigned char)*at) * 1099511628211u;
  return lr_host_paces_enter(host_paces, key, (uint32_t)strlen(key), hash, now);
}

static void test_delay(void) {
  struct fixture f;
  lr_host_paces host_paces;
  uint64_t before = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(
      lr_host_paces_init(&host_paces, lr_rate_plan_of(0, 0), 100 * ms));
  uint64_t now = 1000 * ms;
  lr_host_pace *pace = enter(&host_paces, "a", now);
  CU_ASSERT_TRUE(lr_host_pace_take(&host_paces, pace, now, now, &before));
  /* Held until it has been sent, however long that takes. */
  CU_ASSERT_EQUAL(lr_host_pace_due(&host_paces, pace), LR_HOST_PACE_HELD);
  CU_ASSERT_FALSE(
      lr_host_pace_take(&host_paces, pace, now + 500 * ms, now, &before));
  lr_host_pace_sent(&host_paces, pace, now + 500 * ms);
  CU_ASSERT_EQUAL(lr_host_pace_due(&host_paces, pace), now + 600 * ms);
  now += 600 * ms;
  CU_ASSERT_FALSE(
      lr_host_pace_take(&host_paces, pace, now - 1, now - 1, &before));
  CU_ASSERT_TRUE(lr_host_pace_take(&host_paces, pace, now, now, &before));
  lr_host_pace_give_back(&host_paces, pace, before);
  CU_ASSERT_EQUAL(lr_host_pace_due(&host_paces, pace), now);
  lr_host_paces_leave(&host_paces, pace);
  lr_host_paces_clear(&host_paces);
  fixture_close(&f);
}

static void test_delay_and_rate(void) {
  struct fixture f;
  lr_host_paces host_paces;
  uint64_t before = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(
      lr_host_paces_init(&host_paces, lr_rate_plan_of(1, 0), 100 * ms));
  uint64_t now = 1000 * ms;
  lr_host_pace *pace = enter(&host_paces, "a", now);
  CU_ASSERT_TRUE(lr_host_pace_take(&host_paces, pace, now, now, &before));
  lr_host_pace_sent(&host_paces, pace, now);
  now += 200 * ms; /* the delay is over, the rate is not due */
  CU_ASSERT_FALSE(lr_host_pace_take(&host_paces, pace, now, now, &before));
  CU_ASSERT_EQUAL(lr_host_pace_due(&host_paces, pace), 2000 * ms);
  CU_ASSERT_TRUE(
      lr_host_pace_take(&host_paces, pace, 2000 * ms, 2000 * ms, &before));
  lr_host_paces_leave(&host_paces, pace);
  lr_host_paces_clear(&host_paces);
  fixture_close(&f);
}

/* A host that was forgotten and comes back finds its delay. */
static void test_remembered(void) {
  struct fixture f;
  lr_host_paces host_paces;
  uint64_t before = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(
      lr_host_paces_init(&host_paces, lr_rate_plan_of(0, 0), 1000 * ms));
  uint64_t now = 1000 * ms;
  lr_host_pace *pace = enter(&host_paces, "a", now);
  CU_ASSERT_TRUE(lr_host_pace_take(&host_paces, pace, now, now, &before));
  lr_host_pace_sent(&host_paces, pace, now);
  lr_host_paces_leave(&host_paces, pace);
  for (char key[] = "b0"; key[1] <= '9'; key[1]++)
    lr_host_paces_leave(&host_paces, enter(&host_paces, key, now));
  pace = enter(&host_paces, "a", now + 500 * ms);
  CU_ASSERT_EQUAL(lr_host_pace_due(&host_paces, pace), now + 1000 * ms);
  lr_host_paces_leave(&host_paces, pace);
  lr_host_paces_clear(&host_paces);
  fixture_close(&f);
}

/* Those that are due and unused go when others come. */
static void test_swept(void) {
  struct fixture f;
  lr_host_paces host_paces;
  uint64_t before = 0;
  char key[16];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(
      lr_host_paces_init(&host_paces, lr_rate_plan_of(0, 0), 10 * ms));
  for (unsigned i = 0; i < 5000; i++) {
    uint64_t now = (1000 + i) * ms;
    snprintf(key, sizeof key, "host%u", i);
    lr_host_pace *pace = enter(&host_paces, key, now);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pace);
    CU_ASSERT_TRUE(lr_host_pace_take(&host_paces, pace, now, now, &before));
    lr_host_pace_sent(&host_paces, pace, now);
    lr_host_paces_leave(&host_paces, pace);
  }
  CU_ASSERT(host_paces.table.count < 200);
  lr_host_paces_clear(&host_paces);
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  lr_host_paces host_paces;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_FALSE(lr_host_paces_init(&host_paces, lr_rate_plan_of(1, 0), 0));
  lr_host_paces_clear(&host_paces);
  CU_ASSERT_TRUE(lr_host_paces_init(&host_paces, lr_rate_plan_of(1, 0), 0));
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(enter(&host_paces, "a", 0));
  lr_host_paces_clear(&host_paces);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"delay", test_delay},
      {"delay and rate", test_delay_and_rate},
      {"remembered", test_remembered},
      {"swept", test_swept},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("pace", tests, FIXTURE_COUNT(tests), argc, argv);
}
