/* SPDX-License-Identifier: MIT
 * load_one_url: loads a URL for a second and prints how long its users waited,
 * and whether that may be believed.  Without a rate ten users ask, each again
 * when it has its answer; with one, requests come whatever the server does.
 *
 * usage: load_one_url URL [REQUESTS_PER_SECOND] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <lariat/lariat.h>
#include <lariat/load/requests.h>
#include <lariat/load/result.h>
#include <lariat/load/run.h>
#include <lariat/load/verdict.h>

static const uint64_t second_ns = UINT64_C(1000000000);

static void print_times(lariat_load_result *result) {
  const lariat_histogram *times =
      lariat_load_result_histogram(result, LARIAT_LOAD_RESPONSE);
  static const double percents[] = {50, 90, 99};
  printf("%" PRIu64 " requests, %" PRIu64 " good\n",
         lariat_histogram_count(times),
         lariat_load_result_outcomes(result, LARIAT_LOAD_ANSWERED));
  for (int i = 0; i < 3; i++)
    printf("p%g %.3f ms\n", percents[i],
           (double)lariat_histogram_percentile(times, percents[i]) / 1e6);
}

static void print_verdict(lariat_load_result *result) {
  const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
  puts(lariat_load_validity_name(verdict->validity));
  for (size_t i = 0; i < verdict->reason_count; i++)
    printf("  %s\n", verdict->reasons[i].message);
}

/* Runs it, and waits for its end. */
static lariat_value load(const lariat_load_run_options *options) {
  lariat_load_run *run;
  lariat_load_error error;
  if (lariat_load_run_new(options, &run, &error) != LARIAT_OK) {
    fprintf(stderr, "load_one_url: %s\n", error.message);
    return lariat_failure_new(LARIAT_EINVAL, "%s", error.message);
  }
  lariat_value end = lariat_await(lariat_load_run_start(run));
  if (!lariat_is_failure(end)) {
    print_times(lariat_load_run_result(run));
    print_verdict(lariat_load_run_result(run));
  }
  lariat_load_run_free(run);
  return end;
}

static lariat_value app(lariat_client *client, int argc, char **argv) {
  lariat_load_requests *requests;
  lariat_load_error error = {0};
  (void)client;
  if (argc < 2) return lariat_failure_new(LARIAT_EINVAL, "usage: URL [RATE]");
  if (lariat_load_requests_new(&requests) != LARIAT_OK)
    return lariat_failure_new(LARIAT_ENOMEM, "out of memory");

  lariat_load_request request = {.size = sizeof(request), .url = argv[1]};
  if (lariat_load_requests_add(requests, &request, &error) != LARIAT_OK) {
    lariat_load_requests_free(requests);
    return lariat_failure_new(LARIAT_EINVAL, "%s", error.message);
  }
  lariat_load_stage stage = {.duration_ns = second_ns};
  lariat_load_run_options options = lariat_load_run_defaults();
  options.requests = requests;
  options.connections = 10;
  options.duration_ns = second_ns;
  options.warm_up_ns = second_ns / 5; /* before it counts */
  if (argc > 2) {
    stage.from_per_s = stage.to_per_s = strtod(argv[2], NULL);
    options.stages = &stage;
    options.stage_count = 1;
  }
  lariat_value end = load(&options);
  lariat_load_requests_free(requests);
  return end;
}

int main(int argc, char **argv) {
  return lariat_react_coroutine(app, argc, argv);
}
