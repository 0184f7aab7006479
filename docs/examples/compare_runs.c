/* SPDX-License-Identifier: MIT
 * compare_runs.c: compares two programs by a number of each of their runs, as
 * a p99 in ms, where less is better.
 * usage: compare_runs order PAIRS SEED     (which runs first, pair by pair)
 *        compare_runs MARGIN <PAIRS        ("A B" in each line; 0.03 for 3 %)
 */
#include <lariat/load/comparison.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 1000

static int print_order(size_t pairs, uint64_t seed) {
  static bool b_first[MOST];
  if (pairs > MOST) return 2;
  lariat_load_draw_orders(seed, pairs, b_first);
  for (size_t i = 0; i < pairs; i++) puts(b_first[i] ? "B A" : "A B");
  return 0;
}

static int compare(double margin) {
  static double a[MOST];
  static double b[MOST];
  size_t pairs = 0;
  while (pairs < MOST && scanf("%lf %lf", &a[pairs], &b[pairs]) == 2) pairs++;
  lariat_load_quantity quantity = {.a = a, .b = b, .margin = margin};
  lariat_load_comparison result;
  lariat_load_error error;
  if (lariat_load_compare(&quantity, 1, pairs, NULL, &result, &error) !=
      LARIAT_OK) {
    fprintf(stderr, "compare_runs: %s\n", error.message);
    return 2;
  }
  printf("%s: B / A = %.3f, from %.3f to %.3f\n",
         lariat_load_answer_name(result.answer), result.estimate, result.low,
         result.high);
  if (result.answer == LARIAT_LOAD_UNDECIDED)
    printf("about %zu pairs would do\n", result.pairs_needed);
  return result.answer == LARIAT_LOAD_WORSE;
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "order") == 0)
    return print_order(strtoul(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
  if (argc == 2) return compare(strtod(argv[1], NULL));
  fputs("usage: compare_runs order PAIRS SEED | compare_runs MARGIN\n", stderr);
  return 2;
}
