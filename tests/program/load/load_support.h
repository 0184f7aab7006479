/* SPDX-License-Identifier: MIT
 * load_support.h: what the tests of `lariat load` share: an origin, the program
 * and the JSON that it has written.
 *
 * A run's verdict depends on how busy the machine is: the tests ask whether the
 * exit code is that of the verdict in the JSON, and never for a verdict. */
#ifndef TESTS_PROGRAM_LOAD_LOAD_SUPPORT_H
#define TESTS_PROGRAM_LOAD_LOAD_SUPPORT_H

#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"
#include "support/origin.h"
#include "support/program.h"

struct load_test {
  struct origin *origin;
  struct program program;
  char url[128];
};

static inline void load_open(struct load_test *t) {
  t->origin = origin_start(NULL);
  if (!t->origin) abort();
  program_open(&t->program, LARIAT_PROGRAM);
}

static inline void load_close(struct load_test *t) {
  program_close(&t->program);
  origin_stop(t->origin);
}

/* The URL of a path of the origin; until the next call. */
static inline const char *load_url(struct load_test *t, const char *path) {
  return origin_url(t->origin, path, t->url, sizeof t->url);
}

#define LOAD_ARGUMENTS(...) ((const char *const[]){"load", __VA_ARGS__, NULL})

/* Runs the program, and returns its exit code. */
#define LOAD_RUN(t, ...) load_run(t, LOAD_ARGUMENTS(__VA_ARGS__))
static inline int load_run(struct load_test *t, const char *const *arguments) {
  program_run(&t->program, arguments);
  return t->program.code;
}

/* Reads JSON that the program has written; released by json_decref. */
static inline json_t *load_json(const struct load_test *t, const char *name) {
  size_t length = 0;
  json_error_t error;
  char *text = program_read(&t->program, name, &length);
  json_t *json = text ? json_loadb(text, length, 0, &error) : NULL;
  if (!json) fixture_fail("%s: %s", name, text ? error.text : "is not there");
  free(text);
  return json;
}

/* Returns the number at "key" of the object at "object". */
static inline json_int_t load_number(const json_t *json, const char *object,
                                     const char *key) {
  const json_t *value = json_object_get(json_object_get(json, object), key);
  if (!json_is_integer(value)) fixture_fail("no number %s.%s", object, key);
  return json_integer_value(value);
}

static inline bool load_is_verdict(const json_t *json, const char *verdict) {
  const char *found = json_string_value(json_object_get(json, "verdict"));
  return found && strcmp(found, verdict) == 0;
}

/* Expects the exit code `valid`, or 3 if the verdict is INVALID. */
static inline void load_expect_code(const struct load_test *t,
                                    const json_t *json, int valid) {
  int expected = load_is_verdict(json, "INVALID") ? 3 : valid;
  if (t->program.code != expected)
    fixture_fail("exit code %d, not %d: %s%s", t->program.code, expected,
                 t->program.out, t->program.err);
}

#endif
