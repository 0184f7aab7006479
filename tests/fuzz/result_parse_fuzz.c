/* SPDX-License-Identifier: MIT
 * result_parse_fuzz.c: a report with members of any kind is refused with a
 * reason, or every report can be written of it, and its JSON is read again to
 * the same. */
#include <lariat/load/report.h>

#include <jansson.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "support/load_result.h"

const unsigned fuzz_cost = 8;

enum { BYTES = 0, EDITS = 1, DEPTH = 6 };

/* ---- What was read ---- */

static char *write_as(lariat_load_result *result, lariat_load_format format) {
  char *text;
  size_t length;
  FUZZ_REQUIRE(lariat_load_report_write(result, NULL, format, &text, &length) ==
               LARIAT_OK);
  FUZZ_REQUIRE(strlen(text) == length && length > 0);
  return text;
}

/* Writes one of the reports, by the length of the text, and reads the JSON. */
static void check_result(lariat_load_result *result, size_t length) {
  lariat_load_result *again;
  lariat_load_format format =
      (lariat_load_format)(length % (LARIAT_LOAD_TEXT_COLOURED + 1));
  lariat_load_text_free(write_as(result, format));
  if (format != LARIAT_LOAD_JSON) return;
  char *json = write_as(result, LARIAT_LOAD_JSON);
  FUZZ_REQUIRE(lariat_load_result_parse(json, strlen(json), &again, NULL) ==
               LARIAT_OK);
  char *csv = write_as(result, LARIAT_LOAD_CSV);
  char *csv_again = write_as(again, LARIAT_LOAD_CSV);
  FUZZ_REQUIRE(strcmp(csv, csv_again) == 0);
  lariat_load_text_free(csv_again);
  lariat_load_text_free(csv);
  lariat_load_text_free(json);
  lariat_load_result_free(again);
}

/* Parses; true: it was a report. */
static bool check_text(const char *text, size_t length) {
  lariat_load_error error = {0};
  lariat_load_result *result;
  char *copy = fuzz_copy(text, length);
  lariat_status status =
      lariat_load_result_parse(copy, length, &result, &error);
  free(copy);
  FUZZ_REQUIRE(status == LARIAT_OK || status == LARIAT_EINVAL);
  FUZZ_REQUIRE((result != NULL) == (status == LARIAT_OK));
  FUZZ_REQUIRE((error.message[0] != '\0') == (status != LARIAT_OK));
  if (result) check_result(result, length);
  lariat_load_result_free(result);
  return status == LARIAT_OK;
}

/* ---- Edits of a report ---- */

/* Returns a report that was written once, as JSON. */
static json_t *make_report(void) {
  static char *report;
  const struct load_result_plan plan = {.seconds = 1, .rate = 3};
  if (!report) {
    lariat_load_result *result = load_result_make(&plan);
    report = write_as(result, LARIAT_LOAD_JSON);
    lariat_load_result_free(result);
  }
  json_t *json = json_loads(report, 0, NULL);
  FUZZ_REQUIRE(json);
  return json;
}

static json_t *make_value(struct fuzz_input *input) {
  static const char *const values[] = {
      "0",    "1",        "-1",         "9223372036854775807",
      "0.5",  "9e15",     "9e16",       "1e300",
      "null", "true",     "[]",         "{}",
      "\"\"", "\"open\"", "4294967295", "[{}]",
  };
  uint8_t choice = fuzz_read_byte(input);
  if (choice < 0x80)
    return json_loads(values[choice % (sizeof values / sizeof values[0])],
                      JSON_DECODE_ANY, NULL);
  char *text = fuzz_read_field(input, '\n');
  json_t *value = json_string(text);
  free(text);
  return value ? value : json_null();
}

/* Returns the member of an object at a place; NULL: it has none. */
static const char *choose_key(json_t *object, uint8_t choice) {
  void *at = json_object_iter(object);
  size_t place =
      json_object_size(object) ? choice % json_object_size(object) : 0;
  for (size_t i = 0; at && i < place; i++)
    at = json_object_iter_next(object, at);
  return at ? json_object_iter_key(at) : NULL;
}

/* Replaces or drops what is found by going down as the input says. */
static void edit(json_t *json, struct fuzz_input *input) {
  for (int depth = 0; depth < DEPTH; depth++) {
    uint8_t choice = fuzz_read_byte(input);
    bool here = fuzz_read_byte(input) < 0x40;
    const char *key = choose_key(json, choice);
    size_t place = json_array_size(json) ? choice % json_array_size(json) : 0;
    json_t *inner =
        key ? json_object_get(json, key) : json_array_get(json, place);
    if (!inner) return;
    if (!here && (json_is_object(inner) || json_is_array(inner))) {
      json = inner;
      continue;
    }
    if (key && fuzz_read_byte(input) < 0x20)
      json_object_del(json, key);
    else if (key)
      json_object_set_new(json, key, make_value(input));
    else
      json_array_set_new(json, place, make_value(input));
    return;
  }
}

static void check_edits(struct fuzz_input *input) {
  json_t *json = make_report();
  for (int i = 0; i < 4 && input->left; i++) edit(json, input);
  char *text = json_dumps(json, 0);
  FUZZ_REQUIRE(text);
  (void)check_text(text, strlen(text));
  free(text);
  json_decref(json);
}

/* ---- The target ---- */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  if (fuzz_read_byte(&input) % 8 == EDITS)
    check_edits(&input);
  else
    (void)check_text((const char *)input.at, input.left);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const uint8_t edits[] = {EDITS, 4, 0xff, 3, 0xff, 0x30, 6};
  json_t *json = make_report();
  char *report = json_dumps(json, 0);
  FUZZ_REQUIRE(report);
  size_t length = strlen(report);
  FUZZ_REQUIRE(check_text(report, length));
  char *seed = malloc(length + 1);
  FUZZ_REQUIRE(seed);
  seed[0] = BYTES;
  memcpy(seed + 1, report, length);
  sink(context, seed, length + 1);
  sink(context, edits, sizeof edits);
  sink(context, edits, 1);
  free(seed);
  free(report);
  json_decref(json);
}
