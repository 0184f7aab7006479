/* SPDX-License-Identifier: MIT
 * output_file.h: a file that grows with each commit.  Its length is known: what
 * is behind it was not committed, and the next write goes over it.  One thread.
 */
#ifndef CRAWL_OUTPUT_FILE_H
#define CRAWL_OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <lariat/status.h>

#include "fault.h"

/* All zero: none. */
typedef struct lr_crawl_output {
  char *path; /* NULL: no such file is wanted */
  int descriptor;
  bool stream;      /* a pipe or a terminal: no positions, nothing is cut */
  uint64_t length;  /* that is committed */
  uint64_t planned; /* with the pieces that were added since */
  struct iovec *pieces;
  size_t count, capacity;
} lr_crawl_output;

/* Opens a file that is committed up to `length`, and cuts what is behind it.
 * "-": the standard output.
 *
 * LARIAT_EFORMAT  it is shorter than that; `planned` is how long it is */
lariat_status lr_crawl_output_open(lr_crawl_output *output, const char *path,
                                   uint64_t length, lr_crawl_fault *fault);
void lr_crawl_output_close(lr_crawl_output *output);

/* Says that a file has less than was committed.  Returns LARIAT_EFORMAT. */
lariat_status lr_crawl_output_lost(const char *path, uint64_t there,
                                   uint64_t committed, lr_crawl_fault *fault);

/* Plans bytes for the end.  They stay the caller's, and where they are, until
 * the pieces are kept or dropped. */
lariat_status lr_crawl_output_add(lr_crawl_output *output, const char *bytes,
                                  size_t length);

/* Plans a text and what ends it, where such a file is wanted and there is a
 * text (NULL: none).  Both stay where they are, as above. */
lariat_status lr_crawl_output_add_text(lr_crawl_output *output,
                                       const char *text, const char *end);

/* Writes what was planned behind the committed length; `durable`: down to the
 * disk. */
lariat_status lr_crawl_output_write(lr_crawl_output *output, bool durable,
                                    lr_crawl_fault *fault);

/* Ends a plan: its bytes are committed; or they are not. */
void lr_crawl_output_keep(lr_crawl_output *output);
void lr_crawl_output_drop(lr_crawl_output *output);

#endif
