/* SPDX-License-Identifier: MIT
 * json_schema.h: as much of JSON Schema as the published schemas use: type,
 * enum, minimum, maximum, pattern, required, properties, patternProperties,
 * additionalProperties, items, and $ref to what "$defs" has. */
#ifndef TESTS_SUPPORT_JSON_SCHEMA_H
#define TESTS_SUPPORT_JSON_SCHEMA_H

#include <jansson.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct json_schema {
  json_t *root;
  char wrong[300]; /* where the first fault is, and what; "": none */
};

static inline bool json_schema_fail(struct json_schema *schema,
                                    const char *path, const char *what) {
  if (!schema->wrong[0])
    snprintf(schema->wrong, sizeof schema->wrong, "%s: %s", path, what);
  return false;
}

static inline bool json_schema_is(const json_t *value, const char *type) {
  if (strcmp(type, "object") == 0) return json_is_object(value);
  if (strcmp(type, "array") == 0) return json_is_array(value);
  if (strcmp(type, "string") == 0) return json_is_string(value);
  if (strcmp(type, "integer") == 0) return json_is_integer(value);
  if (strcmp(type, "number") == 0) return json_is_number(value);
  if (strcmp(type, "boolean") == 0) return json_is_boolean(value);
  return strcmp(type, "null") == 0 && json_is_null(value);
}

static inline bool json_schema_type(const json_t *value, const json_t *type) {
  if (!type) return true;
  if (json_is_string(type))
    return json_schema_is(value, json_string_value(type));
  for (size_t i = 0; i < json_array_size(type); i++)
    if (json_schema_is(value, json_string_value(json_array_get(type, i))))
      return true;
  return false;
}

static inline bool json_schema_enum(json_t *value, const json_t *allowed) {
  if (!allowed) return true;
  for (size_t i = 0; i < json_array_size(allowed); i++)
    if (json_equal(value, json_array_get(allowed, i))) return true;
  return false;
}

static inline bool json_schema_range(const json_t *value, const json_t *rule) {
  const json_t *low = json_object_get(rule, "minimum");
  const json_t *high = json_object_get(rule, "maximum");
  double number = json_number_value(value);
  if (!json_is_number(value)) return true;
  return (!low || number >= json_number_value(low)) &&
         (!high || number <= json_number_value(high));
}

static inline bool json_schema_match(const char *text, const char *pattern) {
  regex_t regex;
  if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB)) return false;
  bool fits = regexec(&regex, text, 0, NULL, 0) == 0;
  regfree(&regex);
  return fits;
}

static inline bool json_schema_check(struct json_schema *schema, json_t *value,
                                     json_t *rule, const char *path);

/* Returns the rule of a member, or NULL. */
static inline json_t *json_schema_member(json_t *rule, const char *key) {
  const char *pattern;
  json_t *inner;
  json_t *known = json_object_get(json_object_get(rule, "properties"), key);
  if (known) return known;
  json_object_foreach(json_object_get(rule, "patternProperties"), pattern,
                      inner) {
    if (json_schema_match(key, pattern)) return inner;
  }
  return NULL;
}

static inline bool json_schema_object(struct json_schema *schema,
                                      json_t *object, json_t *rule,
                                      const char *path) {
  const json_t *required = json_object_get(rule, "required");
  bool closed = json_is_false(json_object_get(rule, "additionalProperties"));
  const char *key;
  json_t *value;
  bool fits = true;
  for (size_t i = 0; i < json_array_size(required); i++) {
    const char *name = json_string_value(json_array_get(required, i));
    if (!json_object_get(object, name))
      fits = json_schema_fail(schema, path, name);
  }
  json_object_foreach(object, key, value) {
    char inner[200];
    json_t *member = json_schema_member(rule, key);
    snprintf(inner, sizeof inner, "%.100s/%s", path, key);
    if (member)
      fits = json_schema_check(schema, value, member, inner) && fits;
    else if (closed)
      fits = json_schema_fail(schema, inner, "not known");
  }
  return fits;
}

static inline bool json_schema_items(struct json_schema *schema, json_t *array,
                                     json_t *rule, const char *path) {
  json_t *items = json_object_get(rule, "items");
  bool fits = true;
  for (size_t i = 0; items && i < json_array_size(array); i++) {
    char inner[200];
    snprintf(inner, sizeof inner, "%.100s/%zu", path, i);
    fits = json_schema_check(schema, json_array_get(array, i), items, inner) &&
           fits;
  }
  return fits;
}

/* Returns the rule that "$ref" names, or the rule itself. */
static inline json_t *json_schema_resolve(const struct json_schema *schema,
                                          json_t *rule) {
  const char *name = json_string_value(json_object_get(rule, "$ref"));
  if (!name) return rule;
  return json_object_get(json_object_get(schema->root, "$defs"),
                         name + strlen("#/$defs/"));
}

static inline bool json_schema_check(struct json_schema *schema, json_t *value,
                                     json_t *rule, const char *path) {
  rule = json_schema_resolve(schema, rule);
  const json_t *pattern = json_object_get(rule, "pattern");
  if (!rule) return json_schema_fail(schema, path, "no such $ref");
  if (!json_schema_type(value, json_object_get(rule, "type")))
    return json_schema_fail(schema, path, "another type");
  if (!json_schema_enum(value, json_object_get(rule, "enum")))
    return json_schema_fail(schema, path, "none of these");
  if (!json_schema_range(value, rule))
    return json_schema_fail(schema, path, "out of range");
  if (pattern && json_is_string(value) &&
      !json_schema_match(json_string_value(value), json_string_value(pattern)))
    return json_schema_fail(schema, path, "another pattern");
  if (json_is_object(value))
    return json_schema_object(schema, value, rule, path);
  return !json_is_array(value) || json_schema_items(schema, value, rule, path);
}

#endif
