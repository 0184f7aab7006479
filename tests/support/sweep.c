/* SPDX-License-Identifier: MIT
 * sweep.c: each allocation of a test fails in turn. */
#include "support/sweep.h"

#include <CUnit/Basic.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 3000, SECONDS = 60 };

/* How a child ends; anything else is a crash. */
enum { FINE = 0, TOO_FEW = 10, LEFT_BEHIND = 11 };

/* In the child: which allocation after each opening fails, whether there was
 * one, and what stayed behind. */
static uint64_t failing;
static bool had_it;
static bool left_behind;

bool sweep_is_wanted(void) { return getenv("LARIAT_TEST_SWEEP") != NULL; }

static uint64_t opened_at;

void sweep_opened(struct fixture *f) {
  if (failing == 0) return;
  opened_at = fixture_allocations(f);
  fixture_fail_allocation(f, failing);
}

void sweep_closing(struct fixture *f) {
  if (fixture_allocations(f) - opened_at >= failing) had_it = true;
}

void sweep_found(uint64_t blocks) { left_behind |= blocks > 0; }

static void be_quiet(void) {
  const struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null < 0) return;
  dup2(null, STDOUT_FILENO);
  if (!getenv("LARIAT_TEST_SWEEP_LOUD")) dup2(null, STDERR_FILENO);
}

static void run_alone(const struct fixture_test *test, uint64_t nth) {
  be_quiet();
  alarm(SECONDS);
  failing = nth;
  if (CU_initialize_registry() != CUE_SUCCESS) _exit(1);
  CU_pSuite suite = CU_add_suite("sweep", NULL, NULL);
  if (!suite || !CU_add_test(suite, test->name, test->run)) _exit(1);
  CU_basic_set_mode(CU_BRM_SILENT);
  CU_basic_run_tests();
  exit(left_behind ? LEFT_BEHIND : had_it ? FINE : TOO_FEW);
}

/* The exit code, or 128 and the signal. */
static int run_in_child(const struct fixture_test *test, uint64_t nth) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) run_alone(test, nth);
  int state = 0;
  if (child < 0 || waitpid(child, &state, 0) != child) return 1;
  return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

bool sweep_test(const struct fixture_test *test) {
  bool good = true;
  uint64_t nth = 1;
  for (; nth <= MOST; nth++) {
    int code = run_in_child(test, nth);
    if (code == TOO_FEW) break;
    if (code == FINE) continue;
    good = false;
    printf(
        "%s: allocation %llu: %s (%d)\n", test->name, (unsigned long long)nth,
        code == LEFT_BEHIND ? "memory was left behind" : "ended badly", code);
  }
  printf("%s: %llu allocations\n", test->name, (unsigned long long)nth - 1);
  return good;
}
