/* SPDX-License-Identifier: MIT
 * say.c: messages, each in one write. */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void say(const char *format, ...) {
  char line[4096];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  (void)fprintf(stderr, "lariat: %s\n", line);
}

const char *say_errno(int error) {
  const char *text = strerrordesc_np(error);
  return text ? text : "unknown error";
}
