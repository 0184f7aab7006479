/* SPDX-License-Identifier: MIT
 * numbers.c: strict readers of numbers. */
#include "numbers.h"

#include <stddef.h>

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

static unsigned shift_of(char suffix) {
  switch (suffix) {
  case 'k':
  case 'K':
    return 10;
  case 'm':
  case 'M':
    return 20;
  case 'g':
  case 'G':
    return 30;
  case 't':
  case 'T':
    return 40;
  default:
    return 0;
  }
}

bool number_read_bytes(const char *text, uint64_t low, uint64_t high,
                       uint64_t *out) {
  uint64_t number;
  if (!read_digits(&text, &number)) return false;
  unsigned shift = shift_of(*text);
  if (shift) text++;
  if (*text || number > UINT64_MAX >> shift) return false;
  *out = number << shift;
  return *out >= low && *out <= high;
}

bool number_read_seconds(const char *text, uint64_t low_ms, uint64_t high_ms,
                         uint64_t *out) {
  uint64_t seconds;
  uint64_t ms = 0;
  if (!read_digits(&text, &seconds) || seconds > UINT64_MAX / 2000)
    return false;
  if (*text == '.') {
    const char *decimals = ++text;
    if (!read_digits(&text, &ms) || text - decimals > 3) return false;
    for (ptrdiff_t i = text - decimals; i < 3; i++) ms *= 10;
  }
  *out = seconds * 1000 + ms;
  return !*text && *out >= low_ms && *out <= high_ms;
}
