/* SPDX-License-Identifier: MIT
 * man.c: the options' part of a manual page, in the macros of man(7).  In the
 * tables' sentences `bold` and *slanted* text are marked, an asterisk in bold
 * text is one, a sentence ends with its line, and an empty line begins a
 * paragraph. */
#include <string.h>

#include <lariat/version.h>

#include "generate/generate.h"
#include "say.h"
#include "tables.h"

enum { WIDTH = 78, LINE_MAX_BYTES = 4096, WORD_MAX_BYTES = 256 };

/* A word with its escapes, and the font that the next one begins in. */
struct word {
  char text[WORD_MAX_BYTES];
  size_t length;
  char font; /* 'R', 'B' or 'I' */
};

static void add_to_word(struct word *word, const char *text) {
  size_t length = strlen(text);
  if (length >= sizeof word->text - word->length) return;
  memcpy(word->text + word->length, text, length + 1);
  word->length += length;
}

static void switch_font(struct word *word, char font) {
  const char escape[] = {'\\', 'f', font, '\0'};
  word->font = font;
  add_to_word(word, escape);
}

/* Adds a character.  A hyphen that is typed, as in an option, is "\-"; one of
 * prose is not. */
static void add_character(struct word *word, char character) {
  const char text[] = {character, '\0'};
  if (character == '-' && word->font != 'R')
    add_to_word(word, "\\-");
  else if (character == '\\')
    add_to_word(word, "\\e");
  else
    add_to_word(word, text);
}

static void add_marked(struct word *word, char character) {
  if (character == '`')
    switch_font(word, word->font == 'B' ? 'R' : 'B');
  else if (character == '*' && word->font != 'B')
    switch_font(word, word->font == 'I' ? 'R' : 'I');
  else
    add_character(word, character);
}

/* Reads the word at `text`; returns what is behind it. */
static const char *read_word(struct word *word, const char *text) {
  word->length = 0;
  word->text[0] = '\0';
  for (; *text && *text != ' ' && *text != '\n'; text++)
    add_marked(word, *text);
  return text;
}

/* Prints a word at `column` of a line, or of the next if it does not fit;
 * returns where it ends.  A line must not begin with what is a request. */
static size_t print_word(const struct word *word, size_t column) {
  if (column && column + 1 + word->length > WIDTH) {
    putchar('\n');
    column = 0;
  }
  if (column)
    putchar(' ');
  else if (word->text[0] == '.' || word->text[0] == '\'')
    printf("\\&");
  fputs(word->text, stdout);
  return column + (column != 0) + word->length;
}

/* Prints sentences, with `paragraph` between paragraphs. */
static void print_sentences(const char *text, const char *paragraph) {
  struct word word = {.font = 'R'};
  size_t column = 0;
  while (*text) {
    text = read_word(&word, text);
    column = print_word(&word, column);
    if (*text == ' ') text++;
    if (*text != '\n') continue;
    putchar('\n');
    column = 0;
    text++;
    if (*text != '\n') continue;
    printf("%s\n", paragraph);
    text++;
  }
  putchar('\n');
}

/* Prints "host|spread" with its words slanted. */
static void print_value(const char *value) {
  bool slanted = false;
  for (; *value; value++) {
    bool is_mark = *value == '|' || *value == '"';
    if (is_mark == slanted) {
      printf(is_mark ? "\\fR" : "\\fI");
      slanted = !is_mark;
    }
    if (*value == '"')
      printf("\\(dq");
    else if (*value == '-')
      printf("\\-");
    else
      putchar(*value);
  }
  if (slanted) printf("\\fR");
}

static void print_name(const char *name) {
  printf("\\fB\\-\\-");
  for (; *name; name++) {
    if (*name == '-') putchar('\\');
    putchar(*name);
  }
  printf("\\fR");
}

static void print_row(const struct option_row *row) {
  printf(".TP\n");
  if (row->letter) printf("\\fB\\-%c\\fR, ", row->letter);
  print_name(row->name);
  if (row->value) {
    putchar(' ');
    print_value(row->value);
  }
  putchar('\n');
  print_sentences(row->manual, ".IP");
}

/* Prints the options of one group. */
static void print_group(const struct option_table *table, unsigned group) {
  const char *manual = table->groups[group].manual;
  printf(".SS %s\n", table->groups[group].title);
  for (size_t i = 0; i < table->count; i++)
    if (table->rows[i].group == group) print_row(&table->rows[i]);
  if (!manual) return;
  printf(".PP\n");
  print_sentences(manual, ".PP");
}

static void print_options(const struct option_table *table) {
  for (size_t i = 0; i < table->count; i++)
    if (i == 0 || table->rows[i].group != table->rows[i - 1].group)
      print_group(table, table->rows[i].group);
}

/* Prints a line of the template with the version filled in. */
static void print_line(const char *line) {
  static const char mark[] = "@VERSION@";
  const char *found = strstr(line, mark);
  if (!found) {
    fputs(line, stdout);
    return;
  }
  printf("%.*s%s%s", (int)(found - line), line, LARIAT_VERSION,
         found + sizeof mark - 1);
}

bool generate_man(FILE *template) {
  char line[LINE_MAX_BYTES];
  char command[64];
  while (fgets(line, sizeof line, template)) {
    if (sscanf(line, "@OPTIONS %63[^@]@", command) != 1) {
      print_line(line);
      continue;
    }
    const struct option_table *table = tables_find(command);
    if (!table) {
      say("there is no command %s", command);
      return false;
    }
    print_options(table);
  }
  return true;
}
