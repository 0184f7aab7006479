/* SPDX-License-Identifier: MIT
 * json_request.c: one object, key by key. */
#include "json_request.h"

#include <math.h>
#include <string.h>

#include "base64.h"
#include "fault.h"
#include "json_value.h"

enum { MOST_STATUSES = 500 };
#define MOST_WEIGHT 1e9
#define MOST_THINK_MS 86400000.0 /* a day */
#define NS_PER_MS 1e6
#define MOST_BYTES 9007199254740992.0 /* 2^53 */

struct reading {
  lr_load_arena *arena;
  lariat_load_request *request;
  lariat_load_error *error;
};

/* ---- What fetch has ---- */

static lariat_status read_url(void *context, json_t *value) {
  struct reading *reading = context;
  return lr_load_json_text(value, "the url", &reading->request->url,
                           reading->error);
}

static lariat_status read_method(void *context, json_t *value) {
  struct reading *reading = context;
  return lr_load_json_text(value, "the method", &reading->request->method,
                           reading->error);
}

static lariat_status read_name(void *context, json_t *value) {
  struct reading *reading = context;
  return lr_load_json_text(value, "the name", &reading->request->name,
                           reading->error);
}

static lariat_status read_headers(void *context, json_t *value) {
  struct reading *reading = context;
  return lr_load_json_headers(value, "headers", reading->arena,
                              &reading->request->headers,
                              &reading->request->header_count, reading->error);
}

static lariat_status read_body(void *context, json_t *value) {
  struct reading *reading = context;
  if (!json_is_string(value))
    return lr_load_fail(reading->error, 0, "the body is not a string");
  reading->request->body = json_string_value(value);
  reading->request->body_length = json_string_length(value);
  return LARIAT_OK;
}

/* Takes what a program wrote for itself. */
static lariat_status ignore_value(void *context, json_t *value) {
  (void)context;
  (void)value;
  return LARIAT_OK;
}

/* ---- Weight and think time ---- */

static lariat_status read_weight(void *context, json_t *value) {
  struct reading *reading = context;
  return lr_load_json_take_number(value, "the weight", 1e-6, MOST_WEIGHT,
                                  &reading->request->weight, reading->error);
}

static lariat_status read_ms(struct reading *reading, const json_t *value,
                             uint64_t *ns) {
  double ms = 0;
  lariat_status status = lr_load_json_take_number(
      value, "think_ms", 0, MOST_THINK_MS, &ms, reading->error);
  if (status == LARIAT_OK) *ns = (uint64_t)llround(ms * NS_PER_MS);
  return status;
}

static lariat_status read_think(void *context, json_t *value) {
  struct reading *reading = context;
  lariat_load_request *request = reading->request;
  bool range = json_is_array(value);
  if (range && json_array_size(value) != 2)
    return lr_load_fail(reading->error, 0, "think_ms is [from, to]");
  lariat_status status =
      read_ms(reading, range ? json_array_get(value, 0) : value,
              &request->think_low_ns);
  if (status == LARIAT_OK)
    status = read_ms(reading, range ? json_array_get(value, 1) : value,
                     &request->think_high_ns);
  if (status == LARIAT_OK && request->think_low_ns > request->think_high_ns)
    return lr_load_fail(reading->error, 0, "think_ms ends before it begins");
  return status;
}

/* ---- What is expected ---- */

static lariat_status read_status(struct reading *reading, const json_t *value,
                                 unsigned short *status) {
  json_int_t number = json_integer_value(value);
  if (!json_is_integer(value) || number < 100 || number > 599)
    return lr_load_fail(reading->error, 0,
                        "expect: a status is a number from 100 to 599");
  *status = (unsigned short)number;
  return LARIAT_OK;
}

static lariat_status read_statuses(void *context, json_t *value) {
  struct reading *reading = context;
  lariat_load_expectation *expect = &reading->request->expect;
  bool many = json_is_array(value);
  size_t count = many ? json_array_size(value) : 1;
  lariat_status status = LARIAT_OK;
  if (count == 0 || count > MOST_STATUSES)
    return lr_load_fail(reading->error, 0, "expect: no status, or too many");
  unsigned short *statuses =
      lr_load_arena_objects(reading->arena, count, sizeof(*statuses));
  if (!statuses) return LARIAT_ENOMEM;
  expect->statuses = statuses;
  expect->status_count = count;
  for (size_t i = 0; i < count && status == LARIAT_OK; i++)
    status = read_status(reading, many ? json_array_get(value, i) : value,
                         &statuses[i]);
  return status;
}

static lariat_status read_contains(void *context, json_t *value) {
  struct reading *reading = context;
  return lr_load_json_text(value, "expect: body_contains",
                           &reading->request->expect.body_contains,
                           reading->error);
}

static lariat_status read_body_bytes(void *context, json_t *value) {
  struct reading *reading = context;
  double bytes = 0;
  lariat_status status = lr_load_json_take_number(
      value, "expect: body_bytes", 0, MOST_BYTES, &bytes, reading->error);
  reading->request->expect.has_body_bytes = true;
  reading->request->expect.body_bytes = (uint64_t)bytes;
  return status;
}

/* Reads {"Name": "value"}, or null for any value. */
static lariat_status read_header(void *context, json_t *value) {
  struct reading *reading = context;
  const lariat_header *headers;
  size_t count;
  lariat_status status =
      lr_load_json_headers(value, "expect: header", reading->arena, &headers,
                           &count, reading->error);
  if (status != LARIAT_OK) return status;
  if (count != 1)
    return lr_load_fail(reading->error, 0, "expect: header has one name");
  reading->request->expect.header_name = headers[0].name;
  reading->request->expect.header_value = headers[0].value;
  return LARIAT_OK;
}

static lariat_status read_expect(void *context, json_t *value) {
  static const lr_load_json_key rows[] = {{"status", read_statuses},
                                          {"body_contains", read_contains},
                                          {"body_bytes", read_body_bytes},
                                          {"header", read_header},
                                          {NULL, NULL}};
  struct reading *reading = context;
  return lr_load_json_keys(value, rows, reading, reading->error);
}

/* ---- Requests ---- */

static lariat_status check_url(const struct reading *reading) {
  if (reading->request->url) return LARIAT_OK;
  return lr_load_fail(reading->error, 0, "the object has no url");
}

lariat_status lr_load_json_read(json_t *object, lr_load_arena *arena,
                                lariat_load_request *out,
                                lariat_load_error *error) {
  static const lr_load_json_key rows[] = {
      {"url", read_url},   {"method", read_method},  {"headers", read_headers},
      {"body", read_body}, {"tag", ignore_value},    {"weight", read_weight},
      {"name", read_name}, {"think_ms", read_think}, {"expect", read_expect},
      {NULL, NULL}};
  struct reading reading = {arena, out, error};
  *out = (lariat_load_request){.size = sizeof(*out)};
  lariat_status status = lr_load_json_keys(object, rows, &reading, error);
  return status == LARIAT_OK ? check_url(&reading) : status;
}

/* ---- vegeta ---- */

static lariat_status read_encoded_body(void *context, json_t *value) {
  struct reading *reading = context;
  lariat_load_request *request = reading->request;
  if (!json_is_string(value))
    return lr_load_fail(reading->error, 0, "the body is not a string");
  char *body = lr_load_arena_copy(reading->arena, json_string_value(value),
                                  json_string_length(value));
  if (!body) return LARIAT_ENOMEM;
  request->body = body;
  if (lr_load_base64_decode(body, json_string_length(value), (uint8_t *)body,
                            &request->body_length))
    return LARIAT_OK;
  return lr_load_fail(reading->error, 0,
                      "the body is not base64, as vegeta has it");
}

lariat_status lr_load_json_read_vegeta(json_t *object, lr_load_arena *arena,
                                       lariat_load_request *out,
                                       lariat_load_error *error) {
  static const lr_load_json_key rows[] = {{"url", read_url},
                                          {"method", read_method},
                                          {"header", read_headers},
                                          {"body", read_encoded_body},
                                          {NULL, NULL}};
  struct reading reading = {arena, out, error};
  *out = (lariat_load_request){.size = sizeof(*out)};
  lariat_status status = lr_load_json_keys(object, rows, &reading, error);
  return status == LARIAT_OK ? check_url(&reading) : status;
}

/* ---- Flows ---- */

static lariat_status read_steps(json_t *array, lr_load_arena *arena,
                                lariat_load_request *steps,
                                lariat_load_error *error) {
  size_t i;
  json_t *object;
  json_array_foreach(array, i, object) {
    lariat_load_error inner = {0};
    lariat_status status = lr_load_json_read(object, arena, &steps[i], &inner);
    if (status == LARIAT_EINVAL)
      return lr_load_fail(error, 0, "step %zu: %.90s", i + 1, inner.message);
    if (status != LARIAT_OK) return status;
  }
  return LARIAT_OK;
}

/* Reads what a flow has beside its steps. */
static lariat_status read_flow(json_t *object, lr_load_arena *arena,
                               lariat_load_request *whole,
                               lariat_load_error *error) {
  static const lr_load_json_key rows[] = {{"flow", ignore_value},
                                          {"tag", ignore_value},
                                          {"name", read_name},
                                          {"weight", read_weight},
                                          {NULL, NULL}};
  struct reading reading = {arena, whole, error};
  *whole = (lariat_load_request){.size = sizeof(*whole)};
  if (!json_is_array(json_object_get(object, "flow")))
    return lr_load_fail(error, 0, "the flow is not an array");
  return lr_load_json_keys(object, rows, &reading, error);
}

static lariat_status add_flow(lariat_load_requests *requests, json_t *object,
                              lr_load_arena *arena, lariat_load_error *error) {
  lariat_load_request whole;
  json_t *array = json_object_get(object, "flow");
  lariat_status status = read_flow(object, arena, &whole, error);
  if (status != LARIAT_OK) return status;
  size_t count = json_array_size(array);
  lariat_load_request *steps =
      lr_load_arena_objects(arena, count + 1, sizeof(*steps));
  if (!steps) return LARIAT_ENOMEM;
  status = read_steps(array, arena, steps, error);
  for (size_t i = 0; i < count; i++)
    if (!steps[i].name) steps[i].name = whole.name;
  steps[0].weight = whole.weight;
  if (status != LARIAT_OK) return status;
  return lariat_load_requests_add_flow(requests, steps, count, error);
}

/* ---- Lines ---- */

static lariat_status add_object(lariat_load_requests *requests, json_t *object,
                                bool *vegeta, lr_load_arena *arena,
                                lariat_load_error *error) {
  lariat_load_request request;
  if (json_object_get(object, "header")) *vegeta = true;
  if (!*vegeta && json_object_get(object, "flow"))
    return add_flow(requests, object, arena, error);
  lariat_status status =
      *vegeta ? lr_load_json_read_vegeta(object, arena, &request, error)
              : lr_load_json_read(object, arena, &request, error);
  if (status != LARIAT_OK) return status;
  return lariat_load_requests_add(requests, &request, error);
}

lariat_status lr_load_json_add(lariat_load_requests *requests, const char *line,
                               size_t length, bool *vegeta,
                               lariat_load_error *error) {
  json_t *object;
  lr_load_arena arena = {.blocks = NULL};
  lariat_status status = lr_load_json_parse(line, length, &object, error);
  if (status != LARIAT_OK) return status;
  status = add_object(requests, object, vegeta, &arena, error);
  json_decref(object);
  lr_load_arena_free(&arena);
  return status;
}
