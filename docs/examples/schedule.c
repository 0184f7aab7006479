/* SPDX-License-Identifier: MIT
 * schedule.c: when the requests of an open load test are due.  Prints the first
 * ones of a part, and how many the whole plan asks for in each second.
 * usage: schedule STAGES [K/N [SEED]]     (a SEED: a Poisson process) */
#include <lariat/load/arrivals.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)

/* Reads the plan.  False: it makes no sense, and `error` says why. */
static bool read_plan(int argc, char **argv, lariat_load_stage *stages,
                      lariat_load_arrivals_options *options,
                      lariat_load_error *error) {
  if (lariat_load_stages_parse(argv[1], strlen(argv[1]), stages,
                               LARIAT_LOAD_MOST_STAGES, &options->stage_count,
                               error) != LARIAT_OK)
    return false;
  if (argc > 2 && lariat_load_part_parse(argv[2], strlen(argv[2]),
                                         &options->part, error) != LARIAT_OK)
    return false;
  if (argc > 3) {
    options->process = LARIAT_LOAD_POISSON;
    options->seed = strtoull(argv[3], NULL, 10);
  }
  return true;
}

static void print_first(lariat_load_arrivals *arrivals) {
  lariat_load_arrival arrival;
  for (int i = 0; i < 4 && lariat_load_arrivals_next(arrivals, &arrival); i++)
    printf("request %" PRIu64 " at %" PRIu64 " ns\n", arrival.index,
           arrival.at_ns);
}

static void print_seconds(const lariat_load_arrivals *arrivals) {
  uint64_t end_ns = lariat_load_arrivals_duration_ns(arrivals);
  double before = 0;
  for (uint64_t at_ns = 0; at_ns < end_ns;) {
    at_ns = end_ns - at_ns > SECOND_NS ? at_ns + SECOND_NS : end_ns;
    double after = lariat_load_arrivals_mean_before(arrivals, at_ns);
    printf("%g ", after - before);
    before = after;
  }
  printf("= %" PRIu64 "\n", lariat_load_arrivals_total(arrivals));
}

int main(int argc, char **argv) {
  lariat_load_stage stages[LARIAT_LOAD_MOST_STAGES];
  lariat_load_arrivals_options options = {.size = sizeof(options),
                                          .stages = stages};
  lariat_load_error error = {0};
  lariat_load_arrivals *arrivals = NULL;
  if (argc < 2 || !read_plan(argc, argv, stages, &options, &error) ||
      lariat_load_arrivals_new(&options, &arrivals, &error) != LARIAT_OK) {
    fprintf(stderr, "schedule: %s\n", argc < 2 ? "no stages" : error.message);
    return 2;
  }
  print_first(arrivals);
  print_seconds(arrivals);
  lariat_load_arrivals_free(arrivals);
  return 0;
}
