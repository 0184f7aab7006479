/* SPDX-License-Identifier: MIT
 * message.h: messages of HTTP/1.1 as people read them: escaped, and without the
 * values of headers that carry credentials. */
#ifndef TOOLS_LARIAT_LOAD_MESSAGE_H
#define TOOLS_LARIAT_LOAD_MESSAGE_H

#include <stddef.h>
#include <stdio.h>

/* Returns how long the head at `bytes` is, its empty line included. */
size_t message_head_length(const char *bytes, size_t length);

/* Prints the lines of a head, each behind `mark` and a blank. */
void message_print_head(FILE *file, const char *mark, const char *head,
                        size_t length);

/* Prints the beginning of a body, and how long all of it is; nothing of one
 * that has no bytes. */
void message_print_body(FILE *file, const char *body, size_t length);

/* Copies what the request line has behind the method, up to the version, and
 * the method itself, into texts of these capacities, cut if they are longer. */
void message_read_line(const char *bytes, size_t length, char *method,
                       size_t method_capacity, char *target,
                       size_t target_capacity);

#endif
