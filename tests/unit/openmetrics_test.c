/* SPDX-License-Identifier: MIT
 * openmetrics_test.c: what is written is a text of OpenMetrics 1.0, by a strict
 * reader of its own. */
#include "pool/openmetrics.h"

#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "support/scripting.h"

/* ---- A strict reader ---- */

enum { SAMPLES = 256, NAME = 96, LINE = 512 };

/* What was read so far. */
struct reader {
  const char *at;
  const char *wrong; /* NULL: nothing */
  char family[NAME];
  char type[16];
  char unit[16];
  bool has_type, has_unit, has_help;
  bool has_samples;
  unsigned families;
  char names[SAMPLES][NAME]; /* of families */
  unsigned samples;
  char keys[SAMPLES][LINE]; /* name and labels of samples */
  double values[SAMPLES];
};

static bool fail(struct reader *reader, const char *what) {
  if (!reader->wrong) reader->wrong = what;
  return false;
}

static bool take(struct reader *reader, const char *text) {
  size_t length = strlen(text);
  if (strncmp(reader->at, text, length) != 0) return fail(reader, text);
  reader->at += length;
  return true;
}

/* A name of letters, digits and underscores (and colons), not a digit first. */
static bool take_name(struct reader *reader, char *name, bool colons) {
  size_t length = 0;
  for (; length < NAME - 1; length++) {
    unsigned char c = (unsigned char)reader->at[length];
    bool good = (c < 0x80 && isalpha(c)) || c == '_' || (colons && c == ':') ||
                (length && c < 0x80 && isdigit(c));
    if (!good) break;
    name[length] = (char)c;
  }
  name[length] = '\0';
  reader->at += length;
  return length > 0 || fail(reader, "a name");
}

/* Takes a text up to an unescaped `end`, which stays; escapes are checked. */
static bool take_escaped(struct reader *reader, char end) {
  for (; *reader->at && *reader->at != end; reader->at++) {
    if (*reader->at == '\n') return fail(reader, "a line end");
    if (*reader->at == '"') return fail(reader, "a quote");
    if (*reader->at != '\\') continue;
    reader->at++;
    if (!*reader->at || !strchr("n\\\"", *reader->at))
      return fail(reader, "an escape");
  }
  return *reader->at == end || fail(reader, "an end");
}

static bool begin_family(struct reader *reader, const char *name) {
  if (strcmp(reader->family, name) == 0)
    return !reader->has_samples || fail(reader, "metadata behind samples");
  for (unsigned i = 0; i < reader->families; i++)
    if (strcmp(reader->names[i], name) == 0)
      return fail(reader, "a family in two places");
  if (reader->families && !reader->has_samples)
    return fail(reader, "a family without samples");
  snprintf(reader->names[reader->families++], NAME, "%s", name);
  snprintf(reader->family, NAME, "%s", name);
  reader->has_type = reader->has_unit = reader->has_help = false;
  reader->has_samples = false;
  return true;
}

static bool note_once(struct reader *reader, bool *has) {
  if (*has) return fail(reader, "metadata twice");
  return *has = true;
}

static bool take_type(struct reader *reader) {
  static const char *const types[] = {"counter", "gauge"};
  if (!note_once(reader, &reader->has_type)) return false;
  for (size_t i = 0; i < FIXTURE_COUNT(types); i++) {
    size_t length = strlen(types[i]);
    if (strncmp(reader->at, types[i], length) != 0) continue;
    snprintf(reader->type, sizeof reader->type, "%s", types[i]);
    reader->at += length;
    return take(reader, "\n");
  }
  return fail(reader, "a type");
}

static bool take_unit(struct reader *reader) {
  char unit[NAME];
  size_t family = strlen(reader->family);
  if (!note_once(reader, &reader->has_unit) || !take_name(reader, unit, true))
    return false;
  size_t length = strlen(unit);
  if (family <= length + 1 || reader->family[family - length - 1] != '_' ||
      strcmp(reader->family + family - length, unit) != 0)
    return fail(reader, "a name that ends in its unit");
  return take(reader, "\n");
}

static bool take_metadata(struct reader *reader) {
  char what[NAME], name[NAME];
  if (!take(reader, "# ") || !take_name(reader, what, false) ||
      !take(reader, " ") || !take_name(reader, name, true) ||
      !take(reader, " ") || !begin_family(reader, name))
    return false;
  if (strcmp(what, "TYPE") == 0) return take_type(reader);
  if (strcmp(what, "UNIT") == 0) return take_unit(reader);
  if (strcmp(what, "HELP") != 0) return fail(reader, "TYPE, UNIT or HELP");
  return note_once(reader, &reader->has_help) && take_escaped(reader, '\n') &&
         take(reader, "\n");
}

static bool take_labels(struct reader *reader) {
  char name[NAME], before[NAME] = "";
  if (*reader->at != '{') return true;
  reader->at++;
  for (;;) {
    if (!take_name(reader, name, false) || !take(reader, "=\"") ||
        !take_escaped(reader, '"') || !take(reader, "\""))
      return false;
    if (strcmp(name, before) == 0) return fail(reader, "a label twice");
    memcpy(before, name, sizeof before);
    if (*reader->at != ',') return take(reader, "}");
    reader->at++;
  }
}

/* A number: digits, with a point and digits perhaps. */
static bool take_value(struct reader *reader) {
  char *end;
  const char *from = reader->at;
  size_t length = strspn(from, "0123456789.");
  double value = strtod(from, &end);
  if (length == 0 || end != from + length || from[0] == '.')
    return fail(reader, "a number");
  reader->values[reader->samples - 1] = value;
  reader->at = end;
  return take(reader, "\n");
}

static bool take_sample(struct reader *reader) {
  const char *from = reader->at;
  char name[NAME], wanted[NAME + 8];
  bool counter = strcmp(reader->type, "counter") == 0;
  if (!take_name(reader, name, true)) return false;
  snprintf(wanted, sizeof wanted, "%s%s", reader->family,
           counter ? "_total" : "");
  if (!reader->has_type || !reader->has_help || strcmp(name, wanted) != 0)
    return fail(reader, "a sample of its family");
  if (!take_labels(reader)) return false;
  char *key = reader->keys[reader->samples];
  snprintf(key, LINE, "%.*s", (int)(reader->at - from), from);
  for (unsigned i = 0; i < reader->samples; i++)
    if (strcmp(reader->keys[i], key) == 0) return fail(reader, "one sample");
  reader->samples++;
  reader->has_samples = true;
  return take(reader, " ") && take_value(reader);
}

/* Tells whether the whole text is right. */
static bool read_text(struct reader *reader, const char *text) {
  memset(reader, 0, sizeof *reader);
  reader->at = text;
  while (!reader->wrong && strncmp(reader->at, "# EOF", 5) != 0)
    (void)(*reader->at == '#' ? take_metadata(reader) : take_sample(reader));
  if (reader->wrong) return false;
  if (strcmp(reader->at, "# EOF\n") != 0) return fail(reader, "the end");
  return reader->has_samples || fail(reader, "samples");
}

/* The reader itself finds what is wrong. */
static void test_the_reader(void) {
  static const char good[] =
      "# TYPE a counter\n# HELP a A.\na_total 1\n# EOF\n";
  static const char *const bad[] = {
      "# TYPE a counter\n# HELP a A.\na_total 1\n",
      "# TYPE a counter\n# HELP a A.\na_total 1\n# EOF",
      "# TYPE a counter\n# HELP a A.\na_total 1\n# EOF\n\n",
      "# TYPE a counter\n# HELP a A.\na 1\n# EOF\n",
      "# TYPE a gauge\n# HELP a A.\na_total 1\n# EOF\n",
      "# TYPE a counter\n# HELP a \"A\"\na_total 1\n# EOF\n",
      "# TYPE a counter\n# HELP a A\\x\na_total 1\n# EOF\n",
      "# TYPE a counter\n# UNIT a seconds\n# HELP a A.\na_total 1\n# EOF\n",
      "# TYPE a counter\n# HELP a A.\na_total{b=\"1\"} 1\na_total{b=\"1\"} "
      "2\n# EOF\n",
      "# TYPE a counter\n# HELP a A.\na_total 1,5\n# EOF\n",
      "# TYPE a counter\n# HELP a A.\na_total  1\n# EOF\n",
      "# TYPE a counter\n# HELP a A.\na_total nan\n# EOF\n",
      "# TYPE a gauge\n# HELP a A.\na 1\n# TYPE b gauge\n# HELP b B.\nb 1\n"
      "# TYPE a gauge\n# HELP a A.\na 1\n# EOF\n",
      "# TYPE a counter\n# HELP a A.\n# EOF\n",
      "a 1\n# EOF\n",
      "# EOF\n"};
  static struct reader reader;
  CU_ASSERT_TRUE(read_text(&reader, good));
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++)
    if (read_text(&reader, bad[i])) fixture_fail("taken: %s", bad[i]);
}

/* ---- Texts ---- */

static bool append(const char *text, size_t length, void *context) {
  return lr_buffer_append(context, text, length);
}

static bool refuse(const char *text, size_t length, void *context) {
  unsigned *left = context;
  (void)text;
  (void)length;
  if (*left == 0) fixture_fail("it is called again");
  return --*left > 0;
}

static void expect_text(const lariat_metric *metric, const char *wanted) {
  lr_buffer text = {NULL, 0, 0};
  lr_openmetrics out = {append, &text, NULL, false};
  lr_openmetrics_add(metric, &out);
  CU_ASSERT_TRUE_FATAL(lr_buffer_terminate(&text));
  if (strcmp(text.bytes, wanted) != 0)
    fixture_fail("%s, not %s", text.bytes, wanted);
  lr_buffer_clear(&text);
}

static void test_escapes_and_numbers(void) {
  static const lariat_metric_label labels[] = {{"a", "x\n\"y\"\\"}, {"b", ""}};
  struct fixture f;
  lariat_metric metric = {.name = "m_seconds",
                          .help = "Say \"no\",\nor \\.",
                          .unit = "seconds",
                          .labels = labels,
                          .label_count = 2,
                          .value = 0.25};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  expect_text(&metric, "# TYPE m_seconds counter\n# UNIT m_seconds seconds\n"
                       "# HELP m_seconds Say \\\"no\\\",\\nor \\\\.\n"
                       "m_seconds_total{a=\"x\\n\\\"y\\\"\\\\\",b=\"\"} "
                       "0.250000000\n");
  static const struct {
    double value;
    const char *text;
  } numbers[] = {{0, "0"},
                 {7, "7"},
                 {4294967296.0, "4294967296"},
                 {0.000000001, "0.000000001"},
                 {1.999999999, "1.999999999"},
                 {1.9999999999, "2"}};
  for (size_t i = 0; i < FIXTURE_COUNT(numbers); i++) {
    char wanted[100];
    lariat_metric plain = {.name = "m",
                           .help = "M.",
                           .type = LARIAT_METRIC_GAUGE,
                           .unit = "",
                           .value = numbers[i].value};
    snprintf(wanted, sizeof wanted, "# TYPE m gauge\n# HELP m M.\nm %s\n",
             numbers[i].text);
    expect_text(&plain, wanted);
  }
  fixture_close(&f);
}

static void test_of_a_pool(void) {
  static struct reader reader;
  struct scripting s;
  struct seen seen = {0};
  lr_buffer text = {NULL, 0, 0};
  (void)setlocale(LC_ALL,
                  "de_DE.UTF-8"); /* a comma for a point, if it is here */
  scripting_open(&s, NULL, NULL);
  scripting_get(&s, &seen, "http://u:sesame@a/?text=sesame");
  scripting_run(&s, 1);
  CU_ASSERT_EQUAL(lariat_pool_write_openmetrics(s.pool, append, &text),
                  LARIAT_OK);
  CU_ASSERT_TRUE_FATAL(lr_buffer_terminate(&text));
  (void)setlocale(LC_ALL, "C");
  if (!read_text(&reader, text.bytes))
    fixture_fail("not %s: %.60s", reader.wrong, reader.at);
  CU_ASSERT(reader.samples > 30);
  CU_ASSERT_PTR_NOT_NULL(strstr(text.bytes, "\nlariat_jobs_done_total 1\n"));
  CU_ASSERT_PTR_NOT_NULL(
      strstr(text.bytes, "\nlariat_requests_total{reason=\"h1\"} "));
  CU_ASSERT_PTR_NULL(strstr(text.bytes, "sesame"));
  lr_buffer_clear(&text);
  scripting_forget(&seen, 1);
  scripting_close(&s);
}

/* A writer that says no is not called again. */
static void test_refused(void) {
  struct scripting s;
  scripting_open(&s, NULL, NULL);
  CU_ASSERT_EQUAL(lariat_pool_write_openmetrics(s.pool, NULL, NULL),
                  LARIAT_EINVAL);
  for (unsigned left = 1; left < 20; left++) {
    unsigned calls = left;
    CU_ASSERT_EQUAL(lariat_pool_write_openmetrics(s.pool, refuse, &calls),
                    LARIAT_EWRITE);
    CU_ASSERT_EQUAL(calls, 0);
  }
  scripting_close(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the reader", test_the_reader},
      {"escapes and numbers", test_escapes_and_numbers},
      {"of a pool", test_of_a_pool},
      {"refused", test_refused},
  };
  return fixture_main("openmetrics", tests, FIXTURE_COUNT(tests), argc, argv);
}
