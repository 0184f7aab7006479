/* SPDX-License-Identifier: MIT
 * report_file.h: a file that a report is written to: opened before there is
 * anything to write, so that a path that cannot be written is known before the
 * load is made, and replaced as a whole. */
#ifndef TOOLS_LARIAT_LOAD_REPORT_FILE_H
#define TOOLS_LARIAT_LOAD_REPORT_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct report_file {
  const char *path; /* NULL: none */
  char *temporary;  /* the name until it is complete */
  int fd;           /* -1: not open */
  bool failed;      /* it could not be written, which has been said */
};

/* Sees whether the file can be replaced, and leaves what is there; opens what
 * cannot be replaced, as a device, and standard output for "-".  With a `path`
 * of NULL there is no file.  Says why it cannot, and returns false. */
bool report_file_open(struct report_file *file, const char *path);

/* Makes the text the file's only content.  May be called again.  Says, once,
 * why it cannot, and returns false. */
bool report_file_write(struct report_file *file, const char *text,
                       size_t length);

/* Opens a file that grows, in place: what was there has gone. */
bool report_file_open_log(struct report_file *file, const char *path);

/* Appends to such a file.  Says, once, why it cannot, and returns false. */
bool report_file_append(struct report_file *file, const char *text,
                        size_t length);

/* Closes the file.  Returns false when something could not be written, now or
 * before. */
bool report_file_close(struct report_file *file);

#endif
