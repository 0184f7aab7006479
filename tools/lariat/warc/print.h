/* SPDX-License-Identifier: MIT
 * print.h: what is in an archive, written so that it acts on no terminal, with
 * the passwords of URLs masked. */
#ifndef TOOLS_LARIAT_WARC_PRINT_H
#define TOOLS_LARIAT_WARC_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "secrets.h"
#include "text.h"

/* Append to a line; false: out of memory. */

/* Appends a text with escapes for a terminal. */
bool print_shown(struct text *line, enum secrets_kind kind, const char *bytes,
                 size_t length);

/* Append `"name": value`, with a comma before it unless it is the first; where
 * `value` is NULL, nothing. */
bool print_member(struct text *line, const char *name, enum secrets_kind kind,
                  const char *value);
bool print_number(struct text *line, const char *name, uint64_t number);

/* Writes the line, and empties it; false: standard output cannot be written, or
 * `whole` is false: there was no memory for all of it. */
bool print_line(struct text *line, bool whole);

#endif
