/* SPDX-License-Identifier: MIT
 * numbers.h: option values, read strictly: all of the text, nothing else, and
 * within the limits. */
#ifndef TOOLS_LARIAT_NUMBERS_H
#define TOOLS_LARIAT_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* Reads decimal digits. */
bool number_read(const char *text, uint64_t low, uint64_t high, uint64_t *out);

/* Reads decimal digits with a unit behind them, if any: K, M, G or T (or KiB)
 * are powers of 1024, KB, MB, GB and TB of 1000, in either case of letters. */
bool number_read_bytes(const char *text, uint64_t low, uint64_t high,
                       uint64_t *out);

/* Reads a number with up to three decimals, as thousandths. */
bool number_read_thousandths(const char *text, uint64_t low, uint64_t high,
                             uint64_t *out);

/* Reads the same with a unit behind it, if any, as milliseconds: ms, s, m, h
 * or d; without one it is seconds.  It must be a whole number of them. */
bool number_read_seconds(const char *text, uint64_t low_ms, uint64_t high_ms,
                         uint64_t *out);

/* Reads a rate, as 10, 0.5, 10/s, 90/m or 500/h, as a number a second; `low`
 * and `high` are thousandths of that. */
bool number_read_rate(const char *text, uint64_t low, uint64_t high,
                      double *out);

#endif
