/* SPDX-License-Identifier: MIT
 * csv.c: fields, lines, and a table that they fill. */
#include "csv.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"

/* Where the reading stands. */
struct reading {
  lr_load_csv *csv;
  const char *text;
  size_t length;
  size_t at;
  size_t line; /* from 1 */
  lariat_load_error *error;
};

void lr_load_csv_free(lr_load_csv *csv) {
  lr_load_bytes_free(&csv->text);
  free(csv->ends);
  *csv = (lr_load_csv){.ends = NULL};
}

/* ---- Cells ---- */

static lr_load_cell find_cell(const lr_load_csv *csv, size_t index) {
  const char *text =
      csv->text.bytes ? csv->text.bytes : ""; /* no cell has any */
  size_t start = index ? csv->ends[index - 1] : 0;
  return (lr_load_cell){text + start, csv->ends[index] - start};
}

lr_load_cell lr_load_csv_cell(const lr_load_csv *csv, size_t row,
                              size_t column) {
  return find_cell(csv, (row + 1) * csv->columns + column);
}

bool lr_load_csv_find(const lr_load_csv *csv, const char *name, size_t length,
                      size_t *column) {
  for (*column = 0; *column < csv->columns; ++*column) {
    lr_load_cell cell = find_cell(csv, *column);
    if (cell.length == length && memcmp(cell.bytes, name, length) == 0)
      return true;
  }
  return false;
}

static lariat_status end_cell(struct reading *reading) {
  lr_load_csv *csv = reading->csv;
  if (csv->cells == csv->capacity) {
    size_t capacity = csv->capacity ? 2 * csv->capacity : 64;
    uint32_t *ends = realloc(csv->ends, capacity * sizeof(*ends));
    if (!ends) return LARIAT_ENOMEM;
    csv->ends = ends;
    csv->capacity = capacity;
  }
  csv->ends[csv->cells++] = (uint32_t)csv->text.length;
  return LARIAT_OK;
}

/* ---- Fields ---- */

static lariat_status fail(const struct reading *reading, const char *what) {
  return lr_load_fail(reading->error, reading->at, "line %zu: %s",
                      reading->line, what);
}

static bool add_text(struct reading *reading, size_t start, size_t end) {
  return lr_load_bytes_add(&reading->csv->text, reading->text + start,
                           end - start);
}

/* Reads a field up to the comma or the line's end behind it. */
static lariat_status read_bare(struct reading *reading) {
  size_t start = reading->at;
  for (; reading->at < reading->length; reading->at++) {
    char c = reading->text[reading->at];
    if (c == '"') return fail(reading, "a quote within a field without quotes");
    if (c == ',' || c == '\n' || c == '\r') break;
  }
  return add_text(reading, start, reading->at) ? LARIAT_OK : LARIAT_ENOMEM;
}

/* Reads a field in quotes, in which two of them are one. */
static lariat_status read_quoted(struct reading *reading) {
  size_t open = reading->at++;
  size_t start = reading->at;
  size_t lines = 0;
  for (;; reading->at++) {
    if (reading->at == reading->length) {
      reading->at = open;
      return fail(reading, "a quote that is not closed");
    }
    char c = reading->text[reading->at];
    if (c == '\n') lines++;
    if (c != '"') continue;
    if (!add_text(reading, start, reading->at)) return LARIAT_ENOMEM;
    if (++reading->at == reading->length || reading->text[reading->at] != '"')
      break;
    start = reading->at; /* the second one is text */
  }
  reading->line += lines;
  return LARIAT_OK;
}

static lariat_status read_field(struct reading *reading) {
  bool quoted =
      reading->at < reading->length && reading->text[reading->at] == '"';
  lariat_status status = quoted ? read_quoted(reading) : read_bare(reading);
  return status == LARIAT_OK ? end_cell(reading) : status;
}

/* ---- Lines ---- */

/* Reads a line's end, "\n" or "\r\n".  False: there is none here. */
static bool read_end(struct reading *reading) {
  size_t left = reading->length - reading->at;
  const char *at = reading->text + reading->at;
  if (left >= 1 && at[0] == '\n')
    reading->at++;
  else if (left >= 2 && at[0] == '\r' && at[1] == '\n')
    reading->at += 2;
  else
    return false;
  reading->line++;
  return true;
}

/* Reads the fields of a line; `*count` gets how many. */
static lariat_status read_fields(struct reading *reading, size_t *count) {
  lariat_status status = read_field(reading);
  for (*count = 1; status == LARIAT_OK && reading->at < reading->length;
       ++*count) {
    if (reading->text[reading->at] != ',') break;
    reading->at++;
    status = read_field(reading);
  }
  return status;
}

/* Reads a row, or the names. */
static lariat_status read_row(struct reading *reading) {
  lr_load_csv *csv = reading->csv;
  size_t line = reading->line;
  size_t start = reading->at;
  size_t count;
  lariat_status status = read_fields(reading, &count);
  if (status != LARIAT_OK) return status;
  if (reading->at < reading->length && !read_end(reading))
    return fail(reading, "a field does not end behind its quote, or a line "
                         "with a carriage return");
  if (csv->columns && count != csv->columns)
    return lr_load_fail(reading->error, start,
                        "line %zu: %zu values, where there are %zu columns",
                        line, count, csv->columns);
  if (csv->columns)
    csv->rows++;
  else
    csv->columns = count;
  return LARIAT_OK;
}

/* ---- Names ---- */

bool lr_load_csv_is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

static bool is_name(lr_load_cell cell) {
  for (size_t i = 0; i < cell.length; i++)
    if (!lr_load_csv_is_name_byte(cell.bytes[i])) return false;
  return cell.length > 0;
}

static lariat_status check_names(const struct reading *reading) {
  const lr_load_csv *csv = reading->csv;
  for (size_t i = 0; i < csv->columns; i++) {
    size_t first = 0;
    lr_load_cell cell = find_cell(csv, i);
    if (!is_name(cell))
      return lr_load_fail(reading->error, 0,
                          "the name of column %zu is none: letters, digits, "
                          "'_', '-' and '.'",
                          i + 1);
    (void)lr_load_csv_find(csv, cell.bytes, cell.length, &first);
    if (first < i)
      return lr_load_fail(reading->error, 0,
                          "columns %zu and %zu have one name", first + 1,
                          i + 1);
  }
  return LARIAT_OK;
}

/* ---- Tables ---- */

static lariat_status read_table(struct reading *reading) {
  lr_load_csv *csv = reading->csv;
  lariat_status status = LARIAT_OK;
  while (reading->at < reading->length && status == LARIAT_OK) {
    if (read_end(reading)) continue;
    bool first = csv->columns == 0;
    status = read_row(reading);
    if (status == LARIAT_OK && first) status = check_names(reading);
  }
  if (status == LARIAT_OK && !csv->rows)
    return lr_load_fail(reading->error, reading->at,
                        "a table without a row: the first line has the names");
  return status;
}

lariat_status lr_load_csv_init(lr_load_csv *csv, const char *text,
                               size_t length, lariat_load_error *error) {
  struct reading reading = {csv, text, length, 0, 1, error};
  *csv = (lr_load_csv){.ends = NULL};
  if (length >= UINT32_MAX)
    return lr_load_fail(error, 0, "a table of more than 4 GiB");
  if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) reading.at = 3;
  lariat_status status = read_table(&reading);
  if (status != LARIAT_OK) lr_load_csv_free(csv);
  return status;
}
