/* SPDX-License-Identifier: MIT
 * options_help.c: what --help says: the table's rows, several to a line where
 * they fit, so that all of it is seen at once. */
#include "options.h"

#include <string.h>

enum { WIDTH = 79, GAP = 2 };

/* The columns in which an option may begin. */
static const size_t stops[] = {2, 16, 31, 47};

struct line {
  char text[WIDTH + 1];
  size_t length;
};

static void print_line(struct line *line, FILE *file) {
  if (line->length) fprintf(file, "%.*s\n", (int)line->length, line->text);
  line->length = 0;
}

static void pad_line(struct line *line, size_t column) {
  while (line->length < column) line->text[line->length++] = ' ';
}

static void add_to_line(struct line *line, const char *text) {
  size_t length = strnlen(text, WIDTH - line->length);
  memcpy(line->text + line->length, text, length);
  line->length += length;
}

/* Writes "-c, --concurrency N  in flight in all (256)" to `text`. */
static void describe_row(const struct option_row *row, char *text,
                         size_t capacity) {
  char letter[] = {'-', row->letter, ',', ' ', '\0'};
  const char *help = row->is_terse ? "" : row->help;
  int used =
      snprintf(text, capacity, "%s--%s%s%s%s%s", row->letter ? letter : "",
               row->name, row->value ? " " : "", row->value ? row->value : "",
               *help ? "  " : "", help);
  size_t length = (size_t)used;
  if (!row->preset || length >= capacity) return;
  snprintf(text + length, capacity - length, "%s(%s)", *help ? " " : "  ",
           row->preset);
}

/* Returns the first stop from which `length` more fit the line; 0: there is
 * none. */
static size_t find_stop(const struct line *line, size_t length) {
  for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++)
    if (stops[i] >= line->length + GAP)
      return stops[i] + length <= WIDTH ? stops[i] : 0;
  return 0;
}

static void add_row(struct line *line, const struct option_row *row,
                    FILE *file) {
  char text[WIDTH + 1];
  describe_row(row, text, sizeof text);
  size_t stop = line->length ? find_stop(line, strlen(text)) : 0;
  if (!stop) {
    print_line(line, file);
    stop = row->letter ? stops[0] : stops[0] + strlen("-x, ");
  }
  pad_line(line, stop);
  add_to_line(line, text);
}

void options_print_help(const struct option_table *table, FILE *file) {
  struct line line = {.length = 0};
  fputs(table->usage, file);
  for (size_t i = 0; i < table->count; i++) {
    const struct option_row *row = &table->rows[i];
    if (i && row->group != row[-1].group) print_line(&line, file);
    add_row(&line, row, file);
  }
  print_line(&line, file);
  fputs(table->notes, file);
}
