/* SPDX-License-Identifier: MIT
 * report_csv_test.c: a line a second, and the slowest requests. */
#include <lariat/load/report.h>

#include <jansson.h>
#include <string.h>

#include "support/fixture.h"
#include "support/load_result.h"

static char *write_as(lariat_load_result *result, lariat_load_format format) {
  char *text;
  if (lariat_load_report_write(result, NULL, format, &text, NULL)) abort();
  return text;
}

static unsigned count_bytes(const char *text, char byte) {
  unsigned count = 0;
  for (; *text; text++) count += *text == byte;
  return count;
}

static void test_csv(void) {
  static const char names[] =
      "second,span_s,reactors,asked,sent,answered,failed,bytes_received,"
      "connections,p50_us,p90_us,p99_us,max_us,late_p99_us,cpu_most_us,"
      "wait_most_us\n0,1,2,100,100,98,2,";
  const struct load_result_plan plan = {
      .seconds = 5, .rate = 100, .failing = 50};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = load_result_make(&plan);
  char *csv = write_as(result, LARIAT_LOAD_CSV);
  CU_ASSERT(strncmp(csv, names, strlen(names)) == 0);
  CU_ASSERT_EQUAL(count_bytes(csv, '\n'), 6);
  CU_ASSERT_EQUAL(count_bytes(csv, ','), 6 * 15);
  lariat_load_text_free(csv);
  lariat_load_result_free(result);
  fixture_close(&f);
}

static double number_of(const json_t *json, const char *key) {
  return json_number_value(json_object_get(json, key));
}

/* The six instants are in their order, from the start of the run on. */
static void expect_sample(const json_t *json, double *slower) {
  static const char *const instants[] = {"intended_us", "free_us",
                                         "sent_us",     "first_byte_us",
                                         "arrived_us",  "read_us"};
  double last = 0;
  for (size_t i = 0; i < FIXTURE_COUNT(instants); i++) {
    double at = number_of(json, instants[i]);
    CU_ASSERT(at >= last && at < 60e6);
    last = at;
  }
  double response = number_of(json, "arrived_us") - number_of(json, "sent_us");
  CU_ASSERT(response <= *slower + 0.001);
  *slower = response;
}

static void test_samples(void) {
  const struct load_result_plan plan = {
      .seconds = 3, .rate = 200, .named = true};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = load_result_make(&plan);
  char *lines = write_as(result, LARIAT_LOAD_SAMPLES);
  double slower = 1e9;
  CU_ASSERT_EQUAL(count_bytes(lines, '\n'), LR_LOAD_SLOWEST);
  for (const char *line = lines; *line; line = strchr(line, '\n') + 1) {
    json_t *json = json_loadb(line, strcspn(line, "\n"), 0, NULL);
    CU_ASSERT(json_is_object(json));
    CU_ASSERT(strncmp(json_string_value(json_object_get(json, "name")), "GET ",
                      4) == 0);
    expect_sample(json, &slower);
    json_decref(json);
  }
  lariat_load_text_free(lines);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* What was not reached is null. */
static void test_unreached(void) {
  const struct load_result_plan plan = {.seconds = 1, .rate = 50, .failing = 8};
  struct fixture f;
  unsigned unsent = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = load_result_make(&plan);
  char *lines = write_as(result, LARIAT_LOAD_SAMPLES);
  for (const char *line = lines; *line; line = strchr(line, '\n') + 1) {
    json_t *json = json_loadb(line, strcspn(line, "\n"), 0, NULL);
    unsent += json_is_null(json_object_get(json, "sent_us"));
    CU_ASSERT(json_is_number(json_object_get(json, "intended_us")));
    json_decref(json);
  }
  CU_ASSERT_EQUAL(unsent, result->counts.outcomes[LARIAT_LOAD_CONNECT_FAILED]);
  CU_ASSERT(unsent > 0);
  lariat_load_text_free(lines);
  lariat_load_result_free(result);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a line a second", test_csv},
      {"the slowest", test_samples},
      {"what was not reached", test_unreached},
  };
  return fixture_main("report csv", tests, FIXTURE_COUNT(tests), argc, argv);
}
