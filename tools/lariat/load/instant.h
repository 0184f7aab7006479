/* SPDX-License-Identifier: MIT
 * instant.h: instants of the wall clock, as text. */
#ifndef TOOLS_LARIAT_LOAD_INSTANT_H
#define TOOLS_LARIAT_LOAD_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

enum { INSTANT_TEXT = 40 };

/* Reads a date and a time as RFC 3339 has them, with a 'Z' or an offset behind
 * them, as 2026-11-30T14:00:00.250Z or 2026-11-30T15:00:00+01:00; or seconds
 * since 1970, with a '@' before them or without, as @1796047200.25.  Digits
 * beyond nanoseconds are dropped.  False: it is none, or before 1970, or behind
 * the year 2200. */
bool instant_parse(const char *text, int64_t *ns);

/* Writes an instant in UTC, to the second. */
void instant_write(int64_t ns, char text[INSTANT_TEXT]);

/* Returns the time now. */
int64_t instant_now(void);

#endif
