/* SPDX-License-Identifier: MIT
 * line_writer.h: where the result lines go: collected in a buffer, written in
 * large pieces, and in any case when some time has gone by. */
#ifndef TOOLS_LARIAT_OUTPUT_LINE_WRITER_H
#define TOOLS_LARIAT_OUTPUT_LINE_WRITER_H

#include <lariat/reactor.h>
#include <stdbool.h>

#include "fetch/record.h"
#include "fetch/settings.h"

struct output {
  int fd;
  const char *name; /* for messages */
  bool terminal;
  bool failed; /* no line can be written any more; it has been said why */
  lariat_reactor *reactor; /* NULL: no timer to be had, lines go at once */
  bool timer_set;
  lariat_timer timer;
  lariat_call on_failure; /* called once */
  void *context;
  struct text text;
};

/* Opens the file, which must not be that of `input_fd` (-1: none).  With
 * --resume its contents stay; else they go.  Says why it cannot, and returns
 * false. */
bool output_open(struct output *output, const struct settings *settings,
                 int input_fd);

void output_attach(struct output *output, lariat_reactor *reactor,
                   lariat_call on_failure, void *context);

/* Takes one line, to be written soon. */
void output_record(struct output *output, const struct record *record);

/* Writes what there is; false when that failed, now or before. */
bool output_flush(struct output *output);

/* Flushes and closes; false when a line could not be written. */
bool output_close(struct output *output);

#endif
