/* SPDX-License-Identifier: MIT
 * numbers.h: option values, read strictly: all of the text, nothing else, and
 * within the limits. */
#ifndef TOOLS_LARIAT_NUMBERS_H
#define TOOLS_LARIAT_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* Reads decimal digits. */
bool number_read(const char *text, uint64_t low, uint64_t high, uint64_t *out);

/* Reads the same with K, M, G or T behind it: times 1024, 1024 squared, … */
bool number_read_bytes(const char *text, uint64_t low, uint64_t high,
                       uint64_t *out);

/* Reads seconds with up to three decimals, as milliseconds. */
bool number_read_seconds(const char *text, uint64_t low_ms, uint64_t high_ms,
                         uint64_t *out);

#endif
