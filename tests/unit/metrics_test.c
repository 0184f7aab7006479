/* SPDX-License-Identifier: MIT
 * metrics_test.c: each number of a pool is walked, once, under a good name. */
#include "pool/metrics.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "support/scripting.h"

enum { MOST = 128, WORDS = sizeof(lariat_pool_stats) / sizeof(uint64_t) };

/* What a walk has brought. */
struct walked {
  unsigned count;
  char names[MOST][64];
  char labels[MOST][64];
  double values[MOST];
  lariat_metric_type types[MOST];
};

static void note(const lariat_metric *metric, void *context) {
  struct walked *walked = context;
  unsigned i = walked->count++;
  CU_ASSERT_FATAL(i < MOST);
  CU_ASSERT_EQUAL(metric->size, sizeof *metric);
  snprintf(walked->names[i], sizeof walked->names[i], "%s", metric->name);
  if (metric->label_count)
    snprintf(walked->labels[i], sizeof walked->labels[i], "%s=%s",
             metric->labels[0].name, metric->labels[0].value);
  walked->values[i] = metric->value;
  walked->types[i] = metric->type;
  CU_ASSERT(strlen(metric->help) > 0);
  CU_ASSERT(metric->help[strlen(metric->help) - 1] == '.');
  CU_ASSERT(strncmp(metric->name, "lariat_", 7) == 0);
  CU_ASSERT_PTR_NULL(strstr(metric->name, "_total"));
  for (const char *at = metric->name; *at; at++)
    CU_ASSERT(islower((unsigned char)*at) || isdigit((unsigned char)*at) ||
              *at == '_');
  size_t name = strlen(metric->name), unit = strlen(metric->unit);
  CU_ASSERT(!unit || strcmp(metric->name + name - unit, metric->unit) == 0);
}

/* Each field of the struct behind its size has a number of its own here: who
 * adds a field, and no row for it, is told. */
static void test_each_number(void) {
  struct fixture f;
  uint64_t words[WORDS];
  lariat_pool_stats stats;
  unsigned seen[WORDS] = {0};
  struct walked walked = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(sizeof words, sizeof stats);
  for (unsigned i = 0; i < WORDS; i++) words[i] = i;
  memcpy(&stats, words, sizeof stats);
  lr_metrics_visit_stats(&stats, note, &walked);
  for (unsigned i = 0; i < walked.count; i++)
    if (walked.values[i] < (double)WORDS) seen[(unsigned)walked.values[i]]++;
  CU_ASSERT_EQUAL(walked.count, WORDS - 1);
  for (unsigned i = 1; i < WORDS; i++)
    if (seen[i] != 1)
      fixture_fail("word %u of lariat_pool_stats is walked %u times", i,
                   seen[i]);
  fixture_close(&f);
}

static void test_names(void) {
  struct fixture f;
  lariat_pool_stats stats = {.size = sizeof stats};
  struct walked walked = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_metrics_visit_stats(&stats, note, &walked);
  for (unsigned i = 0; i < walked.count; i++)
    for (unsigned k = 0; k < i; k++) {
      bool same = strcmp(walked.names[i], walked.names[k]) == 0;
      if (same && strcmp(walked.labels[i], walked.labels[k]) == 0)
        fixture_fail("two are %s %s", walked.names[i], walked.labels[i]);
      if (same && strcmp(walked.names[i], walked.names[i - 1]) != 0)
        fixture_fail("%s is apart from itself", walked.names[i]);
      if (same) CU_ASSERT_EQUAL(walked.types[i], walked.types[k]);
    }
  fixture_close(&f);
}

static double value_of(const struct walked *walked, const char *name,
                       const char *label) {
  for (unsigned i = 0; i < walked->count; i++)
    if (strcmp(walked->names[i], name) == 0 &&
        strcmp(walked->labels[i], label) == 0)
      return walked->values[i];
  return -1;
}

static void expect_value(const struct walked *walked, const char *name,
                         const char *label, double value) {
  double found = value_of(walked, name, label);
  if (found < value || found > value)
    fixture_fail("%s %s is %f, not %f", name, label, found, value);
}

static void test_reactors(void) {
  struct fixture f;
  const lariat_reactor_stats stats[2] = {
      {.turns = 3, .longest_turn_ns = 1500000000, .recent_turn_ns = 250},
      {.turns = 4,
       .cpu_ns = 2000000000,
       .cpu_known = true,
       .cpu_wait_ns = 1,
       .cpu_wait_known = true}};
  struct walked walked = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_metrics_visit_reactors(stats, 2, note, &walked);
  expect_value(&walked, "lariat_reactor_turns", "reactor=0", 3);
  expect_value(&walked, "lariat_reactor_turns", "reactor=1", 4);
  CU_ASSERT_DOUBLE_EQUAL(
      value_of(&walked, "lariat_reactor_longest_turn_seconds", "reactor=0"),
      1.5, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(
      value_of(&walked, "lariat_reactor_recent_turn_seconds", "reactor=0"),
      0.00000025, 1e-12);
  expect_value(&walked, "lariat_reactor_cpu_seconds", "reactor=1", 2);
  /* what is not known is left out */
  expect_value(&walked, "lariat_reactor_cpu_seconds", "reactor=0", -1);
  expect_value(&walked, "lariat_reactor_cpu_wait_seconds", "reactor=0", -1);
  CU_ASSERT_EQUAL(walked.count, 8);
  fixture_close(&f);
}

static void test_walk(void) {
  struct scripting s;
  struct seen seen = {0};
  struct walked walked = {0};
  scripting_open(&s, NULL, NULL);
  scripting_get(&s, &seen, "http://a/?connect=20&first-byte=300");
  scripting_run(&s, 100);
  CU_ASSERT_EQUAL(lariat_pool_metrics_walk(s.pool, NULL, NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_pool_metrics_walk(s.pool, note, &walked), LARIAT_OK);
  expect_value(&walked, "lariat_jobs_taken", "", 1);
  expect_value(&walked, "lariat_jobs_running", "", 1);
  expect_value(&walked, "lariat_jobs_done", "", 0);
  CU_ASSERT(value_of(&walked, "lariat_reactor_turns", "reactor=0") > 0);
  fixture_fail_allocation(&s.f, 1);
  CU_ASSERT_EQUAL(lariat_pool_metrics_walk(s.pool, note, &walked),
                  LARIAT_ENOMEM);
  fixture_fail_allocation(&s.f, 0);
  scripting_run(&s, 300);
  scripting_forget(&seen, 1);
  scripting_close(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"each number", test_each_number},
      {"names", test_names},
      {"reactors", test_reactors},
      {"the walk", test_walk},
  };
  return fixture_main("metrics", tests, FIXTURE_COUNT(tests), argc, argv);
}
