/* SPDX-License-Identifier: MIT
 * userinfo.c: user and password of a URL. */
#include "http/userinfo.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "http/base64.h"
#include "http/field.h"
#include "http/url_parser.h"
#include "http/url_record.h"

/* Returns where the authority of a text begins that need not be a URL: behind
 * a scheme, if there is one, and slashes. */
static const char *find_authority(const char *text) {
  const char *at = text + strcspn(text, ":/?#\\@");
  at = *at == ':' ? at + 1 : text;
  return at + strspn(at, "/\\");
}

/* Returns where the '@' is that ends user and password; NULL: there are none.
 * One behind the authority counts, too, if that has a colon and no number
 * behind it: a password with a slash in it, say, is no URL, but a password. */
static const char *find_userinfo_end(const char *authority) {
  size_t length = strcspn(authority, "/?#\\");
  const char *at = memrchr(authority, '@', length);
  const char *colon = memchr(authority, ':', length);
  if (at || !colon || *authority == '[') return at;
  colon += 1 + strspn(colon + 1, "0123456789");
  return colon < authority + length ? strrchr(authority, '@') : NULL;
}

char *lr_userinfo_redact(const char *text) {
  const char *authority = find_authority(text);
  const char *at = find_userinfo_end(authority);
  size_t before = (size_t)(authority - text);
  const char *rest = at ? at + 1 : authority;
  char *copy = lr_alloc(before + strlen(rest) + 1);
  if (!copy) return NULL;
  memcpy(copy, text, before);
  memcpy(copy + before, rest, strlen(rest) + 1);
  return copy;
}

/* Writes a part of userinfo without its escapes. */
static char *put_unescaped(char *to, const char *at, const char *end) {
  while (at < end) {
    bool escape = *at == '%' && end - at > 2 && lr_hex_value(at[1]) >= 0 &&
                  lr_hex_value(at[2]) >= 0;
    *to++ =
        escape ? (char)(lr_hex_value(at[1]) * 16 + lr_hex_value(at[2])) : *at;
    at += escape ? 3 : 1;
  }
  return to;
}

static char *make_basic(const lr_url_record *record) {
  static const char scheme[] = "Basic ";
  const char *user = record->text + lr_url_record_user(record);
  const char *user_end = record->text + record->user_end;
  const char *end = record->text + record->host - 1;
  size_t capacity = (size_t)(end - user) + 1;
  char *plain = lr_alloc(capacity);
  char *value = lr_alloc(sizeof scheme + capacity * 4 / 3 + 4);
  if (plain && value) {
    char *to = put_unescaped(plain, user, user_end);
    *to++ = ':';
    if (user_end < end) to = put_unescaped(to, user_end + 1, end);
    memcpy(value, scheme, sizeof scheme);
    lr_base64_write(value + sizeof scheme - 1, plain, (size_t)(to - plain));
  } else {
    lr_free(value);
    value = NULL;
  }
  lr_free(plain);
  return value;
}

char *lr_userinfo_make_authorization(const char *text) {
  lr_url_record record;
  if (lr_url_parser_run(text, strlen(text), NULL, &record, NULL) != LARIAT_OK)
    return NULL;
  char *value = make_basic(&record);
  lr_url_record_clear(&record);
  return value;
}
