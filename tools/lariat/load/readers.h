/* SPDX-License-Identifier: MIT
 * readers.h: the options of `lariat load` whose values are more than a number
 * or a text.  Each reads `value` into a struct load_settings and returns
 * whether it makes sense. */
#ifndef TOOLS_LARIAT_LOAD_READERS_H
#define TOOLS_LARIAT_LOAD_READERS_H

#include <stdbool.h>

/* Reads "even" or "poisson", and notes that it was given. */
bool load_read_arrivals(void *settings, char *value);

/* Reads a time, and notes that it was given. */
bool load_read_warm_up(void *settings, char *value);

/* Reads seconds since 1970, or "2026-11-30T14:00:00Z". */
bool load_read_start_at(void *settings, char *value);

/* Reads a factor from 0.001 to 1000. */
bool load_read_speed(void *settings, char *value);

bool load_read_method(void *settings, char *value);
bool load_read_header(void *settings, char *value);
bool load_read_user(void *settings, char *value);

/* Reads a text, "@FILE" or "@-". */
bool load_read_data(void *settings, char *value);

bool load_read_resolve(void *settings, char *value);
bool load_read_connect_to(void *settings, char *value);

/* Keeps the text of a threshold, which is read when all options are. */
bool load_read_fail_if(void *settings, char *value);

#endif
