/* SPDX-License-Identifier: MIT
 * job_test.c: the memory of jobs, and the end of those that nobody waits for.
 */
#include "job/job.h"

#include <string.h>

#include "base/memory.h"
#include "support/fixture.h"

static unsigned dropped;

static void drop(void *body) {
  dropped++;
  lr_free(body);
}

/* A job with all that one can own. */
static lr_job *full_job(void) {
  lr_job *job = lr_job_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(job);
  const lariat_header header = {"X-Test", "1"};
  CU_ASSERT_EQUAL(lr_url_parse(&job->request.url, "http://a/b"), LARIAT_OK);
  CU_ASSERT_EQUAL(lr_header_list_make(NULL, &header, 1, &job->request.headers),
                  LARIAT_OK);
  job->body.bytes = lr_copy_string("body");
  job->body.length = 4;
  job->body.drop = drop;
  job->response = lr_response_new();
  job->attempt.detail = lr_copy_string("detail");
  return job;
}

static void test_wipe(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_job *job = full_job();
  dropped = 0;
  for (int i = 0; i < 2; i++) { /* a blank one, too */
    lr_job_wipe(job);
    CU_ASSERT_EQUAL(dropped, 1);
    CU_ASSERT_PTR_NULL(job->body.bytes);
    CU_ASSERT_PTR_NULL(job->request.headers);
    CU_ASSERT_PTR_NULL(job->response);
    CU_ASSERT_PTR_NULL(job->attempt.detail);
    CU_ASSERT_PTR_NULL(job->request.url.text);
  }
  CU_ASSERT_EQUAL(fixture_live_blocks(&f), 1);
  lr_job_free(job);
  fixture_close(&f);
}

/* An orphan's three parts end in any order; with the last it is freed. */
static void test_orphans(void) {
  static const uint32_t parts[] = {LR_JOB_DEFERRED_ENDED, LR_JOB_TRAVEL_ENDED,
                                   LR_JOB_CANCEL_ENDED};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (unsigned order = 0; order < 6; order++) {
    unsigned first = order / 2;
    unsigned second = (first + 1 + order % 2) % 3;
    lr_job *job = full_job();
    dropped = 0;
    lr_job_end(job, parts[first]);
    lr_job_end(job, parts[second]);
    CU_ASSERT_EQUAL(dropped, 0);
    lr_job_end(job, parts[3 - first - second]);
    CU_ASSERT_EQUAL(dropped, 1);
    CU_ASSERT_EQUAL(fixture_live_blocks(&f), 0);
  }
  lr_job *job = full_job();
  lr_job_end(job, LR_JOB_ALL_ENDED);
  fixture_close(&f);
}

/* Caller and pool write to different cache lines. */
static void test_lines(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(lr_job_new());
  lr_job *job = lr_job_new();
  CU_ASSERT_EQUAL((uintptr_t)job % LR_CACHE_LINE, 0);
  CU_ASSERT_EQUAL(offsetof(lr_job, travel) % LR_CACHE_LINE, 0);
  CU_ASSERT_EQUAL(offsetof(lr_job, cancel) % LR_CACHE_LINE, 0);
  CU_ASSERT(offsetof(lr_job, replay) < offsetof(lr_job, travel));
  CU_ASSERT_PTR_EQUAL(lr_job_of_travel(&job->travel), job);
  CU_ASSERT_PTR_EQUAL(lr_job_of_cancel(&job->cancel), job);
  lr_job_free(job);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"wipe", test_wipe},
      {"orphans", test_orphans},
      {"lines", test_lines},
  };
  return fixture_main("job", tests, FIXTURE_COUNT(tests), argc, argv);
}
