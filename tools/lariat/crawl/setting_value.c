/* SPDX-License-Identifier: MIT
 * setting_value.c: the units of options. */
#include "crawl/setting_value.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "numbers.h"

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text);
  size_t more = strlen(end);
  return length >= more && strcmp(text + length - more, end) == 0;
}

static bool is_time(const char *name) {
  return strcmp(name, "delay") == 0 || strcmp(name, "max-time") == 0 ||
         (strncmp(name, "host.", 5) == 0 && ends_with(name, ".delay"));
}

static bool is_amount(const char *name) {
  return strcmp(name, "max-bytes") == 0 ||
         strcmp(name, "max-bytes-per-host") == 0;
}

const char *setting_value(const char *name, const char *value,
                          char out[SETTING_VALUE_CAPACITY]) {
  uint64_t number;
  if (is_time(name) &&
      number_read_seconds(value, 0, UINT64_C(1) << 40, &number))
    snprintf(out, SETTING_VALUE_CAPACITY, "%llums", (unsigned long long)number);
  else if (is_amount(name) &&
           number_read_bytes(value, 0, UINT64_C(1) << 50, &number))
    snprintf(out, SETTING_VALUE_CAPACITY, "%llu", (unsigned long long)number);
  else
    return value;
  return out;
}
