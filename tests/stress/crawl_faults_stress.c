/* SPDX-License-Identifier: MIT
 * labels: same-libcurl
 * crawl_faults_stress.c: a small crawl whose process ends at each system call
 * that writes, or whose disk is full at it, and that goes on: in the end each
 * page is in the files and in the database once, and both agree. */
#include "crawl/frontier.h"

#include <sys/wait.h>

#include "support/fixture.h"
#include "support/scale.h"
#include "support/scripted_crawl.h"
#include "support/write_faults.h"

static int argument_count;
static char **arguments;

/* ---- A crawl in a process of its own ---- */

static int run_to_end(struct scripted_crawl *crawl) {
  lariat_status status = scripted_open(crawl);
  if (!status) status = scripted_run(crawl);
  if (status) fprintf(stderr, "%s\n", crawl->fault.message);
  if (!status) scripted_close(crawl);
  return status ? 1 : 0;
}

/* Runs a crawl in a child with a fault at a call; returns its exit status. */
static int run_child(struct scripted_crawl *crawl, enum write_fault fault,
                     uint64_t at) {
  int state = 0;
  pid_t child = fork();
  if (child == 0) {
    write_faults_set(fault, at, 1);
    _exit(run_to_end(crawl));
  }
  if (child < 0 || waitpid(child, &state, 0) != child) abort();
  return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* Counts the calls of a whole crawl. */
static uint64_t count_calls(bool durable) {
  struct scripted_crawl crawl;
  scripted_begin(&crawl);
  crawl.options.durable_power = durable;
  write_faults_set(WRITE_FAULT_NONE, 0, 0);
  CU_ASSERT_EQUAL(run_to_end(&crawl), 0);
  uint64_t calls = write_faults.count;
  scripted_end(&crawl);
  return calls;
}

static void verify(const struct scripted_crawl *crawl, const char *how,
                   uint64_t at) {
  struct scripted_check check = scripted_verify(crawl);
  if (check.wrong[0])
    fixture_fail("%s at call %llu: %s", how, (unsigned long long)at,
                 check.wrong);
}

/* ---- Kills ---- */

static void kill_at(enum write_fault fault, bool durable, uint64_t at) {
  struct scripted_crawl crawl;
  scripted_begin(&crawl);
  crawl.options.durable_power = durable;
  int ended = run_child(&crawl, fault, at);
  if (fault == WRITE_FAULT_KILL) CU_ASSERT_EQUAL(ended, WRITE_FAULT_EXIT);
  /* The one that goes on is killed soon, too, and perhaps a third. */
  (void)run_child(&crawl, fault, 1 + at % 31);
  (void)run_child(&crawl, fault, 1 + at % 7);
  write_faults_set(WRITE_FAULT_NONE, 0, 0);
  if (run_to_end(&crawl))
    fixture_fail("killed at call %llu, it does not go on",
                 (unsigned long long)at);
  verify(&crawl, fault == WRITE_FAULT_TORN ? "torn" : "killed", at);
  scripted_end(&crawl);
}

static void kill_at_all(enum write_fault fault, bool durable) {
  struct fixture fixture;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  uint64_t calls = count_calls(durable);
  uint64_t runs = scale_of(calls, argument_count, arguments);
  uint64_t step = runs < calls ? calls / runs : 1;
  for (uint64_t at = 1; at <= calls; at += step) kill_at(fault, durable, at);
  fixture_close(&fixture);
}

static void test_kills(void) { kill_at_all(WRITE_FAULT_KILL, false); }
static void test_torn_writes(void) { kill_at_all(WRITE_FAULT_TORN, true); }

/* ---- A full disk ---- */

enum { MOST_TRIES = 100 };

/* Checks that what failed says that the disk is full. */
static bool is_full(const struct scripted_crawl *crawl, uint64_t at) {
  if (crawl->fault.error == ENOSPC) return true;
  fixture_fail("full at call %llu: %s (%d)", (unsigned long long)at,
               crawl->fault.message, crawl->fault.error);
  return false;
}

/* SQLite, when it cannot make a file, says what it has tried last, so that the
 * reason of a failed opening is not known here. */
static bool open_until_it_works(struct scripted_crawl *crawl) {
  for (unsigned tries = 0; tries < MOST_TRIES; tries++)
    if (!scripted_open(crawl)) return true;
  return false;
}

static bool commit_until_it_works(struct scripted_crawl *crawl, uint64_t at) {
  for (unsigned tries = 0; tries < MOST_TRIES; tries++) {
    if (!lr_crawl_frontier_commit(crawl->frontier, &crawl->fault)) return true;
    if (!is_full(crawl, at)) return false;
  }
  return false;
}

/* Goes on to the end, through failures. */
static bool run_on_full_disk(struct scripted_crawl *crawl, uint64_t at) {
  if (!open_until_it_works(crawl)) return false;
  CU_ASSERT_EQUAL(scripted_offer(crawl->frontier, 0, 0), LARIAT_OK);
  while (lr_crawl_frontier_count(crawl->frontier).queued) {
    unsigned done;
    CU_ASSERT_EQUAL(scripted_batch(crawl, &done), LARIAT_OK);
    if (!commit_until_it_works(crawl, at)) return false;
  }
  return true;
}

static void fill_at(uint64_t at, uint64_t calls) {
  struct scripted_crawl crawl;
  scripted_begin(&crawl);
  write_faults_set(WRITE_FAULT_FULL, at, calls);
  if (!run_on_full_disk(&crawl, at))
    fixture_fail("full at call %llu: it does not go on: %s",
                 (unsigned long long)at, crawl.fault.message);
  write_faults_set(WRITE_FAULT_NONE, 0, 0);
  scripted_close(&crawl);
  verify(&crawl, "full", at);
  scripted_end(&crawl);
}

/* Also at several calls in a row, as a full disk is. */
static void test_full_disk(void) {
  struct fixture fixture;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  uint64_t calls = count_calls(false);
  uint64_t runs = scale_of(calls, argument_count, arguments);
  uint64_t step = runs < calls ? calls / runs : 1;
  for (uint64_t at = 1; at <= calls; at += step) fill_at(at, 1 + at % 17);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the process ends at each call", test_kills},
      {"the process ends in the middle of each call", test_torn_writes},
      {"the disk is full at each call", test_full_disk},
  };
  argument_count = argc;
  arguments = argv;
  return fixture_main("crawl_faults", tests, FIXTURE_COUNT(tests), 0, NULL);
}
