/* SPDX-License-Identifier: MIT
 * threshold_fuzz.c: any text is a threshold, which a result breaks or keeps,
 * or is refused for one of its bytes, or for its end. */
#include <lariat/load/threshold.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "load/result.h"

#define T0 UINT64_C(1000000000)

static lariat_load_result *make_result(void) {
  static const char *const names[] = {"", "login"};
  const lariat_load_run_facts facts = {.duration_ns = T0};
  lariat_load_result *result = NULL;
  lr_load_interval *interval = NULL;
  lr_load_sample sample = {.intended_ns = T0,
                           .free_ns = T0,
                           .sent_ns = T0 + 1000,
                           .arrived_ns = T0 + 50000,
                           .read_ns = T0 + 51000,
                           .status = 200,
                           .name = 1};
  FUZZ_REQUIRE(lr_load_result_new(&facts, names, 2, 1, &result) == LARIAT_OK);
  FUZZ_REQUIRE(lr_load_interval_new(2, &interval) == LARIAT_OK);
  lr_load_interval_record(interval, &sample);
  FUZZ_REQUIRE(lr_load_result_add(result, interval) == LARIAT_OK);
  lr_load_interval_free(interval);
  return result;
}

/* A message is never longer than what there is for it, and says the same. */
static void check_judgement(const lariat_load_thresholds *thresholds) {
  lariat_load_result *result = make_result();
  char message[200];
  char start[8];
  bool broken = lariat_load_threshold_broken(thresholds, 0, result, message,
                                             sizeof(message));
  FUZZ_REQUIRE(message[0] && strlen(message) < sizeof(message));
  FUZZ_REQUIRE(broken == lariat_load_threshold_broken(thresholds, 0, result,
                                                      start, sizeof(start)));
  FUZZ_REQUIRE(strncmp(message, start, strlen(start)) == 0);
  lariat_load_result_free(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  lariat_load_thresholds *thresholds = NULL;
  lariat_load_error error = {0};
  char *copy = fuzz_copy(bytes, length);
  FUZZ_REQUIRE(lariat_load_thresholds_new(&thresholds) == LARIAT_OK);
  lariat_status status =
      lariat_load_thresholds_add(thresholds, copy, length, &error);
  FUZZ_REQUIRE(status == LARIAT_OK || status == LARIAT_EINVAL);
  FUZZ_REQUIRE((error.message[0] != '\0') == (status != LARIAT_OK));
  FUZZ_REQUIRE(error.byte <= length);
  FUZZ_REQUIRE(lariat_load_thresholds_count(thresholds) ==
               (status == LARIAT_OK));
  if (status == LARIAT_OK) check_judgement(thresholds);
  lariat_load_thresholds_free(thresholds);
  free(copy);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("p99>50ms"),
      FUZZ_TEXT("response.p99.9>1s"),
      FUZZ_TEXT("good.max>2s"),
      FUZZ_TEXT("login:p95>200ms"),
      FUZZ_TEXT("login:failures.timeout>0.1%"),
      FUZZ_TEXT("failures>10"),
      FUZZ_TEXT("rate<990/s"),
      FUZZ_TEXT("good.rate<0.5/m"),
      FUZZ_TEXT("status.503>0"),
      FUZZ_TEXT("late.mean>1us"),
      FUZZ_TEXT("requests<1000"),
      FUZZ_TEXT("a:b:min<0.000001ns"),
  };
  fuzz_give_all(sink, context, "", 0, texts, FUZZ_COUNT(texts));
}
