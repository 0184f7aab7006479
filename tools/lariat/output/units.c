/* SPDX-License-Identifier: MIT
 * units.c: rounding, so that 999.7 becomes 1.0 of the next unit. */
#include "output/units.h"

#include <stdio.h>

struct units_text units_bytes(double bytes) {
  static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  struct units_text shown;
  size_t unit = 0;
  while (bytes >= 999.5 && unit < 5) {
    bytes /= 1000;
    unit++;
  }
  snprintf(shown.text, sizeof shown.text,
           unit == 0 || bytes >= 99.95 ? "%.0f %s" : "%.1f %s", bytes,
           units[unit]);
  return shown;
}

struct units_text units_time(uint64_t us) {
  struct units_text shown;
  double number = (double)us;
  const char *unit = "us";
  if (number >= 999500) {
    number /= 1e6;
    unit = "s";
  } else if (number >= 999.5) {
    number /= 1e3;
    unit = "ms";
  }
  snprintf(shown.text, sizeof shown.text,
           number >= 99.95 || us < 1000 ? "%.0f %s" : "%.1f %s", number, unit);
  return shown;
}

struct units_text units_clock(double seconds) {
  enum { MOST = 100 * 24 * 3600 };
  struct units_text shown;
  unsigned long whole = seconds < (double)MOST ? (unsigned long)seconds : MOST;
  snprintf(shown.text, sizeof shown.text, "%lu:%02lu:%02lu", whole / 3600,
           whole / 60 % 60, whole % 60);
  return shown;
}
