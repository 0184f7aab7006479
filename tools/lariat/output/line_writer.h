/* SPDX-License-Identifier: MIT
 * line_writer.h: where a command's lines go: collected in a buffer, written in
 * large pieces, and in any case when some time has gone by. */
#ifndef TOOLS_LARIAT_OUTPUT_LINE_WRITER_H
#define TOOLS_LARIAT_OUTPUT_LINE_WRITER_H

#include <lariat/reactor.h>
#include <stdbool.h>

#include "text.h"

struct line_writer {
  int fd;
  const char *name; /* for messages */
  bool terminal;
  bool failed;    /* no line can be written any more; it has been said why */
  bool abandoned; /* that is since nobody reads them any more, and no error */
  bool timer_set;
  lariat_timer timer;
  lariat_reactor *reactor; /* NULL: no timer to be had, lines go at once */
  lariat_call on_failure;  /* called once */
  void *context;
  struct text text; /* lines that are not written yet */
};

/* Opens the file at `path` (NULL: standard output), which must not be that of
 * `input_fd` (-1: none).  Its contents stay with `keep`, and can be read; else
 * they go.  Says why it cannot, and returns false. */
bool line_writer_open(struct line_writer *writer, const char *path, bool keep,
                      int input_fd);

/* Gives the writer the reactor for its timer; `on_failure(context)` is called
 * when a line cannot be written. */
void line_writer_attach(struct line_writer *writer, lariat_reactor *reactor,
                        lariat_call on_failure, void *context);

/* Tells that a whole line was appended to `writer->text`, to be written soon;
 * `appended` is false when there was no memory for it. */
void line_writer_added(struct line_writer *writer, bool appended);

/* Writes what there is; false when that failed, now or before. */
bool line_writer_flush(struct line_writer *writer);

/* Flushes and closes; false when a line could not be written. */
bool line_writer_close(struct line_writer *writer);

#endif
