/* SPDX-License-Identifier: MIT
 * media_type.c: types of content, and their parameters. */
#include <lariat/media_type.h>

#include <stdbool.h>
#include <string.h>

#include "http/field.h"

/* ---- Parts ---- */

static bool is_token_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || lr_is_digit(c) ||
         (c && strchr("!#$%&'*+-.^_`|~", c));
}

static size_t token_length(const char *text) {
  size_t length = 0;
  while (is_token_byte(text[length])) length++;
  return length;
}

static const char *skip_blanks(const char *at) {
  while (lr_is_blank(*at)) at++;
  return at;
}

/* Returns how long "type/subtype" is at the beginning of a text; 0: there is
 * none. */
static size_t type_length(const char *text) {
  size_t length = token_length(text);
  if (length == 0 || text[length] != '/') return 0;
  size_t sub = token_length(text + length + 1);
  const char *behind = skip_blanks(text + length + 1 + sub);
  return sub && (!*behind || *behind == ';') ? length + 1 + sub : 0;
}

/* A parameter: places in the text. */
typedef struct parameter {
  const char *name;
  size_t name_length; /* 0: it is broken, and left out */
  const char *value;
  size_t value_length;
  bool quoted; /* the value has escapes */
} parameter;

/* Returns where the quoted string ends that begins at `at`, behind its first
 * quote: at its last, or at the end of the text. */
static const char *find_quote(const char *at) {
  while (*at && *at != '"') at += *at == '\\' && at[1] ? 2 : 1;
  return at;
}

/* Reads the next parameter behind a semicolon; returns what is behind it, NULL
 * at the end. */
static const char *next_parameter(const char *at, parameter *out) {
  at = skip_blanks(at);
  if (*at != ';') return NULL;
  at = skip_blanks(at + 1);
  *out = (parameter){.name = at, .name_length = token_length(at)};
  at += out->name_length;
  if (*at == '=') {
    out->quoted = at[1] == '"';
    out->value = at + 1 + out->quoted;
    at = out->quoted ? find_quote(out->value)
                     : out->value + token_length(out->value);
    out->value_length = (size_t)(at - out->value);
    if (out->quoted && *at) at++;
  }
  const char *end = at + strcspn(at, ";");
  if (!out->value || skip_blanks(at) != end ||
      (!out->quoted && !out->value_length))
    out->name_length = 0;
  return end;
}

/* Finds the first parameter of that name; false: there is none. */
static bool find_parameter(const char *text, size_t type, const char *name,
                           parameter *out) {
  const char *at = text + type;
  while ((at = next_parameter(at, out)))
    if (out->name_length && lr_name_is(out->name, out->name_length, name))
      return true;
  return false;
}

/* ---- Texts ---- */

/* Copies a value without its escapes; false: it does not fit. */
static bool copy_value(const parameter *given, char *to, size_t capacity) {
  size_t length = 0;
  for (size_t i = 0; i < given->value_length; i++) {
    if (given->quoted && given->value[i] == '\\' && i + 1 < given->value_length)
      i++;
    if (length + 1 >= capacity) return false;
    to[length++] = given->value[i];
  }
  if (capacity == 0) return false;
  to[length] = '\0';
  return true;
}

static void make_lower(char *text) {
  for (; *text; text++) *text = lr_ascii_lower(*text);
}

lariat_status lariat_media_type_parse(const char *text,
                                      lariat_media_type *out) {
  parameter charset;
  *out = (lariat_media_type){.type = ""};
  text = skip_blanks(text);
  size_t length = type_length(text);
  if (length == 0 || length >= sizeof out->type) return LARIAT_EINVAL;
  memcpy(out->type, text, length);
  make_lower(out->type);
  if (find_parameter(text, length, "charset", &charset) &&
      !copy_value(&charset, out->charset, sizeof out->charset))
    out->charset[0] = '\0';
  make_lower(out->charset);
  return LARIAT_OK;
}

lariat_status lariat_media_type_parameter(const char *text, const char *name,
                                          char *value, size_t capacity) {
  parameter found;
  text = skip_blanks(text);
  size_t length = type_length(text);
  if (length == 0) return LARIAT_EINVAL;
  if (!find_parameter(text, length, name, &found)) return LARIAT_ENOTFOUND;
  return copy_value(&found, value, capacity) ? LARIAT_OK : LARIAT_EHEADERLIMIT;
}
