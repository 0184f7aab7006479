/* SPDX-License-Identifier: MIT
 * progress.c: a timer, a carriage return and "erase to the end of the line". */
#include "output/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { INTERVAL_MS = 250, LINE_CAPACITY = 200 };

/* Returns how many columns the line may have: one less than the terminal has,
 * for some go to the next line when the last column is full. */
static int line_width(void) {
  struct winsize size;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return LINE_CAPACITY;
  return size.ws_col - 1;
}

static void show_line(void *context) {
  struct progress *progress = context;
  char line[LINE_CAPACITY];
  progress->describe(progress->context, line, sizeof line);
  fprintf(stderr, "\r%.*s\033[K", line_width(), line);
  fflush(stderr);
  if (lariat_reactor_call_later(progress->reactor, INTERVAL_MS, show_line,
                                progress, NULL, &progress->timer) != LARIAT_OK)
    progress->shown = false;
}

void progress_begin(struct progress *progress, lariat_reactor *reactor,
                    void (*describe)(void *context, char *line,
                                     size_t capacity),
                    void *context) {
  if (isatty(STDERR_FILENO) != 1) return;
  *progress = (struct progress){.reactor = reactor,
                                .describe = describe,
                                .context = context,
                                .shown = true};
  show_line(progress);
}

void progress_end(struct progress *progress) {
  if (!progress->shown) return;
  (void)lariat_reactor_cancel_timer(progress->reactor, progress->timer);
  fputs("\r\033[K", stderr);
  progress->shown = false;
}
