/* SPDX-License-Identifier: MIT
 * comparison_test.c: how often the comparison of two programs errs, by
 * simulated runs in noise of several kinds; and what it says of numbers that
 * are given. */
#include <lariat/load/comparison.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

#define MOST_PAIRS 512
#define COMPARISONS 4000 /* for false alarms */
#define FEWER 1000       /* for others */

/* ---- Simulated runs ---- */

static double draw_normal(void) {
  double radius = sqrt(-2 * log(1 - drand48()));
  return radius * cos(2 * 3.14159265358979323846 * drand48());
}

/* Noise of a machine: what is added to the logarithm of a run's number. */
struct noise {
  const char *name;
  double normal; /* standard deviation */
  double cauchy; /* scale: no mean, no variance */
  double drift;  /* of each run to the next, a random walk */
  double trend;  /* each run is slower by that than the one before */
  double spike;  /* one run in twenty is slower by a factor of e^this or more */
};

static const struct noise noises[] = {
    {"normal", 0.05, 0, 0, 0, 0},  {"heavy tails", 0, 0.1, 0, 0, 0},
    {"drift", 0.02, 0, 0.2, 0, 0}, {"trend", 0.001, 0, 0, 0.02, 0},
    {"spikes", 0.02, 0, 0, 0, 1},  {"all of it", 0.3, 0.05, 0.1, 0.01, 2},
};

struct machine {
  const struct noise *noise;
  double level;
};

/* Returns the number of the machine's next run, whose true one is 10. */
static double run_once(struct machine *machine) {
  const struct noise *noise = machine->noise;
  machine->level += noise->trend + noise->drift * draw_normal();
  double log_of = machine->level + noise->normal * draw_normal();
  if (noise->cauchy > 0)
    log_of +=
        noise->cauchy * fmax(-300, fmin(300, tan(3.14159 * (drand48() - 0.5))));
  if (noise->spike > 0 && drand48() < 0.05)
    log_of += noise->spike - log(1 - drand48());
  return 10 * exp(log_of);
}

/* Runs the pairs in drawn orders; B's true number is `factor` times A's. */
static void run_pairs(const struct noise *noise, uint64_t seed, double factor,
                      size_t pairs, double *a, double *b) {
  struct machine machine = {noise, 0};
  bool b_first[MOST_PAIRS];
  lariat_load_draw_orders(seed, pairs, b_first);
  for (size_t i = 0; i < pairs; i++) {
    double first = run_once(&machine);
    double second = run_once(&machine);
    a[i] = b_first[i] ? second : first;
    b[i] = factor * (b_first[i] ? first : second);
  }
}

/* How often each answer was given. */
struct tally {
  unsigned answers[4];
  unsigned covered; /* the interval had the true factor */
};

static struct tally simulate(const struct noise *noise, double factor,
                             double margin, size_t pairs, unsigned times,
                             size_t draws) {
  struct tally tally = {{0}, 0};
  srand48(17); /* whatever ran before */
  for (unsigned i = 0; i < times; i++) {
    double a[MOST_PAIRS];
    double b[MOST_PAIRS];
    run_pairs(noise, i, factor, pairs, a, b);
    lariat_load_quantity quantity = {.a = a, .b = b, .margin = margin};
    lariat_load_compare_options options = {
        .size = sizeof(options), .draws = draws, .seed = i};
    lariat_load_comparison result;
    CU_ASSERT_EQUAL(
        lariat_load_compare(&quantity, 1, pairs, &options, &result, NULL),
        LARIAT_OK);
    tally.answers[result.answer]++;
    if (result.low <= factor && factor <= result.high) tally.covered++;
  }
  return tally;
}

static unsigned alarms(const struct tally *tally) {
  return tally->answers[LARIAT_LOAD_BETTER] + tally->answers[LARIAT_LOAD_WORSE];
}

/* ---- How often it errs ---- */

static void check_alarms(const struct noise *noise, size_t pairs,
                         unsigned times) {
  struct tally tally = simulate(noise, 1, 0, pairs, times, 256);
  double share = alarms(&tally) / (double)times;
  if (share > 0.07 || share < 0.02)
    fixture_fail("%s, %zu pairs: %g false alarms", noise->name, pairs, share);
}

/* Of 4,000 comparisons of A with itself no more than 7 % are alarms, and, as a
 * test that says nothing would do as well, about as many as the signs allow: 2
 * of 64 with 6 pairs, 12 of 256 with 8, and 5 % when they are drawn. */
static void test_false_alarms(void) {
  for (size_t n = 0; n < FIXTURE_COUNT(noises); n++) {
    check_alarms(&noises[n], 6, COMPARISONS);
    check_alarms(&noises[n], 8, COMPARISONS);
    check_alarms(&noises[n], 20, COMPARISONS / 4);
  }
}

/* With the margin that users have there are fewer. */
static void test_margin(void) {
  for (size_t n = 0; n < FIXTURE_COUNT(noises); n++) {
    struct tally bare = simulate(&noises[n], 1, 0, 8, FEWER, 0);
    struct tally tally = simulate(&noises[n], 1, 0.03, 8, FEWER, 0);
    CU_ASSERT(alarms(&tally) <= alarms(&bare));
    CU_ASSERT(alarms(&tally) <= FEWER * 7 / 100);
  }
}

/* A real difference of 10 % is within the interval in 95 % of the cases. */
static void test_coverage(void) {
  for (size_t n = 0; n < FIXTURE_COUNT(noises); n++) {
    struct tally tally = simulate(&noises[n], 1.1, 0.03, 8, FEWER, 0);
    if (tally.covered < FEWER * 93 / 100)
      fixture_fail("%s: covered %u times", noises[n].name, tally.covered);
  }
}

/* What is 10 % slower is never called the same, or better. */
static void test_never_same(void) {
  for (size_t n = 0; n < FIXTURE_COUNT(noises); n++)
    for (size_t pairs = 7; pairs <= 20; pairs += 13) {
      unsigned times = pairs > 7 ? FEWER / 8 : FEWER;
      struct tally tally = simulate(&noises[n], 1.1, 0.03, pairs, times, 256);
      CU_ASSERT(tally.answers[LARIAT_LOAD_SAME] <= times / 100);
      CU_ASSERT(tally.answers[LARIAT_LOAD_BETTER] <= times * 3 / 100);
    }
}

/* At the margin itself the answer SAME is as seldom. */
static void test_at_margin(void) {
  for (size_t n = 0; n < FIXTURE_COUNT(noises); n++) {
    struct tally tally = simulate(&noises[n], 1.03, 0.03, 7, FEWER, 0);
    if (tally.answers[LARIAT_LOAD_SAME] > FEWER * 15 / 1000)
      fixture_fail("%s: the same %u times", noises[n].name,
                   tally.answers[LARIAT_LOAD_SAME]);
  }
}

/* ---- What it finds ---- */

/* Pairs of a quiet machine, whose runs differ by 3 % and now and then by more:
 * 8 are enough to find 10 %, and to say that the same is the same. */
static void test_power(void) {
  static const struct noise quiet = {"quiet", 0.03, 0, 0.01, 0.001, 0};
  static const struct noise still = {"still", 0.008, 0, 0.002, 0.0005, 0};
  struct tally tally = simulate(&quiet, 1.1, 0.03, 8, FEWER, 0);
  CU_ASSERT(tally.answers[LARIAT_LOAD_WORSE] >= FEWER * 8 / 10);
  tally = simulate(&quiet, 1 / 1.1, 0.03, 8, FEWER, 0);
  CU_ASSERT(tally.answers[LARIAT_LOAD_BETTER] >= FEWER * 8 / 10);
  tally = simulate(&still, 1, 0.03, 8, FEWER, 0);
  CU_ASSERT(tally.answers[LARIAT_LOAD_SAME] >= FEWER * 8 / 10);
}

/* The noise between neighbours that was measured on a busy machine (a standard
 * deviation of 0.46 of the logarithm between two runs): 8 pairs do not find
 * 10 %, and say how many would. */
static void test_busy(void) {
  static const struct noise busy = {"busy", 0.46 / 1.4142, 0, 0, 0, 0};
  struct tally tally = simulate(&busy, 1.1, 0.03, 8, FEWER, 0);
  CU_ASSERT(tally.answers[LARIAT_LOAD_WORSE] < FEWER / 5);
  CU_ASSERT(tally.answers[LARIAT_LOAD_UNDECIDED] > FEWER * 8 / 10);
  tally = simulate(&busy, 1.1, 0.03, 450, 100, 1000);
  CU_ASSERT(tally.answers[LARIAT_LOAD_WORSE] >= 80);
  tally = simulate(&busy, 1.5, 0.03, 24, 500, 1000);
  CU_ASSERT(tally.answers[LARIAT_LOAD_WORSE] >= 400);
}

/* As many pairs as a first comparison says decide four of five. */
static void test_needed(void) {
  static const struct noise noise = {"", 0.1, 0, 0, 0, 0};
  double a[MOST_PAIRS];
  double b[MOST_PAIRS];
  double needed[101];
  srand48(18);
  for (uint64_t i = 0; i < 101; i++) {
    lariat_load_quantity quantity = {.a = a, .b = b, .margin = 0.03};
    lariat_load_comparison result;
    run_pairs(&noise, i, 1.1, 12, a, b);
    CU_ASSERT_EQUAL(lariat_load_compare(&quantity, 1, 12, NULL, &result, NULL),
                    LARIAT_OK);
    needed[i] = result.pairs_needed ? (double)result.pairs_needed : 1e6;
  }
  size_t middle = 0; /* the median */
  for (size_t i = 0; i < 101; i++) {
    unsigned less = 0;
    for (size_t k = 0; k < 101; k++)
      less += needed[k] < needed[i] || (needed[k] <= needed[i] && k < i);
    if (less == 50) middle = (size_t)needed[i];
  }
  CU_ASSERT(middle > 12 && middle < 100);
  struct tally tally = simulate(&noise, 1.1, 0.03, middle, 400, 1000);
  if (tally.answers[LARIAT_LOAD_WORSE] < 240)
    fixture_fail("%zu pairs find %u of 400", middle,
                 tally.answers[LARIAT_LOAD_WORSE]);
}

/* Of three quantities at once no more are false than of one. */
static void test_many_quantities(void) {
  unsigned false_alarms = 0;
  srand48(19);
  for (unsigned i = 0; i < COMPARISONS; i++) {
    double numbers[3][2][8];
    lariat_load_quantity quantities[3] = {{0}};
    lariat_load_comparison results[3];
    for (size_t q = 0; q < 3; q++) {
      run_pairs(&noises[1], i * 3 + q, 1, 8, numbers[q][0], numbers[q][1]);
      quantities[q].a = numbers[q][0];
      quantities[q].b = numbers[q][1];
    }
    CU_ASSERT_EQUAL(lariat_load_compare(quantities, 3, 8, NULL, results, NULL),
                    LARIAT_OK);
    bool any = false;
    for (size_t q = 0; q < 3; q++)
      any = any || results[q].answer != LARIAT_LOAD_UNDECIDED;
    false_alarms += any;
  }
  CU_ASSERT(false_alarms <= COMPARISONS * 7 / 100 &&
            false_alarms >= COMPARISONS / 100);
}

/* ---- What it says of given numbers ---- */

static const double eight[] = {100, 101, 99, 100, 102, 98, 100, 100};
static const double slower[] = {120, 122, 119, 121, 120, 118, 121, 119};

static lariat_load_comparison compare(const double *a, const double *b,
                                      size_t pairs, lariat_load_scale scale,
                                      bool higher_is_better, double margin) {
  lariat_load_quantity quantity = {a, b, scale, higher_is_better, margin};
  lariat_load_comparison result = {0};
  CU_ASSERT_EQUAL(lariat_load_compare(&quantity, 1, pairs, NULL, &result, NULL),
                  LARIAT_OK);
  return result;
}

static void test_answers(void) {
  lariat_load_comparison result =
      compare(eight, slower, 8, LARIAT_LOAD_RATIO, false, 0.03);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_WORSE);
  CU_ASSERT(result.exact && result.pairs_needed == 8);
  CU_ASSERT_DOUBLE_EQUAL(result.estimate, 1.2, 0.01);
  CU_ASSERT(result.low > 1.15 && result.low < 1.2);
  CU_ASSERT(result.high < 1.25 && result.high > 1.2);
  CU_ASSERT_DOUBLE_EQUAL(result.p_equal, 2.0 / 256, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(result.p_within, 2.0 / 256, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(result.p_beyond, 1, 1e-12);
  result = compare(eight, slower, 8, LARIAT_LOAD_RATIO, true, 0.03);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_BETTER);
  result = compare(slower, eight, 8, LARIAT_LOAD_RATIO, false, 0.03);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_BETTER);
  CU_ASSERT_DOUBLE_EQUAL(result.estimate, 1 / 1.2, 0.01);
  result = compare(slower, eight, 8, LARIAT_LOAD_RATIO, true, 0.03);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_WORSE);
  result = compare(eight, slower, 8, LARIAT_LOAD_RATIO, false, 0.25);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_SAME);
  result = compare(eight, slower, 8, LARIAT_LOAD_RATIO, false, 0.2);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_UNDECIDED);
}

/* Differences may be 0, and have the unit of the numbers. */
static void test_difference(void) {
  static const double none[8] = {0};
  static const double some[] = {5, 6, 7, 5, 6, 7, 5, 7};
  lariat_load_comparison result =
      compare(none, some, 8, LARIAT_LOAD_DIFFERENCE, false, 4);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_WORSE);
  CU_ASSERT_DOUBLE_EQUAL(result.estimate, 6, 1e-9);
  result = compare(none, some, 8, LARIAT_LOAD_DIFFERENCE, false, 8);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_SAME);
  result = compare(some, none, 8, LARIAT_LOAD_DIFFERENCE, false, 4);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_BETTER);
  CU_ASSERT_DOUBLE_EQUAL(result.estimate, -6, 1e-9);
  result = compare(none, none, 8, LARIAT_LOAD_DIFFERENCE, false, 1);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_SAME);
  result = compare(none, none, 8, LARIAT_LOAD_DIFFERENCE, false, 0);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_UNDECIDED);
  CU_ASSERT_DOUBLE_EQUAL(result.p_equal, 1, 1e-12);
}

/* With 5 pairs no difference is certain, however large. */
static void test_few(void) {
  lariat_load_comparison result =
      compare(eight, slower, 5, LARIAT_LOAD_RATIO, false, 0.03);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_UNDECIDED);
  CU_ASSERT(result.pairs_needed == 8 && isinf(result.high));
  CU_ASSERT_DOUBLE_EQUAL(result.low, 0, 0);
  CU_ASSERT_DOUBLE_EQUAL(result.estimate, 1.2, 0.01);
  result = compare(eight, slower, 5, LARIAT_LOAD_DIFFERENCE, false, 3);
  CU_ASSERT(isinf(result.low) && result.low < 0);
  result = compare(eight, slower, 6, LARIAT_LOAD_RATIO, false, 0.03);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_WORSE);
  result = compare(eight, eight, 6, LARIAT_LOAD_RATIO, false, 0.03);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_UNDECIDED);
  result = compare(eight, eight, 7, LARIAT_LOAD_RATIO, false, 0.03);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_SAME);
}

static void test_levels(void) {
  lariat_load_quantity quantity = {.a = eight, .b = slower, .margin = 0.03};
  lariat_load_compare_options options = {.size = sizeof(options)};
  lariat_load_comparison result;
  options.level = 0.005; /* less than 2 in 256 */
  CU_ASSERT_EQUAL(lariat_load_compare(&quantity, 1, 8, &options, &result, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_UNDECIDED);
  options.level = 2.0 / 256;
  CU_ASSERT_EQUAL(lariat_load_compare(&quantity, 1, 8, &options, &result, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_WORSE);
  options.level = 0;
  quantity.margin = 0.25;
  options.same_level = 0.003; /* less than 1 in 256 */
  CU_ASSERT_EQUAL(lariat_load_compare(&quantity, 1, 8, &options, &result, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(result.answer, LARIAT_LOAD_UNDECIDED);
}

/* Half of the orders, more or less, and the seed decides. */
static void test_orders(void) {
  bool first[1000];
  bool again[1000];
  unsigned sum = 0;
  unsigned changes = 0;
  lariat_load_draw_orders(7, 1000, first);
  lariat_load_draw_orders(7, 1000, again);
  CU_ASSERT_EQUAL(memcmp(first, again, sizeof(first)), 0);
  for (size_t i = 0; i < 1000; i++) {
    sum += first[i];
    changes += i && first[i] != first[i - 1];
  }
  CU_ASSERT(sum > 420 && sum < 580 && changes > 420 && changes < 580);
  lariat_load_draw_orders(8, 1000, again);
  CU_ASSERT_NOT_EQUAL(memcmp(first, again, sizeof(first)), 0);
}

static void refuse(const lariat_load_quantity *quantity, size_t count,
                   size_t pairs, const lariat_load_compare_options *options,
                   const char *message) {
  lariat_load_comparison result;
  lariat_load_error error = {0};
  CU_ASSERT_EQUAL(
      lariat_load_compare(quantity, count, pairs, options, &result, &error),
      LARIAT_EINVAL);
  if (strcmp(error.message, message) != 0)
    fixture_fail("%s; not: %s", error.message, message);
}

static void test_refused(void) {
  static const double bad[] = {1, 1, 0, (double)INFINITY};
  lariat_load_quantity quantity = {.a = eight, .b = bad};
  lariat_load_compare_options options = {0};
  refuse(&quantity, 0, 2, NULL, "no quantity");
  refuse(&quantity, 1, 0, NULL, "no pair");
  refuse(&quantity, 1, LARIAT_LOAD_MOST_PAIRS + 1, NULL,
         "more than 4096 pairs");
  refuse(&quantity, 1, 3, NULL, "quantity 0, pair 2: 0 of B");
  quantity.scale = LARIAT_LOAD_DIFFERENCE;
  refuse(&quantity, 1, 4, NULL, "quantity 0, pair 3: inf of B");
  quantity.scale = (lariat_load_scale)2;
  refuse(&quantity, 1, 2, NULL, "quantity 0: no such scale");
  quantity.scale = LARIAT_LOAD_RATIO;
  quantity.margin = (double)NAN;
  refuse(&quantity, 1, 2, NULL,
         "quantity 0: a margin below 0 or without an end");
  quantity.margin = 0;
  refuse(&quantity, 1, 2, &options, "options without their size");
  options.size = sizeof(options);
  options.draws = 10000001;
  refuse(&quantity, 1, 2, &options, "more than 10000000 draws");
  options.draws = 0;
  options.level = 1;
  refuse(&quantity, 1, 2, &options, "a level that is not from 0 to below 1");
  CU_ASSERT_STRING_EQUAL(lariat_load_answer_name(LARIAT_LOAD_SAME), "same");
  CU_ASSERT_STRING_EQUAL(lariat_load_answer_name((lariat_load_answer)4),
                         "unknown");
}

/* ---- Groups ---- */

/* Draws runs of a machine that stays as it is: what groups are tested under. */
static lariat_load_comparison compare_groups(double factor, uint64_t seed) {
  const struct noise steady = {.name = "steady", .normal = 0.05};
  struct machine machine = {&steady, 0};
  double a[8];
  double b[12];
  for (size_t i = 0; i < 8; i++) a[i] = run_once(&machine);
  for (size_t i = 0; i < 12; i++) b[i] = factor * run_once(&machine);
  lariat_load_quantity quantity = {.a = a, .b = b, .margin = 0};
  lariat_load_compare_options options = {
      .size = sizeof(options), .draws = 2000, .seed = seed};
  lariat_load_comparison result;
  CU_ASSERT_EQUAL(lariat_load_compare_unpaired(&quantity, 1, 8, 12, &options,
                                               &result, NULL),
                  LARIAT_OK);
  return result;
}

static void test_unpaired(void) {
  unsigned false_alarms = 0;
  unsigned found = 0;
  unsigned covered = 0;
  srand48(17);
  for (unsigned i = 0; i < FEWER; i++) {
    lariat_load_comparison same = compare_groups(1, i);
    lariat_load_comparison longer = compare_groups(1.1, i);
    false_alarms += same.answer != LARIAT_LOAD_UNDECIDED;
    found += longer.answer == LARIAT_LOAD_WORSE;
    covered += longer.low <= 1.1 && longer.high >= 1.1;
  }
  CU_ASSERT(false_alarms >= FEWER / 50 && false_alarms <= FEWER * 7 / 100);
  CU_ASSERT(found > FEWER * 8 / 10);
  CU_ASSERT(covered > FEWER * 92 / 100);
}

static void test_unpaired_refused(void) {
  static const double bad[] = {1, 1, 0};
  lariat_load_quantity quantity = {.a = eight, .b = bad};
  lariat_load_comparison result;
  lariat_load_error error = {0};
  CU_ASSERT_EQUAL(
      lariat_load_compare_unpaired(&quantity, 1, 8, 3, NULL, &result, &error),
      LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(error.message, "quantity 0, run 2: 0 of B");
  CU_ASSERT_EQUAL(
      lariat_load_compare_unpaired(&quantity, 1, 0, 3, NULL, &result, &error),
      LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(error.message, "no run");
  CU_ASSERT_EQUAL(lariat_load_compare_unpaired(&quantity, 1, 2049, 3, NULL,
                                               &result, &error),
                  LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(error.message, "more than 2048 runs");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"false alarms are as few as stated, in any noise", test_false_alarms},
      {"a margin makes them fewer", test_margin},
      {"the interval has the true value", test_coverage},
      {"10 % slower is never the same", test_never_same},
      {"at the margin it is seldom the same", test_at_margin},
      {"on a quiet machine 8 pairs find 10 %", test_power},
      {"on a busy machine they do not", test_busy},
      {"the number of pairs that are needed", test_needed},
      {"many quantities at once", test_many_quantities},
      {"answers", test_answers},
      {"differences", test_difference},
      {"too few pairs", test_few},
      {"levels", test_levels},
      {"orders are drawn", test_orders},
      {"what makes no sense is refused", test_refused},
      {"groups in no pairs", test_unpaired},
      {"groups that are refused", test_unpaired_refused},
  };
  return fixture_main("comparison", tests, FIXTURE_COUNT(tests), argc, argv);
}
