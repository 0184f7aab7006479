/* SPDX-License-Identifier: MIT
 * input.h: the lines of the input, one after the other, read no further ahead
 * than one buffer.  A regular file is read on the spot; a pipe or a terminal
 * only when the reactor says that there is something to read, so that slow
 * input keeps nothing waiting. */
#ifndef TOOLS_LARIAT_FETCH_INPUT_H
#define TOOLS_LARIAT_FETCH_INPUT_H

#include <lariat/reactor.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fetch/settings.h"

/* The length of a line, beyond which it becomes an error; and how much of such
 * a line is kept to be shown. */
enum { INPUT_LINE_MAX = 1024 * 1024, INPUT_SHOWN = 64 * 1024 };

struct line {
  const char *text; /* not ended by a NUL; lives until the next call */
  size_t length;    /* without the line's end, and blanks around it */
  size_t whole;     /* of a line that is too long: all of it */
  uint64_t number;  /* counted from 1 */
};

enum input_result {
  INPUT_LINE,
  INPUT_WAIT, /* nothing there yet: `ready` will be called */
  INPUT_BUSY, /* there is more, but it is time for others: ask again */
  INPUT_END,
  INPUT_ERROR /* errno says why */
};

struct input {
  /* Arguments instead of a file. */
  char *const *urls;
  size_t url_count;

  lariat_reactor *reactor;
  lariat_call ready;
  void *context;
  int fd;        /* -1: arguments */
  bool polled;   /* wait for the reactor before each read */
  bool watching; /* the reactor has a reader for it */
  bool readable;
  bool at_end;
  char *buffer;
  size_t capacity;
  size_t start;   /* what has not been given yet: from here … */
  size_t end;     /* … to here */
  size_t looked;  /* no line's end before here */
  size_t skipped; /* bytes of a line that is too long, thrown away */
  uint64_t lines;
  uint64_t size; /* of a regular file; 0: not known */
  uint64_t read; /* bytes, so far */
};

/* Opens what the settings say.  Says why it cannot, and returns false. */
bool input_open(struct input *input, const struct file_settings *settings);

/* Gives the input the reactor by which it waits: `ready(context)` is called
 * after INPUT_WAIT. */
void input_attach(struct input *input, lariat_reactor *reactor,
                  lariat_call ready, void *context);

/* Gives the next line, or says why there is none. */
enum input_result input_next(struct input *input, struct line *line);

/* Returns how much of the input is through, from 0 to 1; negative when that is
 * not known.  Of what was given out, `lines` that have `bytes` are not. */
double input_progress(const struct input *input, uint64_t lines,
                      uint64_t bytes);

void input_close(struct input *input);

#endif
