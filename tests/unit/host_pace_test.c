/* SPDX-License-Identifier: MIT
 * host_pace_test.c: rates and delays of hosts, and how long they are
 * remembered. */
#include "limits/host_pace.h"

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

static const uint64_t ms = 1000000;

static lr_pace *enter(lr_paces *paces, const char *key, uint64_t now) {
  uint64_t hash = 14695981039346656037u;
  for (const char *at = key; *at; at++)
    hash = (hash ^ (unsigned char)*at) * 1099511628211u;
  return lr_paces_enter(paces, key, (uint32_t)strlen(key), hash, now);
}

static void test_delay(void) {
  struct fixture f;
  lr_paces paces;
  uint64_t before = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_paces_init(&paces, lr_rate_plan_of(0, 0), 100 * ms));
  uint64_t now = 1000 * ms;
  lr_pace *pace = enter(&paces, "a", now);
  CU_ASSERT_TRUE(lr_pace_take(&paces, pace, now, now, &before));
  /* Held until it has been sent, however long that takes. */
  CU_ASSERT_EQUAL(lr_pace_due(&paces, pace), LR_PACE_HELD);
  CU_ASSERT_FALSE(lr_pace_take(&paces, pace, now + 500 * ms, now, &before));
  lr_pace_sent(&paces, pace, now + 500 * ms);
  CU_ASSERT_EQUAL(lr_pace_due(&paces, pace), now + 600 * ms);
  now += 600 * ms;
  CU_ASSERT_FALSE(lr_pace_take(&paces, pace, now - 1, now - 1, &before));
  CU_ASSERT_TRUE(lr_pace_take(&paces, pace, now, now, &before));
  lr_pace_give_back(&paces, pace, before);
  CU_ASSERT_EQUAL(lr_pace_due(&paces, pace), now);
  lr_paces_leave(&paces, pace);
  lr_paces_clear(&paces);
  fixture_close(&f);
}

static void test_delay_and_rate(void) {
  struct fixture f;
  lr_paces paces;
  uint64_t before = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_paces_init(&paces, lr_rate_plan_of(1, 0), 100 * ms));
  uint64_t now = 1000 * ms;
  lr_pace *pace = enter(&paces, "a", now);
  CU_ASSERT_TRUE(lr_pace_take(&paces, pace, now, now, &before));
  lr_pace_sent(&paces, pace, now);
  now += 200 * ms; /* the delay is over, the rate is not due */
  CU_ASSERT_FALSE(lr_pace_take(&paces, pace, now, now, &before));
  CU_ASSERT_EQUAL(lr_pace_due(&paces, pace), 2000 * ms);
  CU_ASSERT_TRUE(lr_pace_take(&paces, pace, 2000 * ms, 2000 * ms, &before));
  lr_paces_leave(&paces, pace);
  lr_paces_clear(&paces);
  fixture_close(&f);
}

/* A host that was forgotten and comes back finds its delay. */
static void test_remembered(void) {
  struct fixture f;
  lr_paces paces;
  uint64_t before = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_paces_init(&paces, lr_rate_plan_of(0, 0), 1000 * ms));
  uint64_t now = 1000 * ms;
  lr_pace *pace = enter(&paces, "a", now);
  CU_ASSERT_TRUE(lr_pace_take(&paces, pace, now, now, &before));
  lr_pace_sent(&paces, pace, now);
  lr_paces_leave(&paces, pace);
  for (char key[] = "b0"; key[1] <= '9'; key[1]++)
    lr_paces_leave(&paces, enter(&paces, key, now));
  pace = enter(&paces, "a", now + 500 * ms);
  CU_ASSERT_EQUAL(lr_pace_due(&paces, pace), now + 1000 * ms);
  lr_paces_leave(&paces, pace);
  lr_paces_clear(&paces);
  fixture_close(&f);
}

/* Those that are due and unused go when others come. */
static void test_swept(void) {
  struct fixture f;
  lr_paces paces;
  uint64_t before = 0;
  char key[16];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_paces_init(&paces, lr_rate_plan_of(0, 0), 10 * ms));
  for (unsigned i = 0; i < 5000; i++) {
    uint64_t now = (1000 + i) * ms;
    snprintf(key, sizeof key, "host%u", i);
    lr_pace *pace = enter(&paces, key, now);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pace);
    CU_ASSERT_TRUE(lr_pace_take(&paces, pace, now, now, &before));
    lr_pace_sent(&paces, pace, now);
    lr_paces_leave(&paces, pace);
  }
  CU_ASSERT(paces.count < 200);
  lr_paces_clear(&paces);
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  lr_paces paces;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_FALSE(lr_paces_init(&paces, lr_rate_plan_of(1, 0), 0));
  lr_paces_clear(&paces);
  CU_ASSERT_TRUE(lr_paces_init(&paces, lr_rate_plan_of(1, 0), 0));
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(enter(&paces, "a", 0));
  lr_paces_clear(&paces);
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
