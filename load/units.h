/* SPDX-License-Identifier: MIT
 * units.h: amounts as people read them: three digits and a unit, whatever the
 * locale is. */
#ifndef LOAD_UNITS_H
#define LOAD_UNITS_H

#include <stdint.h>

/* Returned by value, so that several can be arguments of one printf. */
typedef struct lr_load_amount {
  char text[40];
} lr_load_amount;

/* "0 µs", "48.3 µs", "905 ms", "1.00 s", "1,250 s". */
lr_load_amount lr_load_show_duration(uint64_t ns);

/* Writes no zeros at the end: "905 ms", "1 s", for the marks of axes. */
lr_load_amount lr_load_show_short(uint64_t ns);

/* "512 B", "1.50 MB"; the units are powers of 1000. */
lr_load_amount lr_load_show_bytes(double bytes);

/* "30,000". */
lr_load_amount lr_load_show_count(uint64_t count);

/* "0.25", "12.5", "24,344": three digits, more when it is large. */
lr_load_amount lr_load_show_number(double number);

/* "12.5 %", "0.003 %"; of nothing "0 %". */
lr_load_amount lr_load_show_share(double part, double whole);

#endif
