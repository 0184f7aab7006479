/* SPDX-License-Identifier: MIT
 * request_values.h: values of options that say what a request is like, as
 * users of curl write them: for every command that makes requests. */
#ifndef TOOLS_LARIAT_REQUEST_VALUES_H
#define TOOLS_LARIAT_REQUEST_VALUES_H

#include <lariat/response.h>
#include <stdbool.h>

/* Tells whether `text` is a token of HTTP that may be sent as a method; the
 * library would refuse each request with another. */
bool request_value_is_method(const char *text);

/* Cuts "Name: value" in two in place, and as curl does "Name:", whose value is
 * NULL (take the header out), and "Name;", whose value is empty.  False: not
 * that. */
bool request_value_cut_header(char *text, lariat_header *out);

/* Returns "Basic ..." for "USER:PASSWORD", to be freed, and overwrites that
 * where it stands: other users of the machine may list arguments.  NULL: not
 * that, or no memory. */
char *request_value_basic(char *text);

/* Adds an entry, which must not be empty, to an owned list of texts with
 * `between` between them.  False when it is, or out of memory. */
bool request_value_add_entry(char **list, const char *text, char between);

#endif
