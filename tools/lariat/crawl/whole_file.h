/* SPDX-License-Identifier: MIT
 * whole_file.h: files that others see whole or not at all. */
#ifndef TOOLS_LARIAT_CRAWL_WHOLE_FILE_H
#define TOOLS_LARIAT_CRAWL_WHOLE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the text to a temporary file beside `path`, and gives it that name;
 * what is no regular file, as /dev/stdout, and standard output ("-") are
 * written in place.  False: it cannot; see errno. */
bool whole_file_write(const char *path, const char *text, size_t length);

#endif
