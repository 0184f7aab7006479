/* SPDX-License-Identifier: MIT
 * Values of options with their units, and names that were nearly right. */
#include "numbers.h"

#include <stdio.h>
#include <stdlib.h>

#include "spelling.h"
#include "support/fixture.h"

enum { NONE = -1 };

static void times(void) {
  static const struct {
    const char *text;
    long long ms;
  } cases[] = {
      {"30", 30000},    {"0.5", 500},     {"500ms", 500},
      {"5s", 5000},     {"1m", 60000},    {"1.5m", 90000},
      {"2h", 7200000},  {"1d", 86400000}, {"0", 0},
      {"0.001", 1},     {"1S", 1000},     {"0.5ms", NONE},
      {"5 s", NONE},    {"s", NONE},      {"5sec", NONE},
      {"5.s", NONE},    {"-1s", NONE},    {"1e3", NONE},
      {"1.2345", NONE}, {"", NONE},       {"99999999999999999d", NONE}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint64_t ms = 0;
    bool read = number_read_seconds(cases[i].text, 0, UINT64_MAX, &ms);
    if (read != (cases[i].ms >= 0) || (read && ms != (uint64_t)cases[i].ms))
      fixture_fail("%s: %d, %llu", cases[i].text, read, (unsigned long long)ms);
  }
}

static void bytes(void) {
  static const struct {
    const char *text;
    long long bytes;
  } cases[] = {{"65536", 65536},    {"1K", 1024},      {"1k", 1024},
               {"1KiB", 1024},      {"1KB", 1000},     {"10M", 10485760},
               {"1MB", 1000000},    {"1MiB", 1048576}, {"1G", 1 << 30},
               {"2GB", 2000000000}, {"1T", 1LL << 40}, {"5B", 5},
               {"1Q", NONE},        {"M", NONE},       {"1.5M", NONE},
               {"1 M", NONE},       {"", NONE},        {"99999999999T", NONE}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint64_t number = 0;
    bool read = number_read_bytes(cases[i].text, 0, UINT64_MAX, &number);
    if (read != (cases[i].bytes >= 0) ||
        (read && number != (uint64_t)cases[i].bytes))
      fixture_fail("%s: %d, %llu", cases[i].text, read,
                   (unsigned long long)number);
  }
}

static void rates(void) {
  static const struct {
    const char *text;
    double rate;
  } cases[] = {{"10", 10},     {"0.5", 0.5},    {"10/s", 10},  {"90/m", 1.5},
               {"3600/h", 1},  {"1/h", NONE},   {"10/", NONE}, {"10x", NONE},
               {"10s", NONE},  {"/s", NONE},    {"0", NONE},   {"-1", NONE},
               {"10/x", NONE}, {"10/s/s", NONE}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    double rate = 0;
    bool read = number_read_rate(cases[i].text, 1, 1000000, &rate);
    double off = rate - cases[i].rate;
    if (read != (cases[i].rate >= 0) || (read && (off > 1e-9 || off < -1e-9)))
      fixture_fail("%s: %d, %f", cases[i].text, read, rate);
  }
}

static void distances(void) {
  static const struct {
    const char *a;
    const char *b;
    size_t distance;
  } cases[] = {{"rate", "rate", 0},
               {"rate", "rates", 1},
               {"raet", "rate", 1},
               {"tiemout", "timeout", 1},
               {"kitten", "sitting", 3},
               {"", "abc", 3},
               {"abc", "", 3}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    CU_ASSERT_EQUAL(spelling_distance(cases[i].a, cases[i].b),
                    cases[i].distance);
  CU_ASSERT(spelling_is_near("retrys", "retries"));
  CU_ASSERT(spelling_is_near("conc", "concurrency"));
  CU_ASSERT(!spelling_is_near("x", "xyz"));
  CU_ASSERT(!spelling_is_near("nonsense", "concurrency"));
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"times", times},
      {"bytes", bytes},
      {"rates", rates},
      {"distances", distances},
  };
  return fixture_main("numbers", tests, FIXTURE_COUNT(tests), argc, argv);
}
