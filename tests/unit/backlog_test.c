/* SPDX-License-Identifier: MIT
 * backlog_test.c: the jobs of a channel by host: turns between hosts,
 * priorities, what needs no credit, and hosts that come and go. */
#include "client/backlog.h"

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

enum { JOBS = 40 };

static char keys[JOBS][24];
static lr_job *jobs[JOBS];

static lr_job *job_of(unsigned number, unsigned host, lr_priority priority) {
  lr_job *job = lr_job_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(job);
  snprintf(keys[number], sizeof keys[number], "host%u", host);
  job->request.url.key = keys[number];
  job->request.url.key_length = (uint32_t)strlen(keys[number]);
  job->request.url.hash = host * UINT64_C(0x9e3779b97f4a7c15);
  job->request.priority = (uint8_t)priority;
  lr_list_init(&job->caller.queue_node);
  jobs[number] = job;
  return job;
}

static void free_jobs(unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    jobs[i]->request.url.key = NULL;
    lr_job_free(jobs[i]);
  }
}

static void add(lr_backlog *backlog, lr_job *job) {
  job->caller.backlog_host = lr_backlog_enter(backlog, job);
  CU_ASSERT_PTR_NOT_NULL_FATAL(job->caller.backlog_host);
  lr_backlog_add(backlog, job->caller.backlog_host, job);
}

/* Returns the number of the job that leaves next, and sends it. */
static unsigned next(lr_backlog *backlog) {
  lr_job *job = lr_backlog_first(backlog);
  if (!job) return JOBS;
  lr_backlog_sent(job->caller.backlog_host);
  lr_backlog_remove(backlog, job);
  for (unsigned i = 0; i < JOBS; i++)
    if (jobs[i] == job) return i;
  return JOBS;
}

static void expect_order(lr_backlog *backlog, const unsigned *order,
                         size_t count) {
  for (size_t i = 0; i < count; i++) CU_ASSERT_EQUAL(next(backlog), order[i]);
  CU_ASSERT_TRUE(lr_backlog_empty(backlog));
}

static void test_turns(void) {
  struct fixture f;
  lr_backlog backlog;
  static const unsigned order[] = {0, 3, 4, 1, 5, 2};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_backlog_init(&backlog, 1));
  for (unsigned i = 0; i < 3; i++)
    add(&backlog, job_of(i, 1, LR_PRIORITY_NORMAL));
  add(&backlog, job_of(3, 2, LR_PRIORITY_NORMAL));
  for (unsigned i = 4; i < 6; i++)
    add(&backlog, job_of(i, 3, LR_PRIORITY_NORMAL));
  expect_order(&backlog, order, FIXTURE_COUNT(order));
  lr_backlog_clear(&backlog);
  free_jobs(6);
  fixture_close(&f);
}

static void test_ranks(void) {
  struct fixture f;
  lr_backlog backlog;
  static const unsigned order[] = {2, 3, 1, 0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_backlog_init(&backlog, 1));
  add(&backlog, job_of(0, 1, LR_PRIORITY_LOW));
  add(&backlog, job_of(1, 1, LR_PRIORITY_NORMAL));
  add(&backlog, job_of(2, 2, LR_PRIORITY_HIGH));
  add(&backlog, job_of(3, 1, LR_PRIORITY_HIGH));
  expect_order(&backlog, order, FIXTURE_COUNT(order));
  lr_backlog_clear(&backlog);
  free_jobs(4);
  fixture_close(&f);
}

static void test_free_jobs(void) {
  struct fixture f;
  lr_backlog backlog;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_backlog_init(&backlog, 2));
  lr_backlog_host *host =
      lr_backlog_enter(&backlog, job_of(0, 1, LR_PRIORITY_NORMAL));
  CU_ASSERT_TRUE(lr_backlog_is_free(&backlog, host));
  lr_backlog_sent(host);
  CU_ASSERT_TRUE(lr_backlog_is_free(&backlog, host));
  lr_backlog_sent(host);
  CU_ASSERT_FALSE(lr_backlog_is_free(&backlog, host));
  CU_ASSERT_PTR_EQUAL(host, lr_backlog_enter(&backlog, jobs[0]));
  host->away = 0;
  lr_backlog_forget(&backlog, host);
  CU_ASSERT_EQUAL(backlog.idle_count, 1);
  CU_ASSERT_PTR_EQUAL(host, lr_backlog_enter(&backlog, jobs[0]));
  CU_ASSERT_EQUAL(backlog.idle_count, 0);
  lr_backlog_clear(&backlog);
  free_jobs(1);
  fixture_close(&f);
}

/* Checks that hosts without a job are kept for a while, not for ever. */
static void test_many_hosts(void) {
  struct fixture f;
  lr_backlog backlog;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_backlog_init(&backlog, 1));
  for (unsigned i = 0; i < 2000; i++) {
    lr_job *job = job_of(0, i, LR_PRIORITY_NORMAL);
    lr_backlog_host *host = lr_backlog_enter(&backlog, job);
    lr_backlog_sent(host);
    host->away--;
    lr_backlog_forget(&backlog, host);
    free_jobs(1);
  }
  CU_ASSERT(backlog.hosts.count <= 256);
  lr_backlog_clear(&backlog);
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  lr_backlog backlog;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_FALSE(lr_backlog_init(&backlog, 1));
  CU_ASSERT_TRUE(lr_backlog_init(&backlog, 1));
  lr_job *job = job_of(0, 1, LR_PRIORITY_NORMAL);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(lr_backlog_enter(&backlog, job));
  free_jobs(1);
  lr_backlog_clear(&backlog);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"turns", test_turns},
      {"ranks", test_ranks},
      {"free jobs", test_free_jobs},
      {"many hosts", test_many_hosts},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("backlog", tests, FIXTURE_COUNT(tests), argc, argv);
}
