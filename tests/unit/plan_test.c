/* SPDX-License-Identifier: MIT
 * lariat_load_plan: what a run would send, and what is told of it. */
#include <string.h>

#include "support/fixture.h"
#include <lariat/load/facts.h>
#include <lariat/load/plan.h>

static lariat_load_requests *make_requests(void) {
  static const char *const urls[] = {"http://a.test/one", "https://b.test/two"};
  lariat_load_requests *requests;
  CU_ASSERT_EQUAL_FATAL(lariat_load_requests_new(&requests), LARIAT_OK);
  for (size_t i = 0; i < 2; i++) {
    lariat_load_request request = {.size = sizeof request, .url = urls[i]};
    CU_ASSERT_EQUAL_FATAL(lariat_load_requests_add(requests, &request, NULL),
                          LARIAT_OK);
  }
  lariat_load_requests_set_order(requests, LARIAT_LOAD_IN_ORDER, 1);
  return requests;
}

static lariat_load_plan *make_plan(const lariat_load_run_options *options) {
  lariat_load_plan *plan = NULL;
  CU_ASSERT_EQUAL_FATAL(lariat_load_plan_new(options, &plan, NULL), LARIAT_OK);
  return plan;
}

/* The requests of a part, at the instants of the whole. */
static void an_open_plan(void) {
  lariat_load_requests *requests = make_requests();
  const lariat_load_stage stage = {UINT64_C(10000000), 500, 500};
  lariat_load_run_options options = {.size = sizeof options,
                                     .requests = requests,
                                     .stages = &stage,
                                     .stage_count = 1,
                                     .part = {1, 2}};
  lariat_load_plan *plan = make_plan(&options);
  lariat_load_planned planned;
  CU_ASSERT_EQUAL(lariat_load_plan_total(plan), 5);
  for (unsigned index = 1; index < 5; index += 2) {
    CU_ASSERT_FATAL(lariat_load_plan_next(plan, &planned));
    CU_ASSERT_EQUAL(planned.index, index);
    CU_ASSERT(planned.timed);
    CU_ASSERT_EQUAL(planned.at_ns, index * 2000000);
    CU_ASSERT_STRING_EQUAL(planned.origin, "https://b.test");
    CU_ASSERT_EQUAL(memcmp(planned.bytes, "GET /two HTTP/1.1\r\n", 19), 0);
    CU_ASSERT_EQUAL(memcmp(planned.bytes + planned.length - 4, "\r\n\r\n", 4),
                    0);
  }
  CU_ASSERT(!lariat_load_plan_next(plan, &planned));
  lariat_load_plan_free(plan);
  lariat_load_requests_free(requests);
}

/* Notes what the parts of a plan send: by index, each once. */
static void check_messages(const lariat_load_run_options *whole,
                           uint32_t parts) {
  enum { MOST = 60 };
  bool sent[MOST] = {false};
  lariat_load_planned planned;
  lariat_load_planned expected;
  for (uint32_t k = 0; k < parts; k++) {
    lariat_load_run_options options = *whole;
    options.part = (lariat_load_part){k, parts};
    lariat_load_plan *plan = make_plan(&options);
    lariat_load_plan *all = make_plan(whole);
    while (lariat_load_plan_next(plan, &planned)) {
      do {
        CU_ASSERT_FATAL(lariat_load_plan_next(all, &expected));
      } while (expected.index < planned.index);
      CU_ASSERT_EQUAL(expected.index, planned.index);
      CU_ASSERT_EQUAL(expected.at_ns, planned.at_ns);
      CU_ASSERT_EQUAL(expected.length, planned.length);
      CU_ASSERT(memcmp(expected.bytes, planned.bytes, planned.length) == 0);
      CU_ASSERT_FATAL(planned.index < MOST && !sent[planned.index]);
      sent[planned.index] = true;
    }
    CU_ASSERT_STRING_EQUAL(lariat_load_plan_facts(plan)->plan_hash,
                           lariat_load_plan_facts(all)->plan_hash);
    CU_ASSERT_STRING_EQUAL(lariat_load_plan_facts(plan)->plan,
                           lariat_load_plan_facts(all)->plan);
    lariat_load_plan_free(plan);
    lariat_load_plan_free(all);
  }
  for (size_t i = 0; i < MOST; i++) CU_ASSERT(sent[i]);
}

/* Parts of a list, drawn or in its order, open or closed, send what the whole
 * sends. */
static void parts_of_a_list(void) {
  const lariat_load_stage stage = {UINT64_C(3000000000), 20, 20};
  for (int drawn = 0; drawn < 2; drawn++) {
    lariat_load_requests *requests = make_requests();
    if (drawn)
      lariat_load_requests_set_order(requests, LARIAT_LOAD_WEIGHTED, 5);
    lariat_load_run_options options = {
        .size = sizeof options, .requests = requests, .count = 60};
    for (uint32_t parts = 1; parts <= 5; parts++)
      check_messages(&options, parts);
    options.stages = &stage;
    options.stage_count = 1;
    for (uint32_t parts = 1; parts <= 5; parts++)
      check_messages(&options, parts);
    lariat_load_requests_free(requests);
  }
}

/* Without instants, and as many as were asked for. */
static void a_closed_plan(void) {
  lariat_load_requests *requests = make_requests();
  lariat_load_run_options options = {
      .size = sizeof options, .requests = requests, .count = 3};
  lariat_load_plan *plan = make_plan(&options);
  lariat_load_planned planned;
  CU_ASSERT_EQUAL(lariat_load_plan_total(plan), 3);
  for (unsigned index = 0; index < 3; index++) {
    CU_ASSERT_FATAL(lariat_load_plan_next(plan, &planned));
    CU_ASSERT_EQUAL(planned.index, index);
    CU_ASSERT(!planned.timed);
    CU_ASSERT_STRING_EQUAL(planned.origin,
                           index == 1 ? "https://b.test" : "http://a.test");
  }
  CU_ASSERT(!lariat_load_plan_next(plan, &planned));
  lariat_load_plan_free(plan);
  options.count = 0;
  plan = make_plan(&options);
  CU_ASSERT_EQUAL(lariat_load_plan_total(plan), UINT64_MAX);
  lariat_load_plan_free(plan);
  lariat_load_requests_free(requests);
}

/* The hash is of all that decides what is sent. */
static void facts_before_a_run(void) {
  lariat_load_requests *requests = make_requests();
  lariat_load_run_options options = {
      .size = sizeof options, .requests = requests, .count = 3};
  lariat_load_plan *first = make_plan(&options);
  lariat_load_plan *same = make_plan(&options);
  options.count = 4;
  lariat_load_plan *other = make_plan(&options);
  const lariat_load_run_facts *facts = lariat_load_plan_facts(first);
  CU_ASSERT_STRING_EQUAL(facts->target, "http://a.test and 1 other");
  CU_ASSERT_STRING_EQUAL(facts->plan, "closed, 50 users, 3 requests");
  CU_ASSERT_STRING_EQUAL(facts->plan_hash,
                         lariat_load_plan_facts(same)->plan_hash);
  CU_ASSERT_STRING_NOT_EQUAL(facts->plan_hash,
                             lariat_load_plan_facts(other)->plan_hash);
  lariat_load_plan_free(first);
  lariat_load_plan_free(same);
  lariat_load_plan_free(other);
  lariat_load_requests_free(requests);
}

static void plans_without_sense(void) {
  lariat_load_requests *requests = make_requests();
  lariat_load_requests *none;
  const lariat_load_stage stage = {UINT64_C(10000000), -1, 0};
  lariat_load_run_options options = {.size = sizeof options};
  lariat_load_plan *plan;
  lariat_load_error error;
  CU_ASSERT_EQUAL(lariat_load_plan_new(&options, &plan, &error), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(plan);
  options.requests = requests;
  options.stages = &stage;
  options.stage_count = 1;
  CU_ASSERT_EQUAL(lariat_load_plan_new(&options, &plan, &error), LARIAT_EINVAL);
  CU_ASSERT_EQUAL_FATAL(lariat_load_requests_new(&none), LARIAT_OK);
  options.requests = none;
  CU_ASSERT_EQUAL(lariat_load_plan_new(&options, &plan, &error), LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(error.message, "there are no requests");
  lariat_load_plan_free(NULL);
  lariat_load_requests_free(none);
  lariat_load_requests_free(requests);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"an open plan", an_open_plan},
      {"parts of a list", parts_of_a_list},
      {"a closed plan", a_closed_plan},
      {"facts before a run", facts_before_a_run},
      {"plans without sense", plans_without_sense},
  };
  return fixture_main("plan", tests, FIXTURE_COUNT(tests), argc, argv);
}
