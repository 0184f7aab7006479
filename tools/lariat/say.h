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

/* Makes the messages of this process begin with `who`, which is kept, instead
 * of "lariat".  Before there are other threads. */
void say_as(const char *who);

/* Writes "lariat: ", the formatted text and a newline; control characters
 * escaped (text_put_shown), the passwords of URLs masked (secrets.h), also of
 * those without a scheme.  A text of any length goes through say_shown first: a
 * password whose end is cut off is not found. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The bytes of a text that a message shows, and how many they may become. */
enum { SAY_SHOWN = 100, SAY_CAPACITY = 3 * SAY_SHOWN + 1 };

/* Writes the beginning of `text`, which may be a URL, with its password masked
 * into `out`, which it returns. */
const char *say_shown(char out[SAY_CAPACITY], const char *text);

/* Returns the text of an error number; static or the thread's own. */
const char *say_errno(int error);

#endif
