/* SPDX-License-Identifier: MIT
 * units.c: rounding, so that 999.7 becomes 1.00 of the next unit. */
#include "units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST 9e18 /* what fits into an integer, about */

/* Writes a whole number with a comma before each three digits. */
static void put_count(char *to, size_t size, uint64_t count) {
  char digits[24];
  int length =
      snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
  size_t used = 0;
  for (int i = 0; i < length && used + 2 < size; i++) {
    if (i && (length - i) % 3 == 0) to[used++] = ',';
    to[used++] = digits[i];
  }
  to[used] = '\0';
}

/* Drops zeros at the end of decimals, and the point if none are left. */
static void drop_zeros(char *text) {
  size_t length = strlen(text);
  while (text[length - 1] == '0') text[--length] = '\0';
  if (text[length - 1] == '.') text[length - 1] = '\0';
}

/* Writes a number with so many decimals. */
static void put_decimals(char *to, size_t size, double number,
                         unsigned decimals) {
  unsigned scale = 1;
  for (unsigned i = 0; i < decimals; i++) scale *= 10;
  uint64_t scaled = (uint64_t)(number * scale + 0.5);
  put_count(to, size, scaled / scale);
  size_t used = strlen(to);
  if (decimals)
    snprintf(to + used, size - used, ".%0*u", (int)decimals,
             (unsigned)(scaled % scale));
}

/* Returns how many decimals show three digits; two of less than a tenth. */
static unsigned count_decimals(double number) {
  if (!(number > 0) || number >= 99.95) return 0;
  unsigned decimals = number >= 9.995 ? 1 : 2;
  for (; number < 0.0995 && decimals < 6; number *= 10) decimals++;
  return decimals;
}

/* Writes three digits, or all that stand before the point. */
static void put_digits(char *to, size_t size, double number) {
  if (!(number > 0)) number = 0;
  if (number > MOST) number = MOST;
  put_decimals(to, size, number, count_decimals(number));
}

/* Returns `number` of the first unit in which it has up to three digits before
 * the point. */
static lr_load_amount show_in(double number, const char *const *units,
                              unsigned count) {
  lr_load_amount shown;
  unsigned unit = 0;
  for (; number >= 999.5 && unit + 1 < count; unit++) number /= 1000;
  put_digits(shown.text, sizeof(shown.text), number);
  size_t used = strlen(shown.text);
  snprintf(shown.text + used, sizeof(shown.text) - used, " %s", units[unit]);
  return shown;
}

lr_load_amount lr_load_show_duration(uint64_t ns) {
  static const char *const units[] = {"\xc2\xb5s", "ms", "s"};
  return show_in((double)ns / 1e3, units, 3);
}

lr_load_amount lr_load_show_short(uint64_t ns) {
  lr_load_amount whole = lr_load_show_duration(ns);
  lr_load_amount shown = whole;
  char *unit = strchr(shown.text, ' ');
  *unit = '\0';
  if (strchr(shown.text, '.')) drop_zeros(shown.text);
  size_t used = strlen(shown.text);
  snprintf(shown.text + used, sizeof(shown.text) - used, "%.8s",
           strchr(whole.text, ' '));
  return shown;
}

lr_load_amount lr_load_show_bytes(double bytes) {
  static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  lr_load_amount shown;
  if (bytes >= 999.5) return show_in(bytes, units, 6);
  snprintf(shown.text, sizeof(shown.text), "%u B",
           bytes > 0 ? (unsigned)(bytes + 0.5) : 0);
  return shown;
}

lr_load_amount lr_load_show_count(uint64_t count) {
  lr_load_amount shown;
  put_count(shown.text, sizeof(shown.text), count);
  return shown;
}

lr_load_amount lr_load_show_number(double number) {
  lr_load_amount shown;
  put_digits(shown.text, sizeof(shown.text), number);
  if (strchr(shown.text, '.')) drop_zeros(shown.text);
  return shown;
}

lr_load_amount lr_load_show_share(double part, double whole) {
  lr_load_amount shown;
  double percent = whole > 0 && part > 0 ? part / whole * 100 : 0;
  if (percent > MOST) percent = MOST;
  /* 99.97 % is not all. */
  put_decimals(shown.text, sizeof(shown.text), percent,
               percent >= 99 && percent < 100 ? 2 : count_decimals(percent));
  if (strchr(shown.text, '.')) drop_zeros(shown.text);
  size_t used = strlen(shown.text);
  snprintf(shown.text + used, sizeof(shown.text) - used, " %%");
  return shown;
}
