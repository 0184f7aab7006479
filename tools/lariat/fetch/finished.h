/* SPDX-License-Identifier: MIT
 * finished.h: the numbers of the lines that an earlier run has finished, as
 * ranges: at most 16 bytes for each of them, however they lie. */
#ifndef TOOLS_LARIAT_FETCH_FINISHED_H
#define TOOLS_LARIAT_FETCH_FINISHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
  uint64_t first;
  uint64_t last;
};

struct finished {
  struct range *ranges; /* in order, with gaps between them */
  size_t count;
  size_t capacity;
  uint64_t *batch; /* numbers that are not in the ranges yet */
  size_t batch_count;
  size_t cursor; /* of finished_has */
};

/* Reads the output of an earlier run from `fd`, from its start to its end.  A
 * last line without an end is cut off, and `fd` is left at its end.  Says what
 * is wrong and returns false: it cannot be read, or is no such output. */
bool finished_read(struct finished *finished, int fd, const char *name);

/* Whether `line` was finished.  Asked in ascending order. */
bool finished_has(struct finished *finished, uint64_t line);

/* Adds one number; brings all into order: the parts of finished_read.  False
 * when out of memory. */
bool finished_add(struct finished *finished, uint64_t line);
bool finished_settle(struct finished *finished);

void finished_free(struct finished *finished);

#endif
