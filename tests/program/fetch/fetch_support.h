/* SPDX-License-Identifier: MIT
 * fetch_support.h: what the tests of `lariat fetch` share: one run of the
 * program, its result lines by number, each checked against the schema. */
#ifndef TESTS_PROGRAM_FETCH_FETCH_SUPPORT_H
#define TESTS_PROGRAM_FETCH_FETCH_SUPPORT_H

#include <jansson.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"
#include "support/program.h"

enum { RESULTS_MAX = 65536, LIST_ROOM = 1 << 20 };

struct fetch_run {
  struct program program;
  json_t *schema;
  char *list; /* the input that is being written */
  size_t list_length;
  unsigned lines;
  json_t *results[RESULTS_MAX]; /* by line; NULL: it has none */
  unsigned result_count;
  unsigned torn; /* bytes after the last whole line */
};

/* The schema: as much of JSON Schema as ours uses.  Its depth is fixed. */

static inline bool fetch_is_type(const json_t *value, const char *type) {
  if (strcmp(type, "integer") == 0) return json_is_integer(value);
  if (strcmp(type, "string") == 0) return json_is_string(value);
  if (strcmp(type, "boolean") == 0) return json_is_boolean(value);
  if (strcmp(type, "null") == 0) return json_is_null(value);
  if (strcmp(type, "array") == 0) return json_is_array(value);
  return strcmp(type, "object") == 0 && json_is_object(value);
}

static inline bool fetch_type_fits(const json_t *value, const json_t *type) {
  if (!type) return true;
  if (json_is_string(type))
    return fetch_is_type(value, json_string_value(type));
  for (size_t i = 0; i < json_array_size(type); i++)
    if (fetch_is_type(value, json_string_value(json_array_get(type, i))))
      return true;
  return false;
}

static inline bool fetch_enum_fits(json_t *value, const json_t *allowed) {
  if (!allowed) return true;
  for (size_t i = 0; i < json_array_size(allowed); i++)
    if (json_equal(value, json_array_get(allowed, i))) return true;
  return false;
}

static inline bool fetch_range_fits(const json_t *value, const json_t *rule) {
  const json_t *low = json_object_get(rule, "minimum");
  const json_t *high = json_object_get(rule, "maximum");
  if (!json_is_integer(value)) return true;
  if (low && json_integer_value(value) < json_integer_value(low)) return false;
  return !high || json_integer_value(value) <= json_integer_value(high);
}

static inline bool fetch_pattern_fits(const json_t *value,
                                      const json_t *pattern) {
  regex_t regex;
  if (!pattern || !json_is_string(value)) return true;
  if (regcomp(&regex, json_string_value(pattern), REG_EXTENDED | REG_NOSUB))
    return false;
  bool fits = regexec(&regex, json_string_value(value), 0, NULL, 0) == 0;
  regfree(&regex);
  return fits;
}

static inline bool fetch_leaf_fits(json_t *value, const json_t *rule) {
  return fetch_type_fits(value, json_object_get(rule, "type")) &&
         fetch_enum_fits(value, json_object_get(rule, "enum")) &&
         fetch_range_fits(value, rule) &&
         fetch_pattern_fits(value, json_object_get(rule, "pattern"));
}

/* All that are required are there, and nothing that the rule does not know. */
static inline bool fetch_keys_fit(json_t *object, const json_t *rule) {
  const json_t *required = json_object_get(rule, "required");
  for (size_t i = 0; i < json_array_size(required); i++)
    if (!json_object_get(object,
                         json_string_value(json_array_get(required, i))))
      return false;
  return true;
}

/* Each element has the rule's type, and the keys that are required. */
static inline bool fetch_items_fit(json_t *array, const json_t *rule) {
  for (size_t i = 0; rule && i < json_array_size(array); i++) {
    json_t *item = json_array_get(array, i);
    if (!fetch_leaf_fits(item, rule) || !fetch_keys_fit(item, rule))
      return false;
  }
  return true;
}

static inline const char *fetch_misfit(json_t *object, json_t *rule) {
  const char *key;
  json_t *value;
  if (!fetch_leaf_fits(object, rule) || !fetch_keys_fit(object, rule))
    return "the object";
  json_object_foreach(object, key, value) {
    json_t *inner = json_object_get(json_object_get(rule, "properties"), key);
    if (!inner || !fetch_leaf_fits(value, inner)) return key;
    if (json_is_object(value) && json_object_get(inner, "required") &&
        !fetch_keys_fit(value, inner))
      return key;
    if (json_is_array(value) &&
        !fetch_items_fit(value, json_object_get(inner, "items")))
      return key;
  }
  return NULL;
}

static inline void fetch_check_schema(const struct fetch_run *run,
                                      json_t *result) {
  const char *misfit = fetch_misfit(result, run->schema);
  json_t *times =
      json_object_get(json_object_get(run->schema, "properties"), "time_us");
  if (!misfit) misfit = fetch_misfit(json_object_get(result, "time_us"), times);
  if (misfit) fixture_fail("against the schema: %s", misfit);
}

/* Runs. */

static inline struct fetch_run *fetch_open(void) {
  struct fetch_run *run = calloc(1, sizeof *run);
  json_error_t error;
  if (!run) abort();
  program_open(&run->program, LARIAT_PROGRAM);
  run->list = malloc(LIST_ROOM);
  run->schema =
      json_load_file(LARIAT_DOCS "/fetch-format.schema.json", 0, &error);
  if (!run->schema || !run->list) {
    fixture_fail("no schema: %s", error.text);
    abort();
  }
  return run;
}

static inline void fetch_forget_results(struct fetch_run *run) {
  for (unsigned i = 0; i < RESULTS_MAX; i++) {
    json_decref(run->results[i]);
    run->results[i] = NULL;
  }
  run->result_count = 0;
  run->torn = 0;
}

static inline void fetch_close(struct fetch_run *run) {
  fetch_forget_results(run);
  json_decref(run->schema);
  free(run->list);
  program_close(&run->program);
  free(run);
}

/* Adds bytes to the list; a whole line; a formatted line. */
static inline void fetch_bytes(struct fetch_run *run, const void *bytes,
                               size_t length) {
  if (length > LIST_ROOM - run->list_length) abort();
  memcpy(run->list + run->list_length, bytes, length);
  run->list_length += length;
}

static inline unsigned fetch_line_of(struct fetch_run *run, const void *bytes,
                                     size_t length) {
  fetch_bytes(run, bytes, length);
  fetch_bytes(run, "\n", 1);
  return ++run->lines;
}

__attribute__((format(printf, 2, 3))) static inline unsigned
fetch_line(struct fetch_run *run, const char *format, ...) {
  char line[2048];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  return fetch_line_of(run, line, (size_t)length);
}

static inline void fetch_write_list(struct fetch_run *run) {
  program_write(&run->program, "list", run->list, run->list_length);
}

static inline void fetch_keep_result(struct fetch_run *run, const char *line,
                                     size_t length) {
  json_error_t error;
  json_t *result =
      json_loadb(line, length, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
  json_int_t number = json_integer_value(json_object_get(result, "line"));
  if (!result || number < 1 || number >= RESULTS_MAX || run->results[number]) {
    fixture_fail("not JSON, or a second result for line %lld: %.200s",
                 (long long)number, line);
    json_decref(result);
    return;
  }
  fetch_check_schema(run, result);
  run->results[number] = result;
  run->result_count++;
}

/* Reads the result lines in `text`. */
static inline void fetch_parse(struct fetch_run *run, const char *text,
                               size_t length) {
  const char *at = text;
  const char *end = text + length;
  fetch_forget_results(run);
  while (at < end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    if (!newline) break;
    fetch_keep_result(run, at, (size_t)(newline - at));
    at = newline + 1;
  }
  run->torn = (unsigned)(end - at);
}

static inline void fetch_parse_file(struct fetch_run *run, const char *name) {
  size_t length = 0;
  char *text = program_read(&run->program, name, &length);
  if (!text) fixture_fail("there is no file %s", name);
  fetch_parse(run, text, length);
  free(text);
}

/* Runs `lariat fetch -i list -o results` with more arguments, up to a NULL,
 * and reads the results. */
static inline int fetch_run_list(struct fetch_run *run,
                                 const char *const *more) {
  const char *arguments[PROGRAM_ARGUMENTS_MAX] = {"fetch", "-i", "list", "-o",
                                                  "results"};
  size_t count = 5;
  while (more && *more && count < PROGRAM_ARGUMENTS_MAX - 1)
    arguments[count++] = *more++;
  fetch_write_list(run);
  program_run(&run->program, arguments);
  fetch_parse_file(run, "results");
  return run->program.code;
}

#define FETCH_ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Fields of results. */

static inline const json_t *fetch_field(const struct fetch_run *run,
                                        unsigned line, const char *name) {
  const json_t *value = json_object_get(run->results[line], name);
  if (!value) fixture_fail("line %u has no result with %s", line, name);
  return value;
}

/* NULL for null. */
static inline const char *fetch_text(const struct fetch_run *run, unsigned line,
                                     const char *name) {
  return json_string_value(fetch_field(run, line, name));
}

/* -1 for null. */
static inline long long fetch_number(const struct fetch_run *run, unsigned line,
                                     const char *name) {
  const json_t *value = fetch_field(run, line, name);
  return json_is_integer(value) ? json_integer_value(value) : -1;
}

static inline bool fetch_same(const char *a, const char *b) {
  return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The line's error and phase are these; NULL: none. */
static inline void fetch_expect_error(const struct fetch_run *run,
                                      unsigned line, const char *error,
                                      const char *phase) {
  const char *found = fetch_text(run, line, "error");
  const char *where = fetch_text(run, line, "phase");
  if (!fetch_same(found, error) || !fetch_same(where, phase))
    fixture_fail("line %u: %s in %s, not %s in %s (%s)", line,
                 found ? found : "no error", where ? where : "no phase",
                 error ? error : "no error", phase ? phase : "no phase",
                 fetch_text(run, line, "message"));
  if (error && !fetch_text(run, line, "message"))
    fixture_fail("line %u has an error without a message", line);
}

/* The line was answered with `status`. */
static inline void fetch_expect_status(const struct fetch_run *run,
                                       unsigned line, int status) {
  fetch_expect_error(run, line, NULL, NULL);
  if (fetch_number(run, line, "status") != status)
    fixture_fail("line %u has the status %lld, not %d", line,
                 fetch_number(run, line, "status"), status);
}

static inline void fetch_expect_text(const struct fetch_run *run, unsigned line,
                                     const char *name, const char *text) {
  const char *found = fetch_text(run, line, name);
  if (!fetch_same(found, text))
    fixture_fail("line %u: %s is \"%.200s\", not \"%.200s\"", line, name,
                 found ? found : "(null)", text ? text : "(null)");
}

#endif
