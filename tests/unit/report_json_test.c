/* SPDX-License-Identifier: MIT
 * report_json_test.c: the JSON is what docs/load-format.schema.json says, and
 * says what was measured. */
#include <lariat/load/report.h>

#include <jansson.h>
#include <string.h>

#include "support/fixture.h"
#include "support/json_schema.h"
#include "support/load_result.h"
#include <lariat/load/merge.h>

static const struct load_result_plan plans[] = {
    {.seconds = 4, .rate = 300},
    {.seconds = 6,
     .rate = 500,
     .failing = 9,
     .stalled_second = 3,
     .named = true,
     .late_ns = 7 * LOAD_RESULT_MS},
    {.seconds = 2, .rate = 30, .closed = true},
};

static json_t *load_schema(void) {
  json_error_t error;
  json_t *schema =
      json_load_file(LARIAT_DOCS "/load-format.schema.json", 0, &error);
  if (!schema) fixture_fail("the schema: %s", error.text);
  return schema;
}

/* Writes a result, and reads it as JSON; the caller gives it back. */
static json_t *write_json(lariat_load_result *result) {
  char *text;
  size_t length;
  json_error_t error;
  if (lariat_load_report_write(result, NULL, LARIAT_LOAD_JSON, &text, &length))
    abort();
  json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
  if (!json) {
    fixture_fail("no JSON: %s", error.text);
    abort();
  }
  lariat_load_text_free(text);
  return json;
}

static void check(json_t *json) {
  struct json_schema schema = {load_schema(), ""};
  if (!json_schema_check(&schema, json, schema.root, ""))
    fixture_fail("against the schema: %s", schema.wrong);
  json_decref(schema.root);
}

static void test_schema(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(plans); i++) {
    lariat_load_result *result = load_result_make(&plans[i]);
    json_t *json = write_json(result);
    check(json);
    json_decref(json);
    lariat_load_result_free(result);
  }
  fixture_close(&f);
}

/* Merges the reports of two parts, of which one is named. */
static lariat_load_result *merge_parts(void) {
  lariat_load_merge *merge;
  lariat_load_result *merged = NULL;
  if (lariat_load_merge_new(&merge)) abort();
  for (uint32_t i = 0; i < 2; i++) {
    struct load_result_plan plan = plans[1];
    plan.part = (lariat_load_part){i, 2};
    lariat_load_result *result = load_result_make(&plan);
    char *text;
    size_t length;
    snprintf(result->facts.host, sizeof result->facts.host, "web-%u", i);
    result->facts.start_at_ns = result->facts.started_at_ns;
    if (lariat_load_report_write(result, NULL, LARIAT_LOAD_JSON, &text,
                                 &length) ||
        lariat_load_merge_add(merge, NULL, text, length, NULL))
      abort();
    lariat_load_text_free(text);
    lariat_load_result_free(result);
  }
  if (lariat_load_merge_finish(merge, &merged)) abort();
  lariat_load_merge_free(merge);
  return merged;
}

/* A part, and what was merged of parts, are as the schema says, too. */
static void test_parts(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  struct load_result_plan plan = plans[0];
  plan.part = (lariat_load_part){1, 2};
  lariat_load_result *result = load_result_make(&plan);
  snprintf(result->facts.host, sizeof result->facts.host, "web");
  json_t *json = write_json(result);
  check(json);
  CU_ASSERT_STRING_EQUAL(
      json_string_value(json_object_get(json_object_get(json, "run"), "host")),
      "web");
  json_decref(json);
  lariat_load_result_free(result);
  result = merge_parts();
  json = write_json(result);
  check(json);
  CU_ASSERT_EQUAL(json_array_size(json_object_get(json, "parts")), 2);
  json_decref(json);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* The schema finds what is not as it says. */
static void test_faults(void) {
  static const struct fault {
    const char *object, *key, *value;
  } faults[] = {
      {NULL, "verdict", "\"GOOD\""},     {NULL, "more", "1"},
      {"response", "p50_us", "\"1\""},   {"response", "p50_us", "-1"},
      {"response", "histogram", "\"\""}, {"statuses", "99", "1"},
      {"counts", "sent", "1.5"},         {"plan", "seed", "1"},
      {"failures", "lost", "{}"},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = load_result_make(&plans[1]);
  for (size_t i = 0; i < FIXTURE_COUNT(faults); i++) {
    const struct fault *fault = &faults[i];
    struct json_schema schema = {load_schema(), ""};
    json_t *json = write_json(result);
    json_t *object =
        fault->object ? json_object_get(json, fault->object) : json;
    json_object_set_new(object, fault->key,
                        json_loads(fault->value, JSON_DECODE_ANY, NULL));
    if (json_schema_check(&schema, json, schema.root, ""))
      fixture_fail("%s was taken", fault->key);
    json_decref(json);
    json_decref(schema.root);
  }
  lariat_load_result_free(result);
  fixture_close(&f);
}

static double number_of(json_t *json, const char *object, const char *key) {
  return json_number_value(json_object_get(json_object_get(json, object), key));
}

/* The keys that others rely on, and their figures. */
static void test_figures(void) {
  static const char *const measures[] = {"response", "good", "raw", "wire",
                                         "late"};
  static const char *const keys[] = {"min_us",  "p50_us", "p90_us", "p99_us",
                                     "p999_us", "max_us", "mean_us"};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = load_result_make(&plans[1]);
  json_t *json = write_json(result);
  for (size_t i = 0; i < FIXTURE_COUNT(measures); i++) {
    double last = 0;
    CU_ASSERT(number_of(json, measures[i], "count") > 2000);
    for (size_t k = 0; k < 6; k++) {
      double figure = number_of(json, measures[i], keys[k]);
      CU_ASSERT(figure >= last && figure > 0);
      last = figure;
    }
    CU_ASSERT(number_of(json, measures[i], keys[6]) <= last);
  }
  const lariat_histogram *late =
      lariat_load_result_histogram(result, LARIAT_LOAD_LATE);
  CU_ASSERT_DOUBLE_EQUAL(number_of(json, "late", "max_us") * 1e3,
                         (double)lariat_histogram_max(late), 0.5);
  CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "verdict")),
                         "INVALID");
  json_t *reason = json_array_get(json_object_get(json, "reasons"), 0);
  CU_ASSERT(json_string_length(json_object_get(reason, "message")) > 10);
  CU_ASSERT_DOUBLE_EQUAL(number_of(json, "outcomes", "timeout"),
                         (double)result->counts.outcomes[LARIAT_LOAD_TIMEOUT],
                         0);
  CU_ASSERT_DOUBLE_EQUAL(number_of(json, "statuses", "503"),
                         (double)result->counts.outcomes[LARIAT_LOAD_STATUS],
                         0);
  CU_ASSERT_DOUBLE_EQUAL(number_of(json, "rate", "asked_per_s"), 500, 0);
  json_decref(json);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* What is no text of UTF-8, or acts on terminals, stays harmless. */
static void test_hostile_texts(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = load_result_make(&plans[1]);
  snprintf(result->facts.target, sizeof result->facts.target, "%s",
           "\xff\xc0\x80\xed\xa0\x80 \033[2J \xe2\x80\xae \"\\ \xc3\xa9");
  json_t *json = write_json(result);
  check(json);
  CU_ASSERT_STRING_EQUAL(
      json_string_value(
          json_object_get(json_object_get(json, "plan"), "target")),
      "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
      " \xef\xbf\xbd[2J \xef\xbf\xbd \"\\ \xc3\xa9");
  json_decref(json);
  lariat_load_result_free(result);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the schema", test_schema},
      {"parts", test_parts},
      {"faults", test_faults},
      {"figures", test_figures},
      {"hostile texts", test_hostile_texts},
  };
  return fixture_main("report json", tests, FIXTURE_COUNT(tests), argc, argv);
}
