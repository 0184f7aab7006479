/* SPDX-License-Identifier: MIT
 * The option tables: a table of every kind is read as it says, and those of the
 * commands make sense in themselves. */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"
#include "tables.h"

/* ---- A table with a row of each kind ---- */

enum { ACT_RUN, ACT_SHOW, ACT_HELP };

struct sample {
  const char *text;
  double rate;
  uint64_t bytes;
  uint64_t ms;
  unsigned count;
  unsigned choice;
  unsigned parsed;
  int action;
  bool flag;
};

static bool count_bytes(void *settings, char *value) {
  ((struct sample *)settings)->parsed += (unsigned)strlen(value);
  return strcmp(value, "bad") != 0;
}

#define AT(its_kind, member)                                                   \
  .kind = OPTION_##its_kind, .offset = offsetof(struct sample, member),        \
  .help = "about it"

static const struct option_row sample_rows[] = {
    {.name = "flag", .letter = 'f', AT(FLAG, flag)},
    {.name = "show", AT(ACTION, action), .low = ACT_SHOW},
    {.name = "help", .letter = 'h', AT(ACTION, action), .low = ACT_HELP},
    {.name = "count", .value = "N", AT(COUNT, count), .low = 2, .high = 9},
    {.name = "bytes",
     .value = "N",
     AT(BYTES, bytes),
     .low = 1024,
     .high = 1 << 20,
     .preset = "1K"},
    {.name = "pause", .value = "S", AT(SECONDS, ms), .high = 5000},
    {.name = "rate",
     .letter = 'r',
     .value = "N",
     AT(RATE, rate),
     .low = 1,
     .high = 10000},
    {.name = "text", .value = "TEXT", AT(TEXT, text), .low = 1},
    {.name = "choice",
     .value = "a|b|c",
     AT(CHOICE, choice),
     .words = {"a", "b", "c"}},
    {.name = "parsed",
     .letter = 'p',
     .value = "TEXT",
     AT(PARSED, parsed),
     .parse = count_bytes,
     .is_list = true,
     .group = 1},
};

static const struct option_group sample_groups[] = {{"One", NULL},
                                                    {"Two", NULL}};

static const struct option_table sample_table = {
    .command = "sample",
    .usage = "usage\n",
    .notes = "notes\n",
    .groups = sample_groups,
    .rows = sample_rows,
    .count = sizeof sample_rows / sizeof sample_rows[0]};

/* Reads up to eight arguments, up to a NULL, into `sample`. */
static int read_sample(struct sample *sample, const char *const *arguments) {
  static char texts[9][40];
  char *argv[10] = {texts[0]};
  int argc = 1;
  snprintf(texts[0], sizeof texts[0], "sample");
  for (; *arguments && argc < 9; argc++, arguments++) {
    snprintf(texts[argc], sizeof texts[argc], "%s", *arguments);
    argv[argc] = texts[argc];
  }
  return options_read(&sample_table, sample, argc, argv);
}

#define READ(sample, ...)                                                      \
  read_sample(sample, (const char *const[]){__VA_ARGS__, NULL})

static void each_kind_is_stored(void) {
  struct sample sample = {.parsed = 0};
  CU_ASSERT_EQUAL(
      READ(&sample, "-f", "--count", "7", "--bytes", "64K", "--pause=0.25"), 7);
  CU_ASSERT_TRUE(sample.flag);
  CU_ASSERT_EQUAL(sample.count, 7);
  CU_ASSERT_EQUAL(sample.bytes, 65536);
  CU_ASSERT_EQUAL(sample.ms, 250);
  CU_ASSERT_EQUAL(READ(&sample, "-r0.5", "--text", "x", "--choice", "c"), 6);
  CU_ASSERT(sample.rate > 0.49 && sample.rate < 0.51);
  CU_ASSERT_STRING_EQUAL(sample.text, "x");
  CU_ASSERT_EQUAL(sample.choice, 2);
  CU_ASSERT_EQUAL(READ(&sample, "-pab", "-p", "cde"), 4);
  CU_ASSERT_EQUAL(sample.parsed, 5);
}

static void operands_go_to_the_end(void) {
  struct sample sample = {.parsed = 0};
  CU_ASSERT_EQUAL(READ(&sample, "one", "-f", "two"), 2);
  CU_ASSERT_EQUAL(READ(&sample, "--", "-f"), 2);
  CU_ASSERT_EQUAL(READ(&sample, "-"), 1);
}

static void the_greater_action_stays(void) {
  struct sample sample = {.action = ACT_RUN};
  CU_ASSERT_EQUAL(READ(&sample, "--show"), 2);
  CU_ASSERT_EQUAL(sample.action, ACT_SHOW);
  CU_ASSERT_EQUAL(READ(&sample, "-h", "--show"), 3);
  CU_ASSERT_EQUAL(sample.action, ACT_HELP);
}

static void limits_are_kept(void) {
  static const char *const values[][2] = {
      {"--count", "1"},     {"--count", "10"},    {"--bytes", "1023"},
      {"--bytes", "2M"},    {"--pause", "5.001"}, {"--rate", "0"},
      {"--rate", "10.001"}, {"--text", ""},       {"--choice", "d"},
      {"--choice", ""},     {"--parsed", "bad"},  {"--nothing", "x"}};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    struct sample sample = {.parsed = 0};
    if (READ(&sample, values[i][0], values[i][1]) != -1)
      fixture_fail("%s %s was taken", values[i][0], values[i][1]);
  }
}

static void help_shows_each_row(void) {
  static const char expected[] =
      "usage\n"
      "  -f, --flag  about it         --show  about it\n"
      "  -h, --help  about it         --count N  about it\n"
      "      --bytes N  about it (1K)                 --pause S  about it\n"
      "  -r, --rate N  about it       --text TEXT  about it\n"
      "      --choice a|b|c  about it\n"
      "  -p, --parsed TEXT  about it\n"
      "notes\n";
  char text[1000] = "";
  FILE *file = fmemopen(text, sizeof text, "w");
  if (!file) abort();
  options_print_help(&sample_table, file);
  fclose(file);
  if (strcmp(text, expected) != 0) fixture_fail("it was:\n%s", text);
}

/* ---- The commands' tables ---- */

/* Returns whether the row that is meant takes a value. */
static bool check_alias(const struct option_table *table,
                        const struct option_row *row) {
  for (size_t i = 0; i < table->count; i++)
    if (strcmp(table->rows[i].name, row->alias) == 0 &&
        table->rows[i].kind != OPTION_ALIAS)
      return table->rows[i].value != NULL;
  fixture_fail("--%s is another name of nothing", row->name);
  return row->value != NULL;
}

/* Says whether a hint is for what the letter of a count means elsewhere, which
 * is said when its value is no number. */
static bool is_for_letter(const struct option_hint *hint,
                          const struct option_row *row) {
  return hint->theirs[0] == row->letter && !hint->theirs[1] &&
         row->kind == OPTION_COUNT;
}

/* A hint is for what is no option, or for such a letter. */
static void check_hints(const struct option_table *table) {
  const struct option_hint *hint = table->hints;
  for (; hint && hint->theirs; hint++)
    for (size_t i = 0; i < table->count; i++) {
      const struct option_row *row = &table->rows[i];
      if (is_for_letter(hint, row)) continue;
      if (strcmp(hint->theirs, row->name) == 0 ||
          (hint->theirs[0] == row->letter && !hint->theirs[1]))
        fixture_fail("there is a hint for --%s", row->name);
    }
}

static void check_row(const struct option_table *table, size_t index) {
  const struct option_row *row = &table->rows[index];
  bool takes_none = row->kind == OPTION_FLAG || row->kind == OPTION_ACTION ||
                    row->kind == OPTION_IGNORED;
  if (row->kind == OPTION_ALIAS) takes_none = !check_alias(table, row);
  if (!row->help || !row->manual)
    fixture_fail("--%s is not explained", row->name);
  if (takes_none != !row->value)
    fixture_fail("--%s has a value, or should have one", row->name);
  if ((row->kind == OPTION_PARSED) != (row->parse != NULL))
    fixture_fail("--%s has a reader, or should have one", row->name);
  if (row->kind == OPTION_CHOICE && !row->words[0])
    fixture_fail("--%s has no words to choose from", row->name);
  if ((row->kind == OPTION_BYTES || row->kind == OPTION_SECONDS ||
       row->kind == OPTION_RATE) &&
      !row->expects)
    fixture_fail("--%s does not say what it takes", row->name);
  if (index && row->group < table->rows[index - 1].group)
    fixture_fail("--%s is not with its group", row->name);
  for (size_t i = 0; i < index; i++)
    if (strcmp(table->rows[i].name, row->name) == 0 ||
        (row->letter && table->rows[i].letter == row->letter))
      fixture_fail("--%s is there twice, or its letter", row->name);
}

static void tables_make_sense(void) {
  CU_ASSERT_PTR_NOT_NULL_FATAL(tables_find("fetch"));
  CU_ASSERT_PTR_NULL(tables_find("fetsch"));
  for (size_t i = 0; option_tables[i]; i++) {
    check_hints(option_tables[i]);
    for (size_t row = 0; row < option_tables[i]->count; row++)
      check_row(option_tables[i], row);
  }
}

static bool has_row(const struct option_table *table, const char *name) {
  for (size_t i = 0; i < table->count; i++)
    if (strcmp(table->rows[i].name, name) == 0) return true;
  return false;
}

/* Reads the first `length` letters of a name as an option. */
static void expect_no_abbreviation(const struct option_table *table,
                                   const char *name, size_t length) {
  static uint64_t settings[1024]; /* more than any command has */
  char command[] = "command";
  char url[] = "http://127.0.0.1/";
  char option[80];
  char *argv[] = {command, option, url, NULL};
  snprintf(option, sizeof option, "--%.*s", (int)length, name);
  if (has_row(table, option + 2)) return;
  if (options_read(table, settings, 3, argv) != -1)
    fixture_fail("%s was taken for --%s", option, name);
}

/* An abbreviation would take the URL for its value, or change its meaning with
 * the next version. */
static void nothing_is_abbreviated(void) {
  for (size_t i = 0; option_tables[i]; i++)
    for (size_t row = 0; row < option_tables[i]->count; row++) {
      const char *name = option_tables[i]->rows[row].name;
      for (size_t length = 1; length < strlen(name); length++)
        expect_no_abbreviation(option_tables[i], name, length);
    }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"each kind is stored", each_kind_is_stored},
      {"operands go to the end", operands_go_to_the_end},
      {"the greater action stays", the_greater_action_stays},
      {"limits are kept", limits_are_kept},
      {"the help shows each row", help_shows_each_row},
      {"the tables make sense", tables_make_sense},
      {"nothing is abbreviated", nothing_is_abbreviated},
  };
  return fixture_main("option tables", tests, FIXTURE_COUNT(tests), argc, argv);
}
