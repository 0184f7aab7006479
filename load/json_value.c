/* SPDX-License-Identifier: MIT
 * json_value.c: values of JSON, looked at before they are used. */
#include "json_value.h"

#include <stdbool.h>
#include <string.h>

#include "fault.h"

lariat_status lr_load_json_text(const json_t *value, const char *what,
                                const char **out, lariat_load_error *error) {
  if (!json_is_string(value))
    return lr_load_fail(error, 0, "%s is not a string", what);
  *out = json_string_value(value);
  if (strlen(*out) != json_string_length(value))
    return lr_load_fail(error, 0, "%s has a NUL in it", what);
  return LARIAT_OK;
}

lariat_status lr_load_json_take_number(const json_t *value, const char *what,
                                       double low, double high, double *out,
                                       lariat_load_error *error) {
  if (!json_is_number(value))
    return lr_load_fail(error, 0, "%s is not a number", what);
  *out = json_number_value(value);
  if (*out >= low && *out <= high) return LARIAT_OK;
  return lr_load_fail(error, 0, "%s is not from %.15g to %.15g", what, low,
                      high);
}

/* ---- Headers ---- */

static size_t count_headers(json_t *object) {
  const char *name;
  json_t *value;
  size_t count = 0;
  json_object_foreach(object, name, value) {
    count += json_is_array(value) ? json_array_size(value) : 1;
  }
  return count;
}

static lariat_status add_header(lariat_header *headers, size_t *count,
                                const char *name, const json_t *value,
                                lariat_load_error *error) {
  lariat_load_error what;
  lariat_header *header = &headers[*count];
  *header = (lariat_header){name, NULL};
  ++*count;
  if (json_is_null(value)) return LARIAT_OK;
  (void)lr_load_fail(&what, 0, "the header %.60s", name);
  return lr_load_json_text(value, what.message, &header->value, error);
}

lariat_status lr_load_json_headers(json_t *object, const char *what,
                                   lr_load_arena *arena,
                                   const lariat_header **out, size_t *count,
                                   lariat_load_error *error) {
  const char *name;
  json_t *value;
  lariat_status status = LARIAT_OK;
  if (!json_is_object(object))
    return lr_load_fail(error, 0, "%s is not an object", what);
  lariat_header *headers =
      lr_load_arena_objects(arena, count_headers(object) + 1, sizeof(*headers));
  if (!headers) return LARIAT_ENOMEM;
  *out = headers;
  *count = 0;
  json_object_foreach(object, name, value) {
    bool many = json_is_array(value);
    size_t values = many ? json_array_size(value) : 1;
    for (size_t i = 0; i < values && status == LARIAT_OK; i++)
      status = add_header(headers, count, name,
                          many ? json_array_get(value, i) : value, error);
  }
  return status;
}

/* ---- Objects ---- */

static bool is_key(const lr_load_json_key *rows, const char *name) {
  for (; rows->name; rows++)
    if (strcmp(rows->name, name) == 0) return true;
  return false;
}

lariat_status lr_load_json_keys(json_t *object, const lr_load_json_key *rows,
                                void *context, lariat_load_error *error) {
  const char *name;
  json_t *value;
  if (!json_is_object(object))
    return lr_load_fail(error, 0, "there is something else than an object");
  json_object_foreach(object, name, value) {
    if (!is_key(rows, name))
      return lr_load_fail(error, 0, "there is no such key: %.60s", name);
  }
  for (; rows->name; rows++) {
    value = json_object_get(object, rows->name);
    lariat_status status = value ? rows->read(context, value) : LARIAT_OK;
    if (status != LARIAT_OK) return status;
  }
  return LARIAT_OK;
}

lariat_status lr_load_json_parse(const char *text, size_t length, json_t **out,
                                 lariat_load_error *error) {
  json_error_t fault;
  *out =
      json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
  if (*out) return LARIAT_OK;
  if (json_error_code(&fault) == json_error_out_of_memory) return LARIAT_ENOMEM;
  char *near = strstr(fault.text, " near '");
  if (near) *near = '\0';
  return lr_load_fail(error, (size_t)fault.position,
                      "not JSON: %.60s at byte %d", fault.text, fault.position);
}
