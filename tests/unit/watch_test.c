/* SPDX-License-Identifier: MIT
 * labels: threads
 * watch_test.c: what is seen between two looks, and a process that is stopped.
 */
#include "load/watch.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/fixture.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define START (7 * SECOND)

static const lr_load_look first = {START + SECOND, 1000, 50 * MS, 10 * MS};

/* ---- Two looks ---- */

static lr_load_surroundings compare(uint64_t elapsed_ns, uint64_t wait_ns,
                                    uint64_t cpu_ns, int64_t step_ns) {
  lr_load_surroundings seen = {0};
  lr_load_look now = {first.monotonic_ns + elapsed_ns,
                      first.offset_ns + step_ns, first.wait_ns + wait_ns,
                      first.cpu_ns + cpu_ns};
  lr_load_watch_compare(&first, &now, 20 * MS, START, &seen);
  return seen;
}

static void test_gaps(void) {
  CU_ASSERT_EQUAL(compare(20 * MS, 0, 0, 0).gap_ns, 0);
  CU_ASSERT_EQUAL(compare(3 * MS, 0, 0, 0).gap_ns, 0);
  lr_load_surroundings seen = compare(320 * MS, 0, 0, 0);
  CU_ASSERT_EQUAL(seen.gap_ns, 300 * MS);
  CU_ASSERT_EQUAL(seen.gap_at_ns, SECOND);
  /* Who waits for a CPU, or computes, does not stand still. */
  CU_ASSERT_EQUAL(compare(320 * MS, 290 * MS, 4 * MS, 0).gap_ns, 6 * MS);
  CU_ASSERT_EQUAL(compare(320 * MS, 310 * MS, 0, 0).gap_ns, 0);
}

static void test_steps(void) {
  CU_ASSERT_EQUAL(compare(20 * MS, 0, 0, 0).clock_step_ns, 0);
  CU_ASSERT_EQUAL(compare(20 * MS, 0, 0, 90000).clock_step_ns, 0);
  CU_ASSERT_EQUAL(compare(20 * MS, 0, 0, -90000).clock_step_ns, 0);
  CU_ASSERT_EQUAL(compare(20 * MS, 0, 0, -(int64_t)(3 * MS)).clock_step_ns,
                  -(int64_t)(3 * MS));
  CU_ASSERT_EQUAL(compare(20 * MS, 0, 0, (int64_t)SECOND).clock_step_ns,
                  (int64_t)SECOND);
  /* A clock that is slewed goes up to 500 us a second faster. */
  CU_ASSERT_EQUAL(compare(SECOND, SECOND, 0, 500000).clock_step_ns, 0);
  CU_ASSERT_EQUAL(compare(SECOND, SECOND, 0, 700000).clock_step_ns, 700000);
}

/* The largest ones of many looks stay. */
static void test_largest(void) {
  lr_load_surroundings seen = {0};
  lr_load_look looks[4] = {first, first, first, first};
  looks[1].monotonic_ns += 120 * MS;
  looks[1].offset_ns -= (int64_t)SECOND;
  looks[2].monotonic_ns = looks[1].monotonic_ns + 60 * MS;
  looks[3].monotonic_ns = looks[2].monotonic_ns + 20 * MS;
  for (size_t i = 1; i < 4; i++)
    lr_load_watch_compare(&looks[i - 1], &looks[i], 20 * MS, START, &seen);
  CU_ASSERT_EQUAL(seen.gap_ns, 100 * MS);
  CU_ASSERT_EQUAL(seen.clock_step_ns, -(int64_t)SECOND);
}

/* ---- A process ---- */

static lariat_load_result *make_result(void) {
  static const char *const names[] = {""};
  lariat_load_run_facts facts = {0};
  lariat_load_result *result;
  CU_ASSERT_EQUAL_FATAL(lr_load_result_new(&facts, names, 1, 1, &result),
                        LARIAT_OK);
  return result;
}

static void test_started_and_ended(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make_result();
  lr_load_watch *watch;
  CU_ASSERT_EQUAL_FATAL(lr_load_watch_start(&watch), LARIAT_OK);
  lr_load_watch_end(watch, result);
  CU_ASSERT_EQUAL(result->surroundings.clock_step_ns, 0);
  CU_ASSERT_EQUAL_FATAL(lr_load_watch_start(&watch), LARIAT_OK);
  lr_load_watch_end(watch, NULL);
  lr_load_watch_end(NULL, result);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lr_load_watch_start(&watch), LARIAT_ENOMEM);
  CU_ASSERT_PTR_NULL(watch);
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void sleep_ms(long ms) {
  struct timespec time = {0, ms * 1000000};
  nanosleep(&time, NULL);
}

/* Watches itself in a child process: tells that it has begun, waits until it is
 * told to end, and exits with 0 if it saw that it stood still for at least
 * 200 ms. */
static void watch_in_child(int to_parent, int from_parent) {
  lr_load_watch *watch;
  lariat_load_result result = {0};
  char byte = 'b';
  if (lr_load_watch_start(&watch) != LARIAT_OK) _exit(2);
  sleep_ms(50);
  if (write(to_parent, &byte, 1) != 1) _exit(3);
  if (read(from_parent, &byte, 1) != 1) _exit(4);
  lr_load_watch_end(watch, &result);
  _exit(result.surroundings.gap_ns >= 200 * MS ? 0 : 1);
}

static int run_child(void) {
  int up[2];
  int down[2];
  int status = 0;
  char byte;
  CU_ASSERT_EQUAL_FATAL(pipe(up) | pipe(down), 0);
  pid_t child = fork();
  if (child == 0) watch_in_child(up[1], down[0]);
  CU_ASSERT_EQUAL(read(up[0], &byte, 1), 1);
  kill(child, SIGSTOP);
  waitpid(child, &status, WUNTRACED);
  sleep_ms(300);
  kill(child, SIGCONT);
  CU_ASSERT_EQUAL(write(down[1], "e", 1), 1);
  waitpid(child, &status, 0);
  close(up[0]);
  close(up[1]);
  close(down[0]);
  close(down[1]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* However busy the machine is, 300 ms without the process are at least as long
 * as that. */
static void test_stopped(void) { CU_ASSERT_EQUAL(run_child(), 0); }

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"gaps", test_gaps},
      {"steps of the clock", test_steps},
      {"the largest", test_largest},
      {"start and end", test_started_and_ended},
      {"a process that is stopped", test_stopped},
  };
  return fixture_main("watch", tests, FIXTURE_COUNT(tests), argc, argv);
}
