/* SPDX-License-Identifier: MIT
 * log_time_test.c: the times of access logs, and what is none. */
#include "load/log_time.h"

#include <string.h>

#include "support/fixture.h"

#define S UINT64_C(1000000000)

typedef bool reader(const char *text, size_t length, uint64_t *ns);

struct row {
  reader *read;
  const char *text;
  uint64_t ns; /* 0: refused */
};

static const struct row rows[] = {
    {lr_load_log_time_local, "30/Nov/2026:13:50:01 +0000", 1796046601 * S},
    {lr_load_log_time_local, "30/Nov/2026:14:50:01 +0100", 1796046601 * S},
    {lr_load_log_time_local, "30/Nov/2026:08:20:01 -0530", 1796046601 * S},
    {lr_load_log_time_local, "29/Feb/2024:00:00:00 +0000", 1709164800 * S},
    {lr_load_log_time_local, "01/Jan/1970:00:00:01 +0000", S},
    {lr_load_log_time_local, "31/Dec/2399:23:59:59 +0000", 13569465599 * S},
    {lr_load_log_time_local, "29/Feb/2023:00:00:00 +0000", 0},
    {lr_load_log_time_local, "29/Feb/2100:00:00:00 +0000", 0},
    {lr_load_log_time_local, "31/Nov/2026:13:50:01 +0000", 0},
    {lr_load_log_time_local, "30/nov/2026:13:50:01 +0000", 0},
    {lr_load_log_time_local, "30/Nov/2026:24:50:01 +0000", 0},
    {lr_load_log_time_local, "30/Nov/2026:13:50:01 +00:0", 0},
    {lr_load_log_time_local, "30/Nov/2026:13:50:01 +0000 ", 0},
    {lr_load_log_time_local, "01/Jan/1970:00:00:01 +0100", 0},
    {lr_load_log_time_local, "30/No", 0},
    {lr_load_log_time_iso, "2026-11-30T13:50:01+00:00", 1796046601 * S},
    {lr_load_log_time_iso, "2026-11-30T13:50:01Z", 1796046601 * S},
    {lr_load_log_time_iso, "2026-11-30T13:50:01.25-0000",
     1796046601 * S + S / 4},
    {lr_load_log_time_iso, "2026-11-30T13:50:01.1234567899Z",
     1796046601 * S + 123456789},
    {lr_load_log_time_iso, "2026-11-30T13:50:01.+00:00", 0},
    {lr_load_log_time_iso, "2026-11-30 13:50:01Z", 0},
    {lr_load_log_time_iso, "2026-11-30T13:50:01", 0},
    {lr_load_log_time_seconds, "1796046601.123", 1796046601 * S + 123000000},
    {lr_load_log_time_seconds, "0.005", 5000000},
    {lr_load_log_time_seconds, "-", 0},
    {lr_load_log_time_seconds, "99999999999", 0},
    {lr_load_log_time_seconds, "1.0000001", 0},
};

static void test_rows(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    uint64_t ns = 0;
    bool good = rows[i].read(rows[i].text, strlen(rows[i].text), &ns);
    if (good != (rows[i].ns != 0) || (good && ns != rows[i].ns))
      fixture_fail("%s: %d, %ju", rows[i].text, good, (uintmax_t)ns);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"times, and what is none", test_rows},
  };
  return fixture_main("log_time", tests, FIXTURE_COUNT(tests), argc, argv);
}
