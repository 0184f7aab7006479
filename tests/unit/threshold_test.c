/* SPDX-License-Identifier: MIT
 * threshold_test.c: thresholds from text, what is wrong with a text, and what
 * a result says to them. */
#include <lariat/load/threshold.h>

#include <stdlib.h>
#include <string.h>

#include "load/result.h"
#include "support/fixture.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define T0 UINT64_C(1000000000000)

/* ---- A result ----
 *
 * Ten seconds; 10,000 requests: 9,000 with no name, 1,000 with "login".  The
 * good answers of the first take 1 to 8,990 us; 10 have a 503, after 1 s.
 * Those of the others take 100 ms, sent 2 ms late; 20 of them time out at 2 s.
 * Those that have the name "none" there are none of. */

static void record(lr_load_interval *interval, uint64_t wire_ns, uint16_t name,
                   lariat_load_outcome outcome) {
  uint64_t late = name ? 2 * MS : 0;
  lr_load_sample sample = {
      .intended_ns = T0,
      .free_ns = T0,
      .sent_ns = T0 + late,
      .arrived_ns = T0 + late + wire_ns,
      .first_byte_ns = T0 + late + wire_ns,
      .read_ns = T0 + late + wire_ns,
      .status = outcome == LARIAT_LOAD_STATUS ? 503 : 200,
      .name = name,
      .outcome = (uint8_t)outcome,
      .stamped = true,
  };
  lr_load_interval_record(interval, &sample);
}

static lariat_load_result *make_result(void) {
  static const char *const names[] = {"", "login", "none"};
  lariat_load_run_facts facts = {.duration_ns = 10 * SECOND};
  lariat_load_result *result;
  lr_load_interval *interval;
  CU_ASSERT_EQUAL_FATAL(lr_load_result_new(&facts, names, 3, 1, &result),
                        LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(lr_load_interval_new(3, &interval), LARIAT_OK);
  for (uint64_t i = 1; i <= 8990; i++)
    record(interval, i * 1000, 0, LARIAT_LOAD_ANSWERED);
  for (unsigned i = 0; i < 10; i++)
    record(interval, SECOND, 0, LARIAT_LOAD_STATUS);
  for (unsigned i = 0; i < 980; i++)
    record(interval, 100 * MS, 1, LARIAT_LOAD_ANSWERED);
  for (unsigned i = 0; i < 20; i++)
    record(interval, 2 * SECOND, 1, LARIAT_LOAD_TIMEOUT);
  CU_ASSERT_EQUAL(lr_load_result_add(result, interval), LARIAT_OK);
  lr_load_interval_free(interval);
  return result;
}

/* ---- What is taken, and what it says ---- */

struct row {
  const char *text;
  bool broken;
  const char *message;
};

static const struct row rows[] = {
    {"p50>6ms", false, "p50 is 5.00 ms, not over 6.00 ms"},
    {"p50>5000us", true, "p50 is 5.00 ms, over 5.00 ms"},
    {"p50<5.01ms", true, "p50 is 5.00 ms, under 5.01 ms"},
    {"response.p99>50ms", true, "response.p99 is 100 ms, over 50.0 ms"},
    {"p99.9>1s", true, "p99.9 is 2.00 s, over 1.00 s"},
    {"p100>2s", false, "p100 is 2.00 s, not over 2.00 s"},
    {"max>2s", false, "max is 2.00 s, not over 2.00 s"},
    {"max>1999999999ns", true, "max is 2.00 s, over 2.00 s"},
    {"good.max>0.1s", false, "good.max is 100 ms, not over 100 ms"},
    {"min<0.001ms", false, "min is 1.00 µs, not under 1.00 µs"},
    {"wire.mean>10s", false, NULL},
    {"late.p99>1ms", true, "late.p99 is 2.00 ms, over 1.00 ms"},
    {"late.p50>0ns", false, "late.p50 is 0 µs, not over 0 µs"},
    {"read_late.max>0ns", false, NULL},
    {"first_byte.p10<1m", true, NULL},
    {"tls.p99>1s", true, "tls.p99 has no sample"},
    {"failures>0.3%", false, "failures is 0.3 %, not over 0.3 %"},
    {"failures>0.29%", true, "failures is 0.3 %, over 0.29 %"},
    {"failures>30", false, "failures is 30, not over 30"},
    {"failures>29", true, "failures is 30, over 29"},
    {"failures.timeout>20", false, NULL},
    {"failures.timeout>19", true, NULL},
    {"failures.reset>0", false, "failures.reset is 0, not over 0"},
    {"failures.status>0.1%", false, NULL},
    {"status.503>0", true, "status.503 is 10, over 0"},
    {"status.503>0.1%", false, NULL},
    {"status.200<9970", false, NULL},
    {"status.404>0", false, "status.404 is 0, not over 0"},
    {"requests<10000", false, NULL},
    {"requests<10001", true, "requests is 10,000, under 10,001"},
    {"rate<1000/s", false, "rate is 1,000/s, not under 1,000/s"},
    {"rate<60001/m", true, NULL},
    {"rate>3600000/h", false, NULL},
    {"good.rate<998/s", true, "good.rate is 997/s, under 998/s"},
    {"login:p95>200ms", false, "login:p95 is 100 ms, not over 200 ms"},
    {"login:p95>99ms", true, "login:p95 is 100 ms, over 99.0 ms"},
    {"login:failures>2%", false, "login:failures is 2 %, not over 2 %"},
    {"login:failures.timeout>19", true, NULL},
    {"login:good.rate<98/s", false, NULL},
    {"login:requests<1001", true, NULL},
    {"none:p99>1s", true, "none:p99 has no sample"},
    {"none:failures>1%", true, "none:failures has no request"},
    {"GET /a:b:p99>1s", true,
     "GET /a:b:p99 is of no request: none has this name"},
};

static void check_row(const struct row *row, const lariat_load_result *result) {
  lariat_load_thresholds *thresholds;
  lariat_load_error error = {0};
  char message[200];
  CU_ASSERT_EQUAL_FATAL(lariat_load_thresholds_new(&thresholds), LARIAT_OK);
  if (lariat_load_thresholds_add(thresholds, row->text, strlen(row->text),
                                 &error) != LARIAT_OK) {
    fixture_fail("%s: %s", row->text, error.message);
  } else {
    bool broken = lariat_load_threshold_broken(thresholds, 0, result, message,
                                               sizeof(message));
    if (broken != row->broken ||
        (row->message && strcmp(message, row->message) != 0))
      fixture_fail("%s: %s", row->text, message);
  }
  lariat_load_thresholds_free(thresholds);
}

static void test_judged(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make_result();
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) check_row(&rows[i], result);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* ---- What is refused ---- */

struct refusal {
  const char *text;
  size_t byte;
  const char *message;
};

#define NO_FIGURE                                                              \
  "no figure (p99, min, max, mean, failures, status, requests or rate)"

static const struct refusal refusals[] = {
    {"", 0, NO_FIGURE " at byte 0"},
    {"99>1s", 0, NO_FIGURE " at byte 0"},
    {"latency>1s", 0, NO_FIGURE " at byte 0"},
    {"response>1s", 0, NO_FIGURE " at byte 0"},
    {"response.>1s", 9, NO_FIGURE " at byte 9"},
    {"response.rate>1/s", 9, NO_FIGURE " at byte 9"},
    {"good.failures>1", 5, NO_FIGURE " at byte 5"},
    {"P99>1s", 0, NO_FIGURE " at byte 0"},
    {" p99>1s", 0, NO_FIGURE " at byte 0"},
    {"p>1s", 1, "no percentage from 0 to 100 (as p99.9) at byte 1"},
    {"p0>1s", 1, "no percentage from 0 to 100 (as p99.9) at byte 1"},
    {"p101>1s", 1, "no percentage from 0 to 100 (as p99.9) at byte 1"},
    {"p99.>1s", 1, "no percentage from 0 to 100 (as p99.9) at byte 1"},
    {"p99", 3, "neither '<' nor '>' at byte 3"},
    {"p99 >1s", 3, "neither '<' nor '>' at byte 3"},
    {"p99=1s", 3, "neither '<' nor '>' at byte 3"},
    {"p99>=1s", 4, "no number (as 50 or 0.5) at byte 4"},
    {"p99>-1s", 4, "no number (as 50 or 0.5) at byte 4"},
    {"p99>", 4, "no number (as 50 or 0.5) at byte 4"},
    {"p99>50", 6, "no unit (ns, us, ms, s or m) at byte 6"},
    {"p99>50 ms", 6, "no unit (ns, us, ms, s or m) at byte 6"},
    {"p99>50h", 6, "no unit (ns, us, ms, s or m) at byte 6"},
    {"p99>50msx", 6, "no unit (ns, us, ms, s or m) at byte 6"},
    {"p99>99999999999999999999s", 4, "no number (as 50 or 0.5) at byte 4"},
    {"rate<990", 8, "no unit (/s, /m or /h) at byte 8"},
    {"rate<990ms", 8, "no unit (/s, /m or /h) at byte 8"},
    {"failures>1ms", 10, "neither '%' nor the end at byte 10"},
    {"failures>1%%", 10, "neither '%' nor the end at byte 10"},
    {"failures>0.5", 9, "not a whole number of requests at byte 9"},
    {"failures.answered>1", 9, "no outcome (as failures.timeout) at byte 9"},
    {"failures.>1", 9, "no outcome (as failures.timeout) at byte 9"},
    {"requests<1%", 10, "not the end at byte 10"},
    {"status>1", 6, "no status from 100 to 599 (as status.503) at byte 6"},
    {"status.99>1", 6, "no status from 100 to 599 (as status.503) at byte 6"},
    {"status.600>1", 6, "no status from 100 to 599 (as status.503) at byte 6"},
    {"login:status.503>1", 12,
     "statuses are not counted for each name, at byte 12"},
    {"login:late.p99>1ms", 11,
     "that is not measured for each name, at byte 11"},
    {":p99>1s", 0, "no name before the ':' at byte 0"},
    {"login:", 6, NO_FIGURE " at byte 6"},
    {"p99>1s:", 7, NO_FIGURE " at byte 7"},
};

static void test_refused(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_thresholds *thresholds;
  CU_ASSERT_EQUAL_FATAL(lariat_load_thresholds_new(&thresholds), LARIAT_OK);
  for (size_t i = 0; i < FIXTURE_COUNT(refusals); i++) {
    const struct refusal *row = &refusals[i];
    lariat_load_error error = {0};
    size_t length = strlen(row->text);
    CU_ASSERT_EQUAL(
        lariat_load_thresholds_add(thresholds, row->text, length, &error),
        LARIAT_EINVAL);
    CU_ASSERT_EQUAL(
        lariat_load_thresholds_add(thresholds, row->text, length, NULL),
        LARIAT_EINVAL);
    if (error.byte != row->byte || strcmp(error.message, row->message) != 0)
      fixture_fail("%s: byte %zu: %s", row->text, error.byte, error.message);
  }
  CU_ASSERT_EQUAL(lariat_load_thresholds_count(thresholds), 0);
  lariat_load_thresholds_free(thresholds);
  fixture_close(&f);
}

/* Puts a text of random pieces together; returns its length. */
static size_t make_text(char *text, size_t size) {
  static const char *const pieces[] = {
      "p99",      "p9.5",  "max",      "good.",      "late.", "response.",
      "mean",     "rate",  "failures", ".reset",     "<",     ">",
      "1",        "0.25",  "ms",       "s",          "/s",    "%",
      "login:",   "none:", ":",        "status.503", "\xff",  " ",
      "requests", ">50",   "<7",
  };
  size_t length = 0;
  for (size_t left = 1 + (size_t)(drand48() * 5); left > 0; left--) {
    size_t which = (size_t)(drand48() * FIXTURE_COUNT(pieces));
    size_t more = strlen(pieces[which]);
    if (length + more > size) break;
    memcpy(text + length, pieces[which], more);
    length += more;
  }
  return length;
}

/* Any text is taken, and can be judged, or is refused for a byte that it has,
 * or for its end. */
static void test_any(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make_result();
  unsigned taken = 0;
  srand48(5);
  for (unsigned run = 0; run < 200000; run++) {
    char text[48];
    char message[24];
    size_t length = make_text(text, sizeof(text));
    lariat_load_thresholds *thresholds;
    lariat_load_error error = {SIZE_MAX, ""};
    CU_ASSERT_EQUAL_FATAL(lariat_load_thresholds_new(&thresholds), LARIAT_OK);
    if (lariat_load_thresholds_add(thresholds, text, length, &error) ==
        LARIAT_OK) {
      lariat_load_threshold_broken(thresholds, 0, result, message,
                                   sizeof(message));
      CU_ASSERT(message[0] && strlen(message) < sizeof(message));
      taken++;
    } else {
      CU_ASSERT(error.byte <= length && error.message[0]);
    }
    lariat_load_thresholds_free(thresholds);
  }
  CU_ASSERT(taken > 300);
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void test_without_memory(void) {
  static const char text[] = "login:p99>1s";
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_thresholds *thresholds = NULL;
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lariat_load_thresholds_new(&thresholds), LARIAT_ENOMEM);
  CU_ASSERT_PTR_NULL(thresholds);
  CU_ASSERT_EQUAL_FATAL(lariat_load_thresholds_new(&thresholds), LARIAT_OK);
  for (unsigned nth = 1; nth <= 2; nth++) {
    fixture_fail_allocation(&f, nth);
    CU_ASSERT_EQUAL(
        lariat_load_thresholds_add(thresholds, text, sizeof(text) - 1, NULL),
        LARIAT_ENOMEM);
    CU_ASSERT_EQUAL(lariat_load_thresholds_count(thresholds), 0);
  }
  for (size_t i = 0; i < 50; i++)
    CU_ASSERT_EQUAL(
        lariat_load_thresholds_add(thresholds, text, sizeof(text) - 1, NULL),
        LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_load_thresholds_count(thresholds), 50);
  lariat_load_thresholds_free(thresholds);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"thresholds are judged", test_judged},
      {"what is wrong is told, and where", test_refused},
      {"any text", test_any},
      {"out of memory", test_without_memory},
  };
  return fixture_main("threshold", tests, FIXTURE_COUNT(tests), argc, argv);
}
