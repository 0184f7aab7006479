/* SPDX-License-Identifier: MIT
 * load_pairs: is URL B slower than URL A?  Loads them in pairs of short runs,
 * in an order that is drawn, and compares their p99.
 *
 * usage: load_pairs A B [PAIRS [MILLISECONDS]]     (8 pairs of 3,000) */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <lariat/lariat.h>
#include <lariat/load/comparison.h>
#include <lariat/load/requests.h>
#include <lariat/load/result.h>
#include <lariat/load/run.h>
#include <lariat/load/verdict.h>

enum { MOST_PAIRS = 64 };

/* Runs it and gives the p99 in ms; 0: it could not be run. */
static double load(const lariat_load_run_options *options) {
  double p99_ms = 0;
  lariat_load_run *run;
  lariat_load_error error;
  if (lariat_load_run_new(options, &run, &error) != LARIAT_OK) {
    fprintf(stderr, "load_pairs: %s\n", error.message);
    return 0;
  }
  lariat_value end = lariat_await(lariat_load_run_start(run));
  if (!lariat_is_failure(end)) {
    lariat_load_result *result = lariat_load_run_result(run);
    p99_ms =
        (double)lariat_histogram_percentile(
            lariat_load_result_histogram(result, LARIAT_LOAD_RESPONSE), 99) /
        1e6;
    printf("  p99 %.3f ms, %s\n", p99_ms,
           lariat_load_validity_name(
               lariat_load_result_verdict(result)->validity));
  }
  lariat_value_drop(end);
  lariat_load_run_free(run);
  return p99_ms;
}

static double load_url(const char *url, uint64_t duration_ns) {
  lariat_load_requests *requests;
  lariat_load_request request = {.size = sizeof(request), .url = url};
  lariat_load_run_options options = lariat_load_run_defaults();
  lariat_load_error error = {0};
  double p99_ms = 0;
  if (lariat_load_requests_new(&requests) != LARIAT_OK) return 0;
  options.requests = requests;
  options.connections = 10;
  options.duration_ns = duration_ns;
  options.warm_up_ns = duration_ns / 5;
  if (lariat_load_requests_add(requests, &request, &error) == LARIAT_OK)
    p99_ms = load(&options);
  else
    fprintf(stderr, "load_pairs: %s\n", error.message);
  lariat_load_requests_free(requests);
  return p99_ms;
}

static int answer(const double *a, const double *b, size_t pairs) {
  lariat_load_quantity p99 = {.a = a, .b = b, .margin = 0.03};
  lariat_load_comparison found;
  lariat_load_error error;
  if (lariat_load_compare(&p99, 1, pairs, NULL, &found, &error) != LARIAT_OK) {
    fprintf(stderr, "load_pairs: %s\n", error.message);
    return 1;
  }
  printf("%s: B / A = %.3f, from %.3f to %.3f\n",
         lariat_load_answer_name(found.answer), found.estimate, found.low,
         found.high);
  return 0;
}

static lariat_value app(lariat_client *client, int argc, char **argv) {
  static double times[2][MOST_PAIRS];
  static bool b_first[MOST_PAIRS];
  size_t pairs = argc > 3 ? strtoul(argv[3], NULL, 10) : 8;
  uint64_t each_ns = (argc > 4 ? strtoul(argv[4], NULL, 10) : 3000) * 1000000;
  (void)client;
  if (argc < 3 || pairs < 1 || pairs > MOST_PAIRS)
    return lariat_failure_new(LARIAT_EINVAL, "usage: A B [PAIRS [MS]]");
  lariat_load_draw_orders((uint64_t)time(NULL), pairs, b_first);
  for (size_t i = 0; i < pairs; i++)
    for (int turn = 0; turn < 2; turn++) {
      bool of_b = b_first[i] != (turn == 1);
      printf("pair %zu, %s\n", i + 1, of_b ? "B" : "A");
      times[of_b][i] = load_url(argv[1 + of_b], each_ns);
      if (times[of_b][i] <= 0) return lariat_exit(1);
    }
  return lariat_exit(answer(times[0], times[1], pairs));
}

int main(int argc, char **argv) {
  return lariat_react_coroutine(app, argc, argv);
}
