/* SPDX-License-Identifier: MIT
 * say.c: messages, each in one write. */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "secrets.h"
#include "text.h"

enum { MESSAGE_MAX = 4096 };

static const char *speaker = "lariat";

void say_as(const char *who) { speaker = who; }

static char *put_plain(char *at, const char *bytes, size_t length) {
  return text_put(at, bytes, length);
}

const char *say_shown(char out[SAY_CAPACITY], const char *text) {
  size_t length = strlen(text);
  size_t shown = length < SAY_SHOWN ? length : SAY_SHOWN;
  *secrets_put(out, SECRETS_URL, text, length, shown, put_plain) = '\0';
  return out;
}

/* Writes a message word by word: each may be a URL without a scheme. */
static char *put_words(char *at, const char *bytes, size_t length) {
  static const char ends[] = " \"";
  while (length) {
    size_t word = 0;
    while (word < length && !strchr(ends, bytes[word])) word++;
    at = secrets_put(at, SECRETS_URL, bytes, word, word, text_put_shown);
    size_t gap = word;
    while (gap < length && strchr(ends, bytes[gap])) gap++;
    at = text_put(at, bytes + word, gap - word);
    bytes += gap;
    length -= gap;
  }
  return at;
}

/* Masks and escapes here, whoever says something: what a server or a list has
 * in it reaches a terminal in no other way. */
void say(const char *format, ...) {
  char message[MESSAGE_MAX];
  char shown[MESSAGE_MAX * TEXT_WORST_ESCAPE + 1];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  size_t length = strlen(message);
  *secrets_put(shown, SECRETS_TEXT, message, length, length, put_words) = '\0';
  (void)fprintf(stderr, "%s: %s\n", speaker, shown);
}

const char *say_errno(int error) {
  const char *text = strerrordesc_np(error);
  return text ? text : "unknown error";
}
