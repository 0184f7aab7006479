/* SPDX-License-Identifier: MIT
 * call_at.c: how late calls run that are due at a steady rate: set for their
 * instants (lariat_reactor_call_at), and set for the next whole millisecond
 * (lariat_reactor_call_later), in runs of the one and the other in turn.
 *
 *   timing-call_at [pairs [calls a second]]
 *
 * Usually 7 pairs, see scale.h, of 20,000 calls a second for a second each.
 * Each time that a call runs, so do all that are due by then, as whoever sends
 * at a rate does it; the lateness of a call is from the instant at which it was
 * due to its own.  Fails where the median of the p50 is over 60 microseconds,
 * or over a fifth of what it is with call_later. */
#include <stdio.h>
#include <stdlib.h>

#include <lariat/histogram.h>

#include "support/fixture.h"
#include "support/scale.h"

enum { USUAL_PAIRS = 7, PAIRS_MAX = 1000, MOST_US = 60 };

#define MOST_SHARE 0.2

static const uint64_t ns_per_s = UINT64_C(1000000000);
static const uint64_t ns_per_ms = UINT64_C(1000000);

static unsigned pairs;
static uint64_t calls_a_second = 20000;

/* One run: `count` calls, of which number i is due i intervals from the start.
 */
struct pacing {
  lariat_reactor *reactor;
  lariat_histogram *lateness;
  uint64_t start_ns;
  uint64_t next; /* the number of the next call */
  uint64_t wakes;
  bool at_instants;
};

struct figures {
  uint64_t p50_ns;
  uint64_t p99_ns;
};

static uint64_t due_ns(const struct pacing *pacing) {
  return pacing->start_ns + pacing->next * ns_per_s / calls_a_second;
}

static void run_due(void *context);

static lariat_status set_next(struct pacing *pacing) {
  uint64_t at_ns = due_ns(pacing);
  if (pacing->at_instants)
    return lariat_reactor_call_at(pacing->reactor, at_ns, run_due, pacing, NULL,
                                  NULL);
  uint64_t now_ns = lariat_reactor_now_ns(pacing->reactor);
  uint64_t left_ns = at_ns > now_ns ? at_ns - now_ns : 0;
  return lariat_reactor_call_later(pacing->reactor,
                                   (left_ns + ns_per_ms - 1) / ns_per_ms,
                                   run_due, pacing, NULL, NULL);
}

static void run_due(void *context) {
  struct pacing *pacing = context;
  pacing->wakes++;
  for (uint64_t now_ns;
       pacing->next < calls_a_second &&
       (now_ns = lariat_reactor_now_ns(pacing->reactor)) >= due_ns(pacing);
       pacing->next++)
    lariat_histogram_record(pacing->lateness, now_ns - due_ns(pacing));
  if (pacing->next == calls_a_second || set_next(pacing) != LARIAT_OK)
    lariat_reactor_stop(pacing->reactor);
}

static struct figures run_pacing(struct fixture *f, bool at_instants) {
  struct pacing pacing = {.reactor = f->reactor, .at_instants = at_instants};
  struct figures figures = {0, 0};
  if (lariat_histogram_new(&pacing.lateness) != LARIAT_OK) return figures;
  pacing.start_ns = lariat_reactor_now_ns(f->reactor) + 10 * ns_per_ms;
  CU_ASSERT_EQUAL(set_next(&pacing), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_run(f->reactor), LARIAT_OK);
  if (lariat_histogram_count(pacing.lateness) != calls_a_second)
    fixture_fail("%ju calls of %ju ran",
                 (uintmax_t)lariat_histogram_count(pacing.lateness),
                 (uintmax_t)calls_a_second);
  figures.p50_ns = lariat_histogram_percentile(pacing.lateness, 50);
  figures.p99_ns = lariat_histogram_percentile(pacing.lateness, 99);
  printf("  %-10s p50 %7.1f us, p99 %8.1f us, most %8.1f us, %ju timers\n",
         at_instants ? "call_at" : "call_later", (double)figures.p50_ns / 1000,
         (double)figures.p99_ns / 1000,
         (double)lariat_histogram_max(pacing.lateness) / 1000,
         (uintmax_t)pacing.wakes);
  lariat_histogram_free(pacing.lateness);
  return figures;
}

static int by_value(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return left < right ? -1 : left > right;
}

static double median(double *values) {
  qsort(values, pairs, sizeof *values, by_value);
  return values[pairs / 2];
}

static void judge(double *p50_ns, double *shares) {
  double middle_ns = median(p50_ns);
  double share = median(shares);
  printf("  call_at    p50 %.1f us (median; at most %d), %.3f of call_later's "
         "(at most %.1f)\n",
         middle_ns / 1000, MOST_US, share, MOST_SHARE);
  if (middle_ns / 1000 > (double)MOST_US)
    fixture_fail("calls at instants were late");
  if (share > MOST_SHARE) fixture_fail("call_at is hardly better");
}

/* Each kind has a reactor of its own, since call_at changes its thread's timer
 * slack until the reactor is closed. */
static void test_all(void) {
  static double p50_ns[PAIRS_MAX], shares[PAIRS_MAX];
  puts("");
  for (unsigned i = 0; i < pairs; i++) {
    struct fixture f;
    fixture_open(&f, FIXTURE_PLAIN);
    struct figures later = run_pacing(&f, false);
    fixture_close(&f);
    fixture_open(&f, FIXTURE_PLAIN);
    struct figures at = run_pacing(&f, true);
    fixture_close(&f);
    p50_ns[i] = (double)at.p50_ns;
    shares[i] = (double)at.p50_ns / (double)later.p50_ns;
  }
  judge(p50_ns, shares);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {{"calls at instants", test_all}};
  pairs = (unsigned)scale_of(USUAL_PAIRS, argc, argv);
  if (pairs > PAIRS_MAX) pairs = PAIRS_MAX;
  if (argc > 2) calls_a_second = strtoull(argv[2], NULL, 10);
  return fixture_main("call_at", tests, 1, 0, NULL);
}
