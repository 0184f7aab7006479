/* SPDX-License-Identifier: MIT
 * marks.c: variables found, and words put into their places. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "hash.h"
#include "template.h"

enum { MOST_MARKS = 10000 };

/* ---- Variables ---- */

/* A variable in a text. */
struct variable {
  const char *start; /* of its braces */
  const char *end;   /* behind them */
  const char *name;
  size_t length;
};

/* Reads "{{ name }}" at `text`. */
static bool read_variable(const char *text, const char *end,
                          struct variable *out) {
  const char *at = text + 2;
  while (at < end && *at == ' ') at++;
  out->name = at;
  while (at < end && lr_load_csv_is_name_byte(*at)) at++;
  out->length = (size_t)(at - out->name);
  while (at < end && *at == ' ') at++;
  if (!out->length || end - at < 2 || memcmp(at, "}}", 2) != 0) return false;
  out->start = text;
  out->end = at + 2;
  return true;
}

/* Finds the first variable of a text; other braces are as they are. */
static bool find_variable(const char *text, const char *end,
                          struct variable *out) {
  while ((text = memmem(text, (size_t)(end - text), "{{", 2))) {
    if (read_variable(text, end, out)) return true;
    text++;
  }
  return false;
}

/* ---- Marking ---- */

static lariat_status add_mark(lr_load_marks *marks, const lr_load_csv *csv,
                              const struct variable *variable,
                              lr_load_bytes *out, lariat_load_error *error) {
  size_t column;
  char mark[40];
  if (!lr_load_csv_find(csv, variable->name, variable->length, &column))
    return lr_load_fail(error, 0, "there is no variable {{%.*s}}",
                        (int)(variable->length < 60 ? variable->length : 60),
                        variable->name);
  if (marks->count == MOST_MARKS)
    return lr_load_fail(error, 0, "more than %d variables", MOST_MARKS);
  if (marks->count == marks->capacity) {
    size_t capacity = marks->capacity ? 2 * marks->capacity : 8;
    uint32_t *columns = realloc(marks->columns, capacity * sizeof(*columns));
    if (!columns) return LARIAT_ENOMEM;
    marks->columns = columns;
    marks->capacity = capacity;
  }
  int length =
      snprintf(mark, sizeof mark, "%s%04zx", marks->prefix, marks->count);
  marks->columns[marks->count++] = (uint32_t)column;
  return lr_load_bytes_add(out, mark, (size_t)length) ? LARIAT_OK
                                                      : LARIAT_ENOMEM;
}

static lariat_status mark_into(lr_load_marks *marks, const lr_load_csv *csv,
                               const char *text, const char *end,
                               lr_load_bytes *out, lariat_load_error *error) {
  struct variable variable;
  while (find_variable(text, end, &variable)) {
    if (!lr_load_bytes_add(out, text, (size_t)(variable.start - text)))
      return LARIAT_ENOMEM;
    lariat_status status = add_mark(marks, csv, &variable, out, error);
    if (status != LARIAT_OK) return status;
    text = variable.end;
  }
  return lr_load_bytes_add(out, text, (size_t)(end - text)) ? LARIAT_OK
                                                            : LARIAT_ENOMEM;
}

/* Puts a marked copy into the place of a text of `*length` bytes, if it has
 * variables. */
static lariat_status mark_bytes(lr_load_marks *marks, const lr_load_csv *csv,
                                const char **text, size_t *length,
                                lariat_load_error *error) {
  struct variable variable;
  lr_load_bytes out = {.bytes = NULL};
  const char *end = *text + *length;
  if (!find_variable(*text, end, &variable)) return LARIAT_OK;
  lariat_status status = mark_into(marks, csv, *text, end, &out, error);
  if (status == LARIAT_OK) {
    *text = lr_load_arena_copy(&marks->arena, out.bytes, out.length);
    *length = out.length;
    if (!*text) status = LARIAT_ENOMEM;
  }
  lr_load_bytes_free(&out);
  return status;
}

static lariat_status mark_text(lr_load_marks *marks, const lr_load_csv *csv,
                               const char **text, lariat_load_error *error) {
  size_t length = *text ? strlen(*text) : 0;
  return *text ? mark_bytes(marks, csv, text, &length, error) : LARIAT_OK;
}

static lariat_status mark_headers(lr_load_marks *marks, const lr_load_csv *csv,
                                  lariat_load_request *request,
                                  lariat_load_error *error) {
  size_t count = request->header_count;
  lariat_header *headers =
      lr_load_arena_objects(&marks->arena, count + 1, sizeof(*headers));
  lariat_status status = headers ? LARIAT_OK : LARIAT_ENOMEM;
  for (size_t i = 0; i < count && status == LARIAT_OK; i++) {
    headers[i] = request->headers[i];
    status = mark_text(marks, csv, &headers[i].value, error);
  }
  request->headers = headers;
  return status;
}

/* ---- Prefixes ---- */

static bool has_text(const void *bytes, size_t length, const char *text) {
  return bytes && memmem(bytes, length, text, strlen(text));
}

static bool has_prefix(const lariat_load_request *request, const char *prefix) {
  if (has_text(request->body, request->body_length, prefix)) return true;
  if (request->url && strstr(request->url, prefix)) return true;
  for (size_t i = 0; i < request->header_count; i++)
    if (request->headers[i].value && strstr(request->headers[i].value, prefix))
      return true;
  return false;
}

/* Chooses a word that is nowhere in the request. */
static void choose_prefix(lr_load_marks *marks) {
  uint64_t salt = 0;
  do {
    snprintf(marks->prefix, sizeof marks->prefix, "lrv%016jx",
             (uintmax_t)lr_load_mix(++salt));
  } while (has_prefix(&marks->request, marks->prefix) ||
           has_prefix(&marks->base, marks->prefix));
}

lariat_status lr_load_marks_init(lr_load_marks *marks, const lr_load_csv *csv,
                                 const lariat_load_request *request,
                                 const lariat_load_request *base,
                                 lariat_load_error *error) {
  *marks = (lr_load_marks){.request = *request, .base = *base};
  choose_prefix(marks);
  const char *body = marks->request.body;
  lariat_status status = mark_text(marks, csv, &marks->request.url, error);
  if (status == LARIAT_OK)
    status = mark_headers(marks, csv, &marks->request, error);
  if (status == LARIAT_OK)
    status = mark_headers(marks, csv, &marks->base, error);
  if (status == LARIAT_OK && body)
    status = mark_bytes(marks, csv, &body, &marks->request.body_length, error);
  marks->request.body = body;
  return status;
}

void lr_load_marks_free(lr_load_marks *marks) {
  free(marks->columns);
  lr_load_arena_free(&marks->arena);
}

static bool has_mark(const lr_load_marks *marks, lariat_url_part part) {
  return has_text(part.bytes, part.length, marks->prefix);
}

bool lr_load_marks_in_host(const lr_load_marks *marks, const lariat_url *url) {
  return has_mark(marks, lariat_url_host(url)) ||
         has_mark(marks, lariat_url_user(url)) ||
         has_mark(marks, lariat_url_password(url));
}
