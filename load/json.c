/* SPDX-License-Identifier: MIT
 * json.c: members of objects, written one after the other, and read strictly.
 */
#include "json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "fault.h"

/* ---- Writing ---- */

/* Adds the comma before all but the first, and the key. */
static void add_key(lr_load_text *out, const char *key) {
  char last = out->length ? out->bytes[out->length - 1] : '[';
  if (last == '\n' && out->length > 1) last = out->bytes[out->length - 2];
  if (last != '{' && last != '[') lr_load_text_add(out, ",");
  if (key) lr_load_text_format(out, "\"%s\":", key);
}

void lr_load_json_open(lr_load_text *out, const char *key, char bracket) {
  add_key(out, key);
  lr_load_text_repeat(out, bracket, 1);
}

void lr_load_json_close(lr_load_text *out, char bracket) {
  lr_load_text_repeat(out, bracket, 1);
}

void lr_load_json_count(lr_load_text *out, const char *key, uint64_t count) {
  add_key(out, key);
  lr_load_text_format(out, "%llu", (unsigned long long)count);
}

void lr_load_json_us(lr_load_text *out, const char *key, uint64_t ns) {
  add_key(out, key);
  lr_load_text_decimal(out, ns, 3);
}

void lr_load_json_string(lr_load_text *out, const char *key,
                         const char *string) {
  add_key(out, key);
  lr_load_add_json(out, string);
}

void lr_load_json_flag(lr_load_text *out, const char *key, bool flag) {
  add_key(out, key);
  lr_load_text_add(out, flag ? "true" : "false");
}

void lr_load_json_null(lr_load_text *out, const char *key) {
  add_key(out, key);
  lr_load_text_add(out, "null");
}

static void write_integer(lr_load_text *out, uint64_t number) {
  lr_load_text_format(out, "%llu", (unsigned long long)number);
}

static void write_number(lr_load_text *out, double number) {
  if (!(number > 0)) number = 0;
  if (number > 9e12) number = 9e12;
  lr_load_text_decimal(out, (uint64_t)llround(number * 1e6), 6);
}

void lr_load_json_number(lr_load_text *out, const char *key, double number) {
  add_key(out, key);
  write_number(out, number);
}

void lr_load_write_value(lr_load_text *out, const lr_load_member *member,
                         const void *from) {
  const void *at = (const char *)from + member->offset;
  switch (member->kind) {
  case LR_LOAD_COUNT:
    write_integer(out, *(const uint64_t *)at);
    return;
  case LR_LOAD_US:
    lr_load_text_decimal(out, *(const uint64_t *)at, 3);
    return;
  case LR_LOAD_NUMBER:
    write_number(out, *(const double *)at);
    return;
  case LR_LOAD_UNSIGNED:
    write_integer(out, *(const uint32_t *)at);
    return;
  case LR_LOAD_SHORT:
    write_integer(out, *(const uint16_t *)at);
    return;
  case LR_LOAD_FLAG:
    lr_load_text_add(out, *(const bool *)at ? "true" : "false");
    return;
  case LR_LOAD_STRING:
    lr_load_add_json(out, at);
    return;
  case LR_LOAD_SEED:
    lr_load_text_format(out, "\"%llu\"",
                        (unsigned long long)*(const uint64_t *)at);
    return;
  case LR_LOAD_SIGNED:
    lr_load_text_format(out, "%lld", (long long)*(const int64_t *)at);
    return;
  }
}

void lr_load_json_members(lr_load_text *out, const lr_load_member *members,
                          size_t count, const void *from) {
  for (size_t i = 0; i < count; i++) {
    add_key(out, members[i].key);
    lr_load_write_value(out, &members[i], from);
  }
}

/* ---- Reading ---- */

lariat_status lr_load_refuse(lr_load_reading *reading, const char *format,
                             ...) {
  char message[sizeof(reading->error->message)];
  if (reading->status != LARIAT_OK) return reading->status;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof(message), format, arguments);
  va_end(arguments);
  return reading->status = lr_load_fail(reading->error, 0, "%s", message);
}

/* Returns a member of an object, or the element itself for no key; NULL if
 * there is none, or the reading has failed. */
static json_t *find_value(const lr_load_reading *reading, json_t *from,
                          const char *key) {
  if (reading->status != LARIAT_OK) return NULL;
  return key ? json_object_get(from, key) : from;
}

static const char *name_key(const char *key) { return key ? key : "element"; }

json_t *lr_load_read_object(lr_load_reading *reading, json_t *from,
                            const char *key) {
  json_t *value = find_value(reading, from, key);
  if (json_is_object(value)) return value;
  lr_load_refuse(reading, "no object \"%s\"", name_key(key));
  return NULL;
}

json_t *lr_load_read_array(lr_load_reading *reading, json_t *from,
                           const char *key) {
  json_t *value = find_value(reading, from, key);
  if (json_is_array(value)) return value;
  lr_load_refuse(reading, "no array \"%s\"", name_key(key));
  return NULL;
}

uint64_t lr_load_read_count(lr_load_reading *reading, json_t *from,
                            const char *key) {
  const json_t *value = find_value(reading, from, key);
  if (json_is_integer(value) && json_integer_value(value) >= 0)
    return (uint64_t)json_integer_value(value);
  lr_load_refuse(reading, "no count \"%s\"", name_key(key));
  return 0;
}

/* Reads a number that is not below 0 and not over `most`. */
static double read_number(lr_load_reading *reading, json_t *from,
                          const char *key, double most) {
  const json_t *value = find_value(reading, from, key);
  double number = json_number_value(value);
  if (json_is_number(value) && number >= 0 && number <= most) return number;
  lr_load_refuse(reading, "no number \"%s\" that can be", name_key(key));
  return 0;
}

/* Doubles have each nanosecond of the first hundred days, and then a number of
 * them: a clock of years still serves. */
uint64_t lr_load_read_us(lr_load_reading *reading, json_t *from,
                         const char *key) {
  return (uint64_t)llround(read_number(reading, from, key, 9e15) * 1e3);
}

const char *lr_load_read_string(lr_load_reading *reading, json_t *from,
                                const char *key) {
  const char *string = json_string_value(find_value(reading, from, key));
  if (string) return string;
  lr_load_refuse(reading, "no text \"%s\"", name_key(key));
  return "";
}

unsigned lr_load_read_word_of(lr_load_reading *reading, json_t *from,
                              const char *key, unsigned count,
                              const char *(*name)(unsigned index)) {
  const char *word = lr_load_read_string(reading, from, key);
  for (unsigned i = 0; i < count; i++)
    if (strcmp(word, name(i)) == 0) return i;
  lr_load_refuse(reading, "\"%s\" is \"%.40s\", which is none", key, word);
  return 0;
}

/* Reads an integer up to `most`. */
static uint64_t read_up_to(lr_load_reading *reading, json_t *from,
                           const char *key, uint64_t most) {
  uint64_t number = lr_load_read_count(reading, from, key);
  if (number <= most) return number;
  lr_load_refuse(reading, "\"%s\" is too large", key);
  return 0;
}

static bool read_flag(lr_load_reading *reading, json_t *from, const char *key) {
  const json_t *value = find_value(reading, from, key);
  if (!json_is_boolean(value)) lr_load_refuse(reading, "no flag \"%s\"", key);
  return json_is_true(value);
}

static void read_text(lr_load_reading *reading, json_t *from,
                      const lr_load_member *member, char *to) {
  const char *string = lr_load_read_string(reading, from, member->key);
  size_t length = strlen(string);
  if (length < member->size)
    memcpy(to, string, length + 1);
  else
    lr_load_refuse(reading, "\"%s\" is too long", member->key);
}

static uint64_t read_seed(lr_load_reading *reading, json_t *from,
                          const char *key) {
  const char *digits = lr_load_read_string(reading, from, key);
  size_t length = strspn(digits, "0123456789");
  if (length == 0 || digits[length] || length > 20)
    lr_load_refuse(reading, "no digits \"%s\"", key);
  return strtoull(digits, NULL, 10);
}

static int64_t read_signed(lr_load_reading *reading, json_t *from,
                           const char *key) {
  const json_t *value = find_value(reading, from, key);
  if (!json_is_integer(value))
    lr_load_refuse(reading, "no integer \"%s\"", key);
  return json_integer_value(value);
}

static void read_member(lr_load_reading *reading, json_t *from,
                        const lr_load_member *member, void *to) {
  const char *key = member->key;
  switch (member->kind) {
  case LR_LOAD_COUNT:
    *(uint64_t *)to = lr_load_read_count(reading, from, key);
    return;
  case LR_LOAD_US:
    *(uint64_t *)to = lr_load_read_us(reading, from, key);
    return;
  case LR_LOAD_NUMBER:
    *(double *)to = read_number(reading, from, key, 9e12);
    return;
  case LR_LOAD_UNSIGNED:
    *(uint32_t *)to = (uint32_t)read_up_to(reading, from, key, UINT32_MAX);
    return;
  case LR_LOAD_SHORT:
    *(uint16_t *)to = (uint16_t)read_up_to(reading, from, key, UINT16_MAX);
    return;
  case LR_LOAD_FLAG:
    *(bool *)to = read_flag(reading, from, key);
    return;
  case LR_LOAD_STRING:
    read_text(reading, from, member, to);
    return;
  case LR_LOAD_SEED:
    *(uint64_t *)to = read_seed(reading, from, key);
    return;
  case LR_LOAD_SIGNED:
    *(int64_t *)to = read_signed(reading, from, key);
    return;
  }
}

void lr_load_read_members(lr_load_reading *reading, json_t *from,
                          const lr_load_member *members, size_t count,
                          void *to) {
  for (size_t i = 0; i < count && reading->status == LARIAT_OK; i++)
    read_member(reading, from, &members[i], (char *)to + members[i].offset);
}
