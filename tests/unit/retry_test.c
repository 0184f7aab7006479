/* SPDX-License-Identifier: MIT
 * Policies, budgets and waits, without a network. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "client/retry.h"
#include "http/date.h"
#include "job/job.h"
#include "support/fixture.h"

static const uint64_t ms = 1000000u;
static const uint64_t second = 1000000000u;

/* Makes a job that has returned with an answer or a failure. */
static lr_job *job_with(const lr_retry_rules *rules, lariat_status outcome,
                        int http_status) {
  lr_job *job = lr_job_new();
  if (!job) abort();
  job->retry.rules = rules;
  job->replay.repeatable = true;
  job->attempt.outcome = outcome;
  job->response = lr_response_new();
  job->response->status = http_status;
  return job;
}

static lr_retry open_with(const lariat_retry_policy *policy) {
  lr_retry retry;
  memset(&retry, 0, sizeof retry);
  CU_ASSERT_EQUAL(lr_retry_open(&retry, policy, second), LARIAT_OK);
  return retry;
}

static lr_retry_plan plan(lr_retry *retry, const lr_job *job) {
  lr_retry_moment moment = {.now_ns = second, .left_ns = UINT64_MAX};
  return lr_retry_plan_of(retry, job, moment);
}

static void test_defaults(void) {
  static const struct {
    lariat_status outcome;
    int http_status;
    bool again;
  } cases[] = {{LARIAT_OK, 200, false},        {LARIAT_OK, 404, false},
               {LARIAT_OK, 500, false},        {LARIAT_OK, 408, true},
               {LARIAT_OK, 429, true},         {LARIAT_OK, 502, true},
               {LARIAT_OK, 503, true},         {LARIAT_OK, 504, true},
               {LARIAT_ERESET, 0, true},       {LARIAT_EEMPTY, 0, true},
               {LARIAT_ETRUNCATED, 200, true}, {LARIAT_ECONNECT, 0, true},
               {LARIAT_ERESOLVE, 0, true},     {LARIAT_ECERTIFICATE, 0, false},
               {LARIAT_EPROTOCOL, 0, false},   {LARIAT_EBODYLIMIT, 200, false},
               {LARIAT_ECANCELLED, 0, false},  {LARIAT_ECLOSED, 0, false},
               {LARIAT_ENOMEM, 0, false}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 1;
  lr_retry retry = open_with(&policy);
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    lr_job *job =
        job_with(&retry.rules, cases[i].outcome, cases[i].http_status);
    if (plan(&retry, job).again != cases[i].again)
      fixture_fail("%s, HTTP %d: the default is wrong",
                   lariat_status_name(cases[i].outcome), cases[i].http_status);
    lr_job_free(job);
  }
  fixture_close(&f);
}

/* The deadline is the whole fetch's; the others are one attempt's. */
static void test_time_limits(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 1;
  lr_retry retry = open_with(&policy);
  lr_job *job = job_with(&retry.rules, LARIAT_ETIMEDOUT, 0);
  job->attempt.time_limit = LARIAT_TIME_LIMIT_DEADLINE;
  CU_ASSERT_FALSE(plan(&retry, job).again);
  job->attempt.time_limit = LARIAT_TIME_LIMIT_CONNECT;
  CU_ASSERT_TRUE(plan(&retry, job).again);
  job->attempt.time_limit = LARIAT_TIME_LIMIT_IDLE;
  CU_ASSERT_TRUE(plan(&retry, job).again);
  lr_job_free(job);
  fixture_close(&f);
}

static void test_lists(void) {
  static const int statuses[] = {418, 599};
  static const lariat_status failures[] = {LARIAT_ECERTIFICATE};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 1;
  policy.statuses = statuses;
  policy.status_count = 2;
  policy.failures = failures;
  policy.failure_count = 1;
  lr_retry retry = open_with(&policy);
  lr_job *job = job_with(&retry.rules, LARIAT_OK, 418);
  CU_ASSERT_TRUE(plan(&retry, job).again);
  job->response->status = 599;
  CU_ASSERT_TRUE(plan(&retry, job).again);
  job->response->status = 503;
  CU_ASSERT_FALSE(plan(&retry, job).again);
  job->attempt.outcome = LARIAT_ECERTIFICATE;
  CU_ASSERT_TRUE(plan(&retry, job).again);
  job->attempt.outcome = LARIAT_ERESET;
  CU_ASSERT_FALSE(plan(&retry, job).again);
  lr_job_free(job);
  fixture_close(&f);
}

static void test_nonsense(void) {
  static const int below[] = {99};
  static const lariat_status good[] = {LARIAT_OK};
  lr_retry retry;
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.size = 1;
  CU_ASSERT_EQUAL(lr_retry_open(&retry, &policy, 0), LARIAT_EINVAL);
  policy = lariat_retry_defaults();
  policy.max_retries = 1001;
  CU_ASSERT_EQUAL(lr_retry_open(&retry, &policy, 0), LARIAT_EINVAL);
  policy = lariat_retry_defaults();
  policy.statuses = below;
  policy.status_count = 1;
  CU_ASSERT_EQUAL(lr_retry_open(&retry, &policy, 0), LARIAT_EINVAL);
  policy = lariat_retry_defaults();
  policy.failures = good;
  policy.failure_count = 1;
  CU_ASSERT_EQUAL(lr_retry_open(&retry, &policy, 0), LARIAT_EINVAL);
  policy = lariat_retry_defaults();
  policy.budget_ratio = -0.1;
  CU_ASSERT_EQUAL(lr_retry_open(&retry, &policy, 0), LARIAT_EINVAL);
  policy = lariat_retry_defaults();
  policy.size = sizeof policy.size; /* an older caller's: the defaults */
  CU_ASSERT_EQUAL(lr_retry_open(&retry, &policy, 0), LARIAT_OK);
  CU_ASSERT_EQUAL(retry.rules.cap_ns, 10 * second);
  CU_ASSERT_EQUAL(lr_retry_open(&retry, NULL, 0), LARIAT_OK);
  CU_ASSERT_EQUAL(retry.rules.max_retries, 0);
}

static void test_why_not(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 2;
  policy.base_ms = 0;
  policy.budget_burst = 1;
  policy.budget_ratio = 0;
  policy.budget_per_s = 0;
  lr_retry retry = open_with(&policy);
  lr_job *job = job_with(&retry.rules, LARIAT_OK, 503);
  job->replay.repeatable = false;
  CU_ASSERT_EQUAL(plan(&retry, job).end, LARIAT_RETRY_METHOD);
  job->replay.consumed = true;
  CU_ASSERT_EQUAL(plan(&retry, job).end, LARIAT_RETRY_BODY);
  job->replay.consumed = false;
  job->replay.repeatable = true;
  job->retry.count = 2;
  CU_ASSERT_EQUAL(plan(&retry, job).end, LARIAT_RETRY_SPENT);
  job->retry.count = 0;
  lr_retry_moment moment = {.now_ns = second, .left_ns = 0};
  CU_ASSERT_EQUAL(lr_retry_plan_of(&retry, job, moment).end,
                  LARIAT_RETRY_DEADLINE);
  moment.left_ns = second;
  moment.full = true;
  CU_ASSERT_EQUAL(lr_retry_plan_of(&retry, job, moment).end,
                  LARIAT_RETRY_OVERLOAD);
  CU_ASSERT_TRUE(plan(&retry, job).again);
  CU_ASSERT_EQUAL(plan(&retry, job).end, LARIAT_RETRY_BUDGET);
  job->response->in_block = true;
  lr_response_add_line(job->response, "Retry-After: 61\r\n", 17);
  CU_ASSERT_EQUAL(plan(&retry, job).end, LARIAT_RETRY_AFTER_LONG);
  job->attempt.connection_dead = true; /* free of charge, once */
  CU_ASSERT_TRUE(plan(&retry, job).again);
  CU_ASSERT_EQUAL(plan(&retry, job).wait_ns, 0);
  job->replay.on_new_connection = true;
  CU_ASSERT_FALSE(plan(&retry, job).again);
  lr_job_free(job);
  fixture_close(&f);
}

static void test_backoff(void) {
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.base_ms = 100;
  policy.cap_ms = 1000;
  policy.seed = 7;
  lr_retry retry = open_with(&policy);
  lr_retry same = open_with(&policy);
  static const uint64_t most_ms[] = {100, 200, 400, 800, 1000, 1000};
  for (unsigned n = 1; n <= 6; n++) {
    uint64_t sum = 0;
    uint64_t largest = 0;
    for (int i = 0; i < 2000; i++) {
      uint64_t wait = lr_retry_backoff_ns(&retry.rules, n, &retry.random);
      CU_ASSERT_EQUAL(lr_retry_backoff_ns(&same.rules, n, &same.random), wait);
      sum += wait;
      if (wait > largest) largest = wait;
    }
    uint64_t most = most_ms[n - 1] * ms;
    CU_ASSERT(largest <= most && largest > most / 100 * 98);
    CU_ASSERT(sum / 2000 > most / 100 * 45 && sum / 2000 < most / 100 * 55);
  }
  /* Far out nothing overflows. */
  CU_ASSERT(lr_retry_backoff_ns(&retry.rules, 1000, &retry.random) <= second);
}

static void test_seeds_differ(void) {
  lr_retry one = open_with(NULL);
  lr_retry other;
  CU_ASSERT_EQUAL(lr_retry_open(&other, NULL, 0), LARIAT_OK);
  CU_ASSERT_NOT_EQUAL(one.random, other.random);
}

static void test_budget(void) {
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.budget_burst = 3;
  lr_retry retry = open_with(&policy);
  lr_retry_budget *budget = &retry.budget;
  for (int i = 0; i < 3; i++)
    CU_ASSERT_TRUE(lr_retry_budget_take(budget, second));
  CU_ASSERT_FALSE(lr_retry_budget_take(budget, second));
  budget->firsts += 9;
  CU_ASSERT_FALSE(lr_retry_budget_take(budget, second));
  budget->firsts += 2;
  CU_ASSERT_TRUE(lr_retry_budget_take(budget, second));
  CU_ASSERT_FALSE(lr_retry_budget_take(budget, second));
  CU_ASSERT_TRUE(lr_retry_budget_take(budget, second + 95 * ms));
  CU_ASSERT_FALSE(lr_retry_budget_take(budget, second + 95 * ms));
  /* Nothing is saved up beyond the burst. */
  budget->firsts += 1000000;
  int taken = 0;
  while (lr_retry_budget_take(budget, 100 * second)) taken++;
  CU_ASSERT_EQUAL(taken, 3);
}

static void test_retry_after(void) {
  static const struct {
    const char *text;
    const char *date;
    uint64_t seconds;
  } cases[] = {
      {"0", NULL, 0},
      {"120", NULL, 120},
      {"99999999999999999999", NULL, UINT32_MAX},
      {"-1", NULL, 0},
      {"soon", NULL, 0},
      {"", NULL, 0},
      {"1.5", NULL, 0},
      {"Thu, 01 Jan 1970 01:01:40 GMT", NULL, 2700},
      {"Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:07 GMT", 30},
      {"Thu Jan  1 01:01:40 1970", NULL, 2700},
      {"Thu, 01 Jan 1970 00:00:10 GMT", NULL, 0}, /* it is over */
      /* The server's clock counts, if it says what it shows. */
      {"Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:07 GMT", 30},
      {"Thu, 01 Jan 1970 01:01:40 GMT", "no date", 2700},
      /* A date so far away that its nanoseconds are not within 64 bits. */
      {"Sat, 01 Jan 2050 00:00:00 GMT", NULL, 2524608000 - 1000},
      {"Sat, 12 Apr 2262 00:00:00 GMT", NULL, UINT32_MAX},
      {"Sat, 12 Apr 2262 23:59:59 GMT", "Sat, 12 Apr 2262 23:59:29 GMT", 30},
      {"Wed, 20 Jun 2554 00:00:00 GMT", NULL, UINT32_MAX},
      {"Thu, 20 Jun 2611 23:59:59 GMT", NULL, UINT32_MAX},
      {"Thu, 20 Jun 2611 23:59:59 GMT", "Mon, 30 Nov 2026 00:00:00 GMT",
       UINT32_MAX},
      {"Fri, 31 Dec 9999 23:59:59 GMT", NULL, UINT32_MAX},
      {"Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:58 GMT", 1},
      {"Fri, 31 Dec 9999 23:59:58 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", 0},
      {"Mon, 01 Jan 1900 00:00:00 GMT", NULL, 0},
      {"Mon, 30 Nov 2026 00:00:30 GMT", "Mon, 01 Jan 1900 00:00:00 GMT",
       (uint64_t)1795996830 + 2208988800},
      {"-99999999999999999999", NULL, 0},
      {"4294967295", NULL, UINT32_MAX},
      {"4294967296", NULL, UINT32_MAX},
      {"18446744073709551616", NULL, UINT32_MAX},
      {"00000000000000000120", NULL, 120},
      {"00000000000000000000", NULL, 0},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    uint64_t got = lr_retry_after_ns(cases[i].text, cases[i].date, 1000);
    if (got != cases[i].seconds * second)
      fixture_fail("\"%s\": %llu ns", cases[i].text, (unsigned long long)got);
  }
}

static void test_retry_after_is_the_least(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 1;
  policy.no_budget = true;
  lr_retry retry = open_with(&policy);
  lr_job *job = job_with(&retry.rules, LARIAT_OK, 429);
  job->response->in_block = true;
  lr_response_add_line(job->response, "Retry-After: 3\r\n", 16);
  for (int i = 0; i < 100; i++) {
    uint64_t wait = plan(&retry, job).wait_ns;
    CU_ASSERT(wait >= 3 * second && wait <= 3 * second + 250 * ms);
  }
  retry.rules.ignore_retry_after = true;
  CU_ASSERT(plan(&retry, job).wait_ns <= 250 * ms);
  lr_job_free(job);
  fixture_close(&f);
}

static void test_methods(void) {
  static const char *const yes[] = {"GET",   "HEAD", "OPTIONS",
                                    "TRACE", "PUT",  "DELETE"};
  static const char *const no[] = {"POST", "PATCH", "get", "CONNECT", "MKCOL"};
  for (size_t i = 0; i < FIXTURE_COUNT(yes); i++)
    CU_ASSERT_TRUE(lr_retry_method_repeatable(yes[i]));
  for (size_t i = 0; i < FIXTURE_COUNT(no); i++)
    CU_ASSERT_FALSE(lr_retry_method_repeatable(no[i]));
}

static void test_names(void) {
  CU_ASSERT_STRING_EQUAL(lariat_retry_end_name(LARIAT_RETRY_NONE), "none");
  CU_ASSERT_STRING_EQUAL(lariat_retry_end_name(LARIAT_RETRY_OVERLOAD),
                         "overload");
  CU_ASSERT_STRING_EQUAL(lariat_retry_end_name(LARIAT_RETRY_AFTER_LONG),
                         "retry-after");
  CU_ASSERT_STRING_EQUAL(lariat_retry_end_name((lariat_retry_end)99),
                         "unknown");
  CU_ASSERT_STRING_EQUAL(lariat_time_limit_name(LARIAT_TIME_LIMIT_IDLE),
                         "idle");
  CU_ASSERT_STRING_EQUAL(lariat_time_limit_name((lariat_time_limit)99),
                         "unknown");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"what is tried again by default", test_defaults},
      {"which time-outs are tried again", test_time_limits},
      {"lists of statuses and failures", test_lists},
      {"a policy without sense", test_nonsense},
      {"why there is no other attempt", test_why_not},
      {"waits double, evenly drawn", test_backoff},
      {"clients have seeds of their own", test_seeds_differ},
      {"the budget", test_budget},
      {"Retry-After", test_retry_after},
      {"never earlier than Retry-After", test_retry_after_is_the_least},
      {"methods", test_methods},
      {"names", test_names},
  };
  return fixture_main("retry", tests, FIXTURE_COUNT(tests), argc, argv);
}
