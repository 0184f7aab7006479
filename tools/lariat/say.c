/* SPDX-License-Identifier: MIT
 * say.c: messages, each in one write. */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "secrets.h"
#include "text.h"

enum { MESSAGE_MAX = 4096 };

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
  *secrets_put(shown, SECRETS_TEXT, message, length, length, text_put_shown) =
      '\0';
  (void)fprintf(stderr, "lariat: %s\n", shown);
}

const char *say_errno(int error) {
  const char *text = strerrordesc_np(error);
  return text ? text : "unknown error";
}
