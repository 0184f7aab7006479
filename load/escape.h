/* SPDX-License-Identifier: MIT
 * escape.h: texts that came from outside (URLs, names, reasons of servers), as
 * a terminal, JSON, HTML or OpenMetrics may have them.  What is not UTF-8, and
 * what acts on terminals or turns a text around, becomes U+FFFD. */
#ifndef LOAD_ESCAPE_H
#define LOAD_ESCAPE_H

#include <stddef.h>
#include <stdint.h>

#include "text.h"

/* Reads a code point at `*at`, which it moves on; 0 at the end. */
uint32_t lr_load_next_code_point(const char **at);

/* Returns how many columns a terminal needs, where each code point needs one.
 */
size_t lr_load_count_columns(const char *string);

void lr_load_add_plain(lr_load_text *text, const char *string);

/* With the quotes around it. */
void lr_load_add_json(lr_load_text *text, const char *string);

/* As text of an element, or in an attribute's quotes. */
void lr_load_add_html(lr_load_text *text, const char *string);

/* With the quotes around it, as the value of a label. */
void lr_load_add_label(lr_load_text *text, const char *string);

#endif
