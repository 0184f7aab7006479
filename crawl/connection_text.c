/* SPDX-License-Identifier: MIT
 * connection_text.c: libpq takes a URL apart at its first '@' and '/', so that
 * a password with such a character, not escaped, becomes a part of what it
 * calls the host or the port, and is in its messages then.  So a secret is
 * taken for as long as it can be: in a URL from the first ':' behind "//" to
 * the last '@', in the other form from "password=" to the end. */
#include "connection_text.h"

#include <lariat/crawl/shared.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "text_writer.h"

typedef struct span {
  const char *from, *to;
} span;

enum { SPANS = 8 };

static const char stars[] = "***";

bool lr_crawl_connection_is_url(const char *text) {
  return strncmp(text, "postgres://", 11) == 0 ||
         strncmp(text, "postgresql://", 13) == 0;
}

/* ---- What is secret ---- */

/* Adds the user's password in front of the last '@'. */
static size_t find_user_password(const char *text, span *spans) {
  const char *begin = strstr(text, "//") + 2;
  const char *end = strrchr(begin, '@');
  const char *colon = end ? memchr(begin, ':', (size_t)(end - begin)) : NULL;
  if (!colon || colon + 1 == end) return 0;
  spans[0] = (span){.from = colon + 1, .to = end};
  return 1;
}

/* Takes a byte as libpq reads it: in a URL names have escapes, too. */
static const char *take_byte(const char *at, bool is_url, char *byte) {
  const char digits[] = {at[0] ? at[1] : '\0', at[0] && at[1] ? at[2] : '\0',
                         '\0'};
  bool escaped = is_url && *at == '%' && isxdigit((unsigned char)digits[0]) &&
                 isxdigit((unsigned char)digits[1]);
  *byte = escaped ? (char)strtoul(digits, NULL, 16) : *at;
  return at + (escaped ? 3 : 1);
}

/* Returns what is behind the next "password"; NULL: there is none. */
static const char *find_key(const char *text, bool is_url) {
  static const char key[] = "password";
  for (; *text; text++) {
    const char *at = text;
    size_t length = 0;
    char byte = '\0';
    while (key[length] && *at) {
      const char *next = take_byte(at, is_url, &byte);
      if (tolower((unsigned char)byte) != key[length]) break;
      at = next;
      length++;
    }
    if (!key[length]) return at;
  }
  return NULL;
}

/* Adds the values of "password=" and "sslpassword=". */
static size_t find_values(const char *text, bool is_url, span *spans,
                          size_t most) {
  size_t count = 0;
  const char *at = text;
  while (count < most && (at = find_key(at, is_url))) {
    while (!is_url && (*at == ' ' || *at == '\t' || *at == '\n')) at++;
    if (*at != '=') continue;
    const char *from = at + 1;
    const char *to = from + (is_url ? strcspn(from, "&") : strlen(from));
    if (to > from) spans[count++] = (span){.from = from, .to = to};
    at = to;
  }
  return count;
}

static size_t find_secrets(const char *text, span *spans) {
  bool is_url = lr_crawl_connection_is_url(text);
  size_t count = is_url ? find_user_password(text, spans) : 0;
  return count + find_values(text, is_url, spans + count, SPANS - count);
}

bool lr_crawl_connection_has_secret(const char *connection) {
  span spans[SPANS];
  return find_secrets(connection, spans) != 0;
}

/* Returns the end of the secret that a byte of the text is in; NULL: none. */
static const char *find_end(const span *spans, size_t count, const char *at) {
  for (size_t i = 0; i < count; i++)
    if (at >= spans[i].from && at < spans[i].to) return spans[i].to;
  return NULL;
}

size_t lr_crawl_connection_write(const char *connection, char *out,
                                 size_t capacity) {
  span spans[SPANS];
  size_t count = find_secrets(connection, spans);
  lr_crawl_text_writer writer = {.out = out, .capacity = capacity};
  for (const char *at = connection; *at;) {
    const char *end = find_end(spans, count, at);
    if (end)
      lr_crawl_write(&writer, stars, sizeof stars - 1);
    else
      lr_crawl_write_byte(&writer, *at);
    at = end ? end : at + 1;
  }
  return lr_crawl_write_end(&writer);
}

size_t lariat_crawl_shared_mask(const char *connection, char *out,
                                size_t capacity) {
  return lr_crawl_connection_write(connection, out, capacity);
}

/* ---- Messages ---- */

/* Tells whether a word stands in the connection so that it touches a secret. */
static bool touches_secret(const char *connection, const char *word,
                           size_t length, const span *spans, size_t count) {
  const char *at = connection;
  const char *end = connection + strlen(connection);
  while ((at = memmem(at, (size_t)(end - at), word, length))) {
    for (size_t i = 0; i < count; i++)
      if (at < spans[i].to && at + length > spans[i].from) return true;
    at++;
  }
  return false;
}

/* Writes what is between two quotes. */
static void write_word(lr_crawl_text_writer *writer, const char *connection,
                       const char *word, size_t length) {
  span spans[SPANS];
  size_t count = find_secrets(connection, spans);
  if (length && touches_secret(connection, word, length, spans, count))
    lr_crawl_write(writer, stars, sizeof stars - 1);
  else
    lr_crawl_write(writer, word, length);
}

size_t lr_crawl_connection_mask(const char *connection, const char *message,
                                char *out, size_t capacity) {
  lr_crawl_text_writer writer = {.out = out, .capacity = capacity};
  bool quoted = false;
  for (const char *at = message;; quoted = !quoted) {
    size_t length = strcspn(at, "\"");
    if (quoted)
      write_word(&writer, connection, at, length);
    else
      lr_crawl_write(&writer, at, length);
    at += length;
    if (!*at) return lr_crawl_write_end(&writer);
    lr_crawl_write_byte(&writer, *at++);
  }
}
