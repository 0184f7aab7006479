/* SPDX-License-Identifier: MIT
 * options.c: getopt_long, driven by a table. */
#include "options.h"

#include <getopt.h>
#include <string.h>

#include "numbers.h"
#include "say.h"

/* The number that getopt_long returns for a row without a letter is this and
 * its index. */
enum { FIRST_LONG = 256 };

struct getopt_names {
  struct option names[OPTIONS_MAX + 1];
  char letters[2 * OPTIONS_MAX + 2];
};

static int number_of_row(const struct option_table *table, size_t index) {
  char letter = table->rows[index].letter;
  return letter ? letter : FIRST_LONG + (int)index;
}

static const struct option_row *find_row(const struct option_table *table,
                                         int number) {
  for (size_t i = 0; i < table->count; i++)
    if (number_of_row(table, i) == number) return &table->rows[i];
  return NULL;
}

/* The colon in front lets getopt_long tell a missing value from an unknown
 * option, and keeps it from printing anything. */
static void fill_names(const struct option_table *table,
                       struct getopt_names *names) {
  char *letter = names->letters;
  memset(names, 0, sizeof *names);
  *letter++ = ':';
  for (size_t i = 0; i < table->count; i++) {
    const struct option_row *row = &table->rows[i];
    int has_value = row->value ? required_argument : no_argument;
    names->names[i] =
        (struct option){row->name, has_value, NULL, number_of_row(table, i)};
    if (!row->letter) continue;
    *letter++ = row->letter;
    if (row->value) *letter++ = ':';
  }
}

/* ---- Values ---- */

static bool store_count(const struct option_row *row, void *at,
                        const char *value) {
  uint64_t number;
  if (!number_read(value, row->low, row->high, &number)) return false;
  *(unsigned *)at = (unsigned)number;
  return true;
}

static bool store_rate(const struct option_row *row, void *at,
                       const char *value) {
  uint64_t thousandths;
  if (!number_read_seconds(value, row->low, row->high, &thousandths))
    return false;
  *(double *)at = (double)thousandths / 1000;
  return true;
}

static bool store_choice(const struct option_row *row, void *at,
                         const char *value) {
  for (unsigned i = 0; row->words[i]; i++) {
    if (strcmp(value, row->words[i]) != 0) continue;
    memcpy(at, &i, sizeof i);
    return true;
  }
  return false;
}

static bool store_text(const struct option_row *row, void *at,
                       const char *value) {
  *(const char **)at = value;
  return strlen(value) >= row->low;
}

static bool raise_action(const struct option_row *row, int *action) {
  if (*action < (int)row->low) *action = (int)row->low;
  return true;
}

static bool store_value(const struct option_row *row, void *settings,
                        char *value) {
  void *at = (char *)settings + row->offset;
  switch (row->kind) {
  case OPTION_FLAG:
    return *(bool *)at = true;
  case OPTION_ACTION:
    return raise_action(row, at);
  case OPTION_COUNT:
    return store_count(row, at, value);
  case OPTION_BYTES:
    return number_read_bytes(value, row->low, row->high, at);
  case OPTION_SECONDS:
    return number_read_seconds(value, row->low, row->high, at);
  case OPTION_RATE:
    return store_rate(row, at, value);
  case OPTION_TEXT:
    return store_text(row, at, value);
  case OPTION_CHOICE:
    return store_choice(row, at, value);
  case OPTION_PARSED:
    return row->parse(settings, value);
  }
  return false;
}

/* ---- Messages ---- */

/* Adds to the text at `text`, as far as it fits. */
static void add_text(char *text, size_t capacity, const char *more) {
  size_t length = strlen(text);
  snprintf(text + length, capacity - length, "%s", more);
}

static void expect_words(const struct option_row *row, char *text,
                         size_t capacity) {
  text[0] = '\0';
  for (unsigned i = 0; row->words[i]; i++) {
    if (i) add_text(text, capacity, row->words[i + 1] ? ", " : " or ");
    add_text(text, capacity, row->words[i]);
  }
}

/* Writes what would have been right. */
static void expect_value(const struct option_row *row, char *text,
                         size_t capacity) {
  if (row->expects)
    snprintf(text, capacity, "%s", row->expects);
  else if (row->kind == OPTION_COUNT)
    snprintf(text, capacity, "a number from %llu to %llu",
             (unsigned long long)row->low, (unsigned long long)row->high);
  else if (row->kind == OPTION_CHOICE)
    expect_words(row, text, capacity);
  else
    snprintf(text, capacity, "something");
}

/* Reads a value; copies it first, for the message: a reader may cut it in two.
 */
static bool read_value(const struct option_row *row, void *settings,
                       char *value) {
  char expected[160];
  char shown[80];
  snprintf(shown, sizeof shown, "%s", value ? value : "");
  if (store_value(row, settings, value)) return true;
  expect_value(row, expected, sizeof expected);
  say("--%s takes %s, not \"%s\"", row->name, expected, shown);
  return false;
}

/* Says what getopt_long, which returned `number`, could not make sense of. */
static void say_unknown(const struct option_table *table, char **argv,
                        int number) {
  const char *text = argv[optind - 1];
  const struct option_row *row = find_row(table, optopt);
  if (number == ':') {
    say("%s needs a value", text);
  } else if (row && optopt) {
    say("--%s takes no value", row->name);
  } else if (optopt) {
    say("there is no option -%c", optopt);
  } else {
    say("there is no option %s", text);
  }
}

int options_read(const struct option_table *table, void *settings, int argc,
                 char **argv) {
  struct getopt_names names;
  int number;
  fill_names(table, &names);
  optind = 1;
  while ((number = getopt_long(argc, argv, names.letters, names.names, NULL)) !=
         -1) {
    const struct option_row *row = find_row(table, number);
    if (!row) {
      say_unknown(table, argv, number);
      return -1;
    }
    if (!read_value(row, settings, optarg)) return -1;
  }
  return optind;
}
