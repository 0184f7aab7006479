/* SPDX-License-Identifier: MIT
 * fixture.h: what every unit test runs in.  It lends the test a
 * reactor, real or virtual time and a counting allocator, and when the test is
 * over it fails the test for whatever was left behind: memory, descriptors,
 * threads, timers, coroutines, reports of unhandled failures.
 *
 *   static void test_something(void) {
 *     struct fixture f;
 *     fixture_open(&f, FIXTURE_MANUAL_CLOCK);
 *     ... use f.reactor; CU_ASSERT(...) ...
 *     fixture_advance(&f, 250);
 *     fixture_close(&f);
 *   }
 *
 *   int main(int argc, char **argv) {
 *     static const struct fixture_test tests[] = {
 *         {"something happens", test_something},
 *     };
 *     return fixture_main("noun", tests, FIXTURE_COUNT(tests), argc, argv);
 *   }
 *
 * CUnit's assertions are not thread-safe: they and every function here belong
 * on the test's main thread, unless the comment says otherwise.  One fixture
 * is open at a time. */
#ifndef TESTS_SUPPORT_FIXTURE_H
#define TESTS_SUPPORT_FIXTURE_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"
#include <lariat/clock.h>
#include <lariat/reactor.h>
#include <lariat/testing.h>

#define FIXTURE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* How many descriptors of the start are remembered one by one. */
#define FIXTURE_FDS 4096

enum {
  FIXTURE_PLAIN = 0,
  FIXTURE_MANUAL_CLOCK = 1, /* time moves by fixture_advance only */
  FIXTURE_NO_REACTOR = 2    /* f.reactor is NULL: the test makes its own */
};

struct fixture {
  lariat_reactor *reactor; /* NULL when closed, or never made */
  lariat_clock clock;      /* what the reactor was given; for others to share */
  lariat_virtual_clock
      *virtual_clock; /* with FIXTURE_MANUAL_CLOCK, else NULL */
  unsigned flags;

  /* What came to the report hook. */
  unsigned reports;
  unsigned reports_expected;
  char last_report[512];

  uint32_t timers_expected;

  /* The rest is fixture.c's own. */
  lr_atomic_u64 blocks;
  lr_atomic_u64 bytes;
  lr_atomic_u64 peak;
  lr_atomic_u64 allocations;
  lr_atomic_u64 fail_first; /* number of the first allocation that fails */
  lr_atomic_u64 fail_last;
  unsigned threads_at_start;
  unsigned char fds_at_start[FIXTURE_FDS / 8];
};

/* Installs the counting allocator, notes descriptors and threads, and makes
 * the reactor (named "test"; its reports come to the fixture).  The manual
 * clock starts at one second. */
void fixture_open(struct fixture *f, unsigned flags);

/* Looks for timers left set and coroutines that have not ended, closes the
 * reactor, looks for everything else, fails the test with a text for each thing
 * found, and puts malloc back.  Descriptors and threads get some seconds to
 * go away. */
void fixture_close(struct fixture *f);

/* Closes the reactor early, waiting `wait_ms` at the most for what is in
 * flight; f->reactor is NULL afterwards. */
void fixture_close_reactor(struct fixture *f, unsigned wait_ms);

/* The test expects exactly `count` reports in all (default 0). */
void fixture_expect_reports(struct fixture *f, unsigned count);

/* The test expects exactly `count` timers to be set at its end (default 0). */
void fixture_expect_timers(struct fixture *f, uint32_t count);

/* Moves the manual clock forward and runs turns until the reactor has nothing
 * more to do at that time (at most 1000 turns). */
void fixture_advance(struct fixture *f, uint64_t ms);

/* Runs `count` turns that do not wait. */
void fixture_turns(struct fixture *f, unsigned count);

/* Runs turns that do not wait until no call, mail or due timer is pending (at
 * most 1000). */
void fixture_settle(struct fixture *f);

/* Runs turns until `done` says true, and returns what it said last.  `ms` is
 * more than that takes on a machine that does nothing else; as others may have
 * it, ten times as much real time goes by before this returns false.  For what
 * must come; for tests with other threads or real sockets. */
bool fixture_run_until(struct fixture *f, bool (*done)(void *context),
                       void *context, unsigned ms);

/* Runs turns for `ms` of real time.  For what must not come meanwhile. */
void fixture_run_for(struct fixture *f, unsigned ms);

/* Makes the `nth` allocation from now on fail (1: the next one), only that
 * one; 0 makes none fail.  The allocator counts over all threads. */
void fixture_fail_allocation(struct fixture *f, uint64_t nth);

/* Makes so many of them fail, from the `nth` from now on. */
void fixture_fail_allocations(struct fixture *f, uint64_t nth, uint64_t count);

/* Makes the `nth` from now on and all after it fail, until
 * fixture_fail_allocation(f, 0). */
void fixture_fail_allocations_from(struct fixture *f, uint64_t nth);

/* Allocations asked for so far (those that failed too), live blocks and live
 * bytes.  Any thread. */
uint64_t fixture_allocations(const struct fixture *f);
uint64_t fixture_live_blocks(const struct fixture *f);
uint64_t fixture_live_bytes(const struct fixture *f);

/* The most live bytes since the fixture was opened, or since the last restart.
 * Any thread. */
void fixture_peak_restart(struct fixture *f);
uint64_t fixture_peak_bytes(const struct fixture *f);

/* CLOCK_MONOTONIC in milliseconds, whatever clock the fixture has.  Any
 * thread. */
uint64_t fixture_real_ms(void);

/* Runs `run` in a forked child with standard error thrown away; true when the
 * child died of abort(), as misuse does with checks on.  `run` must make its
 * own reactor. */
bool fixture_aborts(void (*run)(void *context), void *context);

/* The same; true when it said just `message` besides.  False fails the test,
 * too, with what happened instead. */
bool fixture_aborts_saying(void (*run)(void *context), void *context,
                           const char *message);

/* Fails the running test with this text; the test goes on.  For support code
 * that finds a fault. */
void fixture_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

struct fixture_test {
  const char *name;
  void (*run)(void);
};

/* Registers `tests` under `suite`, runs them in CUnit's basic mode and returns
 * what main should: 0, or 1 when an assertion failed or nothing ran.  With
 * arguments only the tests whose names contain one of them run; the checks
 * (lariat_set_checks) are on, unless LARIAT_TEST_QUICK is in the environment:
 * then everything goes the short ways that it does in a program. */
int fixture_main(const char *suite, const struct fixture_test *tests,
                 size_t count, int argc, char **argv);

#endif
