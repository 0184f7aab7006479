/* SPDX-License-Identifier: MIT
 * report_test.c: the timings of an attempt, and of one that failed in each
 * phase. */
#include "job/report.h"

#include <string.h>

#include "base/time.h"
#include "support/dispatching.h"
#include <lariat/failure.h>

/* Each step took another time: look-up 10, connection 20, TLS 40, sending 80,
 * the first byte 160, the rest 320. */
static const lr_attempt_facts all = {.opened = true,
                                     .dns_us = 10,
                                     .connected_us = 30,
                                     .secured_us = 70,
                                     .ready_us = 70,
                                     .first_byte_us = 310,
                                     .ended_us = 630};

/* Makes a job that had waited for 5 microseconds, with a blank response. */
static lr_job *waited_job(void) {
  lr_job *job = dispatching_job("http://a/");
  job->request.hop_ns = LR_NS_PER_S;
  job->pool.started_ns = LR_NS_PER_S + 5 * LR_NS_PER_US;
  job->response = lr_response_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(job->response);
  return job;
}

static void expect_timings(const lr_job *job, const lariat_timings *expected) {
  const lariat_timings *timings = &job->response->timings;
  CU_ASSERT_EQUAL(timings->queue_us, expected->queue_us);
  CU_ASSERT_EQUAL(timings->dns_us, expected->dns_us);
  CU_ASSERT_EQUAL(timings->connect_us, expected->connect_us);
  CU_ASSERT_EQUAL(timings->tls_us, expected->tls_us);
  CU_ASSERT_EQUAL(timings->request_us, expected->request_us);
  CU_ASSERT_EQUAL(timings->first_byte_us, expected->first_byte_us);
  CU_ASSERT_EQUAL(timings->body_us, expected->body_us);
}

static void test_timings(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_job *job = waited_job();
  lr_report_timings(job, &all, job->response);
  expect_timings(job, &(lariat_timings){.queue_us = 5,
                                        .dns_us = 10,
                                        .connect_us = 20,
                                        .tls_us = 40,
                                        .first_byte_us = 310,
                                        .body_us = 320});
  lr_job_free(job);
  fixture_close(&f);
}

/* What libcurl says of a connection that was open already is not this
 * attempt's. */
static void test_open_connection(void) {
  struct fixture f;
  lr_attempt_facts facts = all;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  facts.opened = false;
  lr_job *job = waited_job();
  lr_report_timings(job, &facts, job->response);
  expect_timings(job, &(lariat_timings){
                          .queue_us = 5, .first_byte_us = 310, .body_us = 320});
  lr_job_free(job);
  fixture_close(&f);
}

/* Without TLS there is no time for it, and what was not reached has none: no
 * difference is below zero. */
static void test_steps_that_were_not(void) {
  static const lr_attempt_facts facts = {
      .opened = true, .dns_us = 10, .connected_us = 30, .ended_us = 50};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_job *job = waited_job();
  job->request.hop_ns =
      job->pool.started_ns + 1; /* of another clock's rounding */
  lr_report_timings(job, &facts, job->response);
  expect_timings(
      job, &(lariat_timings){.dns_us = 10, .connect_us = 20, .body_us = 50});
  lr_job_free(job);
  fixture_close(&f);
}

static void test_failed_in_each_phase(void) {
  static const struct {
    lariat_phase phase;
    lr_attempt_facts facts;
    lariat_timings timings;
  } rows[] = {
      {LARIAT_PHASE_DNS,
       {.opened = true, .ended_us = 7},
       {.dns_us = 7, .first_byte_us = 7}},
      {LARIAT_PHASE_CONNECT,
       {.opened = true, .dns_us = 10, .ended_us = 17},
       {.dns_us = 10, .connect_us = 7, .first_byte_us = 17}},
      {LARIAT_PHASE_TLS,
       {.opened = true, .dns_us = 10, .connected_us = 30, .ended_us = 37},
       {.dns_us = 10, .connect_us = 20, .tls_us = 7, .first_byte_us = 37}},
      {LARIAT_PHASE_REQUEST,
       {.opened = true,
        .dns_us = 10,
        .connected_us = 30,
        .secured_us = 70,
        .ready_us = 75,
        .ended_us = 82},
       {.dns_us = 10,
        .connect_us = 20,
        .tls_us = 40,
        .request_us = 7,
        .first_byte_us = 82}},
      {LARIAT_PHASE_FIRST_BYTE,
       {.opened = true,
        .dns_us = 10,
        .connected_us = 30,
        .secured_us = 70,
        .ready_us = 70,
        .ended_us = 99},
       {.dns_us = 10, .connect_us = 20, .tls_us = 40, .first_byte_us = 99}},
      {LARIAT_PHASE_BODY,
       {.opened = true,
        .dns_us = 10,
        .connected_us = 30,
        .secured_us = 70,
        .ready_us = 70,
        .first_byte_us = 310,
        .ended_us = 317},
       {.dns_us = 10,
        .connect_us = 20,
        .tls_us = 40,
        .first_byte_us = 310,
        .body_us = 7}},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    lr_job *job = waited_job();
    lariat_timings expected = rows[i].timings;
    expected.queue_us = 5;
    lr_report_failed_timings(job, &rows[i].facts, job->response, rows[i].phase);
    expect_timings(job, &expected);
    lr_job_free(job);
  }
  fixture_close(&f);
}

static void test_failure(void) {
  struct fixture f;
  char detail[] = "the connection was reset";
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_job *job = waited_job();
  lr_report_failure(job, LARIAT_ERESET, LR_CURLE_RECV_ERROR, LARIAT_PHASE_BODY,
                    detail);
  memset(detail, 'x', sizeof detail - 1); /* it was copied */
  CU_ASSERT_EQUAL(job->attempt.outcome, LARIAT_ERESET);
  CU_ASSERT_EQUAL(job->attempt.curl_code, 56);
  CU_ASSERT_EQUAL(job->attempt.phase, LARIAT_PHASE_BODY);
  CU_ASSERT_STRING_EQUAL(job->attempt.detail, "the connection was reset");
  lr_job_free(job);
  job = waited_job();
  lr_report_failure(job, LARIAT_ENOMEM, LR_CURLE_OUT_OF_MEMORY,
                    LARIAT_PHASE_FIRST_BYTE, NULL);
  CU_ASSERT_PTR_NULL(job->attempt.detail);
  fixture_fail_allocation(&f, 1);
  lr_report_failure(job, LARIAT_EEMPTY, LR_CURLE_GOT_NOTHING,
                    LARIAT_PHASE_FIRST_BYTE, detail);
  CU_ASSERT_PTR_NULL(job->attempt.detail); /* and no more than that is lost */
  CU_ASSERT_EQUAL(job->attempt.outcome, LARIAT_EEMPTY);
  lr_job_free(job);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"timings", test_timings},
      {"a connection that was open", test_open_connection},
      {"steps that were not", test_steps_that_were_not},
      {"a failure in each phase", test_failed_in_each_phase},
      {"why an attempt failed", test_failure},
  };
  return fixture_main("report", tests, FIXTURE_COUNT(tests), argc, argv);
}
