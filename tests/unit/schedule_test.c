/* SPDX-License-Identifier: MIT
 * schedule_test.c: when requests are due, those of the warm-up included. */
#include "load/schedule.h"

#include <string.h>

#include "support/fixture.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

struct plan {
  lariat_load_requests *requests;
  lariat_load_run_options options;
  lariat_load_stage stage;
};

static void open_plan(struct plan *plan, double rate, uint64_t duration_ns) {
  CU_ASSERT_EQUAL(lariat_load_requests_new(&plan->requests), LARIAT_OK);
  plan->stage = (lariat_load_stage){duration_ns, rate, rate};
  plan->options = lariat_load_run_defaults();
  plan->options.requests = plan->requests;
  plan->options.stages = &plan->stage;
  plan->options.stage_count = 1;
  plan->options.warm_up_ns = 0;
}

static lr_load_schedule *make(const struct plan *plan, lariat_load_part part) {
  lr_load_schedule *schedule = NULL;
  lariat_load_error error = {0};
  if (lr_load_schedule_new(&plan->options, part, &schedule, &error) !=
      LARIAT_OK)
    fixture_fail("%s", error.message);
  else
    lr_load_schedule_begin(
        schedule, 10 * SECOND - lr_load_warm_sending_ns(&plan->options),
        10 * SECOND);
  return schedule;
}

static void test_due(void) {
  struct fixture f;
  struct plan plan;
  lr_load_due due;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_plan(&plan, 100, SECOND);
  lr_load_schedule *schedule = make(&plan, (lariat_load_part){0, 1});
  for (uint64_t i = 0; i < 100; i++) {
    CU_ASSERT_TRUE(lr_load_schedule_next(schedule, &due));
    CU_ASSERT_EQUAL(due.index, i);
    CU_ASSERT_EQUAL(due.at_ns, 10 * SECOND + i * 10 * MS);
    CU_ASSERT_TRUE(due.measured);
  }
  CU_ASSERT_FALSE(lr_load_schedule_next(schedule, &due));
  lr_load_schedule_free(schedule);
  lariat_load_requests_free(plan.requests);
  fixture_close(&f);
}

/* The second half of the warm-up has the rate with which the plan begins. */
static void test_warm_up(void) {
  struct fixture f;
  struct plan plan;
  lr_load_due due;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_plan(&plan, 100, SECOND);
  plan.options.warm_up_ns = SECOND;
  lr_load_schedule *schedule = make(&plan, (lariat_load_part){1, 2});
  for (uint64_t i = 0; i < 25; i++) {
    CU_ASSERT_TRUE(lr_load_schedule_next(schedule, &due));
    CU_ASSERT_EQUAL(due.at_ns, 9500 * MS + (2 * i + 1) * 10 * MS);
    CU_ASSERT_FALSE(due.measured);
  }
  CU_ASSERT_TRUE(lr_load_schedule_next(schedule, &due));
  CU_ASSERT_EQUAL(due.at_ns, 10010 * MS);
  CU_ASSERT_EQUAL(due.index, 1);
  CU_ASSERT_TRUE(due.measured);
  lr_load_schedule_free(schedule);
  lariat_load_requests_free(plan.requests);
  fixture_close(&f);
}

static void test_warm_up_from_nothing(void) {
  struct fixture f;
  struct plan plan;
  lr_load_due due;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_plan(&plan, 0, SECOND);
  plan.stage.to_per_s = 100;
  plan.options.warm_up_ns = SECOND;
  lr_load_schedule *schedule = make(&plan, (lariat_load_part){0, 1});
  CU_ASSERT_TRUE(lr_load_schedule_next(schedule, &due));
  CU_ASSERT_TRUE(due.measured);
  lr_load_schedule_free(schedule);
  lariat_load_requests_free(plan.requests);
  fixture_close(&f);
}

/* What is known to be due is never more than what is, and not much less. */
static void test_due_before(void) {
  struct fixture f;
  struct plan plan;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_plan(&plan, 1000, SECOND);
  plan.options.count = 900;
  lr_load_schedule *schedule = make(&plan, (lariat_load_part){1, 3});
  CU_ASSERT_EQUAL(lr_load_schedule_due_before(schedule, 0), 0);
  CU_ASSERT_EQUAL(lr_load_schedule_due_before(schedule, 300 * MS), 100);
  CU_ASSERT_EQUAL(lr_load_schedule_due_before(schedule, 2 * SECOND), 300);
  lr_load_schedule_free(schedule);
  plan.options.process = LARIAT_LOAD_POISSON;
  schedule = make(&plan, (lariat_load_part){1, 3});
  CU_ASSERT_EQUAL(lr_load_schedule_due_before(schedule, SECOND), 0);
  lr_load_schedule_free(schedule);
  lariat_load_requests_free(plan.requests);
  fixture_close(&f);
}

static void test_duration(void) {
  struct fixture f;
  struct plan plan;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_plan(&plan, 1000, SECOND);
  CU_ASSERT_EQUAL(lr_load_plan_duration_ns(&plan.options), SECOND);
  plan.options.duration_ns = SECOND / 2;
  CU_ASSERT_EQUAL(lr_load_plan_duration_ns(&plan.options), SECOND / 2);
  plan.stage.duration_ns = LARIAT_LOAD_ENDLESS_NS;
  CU_ASSERT_EQUAL(lr_load_plan_duration_ns(&plan.options), SECOND / 2);
  plan.options.duration_ns = 0;
  CU_ASSERT_EQUAL(lr_load_plan_duration_ns(&plan.options),
                  LARIAT_LOAD_ENDLESS_NS);
  plan.options.stage_count = 0;
  CU_ASSERT_EQUAL(lr_load_plan_duration_ns(&plan.options),
                  LARIAT_LOAD_ENDLESS_NS);
  plan.options.duration_ns = SECOND;
  CU_ASSERT_EQUAL(lr_load_plan_duration_ns(&plan.options), SECOND);
  lariat_load_requests_free(plan.requests);
  fixture_close(&f);
}

static void test_open_or_closed(void) {
  struct fixture f;
  struct plan plan;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_plan(&plan, 1000, SECOND);
  CU_ASSERT_TRUE(lr_load_is_open(&plan.options));
  plan.options.stage_count = 0;
  CU_ASSERT_FALSE(lr_load_is_open(&plan.options));
  lariat_load_requests_free(plan.requests);
  fixture_close(&f);
}

/* ---- Parts ---- */

enum { MOST_DUE = 70000 };

/* Notes each request that is due; one that is there twice is a fault. */
static void note_due(lr_load_schedule *schedule, uint64_t *at, size_t *count) {
  lr_load_due due;
  while (lr_load_schedule_next(schedule, &due)) {
    if (!due.measured) continue;
    if (due.index >= MOST_DUE || at[due.index]) {
      fixture_fail("request %llu again", (unsigned long long)due.index);
      return;
    }
    at[due.index] = due.at_ns;
    ++*count;
  }
}

/* Sends each part by several reactors, and compares all with the whole. */
static void check_parts(const struct plan *plan, uint32_t parts,
                        uint32_t reactors, const uint64_t *whole,
                        size_t total) {
  static uint64_t at[MOST_DUE];
  size_t count = 0;
  memset(at, 0, sizeof at);
  for (uint32_t k = 0; k < parts * reactors; k++) {
    lariat_load_part part;
    CU_ASSERT_EQUAL(lariat_load_part_split((lariat_load_part){k % parts, parts},
                                           k / parts, reactors, &part),
                    LARIAT_OK);
    lr_load_schedule *schedule = make(plan, part);
    note_due(schedule, at, &count);
    lr_load_schedule_free(schedule);
  }
  CU_ASSERT_EQUAL(count, total);
  CU_ASSERT(memcmp(at, whole, sizeof at) == 0);
}

static void check_union(const struct plan *plan, size_t total) {
  static const uint32_t parts[] = {1, 2, 3, 4, 7, 16};
  static uint64_t whole[MOST_DUE];
  size_t count = 0;
  memset(whole, 0, sizeof whole);
  lr_load_schedule *schedule = make(plan, (lariat_load_part){0, 1});
  note_due(schedule, whole, &count);
  lr_load_schedule_free(schedule);
  if (total) CU_ASSERT_EQUAL(count, total);
  CU_ASSERT(count > 0);
  for (size_t i = 0; i < FIXTURE_COUNT(parts); i++)
    for (uint32_t reactors = 1; reactors <= 3; reactors++)
      check_parts(plan, parts[i], reactors, whole, count);
}

/* All parts of a plan together send each of its requests once, at the instants
 * of the whole: 1,000 a second for a minute are 60,000. */
static void test_union(void) {
  struct fixture f;
  struct plan plan;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_plan(&plan, 1000, 60 * SECOND);
  check_union(&plan, 60000);
  plan.options.warm_up_ns = 2 * SECOND;
  check_union(&plan, 60000);
  plan.options.count = 59999;
  check_union(&plan, 59999);
  plan.options.count = 0;
  plan.options.process = LARIAT_LOAD_POISSON;
  plan.options.seed = 7;
  check_union(&plan, 0);
  plan.options.process = LARIAT_LOAD_EVEN;
  plan.stage.from_per_s = 0; /* a ramp: the mean is 500 a second */
  check_union(&plan, 30000);
  lariat_load_requests_free(plan.requests);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"when requests are due", test_due},
      {"the warm-up", test_warm_up},
      {"a plan that begins with nothing", test_warm_up_from_nothing},
      {"how many were due", test_due_before},
      {"how long a plan lasts", test_duration},
      {"open and closed", test_open_or_closed},
      {"the parts are the whole", test_union},
  };
  return fixture_main("schedule", tests, FIXTURE_COUNT(tests), argc, argv);
}
