/* SPDX-License-Identifier: MIT
 * numbers.c: strict readers of numbers. */
#include "numbers.h"

#include <stddef.h>
#include <strings.h>

/* Reads the digits at `*at`; false when there are none or too many. */
static bool read_digits(const char **at, uint64_t *out) {
  uint64_t number = 0;
  const char *start = *at;
  while (**at >= '0' && **at <= '9') {
    unsigned digit = (unsigned)(**at - '0');
    if (number > (UINT64_MAX - digit) / 10) return false;
    number = number * 10 + digit;
    (*at)++;
  }
  *out = number;
  return *at != start;
}

bool number_read(const char *text, uint64_t low, uint64_t high, uint64_t *out) {
  uint64_t number;
  if (!read_digits(&text, &number) || *text) return false;
  *out = number;
  return number >= low && number <= high;
}

/* ---- Units ---- */

struct unit {
  const char *name;
  uint64_t size;
};

/* Returns the size of the unit called `name`, in either case; 0: there is no
 * such unit. */
static uint64_t find_unit(const struct unit *units, const char *name) {
  for (; units->name; units++)
    if (strcasecmp(units->name, name) == 0) return units->size;
  return 0;
}

/* The units of bytes as GNU's programs have them. */
static const struct unit byte_units[] = {{"", 1},
                                         {"B", 1},
                                         {"K", UINT64_C(1) << 10},
                                         {"KiB", UINT64_C(1) << 10},
                                         {"KB", 1000},
                                         {"M", UINT64_C(1) << 20},
                                         {"MiB", UINT64_C(1) << 20},
                                         {"MB", 1000000},
                                         {"G", UINT64_C(1) << 30},
                                         {"GiB", UINT64_C(1) << 30},
                                         {"GB", 1000000000},
                                         {"T", UINT64_C(1) << 40},
                                         {"TiB", UINT64_C(1) << 40},
                                         {"TB", UINT64_C(1000000000000)},
                                         {NULL, 0}};

bool number_read_bytes(const char *text, uint64_t low, uint64_t high,
                       uint64_t *out) {
  uint64_t number;
  if (!read_digits(&text, &number)) return false;
  uint64_t unit = find_unit(byte_units, text);
  if (!unit || number > UINT64_MAX / unit) return false;
  *out = number * unit;
  return *out >= low && *out <= high;
}

/* Reads digits with up to three decimals at `*at`, as thousandths. */
static bool read_decimals(const char **at, uint64_t *thousandths) {
  uint64_t whole;
  uint64_t part = 0;
  if (!read_digits(at, &whole) || whole > UINT64_MAX / 2000) return false;
  if (**at == '.') {
    const char *decimals = ++*at;
    if (!read_digits(at, &part) || *at - decimals > 3) return false;
    for (ptrdiff_t i = *at - decimals; i < 3; i++) part *= 10;
  }
  *thousandths = whole * 1000 + part;
  return true;
}

bool number_read_thousandths(const char *text, uint64_t low, uint64_t high,
                             uint64_t *out) {
  return read_decimals(&text, out) && !*text && *out >= low && *out <= high;
}

/* The units of time, in milliseconds. */
static const struct unit time_units[] = {
    {"", 1000},     {"ms", 1},       {"s", 1000}, {"m", 60000},
    {"h", 3600000}, {"d", 86400000}, {NULL, 0}};

bool number_read_seconds(const char *text, uint64_t low_ms, uint64_t high_ms,
                         uint64_t *out) {
  uint64_t thousandths;
  if (!read_decimals(&text, &thousandths)) return false;
  uint64_t unit = find_unit(time_units, text);
  if (!unit || thousandths > UINT64_MAX / unit) return false;
  if (thousandths * unit % 1000) return false; /* no whole millisecond */
  *out = thousandths * unit / 1000;
  return *out >= low_ms && *out <= high_ms;
}

bool number_read_rate(const char *text, uint64_t low, uint64_t high,
                      double *out) {
  uint64_t thousandths;
  if (!read_decimals(&text, &thousandths)) return false;
  if (*text && (*text != '/' || !text[1])) return false;
  uint64_t unit = *text ? find_unit(time_units, text + 1) : 1000;
  if (!unit) return false;
  *out = (double)thousandths / (double)unit;
  return *out * 1000 >= (double)low && *out * 1000 <= (double)high;
}
