/* SPDX-License-Identifier: MIT
 * next_step_test.c: the decision over a job that has come back. */
#include "client/next_step.h"

#include <string.h>

#include "job/body_sink.h"
#include "support/fixture.h"

static lr_job *job_with(lariat_status outcome, int http_status) {
  lr_job *job = lr_job_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(job);
  job->attempt.outcome = outcome;
  job->request.max_redirects = 10;
  job->response = lr_response_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(job->response);
  lr_response_begin_block(job->response, 11, http_status);
  return job;
}

static void add_location(lr_job *job) {
  static const char line[] = "Location: /elsewhere\r\n";
  CU_ASSERT_EQUAL(lr_response_add_line(job->response, line, strlen(line)),
                  LARIAT_OK);
}

/* Checks the steps of jobs without a sink. */
static void test_responses(void) {
  static const struct {
    lariat_status outcome;
    int http_status;
    bool location;
    bool retry;
    lr_step step;
  } cases[] = {
      {LARIAT_OK, 200, false, false, LR_STEP_DELIVER_RESPONSE},
      {LARIAT_OK, 503, false, false, LR_STEP_DELIVER_RESPONSE},
      {LARIAT_OK, 503, false, true, LR_STEP_RETRY},
      {LARIAT_OK, 302, true, false, LR_STEP_REDIRECT},
      {LARIAT_OK, 302, false, false, LR_STEP_DELIVER_RESPONSE},
      {LARIAT_OK, 304, true, false, LR_STEP_DELIVER_RESPONSE},
      {LARIAT_OK, 200, true, false, LR_STEP_DELIVER_RESPONSE},
      {LARIAT_ERESET, 0, false, false, LR_STEP_FAIL},
      {LARIAT_ERESET, 302, true, false, LR_STEP_FAIL},
      {LARIAT_ERESET, 0, false, true, LR_STEP_RETRY},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    lr_job *job = job_with(cases[i].outcome, cases[i].http_status);
    if (cases[i].location) add_location(job);
    CU_ASSERT_EQUAL(lr_next_step(job, cases[i].retry), cases[i].step);
    job->request.max_redirects = 0;
    if (cases[i].step == LR_STEP_REDIRECT)
      CU_ASSERT_EQUAL(lr_next_step(job, false), LR_STEP_DELIVER_RESPONSE);
    lr_job_free(job);
  }
  fixture_close(&f);
}

/* A stream that is open ends, whatever its status was; a transform's value is
 * delivered, also of what would have been a redirect. */
static void test_sinks(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_job *job = job_with(LARIAT_OK, 302);
  lr_body_sink sink = {.fd = -1};
  add_location(job);
  job->sink = &sink;
  CU_ASSERT_EQUAL(lr_next_step(job, false), LR_STEP_REDIRECT);
  sink.transform.done = true;
  CU_ASSERT_EQUAL(lr_next_step(job, false), LR_STEP_DELIVER_VALUE);
  job->caller.delivery = LR_DELIVERY_HEADERS;
  CU_ASSERT_EQUAL(lr_next_step(job, false), LR_STEP_END_STREAM);
  job->attempt.outcome = LARIAT_ETRUNCATED;
  CU_ASSERT_EQUAL(lr_next_step(job, false), LR_STEP_FAIL);
  job->sink = NULL;
  lr_job_free(job);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"responses", test_responses},
      {"sinks", test_sinks},
  };
  return fixture_main("next_step", tests, FIXTURE_COUNT(tests), argc, argv);
}
