/* SPDX-License-Identifier: MIT
 * deadlines.c: deadlines in each phase, many times, and how late the
 * failures were.  Each must name its phase and leave its slot free; how late
 * it may be is judged against a timer for the same moment.
 *
 *   timing-deadlines [times]
 *
 * Usually 5 times in each phase, see scale.h. */
#include <stdio.h>
#include <stdlib.h>

#include "support/scale.h"
#include "support/slow_phases.h"

enum { USUAL_TIMES = 5, TIMES_MAX = 1000, LEAST_MS = 60, TOO_LATE_US = 10000 };

static unsigned times;
static struct slow_phases_result results[TIMES_MAX];
static struct fetching fetching;

static int by_lateness(const void *a, const void *b) {
  const struct slow_phases_result *left = a;
  const struct slow_phases_result *right = b;
  return left->late_us < right->late_us ? -1 : left->late_us > right->late_us;
}

static void report(lariat_phase phase) {
  unsigned early = 0, over = 0, beyond = 0;
  for (unsigned i = 0; i < times; i++) {
    early += results[i].late_us < 0;
    over += results[i].late_us > TOO_LATE_US;
    beyond += results[i].late_us - results[i].control_us > TOO_LATE_US;
  }
  qsort(results, times, sizeof results[0], by_lateness);
  printf("  %-10s late by %6.2f ms (median), %6.2f ms (most); "
         "%u of %u over 10 ms, %u of them later than the timer by that\n",
         lariat_phase_name(phase), (double)results[times / 2].late_us / 1000,
         (double)results[times - 1].late_us / 1000, over, times, beyond);
  if (early) fixture_fail("%u failures were early", early);
  /* the machine may pass over one thread and not the other, now and then */
  if (beyond > 1 + times / 10)
    fixture_fail("%u of %u failures were late", beyond, times);
}

static void test_all(void) {
  struct slow_phases *slow = slow_phases_open(&fetching);
  puts("");
  for (int phase = LARIAT_PHASE_QUEUE; phase <= LARIAT_PHASE_BODY; phase++) {
    for (unsigned i = 0; i < times; i++)
      results[i] =
          slow_phases_run(slow, (lariat_phase)phase, LEAST_MS + i * 7 % 90);
    report((lariat_phase)phase);
  }
  slow_phases_close(slow);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {{"deadlines", test_all}};
  times = (unsigned)scale_of(USUAL_TIMES, argc, argv);
  if (times > TIMES_MAX) times = TIMES_MAX;
  return fixture_main("deadlines", tests, 1, 0, NULL);
}
