/* SPDX-License-Identifier: MIT
 * input.h: a reader as its formats see it. */
#ifndef LOAD_INPUT_H
#define LOAD_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/load/input.h>

#include "arena.h"
#include "bytes.h"

typedef struct lr_load_format lr_load_format;

struct lariat_load_input {
  lariat_load_requests *requests;
  lariat_load_input_options options; /* their texts are in `arena` */
  const lr_load_format *format;
  void *state; /* the format's */
  lr_load_arena arena;
  lr_load_bytes text;    /* a line that has not ended, or a whole HAR */
  lr_load_bytes scratch; /* for a line */
  uint64_t line;         /* that was read last, from 1 */
  uint64_t taken;
  uint64_t skipped[LARIAT_LOAD_SKIPS];
  bool vegeta;
  lariat_status status; /* the first that was not LARIAT_OK */
  lariat_load_error error;
};

/* A format.  Each function fails with LARIAT_EINVAL and an error, or with
 * LARIAT_ENOMEM; those that are NULL have nothing to do. */
struct lr_load_format {
  /* Looks at the options, and makes `state`. */
  lariat_status (*begin)(lariat_load_input *input, lariat_load_error *error);

  /* Takes a line without its end and the blanks around it; NULL: the format
   * has no lines, and `end` sees the whole text. */
  lariat_status (*add_line)(lariat_load_input *input, const char *line,
                            size_t length, lariat_load_error *error);
  lariat_status (*end)(lariat_load_input *input, lariat_load_error *error);
  void (*free)(lariat_load_input *input);
  size_t longest; /* line, or text */
};

extern const lr_load_format lr_load_lines_format;
extern const lr_load_format lr_load_access_log_format;
extern const lr_load_format lr_load_har_format;

#endif
