/* SPDX-License-Identifier: MIT
 * log_format.c: formats with their variables, and lines matched with them. */
#include "log_format.h"

#include <string.h>

#include "fault.h"
#include "log_time.h"

/* ---- Formats ---- */

static bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_';
}

static lr_load_log_field find_field(const char *name, size_t length) {
  static const char *const names[LR_LOAD_LOG_FIELDS] = {
      "request",      "request_method", "request_uri", "time_local",
      "time_iso8601", "msec",           "request_time"};
  for (size_t i = 0; i < LR_LOAD_LOG_FIELDS; i++)
    if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
      return (lr_load_log_field)i;
  return LR_LOAD_LOG_IGNORED;
}

/* Reads the variable behind '$', as "name" or "{name}"; 0: there is none. */
static size_t read_variable(const char *text, lr_load_log_field *field) {
  bool braces = *text == '{';
  size_t length = 0;
  while (is_name_byte(text[braces + length])) length++;
  if (length == 0 || (braces && text[1 + length] != '}')) return 0;
  *field = find_field(text + braces, length);
  return length + (braces ? 2 : 0);
}

static bool has_field(const lr_load_log_format *format,
                      lr_load_log_field field) {
  for (size_t i = 0; i < format->count; i++)
    if (format->segments[i].field == field) return true;
  return false;
}

static lariat_status check_fields(const lr_load_log_format *format,
                                  lariat_load_error *error) {
  if (!has_field(format, LR_LOAD_LOG_REQUEST) &&
      !(has_field(format, LR_LOAD_LOG_METHOD) &&
        has_field(format, LR_LOAD_LOG_URI)))
    return lr_load_fail(error, 0,
                        "the log format has neither $request nor "
                        "$request_method and $request_uri");
  if (!has_field(format, LR_LOAD_LOG_TIME_LOCAL) &&
      !has_field(format, LR_LOAD_LOG_TIME_ISO) &&
      !has_field(format, LR_LOAD_LOG_MSEC))
    return lr_load_fail(error, 0,
                        "the log format has no time: $time_local, "
                        "$time_iso8601 or $msec");
  return LARIAT_OK;
}

/* Adds the variable at `at`, whose literal begins where the last variable
 * ended. */
static lariat_status add_segment(lr_load_log_format *format, size_t at,
                                 lariat_load_error *error) {
  lr_load_log_segment *segment = &format->segments[format->count];
  if (format->count == LR_LOAD_LOG_SEGMENTS)
    return lr_load_fail(error, at, "more than %d variables",
                        LR_LOAD_LOG_SEGMENTS);
  if (format->count && at == format->rest)
    return lr_load_fail(error, at, "nothing between two variables at byte %zu",
                        at);
  size_t length = read_variable(format->text + at + 1, &segment->field);
  if (!length)
    return lr_load_fail(error, at, "no variable behind '$' at byte %zu", at);
  segment->start = format->rest;
  segment->length = at - format->rest;
  format->rest = at + 1 + length;
  format->count++;
  return LARIAT_OK;
}

lariat_status lr_load_log_format_init(lr_load_log_format *format,
                                      const char *text,
                                      lariat_load_error *error) {
  const char *at = text;
  *format = (lr_load_log_format){.text = text};
  while (at && (at = strchr(text + format->rest, '$'))) {
    lariat_status status = add_segment(format, (size_t)(at - text), error);
    if (status != LARIAT_OK) return status;
  }
  return text ? check_fields(format, error) : LARIAT_OK;
}

/* ---- Lines ---- */

/* Finds `literal` behind `at`; one that begins with a quote begins with none
 * that is escaped.  NULL: it is not there. */
static const char *find_literal(const char *at, const char *end,
                                const char *literal, size_t length) {
  if (*literal != '"') return memmem(at, (size_t)(end - at), literal, length);
  for (; (size_t)(end - at) >= length && at < end; at++) {
    if (memcmp(at, literal, length) == 0) return at;
    if (*at == '\\' && at + 1 < end) at++;
  }
  return NULL;
}

/* Finds where the value of a segment ends. */
static const char *find_end(const lr_load_log_format *format, size_t segment,
                            const char *at, const char *end) {
  const char *rest = format->text + format->rest;
  if (segment + 1 < format->count) {
    const lr_load_log_segment *next = &format->segments[segment + 1];
    return find_literal(at, end, format->text + next->start, next->length);
  }
  return *rest ? find_literal(at, end, rest, strlen(rest)) : end;
}

static bool match_format(const lr_load_log_format *format, const char *line,
                         size_t length, lr_load_log_part *parts) {
  const char *at = line;
  const char *end = line + length;
  for (size_t i = 0; i < format->count; i++) {
    const lr_load_log_segment *segment = &format->segments[i];
    if ((size_t)(end - at) < segment->length ||
        memcmp(at, format->text + segment->start, segment->length) != 0)
      return false;
    at += segment->length;
    const char *behind = find_end(format, i, at, end);
    if (!behind) return false;
    if (segment->field != LR_LOAD_LOG_IGNORED)
      parts[segment->field] = (lr_load_log_part){at, (size_t)(behind - at)};
    at = behind;
  }
  return true;
}

/* Finds a time in brackets, and behind it the first text in quotes. */
static bool match_combined(const char *line, size_t length,
                           lr_load_log_part *parts) {
  enum { TIME_LENGTH = 26 };
  const char *end = line + length;
  const char *at = line;
  uint64_t ns;
  while ((at = memchr(at, '[', (size_t)(end - at))) != NULL) {
    at++;
    if (end - at > TIME_LENGTH && at[TIME_LENGTH] == ']' &&
        lr_load_log_time_local(at, TIME_LENGTH, &ns))
      break;
  }
  if (!at) return false;
  parts[LR_LOAD_LOG_TIME_LOCAL] = (lr_load_log_part){at, TIME_LENGTH};
  const char *open = memchr(at, '"', (size_t)(end - at));
  if (!open) return false;
  const char *close = find_literal(open + 1, end, "\"", 1);
  if (!close) return false;
  parts[LR_LOAD_LOG_REQUEST] =
      (lr_load_log_part){open + 1, (size_t)(close - open - 1)};
  return true;
}

bool lr_load_log_format_match(const lr_load_log_format *format,
                              const char *line, size_t length,
                              lr_load_log_part *parts) {
  for (size_t i = 0; i < LR_LOAD_LOG_FIELDS; i++)
    parts[i] = (lr_load_log_part){.bytes = NULL};
  return format->text ? match_format(format, line, length, parts)
                      : match_combined(line, length, parts);
}

/* ---- Escapes ---- */

static int read_hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads what stands behind a backslash; `*used` gets how much of it that is, 0
 * where it is no escape. */
static char read_escape(const char *text, size_t length, size_t *used) {
  static const char names[] = "\"\\nrtbv";
  static const char bytes[] = "\"\\\n\r\t\b\v";
  const char *name = length && *text ? strchr(names, *text) : NULL;
  *used = 0;
  if (name) {
    *used = 1;
    return bytes[name - names];
  }
  if (length < 3 || *text != 'x' || read_hex(text[1]) < 0 ||
      read_hex(text[2]) < 0)
    return 0;
  *used = 3;
  return (char)(read_hex(text[1]) * 16 + read_hex(text[2]));
}

size_t lr_load_log_unescape(char *text, size_t length) {
  size_t written = 0;
  for (size_t at = 0; at < length; at++) {
    size_t used = 0;
    char byte = text[at];
    if (byte == '\\') {
      char escaped = read_escape(text + at + 1, length - at - 1, &used);
      if (used) byte = escaped;
    }
    text[written++] = byte;
    at += used;
  }
  return written;
}
