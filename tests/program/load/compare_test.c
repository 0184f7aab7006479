/* SPDX-License-Identifier: MIT
 * `lariat load compare`: which blocks are run and in which order, by a runner
 * that runs none; its words, metrics and answers; and a few real blocks, of
 * which only counts are asked. */
#include "load/compare_plot.h"
#include "load/compare_report.h"
#include "load/compare_settings.h"
#include "load/metric.h"
#include "load/series.h"
#include "load/words.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "program/load/load_support.h"

/* ---- A runner that runs nothing ---- */

enum { RUNS_MOST = 64 };

/* How the blocks of a side come out, and which were asked for. */
struct fake {
  double a;
  double b;
  double noise;   /* the share by which they differ from block to block */
  unsigned every; /* each so many is INVALID; 0: none */
  unsigned end;   /* the number of the one that ends it; 0: none */
  unsigned count;
  unsigned sides[RUNS_MOST];
  size_t pairs[RUNS_MOST];
};

static enum block_end run_fake(void *context, struct block *block) {
  struct fake *fake = context;
  unsigned i = fake->count++;
  if (i >= RUNS_MOST) abort();
  fake->sides[i] = block->side;
  fake->pairs[i] = block->pair;
  double noise = 1 + fake->noise * sin(12.9898 * (i + 1));
  block->figures[0] = (block->side ? fake->b : fake->a) * noise;
  block->figures[1] = 1000;
  block->code = 130;
  if (fake->end && fake->count == fake->end) return BLOCK_ENDED;
  return fake->every && fake->count % fake->every == 0 ? BLOCK_INVALID
                                                       : BLOCK_VALID;
}

static struct metric metrics[2];

static struct series run_series(struct fake *fake, size_t pairs) {
  CU_ASSERT(metric_parse(&metrics[0], "p99"));
  CU_ASSERT(metric_parse(&metrics[1], "rate"));
  struct series series = {.metrics = metrics,
                          .metric_count = 2,
                          .pairs = pairs,
                          .tolerance = 0.03,
                          .seed = 7};
  CU_ASSERT_FATAL(series_init(&series));
  series_run(&series, run_fake, fake);
  return series;
}

/* Each pair has both sides, in the order that was drawn. */
static void orders_are_drawn(void) {
  bool b_first[8];
  unsigned seen[2] = {0, 0};
  struct fake fake = {.a = 1e6, .b = 2e6};
  struct series series = run_series(&fake, 8);
  lariat_load_draw_orders(7, 8, b_first);
  CU_ASSERT(fake.count == 16 && series.complete == 8 && series.blocks == 16);
  for (unsigned i = 0; i < 8; i++) {
    CU_ASSERT(fake.pairs[2 * i] == i && fake.pairs[2 * i + 1] == i);
    CU_ASSERT_EQUAL(fake.sides[2 * i], b_first[i]);
    CU_ASSERT_EQUAL(fake.sides[2 * i + 1], !b_first[i]);
    seen[b_first[i]]++;
    CU_ASSERT(series_values(&series, 0, 0)[i] < 1.5e6);
    CU_ASSERT(series_values(&series, 1, 0)[i] > 1.5e6);
  }
  CU_ASSERT(seen[0] && seen[1]);
  series_free(&series);
}

/* An INVALID one is run again at once, in its own place. */
static void invalid_blocks_are_run_again(void) {
  struct fake fake = {.a = 1e6, .b = 1e6, .every = 5};
  struct series series = run_series(&fake, 8);
  CU_ASSERT(series.again == 3 && series.invalid == 0);
  CU_ASSERT(series.blocks == 19 && fake.count == 19);
  for (unsigned i = 5; i < 19; i += 5) {
    CU_ASSERT_EQUAL(fake.sides[i], fake.sides[i - 1]);
    CU_ASSERT_EQUAL(fake.pairs[i], fake.pairs[i - 1]);
  }
  series_free(&series);
}

/* No more than a quarter of all; the others stay what they are. */
static void not_all_are_run_again(void) {
  struct fake fake = {.a = 1e6, .b = 1e6, .every = 1};
  struct series series = run_series(&fake, 8);
  CU_ASSERT(series.again == 4 && series.invalid == 16);
  CU_ASSERT_EQUAL(fake.count, 20);
  CU_ASSERT_EQUAL(series.complete, 8);
  series_free(&series);
}

/* A block without a number is INVALID, whatever it says of itself. */
static void numbers_must_be_there(void) {
  struct fake fake = {.a = (double)NAN, .b = 1e6};
  lariat_load_comparison results[2];
  struct series series = run_series(&fake, 4);
  CU_ASSERT_EQUAL(series.invalid, 4);
  CU_ASSERT(!series_compare(&series, results));
  series_free(&series);
}

/* An interrupt leaves what there is. */
static void an_end_keeps_pairs(void) {
  struct fake fake = {.a = 1e6, .b = 1e6, .end = 6};
  struct series series = run_series(&fake, 8);
  CU_ASSERT(series.complete == 2 && series.code == 130);
  CU_ASSERT(fake.count == 6 && series.blocks == 5);
  series_free(&series);
}

static void expect_answers(struct fake fake, size_t pairs, const char *p99,
                           const char *rate, bool worse) {
  lariat_load_comparison results[2];
  char text[ANSWER_TEXT];
  struct series series = run_series(&fake, pairs);
  struct comparison comparison = {"A", "B", &series, results};
  CU_ASSERT_FATAL(series_compare(&series, results));
  const char *answer = compare_answer(&series, 0, &results[0], text);
  if (strncmp(answer, p99, strlen(p99)) != 0)
    fixture_fail("%s, not %s", answer, p99);
  answer = compare_answer(&series, 1, &results[1], text);
  CU_ASSERT_EQUAL(strncmp(answer, rate, strlen(rate)), 0);
  CU_ASSERT_EQUAL(compare_is_worse(&comparison), worse);
  series_free(&series);
}

static void answers_have_words(void) {
  expect_answers((struct fake){.a = 1e6, .b = 1.2e6, .noise = 0.01}, 8,
                 "slower", "same within 3 %", true);
  expect_answers((struct fake){.a = 1e6, .b = 0.8e6, .noise = 0.01}, 8,
                 "faster", "same within 3 %", false);
  expect_answers((struct fake){.a = 1e6, .b = 1e6, .noise = 0.001}, 8,
                 "same within 3 %", "same within 3 %", false);
  expect_answers((struct fake){.a = 1e6, .b = 1.2e6, .noise = 0.01}, 4,
                 "not known (about 8 pairs would do)", "not known", false);
  expect_answers((struct fake){.a = 1e6, .b = 1.05e6, .noise = 0.5}, 8,
                 "not known (about ", "same", false);
  CU_ASSERT_EQUAL(series_least_pairs(1), 6);
  CU_ASSERT_EQUAL(series_least_pairs(3), 7);
}

/* ---- Words and metrics ---- */

static void words_are_a_shells(void) {
  struct words words = {NULL, 0};
  CU_ASSERT_FATAL(words_split(
      &words, " -H 'X: a b' \"c \\\" d\"  e\\ f g'h i'\t--x=\"\" \"\\n\" "));
  const char *const expected[] = {"-H",   "X: a b", "c \" d", "e f",
                                  "gh i", "--x=",   "\\n"};
  CU_ASSERT_EQUAL_FATAL(words.count, FIXTURE_COUNT(expected));
  for (size_t i = 0; i < words.count; i++)
    CU_ASSERT_STRING_EQUAL(words.list[i], expected[i]);
  CU_ASSERT_PTR_NULL(words.list[words.count]);
  words_free(&words);
  CU_ASSERT(!words_split(&words, "a 'b"));
  words_free(&words);
  CU_ASSERT(!words_split(&words, "a \"b\\\""));
  words_free(&words);
}

static void metrics_have_names(void) {
  static const char *const good[][2] = {
      {"p99", "response.p99"},  {"p99.9", "response.p99.9"},
      {"max", "response.max"},  {"wire.p50", "wire.p50"},
      {"rate", "rate"},         {"good.rate", "good.rate"},
      {"failures", "failures"}, {"first_byte.mean", "first_byte.mean"}};
  static const char *const bad[] = {"",
                                    "p",
                                    "p0",
                                    "p101",
                                    "p99x",
                                    "nothing",
                                    "p.5",
                                    "wire.",
                                    "x.p99",
                                    "wire.rate",
                                    "p1.2.3",
                                    "P99",
                                    "response.failures"};
  struct metric metric;
  for (size_t i = 0; i < FIXTURE_COUNT(good); i++) {
    CU_ASSERT(metric_parse(&metric, good[i][0]));
    CU_ASSERT_STRING_EQUAL(metric.name, good[i][1]);
  }
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++)
    if (metric_parse(&metric, bad[i])) fixture_fail("%s was read", bad[i]);
}

static bool read_settings(struct compare_settings *settings,
                          const char *const *arguments) {
  char *copies[16];
  int count = 0;
  for (; arguments[count]; count++)
    copies[count] = (char *)(uintptr_t)arguments[count];
  return compare_settings_read(settings, count, copies);
}

#define SETTINGS(...) ((const char *const[]){"compare", __VA_ARGS__, NULL})

static void settings_are_read(void) {
  struct compare_settings s;
  CU_ASSERT(read_settings(&s, SETTINGS("--run", "-c 1 u", "--run=u",
                                       "--tolerance", "5%", "--metric",
                                       "p50,wire.p99", "--pairs", "12")));
  CU_ASSERT(s.action == COMPARE_RUNS && s.pairs == 12 && s.metric_count == 2);
  CU_ASSERT(fabs(s.tolerance - 0.05) < 1e-9);
  CU_ASSERT(s.sides[0].arguments.count == 3 && s.sides[1].arguments.count == 1);
  compare_settings_free(&s);
  CU_ASSERT(read_settings(
      &s, SETTINGS("--reactors", "1", "--reactors", "4", "-c", "9", "u")));
  CU_ASSERT(s.action == COMPARE_REACTORS && s.side_count == 2);
  CU_ASSERT_STRING_EQUAL(s.sides[1].label, "4 reactors");
  CU_ASSERT_EQUAL_FATAL(s.sides[1].arguments.count, 5);
  CU_ASSERT_STRING_EQUAL(s.sides[1].arguments.list[4], "4");
  compare_settings_free(&s);
  CU_ASSERT(read_settings(&s, SETTINGS("a", "b", "--", "c")));
  CU_ASSERT(s.action == COMPARE_FILES && s.sides[0].arguments.count == 2);
  compare_settings_free(&s);
}

static void settings_are_refused(void) {
  static const char *const bad[][8] = {
      {"compare"},
      {"compare", "--run", "u"},
      {"compare", "--run", "u", "--run", "u", "x"},
      {"compare", "--run", "'u", "--run", "u"},
      {"compare", "--reactors", "1", "u"},
      {"compare", "--reactors", "1", "--reactors", "2"},
      {"compare", "--reactors", "0", "--reactors", "2", "u"},
      {"compare", "a.json"},
      {"compare", "--bogus", "a", "b"},
      {"compare", "a", "b", "c"},
      {"compare", "--pairs"},
      {"compare", "--pairs", "0", "a", "b"},
      {"compare", "--tolerance", "x", "a", "b"},
      {"compare", "--metric", "p99,", "a", "b"},
      {"compare", "--json", "x", "a", "b"}};
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++) {
    struct compare_settings settings;
    if (read_settings(&settings, bad[i])) fixture_fail("%zu was read", i);
    compare_settings_free(&settings);
  }
}

/* ---- The picture ---- */

static size_t count_text(const char *text, const char *word) {
  size_t count = 0;
  while ((text = strstr(text, word))) {
    count++;
    text += strlen(word);
  }
  return count;
}

static void blocks_are_drawn(void) {
  const double p99[] = {1e6, 2e6, 3e6};
  const double rate[] = {100, 90, 110};
  const double *values[] = {p99, rate};
  const struct plot_side sides[] = {{"A", values, 3}, {"B", values, 2}};
  struct text text = {0};
  CU_ASSERT(metric_parse(&metrics[0], "p99"));
  CU_ASSERT(metric_parse(&metrics[1], "rate"));
  CU_ASSERT_FATAL(compare_plot(&text, metrics, 2, sides, 2));
  CU_ASSERT_FATAL(text_reserve(&text, 1));
  text.bytes[text.length] = '\0';
  CU_ASSERT_EQUAL(count_text(text.bytes, "<circle"), 10);
  CU_ASSERT_EQUAL(count_text(text.bytes, "class=\"median\""), 4);
  CU_ASSERT_EQUAL(count_text(text.bytes, "nan"), 0);
  CU_ASSERT_EQUAL(strncmp(text.bytes, "<svg ", 5), 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(text.bytes, "</svg>"));
  text_free(&text);
}

/* ---- Real blocks ---- */

static struct load_test t;

static json_int_t number_of(const json_t *json, const char *key) {
  return json_integer_value(json_object_get(json, key));
}

/* Returns the exit code that a comparison must have had. */
static int expected_code(const json_t *comparison) {
  size_t i;
  json_t *metric;
  if (number_of(comparison, "invalid")) return 3;
  json_array_foreach(
      json_object_get(comparison, "metrics"), i,
      metric) if (strcmp(json_string_value(json_object_get(metric, "answer")),
                         "slower") == 0) return 1;
  return 0;
}

/* Two pairs of blocks of 20 requests: the server has seen as many as were
 * run. */
static void blocks_are_run(void) {
  char run[256];
  load_open(&t);
  (void)snprintf(run, sizeof run, "-n 20 -c 2 -r 1 '%s'",
                 load_url(&t, "/page"));
  (void)LOAD_RUN(&t, "compare", "--pairs", "2", "--metric", "p50,rate",
                 "--json", "out", "--svg", "picture", "--run", run, "--run",
                 run);
  json_t *json = load_json(&t, "out");
  json_t *comparison = json_array_get(json_object_get(json, "comparisons"), 0);
  CU_ASSERT_EQUAL(number_of(comparison, "pairs"), 2);
  CU_ASSERT_EQUAL(number_of(comparison, "blocks"),
                  4 + number_of(comparison, "again"));
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests,
                  (unsigned long)(20 * number_of(comparison, "blocks")));
  CU_ASSERT_EQUAL(json_array_size(json_object_get(comparison, "metrics")), 2);
  CU_ASSERT_EQUAL(t.program.code, expected_code(comparison));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "response.p50"));
  CU_ASSERT(program_said(&t.program, "pair 2 of 2: B"));
  size_t length;
  char *picture = program_read(&t.program, "picture", &length);
  CU_ASSERT(picture && count_text(picture, "<circle") == 8);
  free(picture);
  json_decref(json);
  load_close(&t);
}

static void reactors_are_compared(void) {
  load_open(&t);
  (void)LOAD_RUN(&t, "compare", "--pairs", "1", "-q", "--json", "out",
                 "--reactors", "1", "--reactors", "2", "--reactors", "3", "-n",
                 "12", "-c", "3", load_url(&t, "/page"));
  json_t *json = load_json(&t, "out");
  json_t *all = json_object_get(json, "comparisons");
  CU_ASSERT_EQUAL_FATAL(json_array_size(all), 2);
  for (size_t i = 0; i < 2; i++) {
    json_t *comparison = json_array_get(all, i);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(comparison, "b")),
                           i ? "3 reactors" : "2 reactors");
    CU_ASSERT_EQUAL(number_of(comparison, "pairs"), 1);
  }
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 4 * 12);
  json_decref(json);
  load_close(&t);
}

static void files_are_shown(void) {
  load_open(&t);
  (void)LOAD_RUN(&t, "-n", "20", "-c", "2", "-q", "--json", "a",
                 load_url(&t, "/page"));
  int invalid = t.program.code == 3;
  (void)LOAD_RUN(&t, "compare", "a", "a");
  CU_ASSERT_EQUAL(t.program.code, invalid ? 3 : 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "No test is possible"));
  (void)LOAD_RUN(&t, "compare", "a", "a", "a", "a", "a", "a", "a", "a", "--",
                 "a", "a", "a", "a", "a", "a", "a", "a");
  CU_ASSERT_EQUAL(t.program.code, invalid ? 3 : 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "assumes that nothing else"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "same within 3 %"));
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "compare", "a", "missing"), 2);
  program_write(&t.program, "broken", "{}", 2);
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "compare", "a", "broken"), 2);
  CU_ASSERT(program_said(&t.program, "broken is no result of a load test"));
  load_close(&t);
}

/* Nothing is run when one side is no load test. */
static void arguments_are_checked_first(void) {
  char run[256];
  load_open(&t);
  (void)snprintf(run, sizeof run, "-n 5 '%s'", load_url(&t, "/page"));
  CU_ASSERT_EQUAL(
      LOAD_RUN(&t, "compare", "--run", run, "--run", "--bogus http://a/"), 2);
  CU_ASSERT(program_said(&t.program, "--bogus"));
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 0);
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "compare", "--help"), 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "--tolerance"));
  load_close(&t);
}

/* The load test that runs is told, too, and no other one is begun. */
static void an_interrupt_ends_it(void) {
  char run[256];
  load_open(&t);
  (void)snprintf(run, sizeof run, "-d 10m -c 1 -r 1 '%s'",
                 load_url(&t, "/page"));
  program_start(&t.program,
                LOAD_ARGUMENTS("compare", "-q", "--run", run, "--run", run));
  while (origin_counts(t.origin).requests == 0) usleep(1000);
  CU_ASSERT_EQUAL(kill(t.program.pid, SIGINT), 0);
  program_wait(&t.program, 60000);
  CU_ASSERT_EQUAL(t.program.code, 130);
  CU_ASSERT_EQUAL(origin_counts(t.origin).accepted, 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "0 pairs"));
  load_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"orders are drawn", orders_are_drawn},
      {"INVALID blocks are run again", invalid_blocks_are_run_again},
      {"not all are run again", not_all_are_run_again},
      {"numbers must be there", numbers_must_be_there},
      {"an end keeps pairs", an_end_keeps_pairs},
      {"answers have words", answers_have_words},
      {"words are a shell's", words_are_a_shells},
      {"metrics have names", metrics_have_names},
      {"settings are read", settings_are_read},
      {"settings are refused", settings_are_refused},
      {"blocks are drawn", blocks_are_drawn},
      {"blocks are run", blocks_are_run},
      {"reactors are compared", reactors_are_compared},
      {"files are shown", files_are_shown},
      {"arguments are checked first", arguments_are_checked_first},
      {"an interrupt ends it", an_interrupt_ends_it},
  };
  return fixture_main("load_compare", tests, FIXTURE_COUNT(tests), argc, argv);
}
