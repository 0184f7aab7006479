/* SPDX-License-Identifier: MIT
 * say.h: what the program tells people, on standard error. */
#ifndef TOOLS_LARIAT_SAY_H
#define TOOLS_LARIAT_SAY_H

/* Exit codes. */
enum {
  EXIT_ALL = 0,
  EXIT_SOME = 1,
  EXIT_USAGE = 2,
  EXIT_INTERRUPTED = 130, /* SIGINT */
  EXIT_TERMINATED = 143   /* SIGTERM */
};

/* Writes "lariat: ", the formatted text and a newline; control characters
 * escaped (text_put_shown), the passwords of URLs masked (secrets.h). */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Returns the text of an error number; static or the thread's own. */
const char *say_errno(int error);

#endif
