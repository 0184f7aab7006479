/* SPDX-License-Identifier: MIT
 * merge_fuzz.c: reports of parts, with members of any kind, are refused with a
 * reason, or their sum can be told, and its counts are the sums
 * of theirs. */
#include <lariat/load/merge.h>

#include <jansson.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "support/load_result.h"
#include <lariat/load/report.h>

enum { PARTS = 2, DEPTH = 4 };

const unsigned fuzz_cost = 10; /* two reports are read, and merged */

/* ---- Reports ---- */

/* Returns the report of a part; it is made once. */
static const char *make_report(uint32_t index) {
  static char *reports[PARTS];
  if (reports[index]) return reports[index];
  const struct load_result_plan plan = {
      .seconds = 1, .rate = 4, .part = {index, PARTS}};
  lariat_load_result *result = load_result_make(&plan);
  result->facts.start_at_ns = result->facts.started_at_ns;
  snprintf(result->facts.host, sizeof result->facts.host, "web-%u", index);
  FUZZ_REQUIRE(lariat_load_report_write(result, NULL, LARIAT_LOAD_JSON,
                                        &reports[index], NULL) == LARIAT_OK);
  lariat_load_result_free(result);
  return reports[index];
}

/* ---- Edits ---- */

static json_t *make_value(struct fuzz_input *input) {
  static const char *const values[] = {
      "0",          "1",    "-1",   "9223372036854775807",
      "0.5",        "9e15", "9e12", "-9223372036854775808",
      "null",       "true", "[]",   "1796047203123456789",
      "4294967295", "{}",   "\"\"", "131072",
  };
  uint8_t choice = fuzz_read_byte(input);
  return json_loads(values[choice % (sizeof values / sizeof values[0])],
                    JSON_DECODE_ANY, NULL);
}

/* Returns the key of an object's member at a place; NULL: it has none. */
static const char *choose_key(json_t *object, size_t place) {
  void *at = json_object_iter(object);
  for (size_t i = 0; at && i < place; i++)
    at = json_object_iter_next(object, at);
  return at ? json_object_iter_key(at) : NULL;
}

/* Replaces what is found by going down as the input says. */
static void edit(json_t *json, struct fuzz_input *input) {
  for (int depth = 0; depth < DEPTH; depth++) {
    size_t size =
        json_is_array(json) ? json_array_size(json) : json_object_size(json);
    size_t place = size ? fuzz_read_byte(input) % size : 0;
    const char *key = choose_key(json, place);
    json_t *inner =
        key ? json_object_get(json, key) : json_array_get(json, place);
    if (!inner) return;
    if (json_is_object(inner) || json_is_array(inner)) {
      json = inner;
      continue;
    }
    if (key)
      json_object_set_new(json, key, make_value(input));
    else
      json_array_set_new(json, place, make_value(input));
    return;
  }
}

/* ---- Merging ---- */

/* Changes a report in so many places. */
static char *edit_report(const char *report, unsigned edits,
                         struct fuzz_input *input) {
  json_t *json = json_loads(report, 0, NULL);
  FUZZ_REQUIRE(json);
  for (unsigned i = 0; i < edits; i++) edit(json, input);
  char *text = json_dumps(json, 0);
  FUZZ_REQUIRE(text);
  json_decref(json);
  return text;
}

/* Adds a report that was edited, or was not; true: it was taken. */
static bool add_report(lariat_load_merge *merge, const char *report,
                       struct fuzz_input *input) {
  lariat_load_error error = {0};
  lariat_load_merge_source source = {.size = sizeof source, .name = "part"};
  unsigned edits = fuzz_read_byte(input) % 4;
  if (edits == 3) source.clock_ahead_ns = INT64_MIN;
  char *edited = edits ? edit_report(report, edits, input) : NULL;
  if (edited) report = edited;
  lariat_status status =
      lariat_load_merge_add(merge, &source, report, strlen(report), &error);
  FUZZ_REQUIRE(status == LARIAT_OK || status == LARIAT_EINVAL);
  FUZZ_REQUIRE((error.message[0] != '\0') == (status != LARIAT_OK));
  free(edited);
  return status == LARIAT_OK;
}

static uint64_t count_sent(const lariat_load_result *result) {
  uint64_t sent = 0;
  for (size_t i = 0; i < lariat_load_result_parts(result); i++) {
    lariat_load_merged_part part = {.size = sizeof part};
    FUZZ_REQUIRE(lariat_load_result_read_part(result, i, &part) == LARIAT_OK);
    sent += part.sent;
  }
  return sent;
}

/* Looks at what was merged, and writes one of its reports. */
static void check_result(lariat_load_result *result, size_t added,
                         lariat_load_format format) {
  lariat_load_counts counts = {.size = sizeof counts};
  FUZZ_REQUIRE(lariat_load_result_parts(result) == added);
  FUZZ_REQUIRE(lariat_load_result_read_counts(result, &counts) == LARIAT_OK);
  FUZZ_REQUIRE(counts.sent == count_sent(result));
  FUZZ_REQUIRE(added == result->merged[0].part.count ||
               lariat_load_result_verdict(result)->validity ==
                   LARIAT_LOAD_INVALID);
  for (size_t i = 1; i < result->second_count; i++)
    FUZZ_REQUIRE(result->seconds[i - 1].second < result->seconds[i].second);
  char *text;
  FUZZ_REQUIRE(lariat_load_report_write(result, NULL, format, &text, NULL) ==
               LARIAT_OK);
  lariat_load_text_free(text);
}

/* ---- The target ---- */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  lariat_load_merge *merge;
  lariat_load_result *result = NULL;
  size_t added = 0;
  FUZZ_REQUIRE(lariat_load_merge_new(&merge) == LARIAT_OK);
  for (uint32_t i = 0; i < PARTS; i++)
    added += add_report(merge, make_report(i), &input);
  lariat_status status = lariat_load_merge_finish(merge, &result);
  FUZZ_REQUIRE(status == (added ? LARIAT_OK : LARIAT_EINVAL));
  if (result)
    check_result(
        result, added,
        (lariat_load_format)(length % (LARIAT_LOAD_TEXT_COLOURED + 1)));
  lariat_load_result_free(result);
  lariat_load_merge_free(merge);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const uint8_t none[] = {0, 0, 0};
  static const uint8_t some[] = {1, 5, 0, 11, 2, 6, 2, 3, 9, 1, 4, 3, 7, 1};
  static const uint8_t clock[] = {0, 0, 3, 5, 1, 3, 5, 1, 7, 5, 1, 11};
  sink(context, none, sizeof none);
  sink(context, some, sizeof some);
  sink(context, clock, sizeof clock);
}
