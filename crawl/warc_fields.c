/* SPDX-License-Identifier: MIT
 * warc_fields.c: cuts a copy of the header into names and values. */
#include "warc_fields.h"

#include <string.h>
#include <strings.h>

#include <lariat/allocator.h>

enum { FIRST_FIELDS = 16 };

static bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }

static bool is_space(char byte) {
  return is_blank(byte) || byte == '\r' || byte == '\n';
}

/* ---- Lines ---- */

/* Returns where the next line begins that is not joined to the one at `at`. */
static char *end_line(char *at, char *end) {
  do {
    char *feed = memchr(at, '\n', (size_t)(end - at));
    at = feed ? feed + 1 : end;
  } while (at < end && is_blank(*at));
  return at;
}

/* Makes one blank of each line end within a value, and of the blanks around
 * it; returns the end. */
static char *join_lines(char *at, char *end) {
  char *out = at;
  while (at < end) {
    if (*at == '\r' || *at == '\n') {
      while (at < end && is_space(*at)) at++;
      while (out > at && is_blank(out[-1])) out--;
      *out++ = ' ';
    } else {
      *out++ = *at++;
    }
  }
  return out;
}

/* Cuts off the blanks around a value, and ends it by NUL; there is a byte for
 * that behind each line. */
static char *trim_value(char *at, char *end) {
  while (end > at && is_space(end[-1])) end--;
  while (at < end && is_space(*at)) at++;
  *join_lines(at, end) = '\0';
  return at;
}

/* ---- Fields ---- */

static bool grow(lr_crawl_warc_fields *fields) {
  size_t capacity = fields->capacity ? 2 * fields->capacity : FIRST_FIELDS;
  lr_crawl_warc_field *list =
      lariat_memory_resize(fields->list, capacity * sizeof *list);
  if (!list) return false;
  fields->list = list;
  fields->capacity = capacity;
  return true;
}

static lr_crawl_warc_fields_result add_field(lr_crawl_warc_fields *fields,
                                             char *at, char *end) {
  char *colon = memchr(at, ':', (size_t)(end - at));
  char *feed = memchr(at, '\n', (size_t)(end - at));
  if (!colon || colon == at || (feed && feed < colon))
    return LR_CRAWL_WARC_FIELDS_WRONG;
  if (fields->count == fields->capacity && !grow(fields))
    return LR_CRAWL_WARC_FIELDS_NOMEM;
  char *value = trim_value(colon + 1, end);
  char *name_end = colon;
  while (name_end > at && is_blank(name_end[-1])) name_end--;
  *name_end = '\0';
  fields->list[fields->count++] =
      (lr_crawl_warc_field){.name = (size_t)(at - fields->text.bytes),
                            .value = (size_t)(value - fields->text.bytes)};
  return LR_CRAWL_WARC_FIELDS_GOOD;
}

static bool is_empty(const char *at, const char *end) {
  return at == end || *at == '\n' || (*at == '\r' && at + 1 < end);
}

lr_crawl_warc_fields_result
lr_crawl_warc_fields_read(lr_crawl_warc_fields *fields, const char *bytes,
                          size_t length) {
  lr_crawl_warc_fields_result result = LR_CRAWL_WARC_FIELDS_GOOD;
  fields->count = 0;
  fields->text.length = 0;
  fields->text.failed = false;
  lr_crawl_warc_text_put(&fields->text, bytes, length);
  lr_crawl_warc_text_put(&fields->text, "\n", 2);
  if (fields->text.failed) return LR_CRAWL_WARC_FIELDS_NOMEM;
  char *at = fields->text.bytes, *end = at + length + 1;
  char *next = end_line(at, end);
  (void)trim_value(at, next);
  for (at = next; at < end && !is_empty(at, end); at = next) {
    next = end_line(at, end);
    lr_crawl_warc_fields_result added = add_field(fields, at, next);
    if (added == LR_CRAWL_WARC_FIELDS_NOMEM) return added;
    if (added != LR_CRAWL_WARC_FIELDS_GOOD) result = added;
  }
  return result;
}

const char *lr_crawl_warc_fields_first(const lr_crawl_warc_fields *fields) {
  return fields->text.length ? fields->text.bytes : "";
}

static lr_crawl_warc_field *find_field(const lr_crawl_warc_fields *fields,
                                       const char *name) {
  for (size_t i = 0; i < fields->count; i++)
    if (strcasecmp(fields->text.bytes + fields->list[i].name, name) == 0)
      return &fields->list[i];
  return NULL;
}

const char *lr_crawl_warc_fields_find(const lr_crawl_warc_fields *fields,
                                      const char *name) {
  const lr_crawl_warc_field *field = find_field(fields, name);
  return field ? fields->text.bytes + field->value : NULL;
}

void lr_crawl_warc_fields_strip(lr_crawl_warc_fields *fields,
                                const char *name) {
  lr_crawl_warc_field *field = find_field(fields, name);
  if (!field) return;
  char *value = fields->text.bytes + field->value;
  size_t length = strlen(value);
  if (length < 2 || value[0] != '<' || value[length - 1] != '>') return;
  value[length - 1] = '\0';
  field->value++;
}

void lr_crawl_warc_fields_free(lr_crawl_warc_fields *fields) {
  lr_crawl_warc_text_free(&fields->text);
  lariat_memory_release(fields->list);
}
