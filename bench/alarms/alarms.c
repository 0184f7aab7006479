/* SPDX-License-Identifier: MIT
 * bench-alarms: how often the test of `lariat load compare` errs, on blocks
 * that were run: they are paired again and again, in orders drawn anew.
 *
 * usage: bench-alarms FILE [PAIRS [ORDERS [FACTOR]]]
 *
 * A line of FILE is a block, in the order in which they were run: A or B, a
 * tab, and p50, p99 and rate with tabs between.  If all are of A, each window
 * of 2 x PAIRS (8) blocks is split into A and B in ORDERS (20) ways, as if they
 * had been run so; what B has then is multiplied by FACTOR (1; a rate divided).
 * If there are blocks of B, A and B follow each other in pairs; ORDERS times as
 * many comparisons as there are windows are made of pairs that are drawn of
 * all. */
#include <lariat/load/comparison.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { METRICS = 3, PAIRS_MOST = 64, LINE = 256 };

static const char *const names[METRICS] = {"p50", "p99", "rate"};

struct block {
  char side;
  double figures[METRICS];
};

struct blocks {
  struct block *all;
  size_t count;
  bool both; /* of A and B */
};

struct plan {
  size_t pairs;
  size_t orders;
  double factor;
};

/* The numbers of one comparison. */
struct sides {
  double a[METRICS][PAIRS_MOST];
  double b[METRICS][PAIRS_MOST];
};

/* How often each answer was given: of a metric by itself without a tolerance,
 * and as the command gives it, of all three with 3 %. */
struct tally {
  size_t comparisons;
  size_t alone[METRICS][4];
  size_t together[METRICS][4];
  size_t any; /* comparisons with an alarm in any metric */
};

static void fail(const char *what) {
  fprintf(stderr, "bench-alarms: %s\n", what);
  exit(2);
}

/* ---- Blocks ---- */

static void add_block(struct blocks *blocks, const char *line) {
  struct block block;
  if (sscanf(line, "%c\t%lf\t%lf\t%lf", &block.side, &block.figures[0],
             &block.figures[1], &block.figures[2]) != 1 + METRICS)
    fail("a line is no block");
  blocks->all = realloc(blocks->all, (blocks->count + 1) * sizeof *blocks->all);
  if (!blocks->all) fail("out of memory");
  blocks->all[blocks->count++] = block;
  blocks->both = blocks->both || block.side == 'B';
}

static struct blocks read_blocks(const char *name) {
  struct blocks blocks = {NULL, 0, false};
  char line[LINE];
  FILE *file = fopen(name, "r");
  if (!file) fail("the file cannot be read");
  while (fgets(line, sizeof line, file)) add_block(&blocks, line);
  (void)fclose(file);
  return blocks;
}

/* ---- Comparisons ---- */

static void set_pair(struct sides *sides, size_t pair, const struct block *a,
                     const struct block *b, double factor) {
  for (size_t i = 0; i < METRICS; i++) {
    sides->a[i][pair] = a->figures[i];
    sides->b[i][pair] =
        i == METRICS - 1 ? b->figures[i] / factor : b->figures[i] * factor;
  }
}

static bool is_alarm(lariat_load_answer answer) {
  return answer == LARIAT_LOAD_BETTER || answer == LARIAT_LOAD_WORSE;
}

static void compare(struct tally *tally, const struct sides *sides,
                    size_t pairs) {
  lariat_load_quantity quantities[METRICS];
  lariat_load_comparison results[METRICS];
  bool any = false;
  for (size_t i = 0; i < METRICS; i++) {
    quantities[i] =
        (lariat_load_quantity){.a = sides->a[i],
                               .b = sides->b[i],
                               .higher_is_better = i == METRICS - 1};
    if (lariat_load_compare(&quantities[i], 1, pairs, NULL, &results[i],
                            NULL) != LARIAT_OK)
      fail("a comparison failed");
    tally->alone[i][results[i].answer]++;
    quantities[i].margin = 0.03;
  }
  if (lariat_load_compare(quantities, METRICS, pairs, NULL, results, NULL) !=
      LARIAT_OK)
    fail("a comparison failed");
  for (size_t i = 0; i < METRICS; i++) {
    tally->together[i][results[i].answer]++;
    any = any || is_alarm(results[i].answer);
  }
  tally->any += any;
  tally->comparisons++;
}

/* Splits each window of blocks of A, in orders that are drawn. */
static void compare_windows(struct tally *tally, const struct blocks *blocks,
                            const struct plan *plan) {
  uint64_t seed = 1;
  for (size_t at = 0; at + 2 * plan->pairs <= blocks->count;
       at += 2 * plan->pairs)
    for (size_t order = 0; order < plan->orders; order++) {
      bool b_first[PAIRS_MOST];
      struct sides sides;
      lariat_load_draw_orders(seed++, plan->pairs, b_first);
      for (size_t i = 0; i < plan->pairs; i++) {
        const struct block *pair = &blocks->all[at + 2 * i];
        set_pair(&sides, i, pair + b_first[i], pair + !b_first[i],
                 plan->factor);
      }
      compare(tally, &sides, plan->pairs);
    }
}

static const struct block *find_side(const struct block *pair, char side) {
  if (pair[0].side == pair[1].side) fail("two blocks of a pair are alike");
  return pair[0].side == side ? &pair[0] : &pair[1];
}

/* Draws pairs, none twice in a comparison; at first those that follow each
 * other. */
static void compare_drawn(struct tally *tally, const struct blocks *blocks,
                          const struct plan *plan) {
  size_t count = blocks->count / 2;
  size_t *order = calloc(count, sizeof *order);
  if (!order) fail("out of memory");
  srand48(1);
  for (size_t i = 0; i < count; i++) order[i] = i;
  for (size_t n = count / plan->pairs * plan->orders; n; n--) {
    struct sides sides;
    for (size_t i = 0; i < plan->pairs; i++) {
      size_t other = i + (size_t)(drand48() * (double)(count - i));
      size_t chosen = order[other];
      order[other] = order[i];
      order[i] = chosen;
      const struct block *pair = &blocks->all[2 * chosen];
      set_pair(&sides, i, find_side(pair, 'A'), find_side(pair, 'B'),
               plan->factor);
    }
    compare(tally, &sides, plan->pairs);
  }
  free(order);
}

/* ---- The table ---- */

static double share(size_t count, const struct tally *tally) {
  return (double)count / (double)tally->comparisons;
}

static void print_answers(const char *name, const size_t answers[4],
                          const struct tally *tally) {
  printf("%-18s %7.3f %7.3f %7.3f %7.3f\n", name,
         share(answers[LARIAT_LOAD_WORSE], tally),
         share(answers[LARIAT_LOAD_BETTER], tally),
         share(answers[LARIAT_LOAD_SAME], tally),
         share(answers[LARIAT_LOAD_UNDECIDED], tally));
}

static void print_tally(const struct tally *tally, const struct plan *plan) {
  printf("%zu comparisons of %zu pairs, B times %g\n", tally->comparisons,
         plan->pairs, plan->factor);
  printf("%-18s %7s %7s %7s %7s\n", "", "slower", "faster", "same", "unknown");
  for (size_t i = 0; i < METRICS; i++) {
    char name[32];
    (void)snprintf(name, sizeof name, "%s alone, 0 %%", names[i]);
    print_answers(name, tally->alone[i], tally);
  }
  for (size_t i = 0; i < METRICS; i++) {
    char name[32];
    (void)snprintf(name, sizeof name, "%s of three, 3 %%", names[i]);
    print_answers(name, tally->together[i], tally);
  }
  printf("any of three       %7.3f alarms\n", share(tally->any, tally));
}

int main(int argc, char **argv) {
  struct tally tally = {0};
  struct plan plan = {8, 20, 1};
  if (argc < 2) fail("usage: bench-alarms FILE [PAIRS [ORDERS [FACTOR]]]");
  if (argc > 2) plan.pairs = strtoul(argv[2], NULL, 10);
  if (argc > 3) plan.orders = strtoul(argv[3], NULL, 10);
  if (argc > 4) plan.factor = strtod(argv[4], NULL);
  struct blocks blocks = read_blocks(argv[1]);
  if (!plan.pairs || plan.pairs > PAIRS_MOST || !(plan.factor > 0) ||
      blocks.count < 2 * plan.pairs)
    fail("too few blocks, or no such plan");
  if (blocks.both)
    compare_drawn(&tally, &blocks, &plan);
  else
    compare_windows(&tally, &blocks, &plan);
  print_tally(&tally, &plan);
  free(blocks.all);
  return 0;
}
