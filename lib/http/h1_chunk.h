/* SPDX-License-Identifier: MIT
 * h1_chunk.h: the lines between the chunks of a body (RFC 9112, 7.1). */
#ifndef LR_HTTP_H1_CHUNK_H
#define LR_HTTP_H1_CHUNK_H

#include "http/h1_state.h"

/* The longest line that has a size, less than libcurl's. */
enum { LR_H1_SIZE_LINE_MAX = 16 * 1024 };

/* Takes a line between chunks, whose end has only one form: from `*at` to `lf`,
 * a size or the end of a chunk, as the state says. */
lr_h1_result lr_h1_chunk_take_line(lr_h1_parser *parser, const char **at,
                                   const char *lf);

/* Tells what keeps such a line, which has begun, from becoming a good one. */
lr_h1_reason lr_h1_chunk_reason_of_beginning(const lr_h1_parser *parser,
                                             const char *line, size_t length);

#endif
