/* SPDX-License-Identifier: MIT
 * What --start-at takes for an instant, and what it does not. */
#include "load/instant.h"

#include <string.h>

#include "support/fixture.h"

#define S INT64_C(1000000000)

static const struct {
  const char *text;
  int64_t ns; /* 0: refused */
} rows[] = {
    {"2026-11-30T14:00:00Z", 1796047200 * S},
    {"2026-11-30T14:00:00z", 1796047200 * S},
    {"2026-11-30t14:00:00Z", 1796047200 * S},
    {"2026-11-30 14:00:00Z", 1796047200 * S},
    {"2026-11-30T15:00:00+01:00", 1796047200 * S},
    {"2026-11-30T08:30:00-05:30", 1796047200 * S},
    {"2026-11-30T14:00:00.25Z", 1796047200 * S + S / 4},
    {"2026-11-30T14:00:00.123456789123Z", 1796047200 * S + 123456789},
    {"2026-11-30T14:00:00.000000001+00:00", 1796047200 * S + 1},
    {"2024-02-29T00:00:00Z", 1709164800 * S},
    {"2016-12-31T23:59:60Z", 1483228800 * S},
    {"1970-01-01T00:00:01Z", S},
    {"@1796047200", 1796047200 * S},
    {"1796047200", 1796047200 * S},
    {"@1796047200.5", 1796047200 * S + S / 2},
    {"@0.000000001", 1},
    {"", 0},
    {"@", 0},
    {"@0", 0},
    {"@-5", 0},
    {"@1.", 0},
    {"@1.5s", 0},
    {"@1796047200000", 0},
    {"99999999999999999999999", 0},
    {"tomorrow", 0},
    {"2026-11-30", 0},
    {"2026-11-30T14:00Z", 0},
    {"2026-11-30T14:00:00", 0},
    {"2026-11-30T14:00:00.Z", 0},
    {"2026-11-30T14:00:00ZZ", 0},
    {"2026-11-30T14:00:00 Z", 0},
    {"2026-11-30T14:00:00+1:00", 0},
    {"2026-11-30T14:00:00+24:00", 0},
    {"2026-11-30T14:00:00+01:60", 0},
    {"2026-11-30T24:00:00Z", 0},
    {"2026-11-30T14:60:00Z", 0},
    {"2026-11-30T14:00:61Z", 0},
    {"2026-11-31T14:00:00Z", 0},
    {"2026-00-30T14:00:00Z", 0},
    {"2026-13-30T14:00:00Z", 0},
    {"2025-02-29T14:00:00Z", 0},
    {"1969-12-31T23:59:59Z", 0},
    {"2200-01-01T00:00:00Z", 0},
    {"26-11-30T14:00:00Z", 0},
    {" 2026-11-30T14:00:00Z", 0},
};

static void instants_are_read(void) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    int64_t ns = 0;
    bool read = instant_parse(rows[i].text, &ns);
    if (read != (rows[i].ns != 0) || (read && ns != rows[i].ns))
      fixture_fail("\"%s\": %d, %lld", rows[i].text, read, (long long)ns);
  }
}

static void instants_are_written(void) {
  char text[INSTANT_TEXT];
  instant_write(1796047200 * S + 999999999, text);
  CU_ASSERT_STRING_EQUAL(text, "2026-11-30T14:00:00Z");
  CU_ASSERT(instant_now() > 1700000000 * S);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"instants are read", instants_are_read},
      {"instants are written", instants_are_written},
  };
  return fixture_main("load instant", tests, FIXTURE_COUNT(tests), argc, argv);
}
