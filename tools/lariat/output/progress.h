/* SPDX-License-Identifier: MIT
 * progress.h: a line on the terminal that is written anew several times a
 * second while a command runs. */
#ifndef TOOLS_LARIAT_OUTPUT_PROGRESS_H
#define TOOLS_LARIAT_OUTPUT_PROGRESS_H

#include <lariat/reactor.h>
#include <stdbool.h>
#include <stddef.h>

struct progress {
  lariat_reactor *reactor;
  lariat_timer timer;
  void (*describe)(void *context, char *line, size_t capacity);
  void *context;
  bool shown;
};

/* Shows the line that `describe` writes, without its end, if standard error is
 * a terminal; then again until progress_end. */
void progress_begin(struct progress *progress, lariat_reactor *reactor,
                    void (*describe)(void *context, char *line,
                                     size_t capacity),
                    void *context);

/* Removes the line, if there is one. */
void progress_end(struct progress *progress);

#endif
