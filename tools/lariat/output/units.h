/* SPDX-License-Identifier: MIT
 * units.h: amounts as people read them: three digits and a unit. */
#ifndef TOOLS_LARIAT_OUTPUT_UNITS_H
#define TOOLS_LARIAT_OUTPUT_UNITS_H

#include <stdint.h>

/* Returned by value, so that several can be arguments of one printf. */
struct units_text {
  char text[32];
};

/* Writes "512 B", "1.5 MB"; the units are powers of 1000. */
struct units_text units_bytes(double bytes);

/* Writes "80 us", "1.5 ms", "12.0 s". */
struct units_text units_time(uint64_t us);

/* Writes "0:01:30": hours, minutes and seconds, a hundred days at the most. */
struct units_text units_clock(double seconds);

#endif
