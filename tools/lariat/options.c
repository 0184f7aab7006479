/* SPDX-License-Identifier: MIT
 * options.c: a command line, read by a table. */
#include "options.h"

#include <string.h>

#include "numbers.h"
#include "say.h"
#include "spelling.h"

/* A command line that is read. */
struct reading {
  const struct option_table *table;
  void *settings;
  char **argv;
  int at;       /* the argument that is looked at */
  int operands; /* how many were passed over, right before `at` */
};

/* ---- Rows ---- */

static const struct option_row *find_name(const struct option_table *table,
                                          const char *name, size_t length) {
  for (size_t i = 0; i < table->count; i++)
    if (strlen(table->rows[i].name) == length &&
        memcmp(table->rows[i].name, name, length) == 0)
      return &table->rows[i];
  return NULL;
}

static const struct option_row *find_letter(const struct option_table *table,
                                            char letter) {
  for (size_t i = 0; i < table->count; i++)
    if (table->rows[i].letter == letter) return &table->rows[i];
  return NULL;
}

/* Returns the row that `row` is another name of, or `row` itself. */
static const struct option_row *resolve_row(const struct option_table *table,
                                            const struct option_row *row) {
  if (row->kind != OPTION_ALIAS) return row;
  return find_name(table, row->alias, strlen(row->alias));
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
  return number_read_rate(value, row->low, row->high, at);
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
  case OPTION_ALIAS: /* resolved before */
  case OPTION_IGNORED:
    return true;
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
    snprintf(text, capacity, "%s", row->value);
}

/* Writes "NAME takes ..." with what would have been right. */
static void expect_named(const struct option_row *row, const char *name,
                         const char *shown, char *text, size_t capacity) {
  char expected[160];
  expect_value(row, expected, sizeof expected);
  if (row->is_secret)
    snprintf(text, capacity, "%s takes %s", name, expected);
  else
    snprintf(text, capacity, "%s takes %s, not \"%s\"", name, expected, shown);
}

static const char *find_hint(const struct option_table *table,
                             const char *typed) {
  const struct option_hint *hint = table->hints;
  for (; hint && hint->theirs; hint++)
    if (strcmp(hint->theirs, typed) == 0) return hint->ours;
  return NULL;
}

/* Says what would have been right, and behind it the remark `hint`, if there
 * is one. */
static void say_expected(const struct option_row *row, const char *name,
                         const char *shown, const char *hint) {
  char text[SAY_CAPACITY + 300];
  expect_named(row, name, shown, text, sizeof text);
  say("--%s%s%s", text, hint ? "; " : "", hint ? hint : "");
}

/* Reads the value of `row`, which was called `name`; copies it first, for the
 * message: a reader may cut it in two. */
static bool read_value(const struct reading *reading,
                       const struct option_row *row, const char *name,
                       char *value, const char *hint) {
  char shown[SAY_CAPACITY];
  const struct option_table *table = reading->table;
  (void)say_shown(shown, value ? value : "");
  if (table->note && !table->note(reading->settings, row, value)) {
    say("out of memory");
    return false;
  }
  if (store_value(row, reading->settings, value)) return true;
  say_expected(row, name, shown, hint);
  return false;
}

/* ---- What was meant ---- */

/* Writes "; did you mean --rate or --rate-per-host?" with the rows that begin
 * with what was typed, else with the one that is nearest to it; nothing when
 * none is near.  Before each name stand its `hyphens`. */
static void suggest_rows(const struct option_table *table, const char *hyphens,
                         const char *typed, char *text, size_t capacity) {
  size_t length = strlen(typed);
  const struct option_row *nearest = NULL;
  bool any = false;
  text[0] = '\0';
  for (size_t i = 0; i < table->count; i++) {
    const struct option_row *row = &table->rows[i];
    bool begins = length >= 2 && strncmp(row->name, typed, length) == 0;
    if (begins) {
      add_text(text, capacity, any ? " or " : "; did you mean ");
      add_text(text, capacity, hyphens);
      add_text(text, capacity, row->name);
      any = true;
    } else if (spelling_is_near(typed, row->name) &&
               (!nearest || spelling_distance(typed, row->name) <
                                spelling_distance(typed, nearest->name))) {
      nearest = row;
    }
  }
  if (!any && nearest) {
    add_text(text, capacity, "; did you mean ");
    add_text(text, capacity, hyphens);
    add_text(text, capacity, nearest->name);
  }
  if (any || nearest) add_text(text, capacity, "?");
}

/* Says that there is no option `typed`, which had `hyphens` in front. */
static void say_unknown(const struct option_table *table, const char *hyphens,
                        const char *typed) {
  char suggestion[400];
  char shown[SAY_CAPACITY];
  const char *ours = find_hint(table, typed);
  if (ours)
    snprintf(suggestion, sizeof suggestion,
             *ours == '-' ? "; did you mean %s?" : ": %s", ours);
  else
    suggest_rows(table, "--", typed, suggestion, sizeof suggestion);
  say("there is no option %s%s%s", hyphens, say_shown(shown, typed),
      suggestion);
}

/* ---- A configuration file ---- */

/* Reads "yes" and "no", and what else people write for them. */
static bool set_flag(bool *flag, const char *value) {
  static const char *const words[][2] = {
      {"no", "yes"}, {"false", "true"}, {"off", "on"}, {"0", "1"}};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    for (int is = 0; is < 2; is++)
      if (strcmp(value, words[i][is]) == 0) {
        *flag = is;
        return true;
      }
  return false;
}

static bool set_value(const struct option_row *row, void *settings, char *value,
                      char *message, size_t capacity) {
  char shown[SAY_CAPACITY];
  (void)say_shown(shown, value);
  if (row->kind == OPTION_FLAG) {
    if (set_flag((bool *)((char *)settings + row->offset), value)) return true;
    snprintf(message, capacity, "%s takes yes or no, not \"%s\"", row->name,
             shown);
    return false;
  }
  if (store_value(row, settings, value)) return true;
  expect_named(row, row->name, shown, message, capacity);
  return false;
}

bool options_set(const struct option_table *table, void *settings,
                 const char *name, char *value, char *message,
                 size_t capacity) {
  char suggestion[400];
  char shown[SAY_CAPACITY];
  const struct option_row *row = find_name(table, name, strlen(name));
  if (row) row = resolve_row(table, row);
  if (row && row->kind != OPTION_ACTION && row->kind != OPTION_IGNORED)
    return set_value(row, settings, value, message, capacity);
  suggest_rows(table, "", name, suggestion, sizeof suggestion);
  snprintf(message, capacity, "there is no option %s%s%s",
           say_shown(shown, name), row ? " for a file" : "",
           row ? "" : suggestion);
  return false;
}

/* ---- The command line ---- */

/* Moves the next `count` arguments before the operands. */
static void pass_options(struct reading *reading, int count) {
  char *options[2];
  char **operands = reading->argv + reading->at - reading->operands;
  memcpy(options, reading->argv + reading->at, (size_t)count * sizeof *options);
  memmove(operands + count, operands,
          (size_t)reading->operands * sizeof *operands);
  memcpy(operands, options, (size_t)count * sizeof *options);
  reading->at += count;
}

/* Reads "--name", "--name=value" or "--name value". */
static bool read_long(struct reading *reading) {
  char name[80];
  char *text = reading->argv[reading->at] + 2;
  size_t length = strcspn(text, "=");
  const struct option_row *row = find_name(reading->table, text, length);
  char *value = text[length] ? text + length + 1 : NULL;
  int used = 1;
  if (!row) {
    text[length] = '\0';
    say_unknown(reading->table, "--", text);
    return false;
  }
  snprintf(name, sizeof name, "%s", row->name);
  if (!row->value && value) {
    say("--%s takes no value", name);
    return false;
  }
  if (row->value && !value) {
    value = reading->argv[reading->at + used++];
    if (!value) {
      say("--%s needs a value", name);
      return false;
    }
  }
  pass_options(reading, used);
  return read_value(reading, resolve_row(reading->table, row), name, value,
                    NULL);
}

/* Returns what the letter is to other programs; NULL: nothing else, or a number
 * was typed, as only ours takes it. */
static const char *find_letter_hint(const struct option_table *table,
                                    char letter, const char *value) {
  const char typed[] = {letter, '\0'};
  const char *digits = value + (*value == '-' || *value == '+');
  bool is_number = digits[strspn(digits, "0123456789")] == '\0';
  return is_number ? NULL : find_hint(table, typed);
}

/* Reads the value of a letter, which is the rest of its argument or the next
 * one. */
static bool read_letter_value(struct reading *reading,
                              const struct option_row *row, char *rest) {
  int used = 1;
  if (!*rest) {
    rest = reading->argv[reading->at + used++];
    if (!rest) {
      say("-%c needs a value", row->letter);
      return false;
    }
  }
  pass_options(reading, used);
  return read_value(reading, resolve_row(reading->table, row), row->name, rest,
                    find_letter_hint(reading->table, row->letter, rest));
}

/* Reads "-a", "-abc", "-avalue" or "-a value". */
static bool read_letters(struct reading *reading) {
  char *text = reading->argv[reading->at] + 1;
  for (; *text; text++) {
    const struct option_row *row = find_letter(reading->table, *text);
    if (!row) {
      const char letter[] = {*text, '\0'};
      say_unknown(reading->table, "-", letter);
      return false;
    }
    if (row->value) return read_letter_value(reading, row, text + 1);
    if (!read_value(reading, resolve_row(reading->table, row), row->name, NULL,
                    NULL))
      return false;
  }
  pass_options(reading, 1);
  return true;
}

int options_read(const struct option_table *table, void *settings, int argc,
                 char **argv) {
  struct reading reading = {table, settings, argv, 1, 0};
  while (reading.at < argc) {
    const char *text = argv[reading.at];
    if (text[0] != '-' || !text[1]) {
      reading.operands++;
      reading.at++;
    } else if (strcmp(text, "--") == 0) {
      pass_options(&reading, 1);
      break;
    } else if (!(text[1] == '-' ? read_long(&reading)
                                : read_letters(&reading))) {
      return -1;
    }
  }
  return reading.at - reading.operands;
}
