/* SPDX-License-Identifier: MIT
 * result_parse_test.c: a result is read as it was written, and nothing else
 * is. */
#include <lariat/load/report.h>

#include <jansson.h>
#include <locale.h>
#include <string.h>

#include "support/fixture.h"
#include "support/load_result.h"
#include <lariat/allocator.h>

static const struct load_result_plan plans[] = {
    {.seconds = 5, .rate = 400},
    {.seconds = 12,
     .rate = 500,
     .failing = 9,
     .stalled_second = 3,
     .named = true,
     .late_ns = 7 * LOAD_RESULT_MS},
    {.seconds = 2, .rate = 30, .closed = true},
};

static char *write_json(lariat_load_result *result) {
  char *json;
  CU_ASSERT_EQUAL(
      lariat_load_report_write(result, NULL, LARIAT_LOAD_JSON, &json, NULL),
      LARIAT_OK);
  if (!json) abort();
  return json;
}

static char *make_json(const struct load_result_plan *plan) {
  lariat_load_result *result = load_result_make(plan);
  char *json = write_json(result);
  lariat_load_result_free(result);
  return json;
}

static lariat_load_result *parse(const char *json) {
  lariat_load_error error = {0};
  lariat_load_result *result;
  if (lariat_load_result_parse(json, strlen(json), &result, &error)) {
    fixture_fail("not read: %s", error.message);
    abort();
  }
  return result;
}

static void expect_same_histogram(const lariat_histogram *a,
                                  const lariat_histogram *b) {
  lariat_histogram_bucket in_a = {0}, in_b = {0};
  CU_ASSERT_EQUAL(lariat_histogram_count(a), lariat_histogram_count(b));
  CU_ASSERT_EQUAL(lariat_histogram_min(a), lariat_histogram_min(b));
  CU_ASSERT_EQUAL(lariat_histogram_max(a), lariat_histogram_max(b));
  CU_ASSERT_DOUBLE_EQUAL(lariat_histogram_mean(a), lariat_histogram_mean(b), 1);
  while (lariat_histogram_next(a, &in_a)) {
    CU_ASSERT(lariat_histogram_next(b, &in_b));
    CU_ASSERT(in_a.index == in_b.index && in_a.count == in_b.count);
  }
  CU_ASSERT_FALSE(lariat_histogram_next(b, &in_b));
}

static void expect_same_class(const lr_load_class *a, const lr_load_class *b) {
  CU_ASSERT_STRING_EQUAL(a->name, b->name);
  CU_ASSERT(memcmp(a->outcomes, b->outcomes, sizeof a->outcomes) == 0);
  for (int i = 0; i < LARIAT_LOAD_MEASURES; i++) {
    CU_ASSERT_EQUAL(!a->histograms[i], !b->histograms[i]);
    if (a->histograms[i])
      expect_same_histogram(a->histograms[i], b->histograms[i]);
  }
}

static void expect_same_facts(const lariat_load_run_facts *a,
                              const lariat_load_run_facts *b) {
  CU_ASSERT_STRING_EQUAL(a->target, b->target);
  CU_ASSERT_STRING_EQUAL(a->plan, b->plan);
  CU_ASSERT_STRING_EQUAL(a->plan_hash, b->plan_hash);
  CU_ASSERT_STRING_EQUAL(a->machine, b->machine);
  CU_ASSERT_EQUAL(a->open, b->open);
  CU_ASSERT_EQUAL(a->seed, b->seed);
  CU_ASSERT_EQUAL(a->part.count, b->part.count);
  CU_ASSERT_EQUAL(a->http_version, b->http_version);
  CU_ASSERT_EQUAL(a->timeout_ns, b->timeout_ns);
  CU_ASSERT_EQUAL(a->asked, b->asked);
  CU_ASSERT_EQUAL(a->duration_ns, b->duration_ns);
  CU_ASSERT_EQUAL(a->started_at_ns, b->started_at_ns);
}

static void expect_same_rows(const lariat_load_result *a,
                             const lariat_load_result *b) {
  CU_ASSERT_EQUAL(a->second_count, b->second_count);
  CU_ASSERT_EQUAL(a->reactor_count, b->reactor_count);
  CU_ASSERT(memcmp(a->reactors, b->reactors,
                   a->reactor_count * sizeof *a->reactors) == 0);
  CU_ASSERT_EQUAL(a->slowest_count, b->slowest_count);
  for (size_t i = 0; i < a->slowest_count; i++) {
    CU_ASSERT_EQUAL(a->slowest[i].index, b->slowest[i].index);
    CU_ASSERT_EQUAL(a->slowest[i].intended_ns, b->slowest[i].intended_ns);
    CU_ASSERT_EQUAL(a->slowest[i].first_byte_ns, b->slowest[i].first_byte_ns);
    CU_ASSERT_EQUAL(a->slowest[i].read_ns, b->slowest[i].read_ns);
    CU_ASSERT_EQUAL(a->slowest[i].outcome, b->slowest[i].outcome);
  }
}

static void expect_same(lariat_load_result *a, lariat_load_result *b) {
  expect_same_facts(&a->facts, &b->facts);
  CU_ASSERT(memcmp(&a->counts, &b->counts, sizeof a->counts) == 0);
  CU_ASSERT(memcmp(a->statuses, b->statuses, sizeof a->statuses) == 0);
  CU_ASSERT(memcmp(a->ends, b->ends, sizeof a->ends) == 0);
  CU_ASSERT_EQUAL(a->class_count, b->class_count);
  for (size_t i = 0; i < a->class_count; i++)
    expect_same_class(&a->classes[i], &b->classes[i]);
  expect_same_rows(a, b);
  const lariat_load_verdict *was = lariat_load_result_verdict(a);
  const lariat_load_verdict *is = lariat_load_result_verdict(b);
  CU_ASSERT_EQUAL(was->validity, is->validity);
  CU_ASSERT_EQUAL(was->reason_count, is->reason_count);
  for (size_t i = 0; i < was->reason_count; i++)
    CU_ASSERT_STRING_EQUAL(was->reasons[i].message, is->reasons[i].message);
}

static void test_round_trip(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(plans); i++) {
    lariat_load_result *result = load_result_make(&plans[i]);
    char *json = write_json(result);
    lariat_load_result *back = parse(json);
    char *again = write_json(back);
    expect_same(result, back);
    CU_ASSERT_STRING_EQUAL(json, again);
    lariat_load_text_free(again);
    lariat_load_result_free(back);
    lariat_load_text_free(json);
    lariat_load_result_free(result);
  }
  fixture_close(&f);
}

/* Every report of what was read is that of what was written, thresholds
 * included. */
static void test_other_reports(void) {
  struct fixture f;
  char *json;
  lariat_load_thresholds *limits;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = load_result_make(&plans[1]);
  if (lariat_load_thresholds_new(&limits) ||
      lariat_load_thresholds_add(limits, "p99>1ms", 7, NULL) ||
      lariat_load_thresholds_add(limits, "rate<1/s", 8, NULL) ||
      lariat_load_report_write(result, limits, LARIAT_LOAD_JSON, &json, NULL))
    abort();
  lariat_load_result *back = parse(json);
  for (int i = LARIAT_LOAD_TEXT; i <= LARIAT_LOAD_TEXT_COLOURED; i++) {
    char *a, *b;
    lariat_load_format format = (lariat_load_format)i;
    CU_ASSERT(lariat_load_report_write(result, limits, format, &a, NULL) == 0);
    CU_ASSERT(lariat_load_report_write(back, NULL, format, &b, NULL) == 0);
    /* A sum of OpenMetrics is that of values within a bucket. */
    if (format != LARIAT_LOAD_OPENMETRICS) CU_ASSERT_STRING_EQUAL(a, b);
    lariat_load_text_free(a);
    lariat_load_text_free(b);
  }
  CU_ASSERT_EQUAL(back->told_count, 2);
  CU_ASSERT(back->told[0].broken && !back->told[1].broken);
  lariat_load_thresholds_free(limits);
  lariat_load_result_free(back);
  lariat_load_text_free(json);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* ---- Other texts ---- */

/* Parses a report in which one member, "a/b", is replaced by JSON, or is
 * dropped for NULL; the caller has the error. */
static lariat_status parse_changed(const char *json, const char *path,
                                   const char *value,
                                   lariat_load_error *error) {
  char *names, *at, *next = NULL;
  json_t *root = json_loads(json, 0, NULL);
  json_t *object = root;
  lariat_load_result *result;
  at = names = strdup(path);
  for (char *slash; (slash = strchr(at, '/')); at = slash + 1) {
    *slash = '\0';
    next = at;
    object = json_is_array(object)
                 ? json_array_get(object, strtoul(next, NULL, 10))
                 : json_object_get(object, next);
  }
  if (value)
    json_object_set_new(object, at, json_loads(value, JSON_DECODE_ANY, NULL));
  else if (json_object_del(object, at) != 0)
    fixture_fail("nothing to drop: %s", path);
  char *changed = json_dumps(root, 0);
  lariat_status status =
      lariat_load_result_parse(changed, strlen(changed), &result, error);
  CU_ASSERT_EQUAL(status == LARIAT_OK, result != NULL);
  lariat_load_result_free(result);
  free(changed);
  free(names);
  json_decref(root);
  return status;
}

static const struct change {
  const char *path;
  const char *value; /* NULL: dropped */
  const char *message;
} changes[] = {
    {"schema", "2", "its schema is 2, and not 1"},
    {"schema", NULL, "no count \"schema\""},
    {"verdict", "\"GOOD\"", "\"verdict\" is \"GOOD\", which is none"},
    {"reasons", "{}", "no array \"reasons\""},
    {"plan", "7", "no object \"plan\""},
    {"plan/seed", "\"-1\"", "no digits \"seed\""},
    {"plan/process", "\"odd\"", "\"process\" is \"odd\", which is none"},
    {"plan/http_version", "\"1.11\"", "no version \"http_version\""},
    {"plan/model", "\"ajar\"", "\"model\" is \"ajar\", which is none"},
    {"plan/tls", "1", "no flag \"tls\""},
    {"plan/reactors", "4294967296", "\"reactors\" is too large"},
    {"plan/hash", "\"0123456789abcdef0\"", "\"hash\" is too long"},
    {"run/duration_us", "-1", "no number \"duration_us\" that can be"},
    {"counts/sent", "1.5", "no count \"sent\""},
    {"counts/sent", "-1", "no count \"sent\""},
    {"outcomes/reset", NULL, "no count \"reset\""},
    {"statuses/600", "1", "no status \"600\""},
    {"statuses/x", "1", "no status \"x\""},
    {"response", NULL, "no object \"response\""},
    {"response/count", "1", "\"response\" is not what its histogram has"},
    {"response/min_us", "1", "\"response\" is not what its histogram has"},
    {"response/max_us", "1e9", "\"response\" is not what its histogram has"},
    {"response/histogram", "\"\"", "histogram of \"response\": "},
    {"response/histogram", "\"AAAA\"", "histogram of \"response\": "},
    {"response/histogram", "7", "no text \"histogram\""},
    {"classes/0/name", "7", "no text \"name\""},
    {"classes/0/wire", NULL, "no object \"wire\""},
    {"seconds/0/p50_us", "\"1\"", "no number \"p50_us\" that can be"},
    {"slowest/0/class", "9", "a sample of class 9, which there is not"},
    {"slowest/0/outcome", "\"lost\"", "\"outcome\" is \"lost\", which is none"},
};

static void test_nonsense_members(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  char *json = make_json(&plans[1]);
  for (size_t i = 0; i < FIXTURE_COUNT(changes); i++) {
    lariat_load_error error = {0};
    const struct change *c = &changes[i];
    if (parse_changed(json, c->path, c->value, &error) != LARIAT_EINVAL)
      fixture_fail("%s = %s was taken", c->path, c->value);
    else if (strncmp(error.message, c->message, strlen(c->message)) != 0)
      fixture_fail("%s = %s: %s", c->path, c->value, error.message);
  }
  lariat_load_text_free(json);
  fixture_close(&f);
}

static void test_nonsense_texts(void) {
  static const char *const texts[] = {
      "", "7", "[]", "{", "{}", "\xff\xfe{}", "null", "{\"schema\":1}"};
  struct fixture f;
  lariat_load_error error;
  lariat_load_result *result;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(texts); i++) {
    error = (lariat_load_error){0};
    CU_ASSERT_EQUAL(
        lariat_load_result_parse(texts[i], strlen(texts[i]), &result, &error),
        LARIAT_EINVAL);
    CU_ASSERT_PTR_NULL(result);
    CU_ASSERT(error.message[0] != '\0');
  }
  CU_ASSERT_EQUAL(lariat_load_result_parse("{\"a\":1,]", 8, &result, &error),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(error.byte, 8);
  CU_ASSERT_EQUAL(lariat_load_result_parse(NULL, 0, &result, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_result_parse("{}", 2, NULL, NULL), LARIAT_EINVAL);
  fixture_close(&f);
}

/* A later version of the same schema may have more. */
static void test_unknown_keys(void) {
  struct fixture f;
  lariat_load_error error = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  char *json = make_json(&plans[1]);
  CU_ASSERT_EQUAL(parse_changed(json, "more", "{\"a\":[1]}", &error), 0);
  CU_ASSERT_EQUAL(parse_changed(json, "plan/more", "7", &error), 0);
  CU_ASSERT_EQUAL(parse_changed(json, "seconds/0/more", "7", &error), 0);
  CU_ASSERT_EQUAL(parse_changed(json, "response/more", "7", &error), 0);
  CU_ASSERT_EQUAL(parse_changed(json, "failures/more", "{}", &error), 0);
  lariat_load_text_free(json);
  fixture_close(&f);
}

/* A process that has set its locale writes and reads the same. */
static void test_locale(void) {
  static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8",
                                        "fr_FR.UTF-8", "C.UTF-8"};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  char *json = make_json(&plans[1]);
  for (size_t i = 0; i < FIXTURE_COUNT(locales); i++)
    if (setlocale(LC_ALL, locales[i])) break;
  char *there = make_json(&plans[1]);
  lariat_load_result_free(parse(json));
  setlocale(LC_ALL, "C");
  CU_ASSERT_STRING_EQUAL(json, there);
  lariat_load_text_free(there);
  lariat_load_text_free(json);
  fixture_close(&f);
}

/* Each allocation fails once: jansson's, too, which calls a token for which it
 * has no memory a fault of the text. */
static void test_no_memory(void) {
  const struct load_result_plan plan = {
      .seconds = 1, .rate = 20, .failing = 8, .named = true};
  struct fixture f;
  lariat_load_result *result;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  char *json = make_json(&plan);
  json_set_alloc_funcs(lariat_memory_allocate, lariat_memory_release);
  lariat_status status = LARIAT_ENOMEM;
  unsigned nth = 0, told = 0;
  while (status != LARIAT_OK && ++nth < 100000) {
    fixture_fail_allocation(&f, nth);
    status = lariat_load_result_parse(json, strlen(json), &result, NULL);
    CU_ASSERT_EQUAL(status == LARIAT_OK, result != NULL);
    told += status == LARIAT_ENOMEM;
  }
  fixture_fail_allocation(&f, 0);
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  CU_ASSERT(told > nth / 2);
  lariat_load_result_free(result);
  json_set_alloc_funcs(malloc, free);
  lariat_load_text_free(json);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a round trip", test_round_trip},
      {"other reports", test_other_reports},
      {"members that are nonsense", test_nonsense_members},
      {"texts that are nonsense", test_nonsense_texts},
      {"unknown keys", test_unknown_keys},
      {"another locale", test_locale},
      {"no memory", test_no_memory},
  };
  return fixture_main("result parse", tests, FIXTURE_COUNT(tests), argc, argv);
}
