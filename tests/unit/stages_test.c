/* SPDX-License-Identifier: MIT
 * stages_test.c: stages from text, and what is wrong with a text, and where. */
#include <lariat/load/stages.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"
#include <lariat/load/arrivals.h>

#define SECOND UINT64_C(1000000000)

struct row {
  const char *text;
  size_t count;
  lariat_load_stage stages[3];
};

static const struct row rows[] = {
    {"30s:500", 1, {{30 * SECOND, 500, 500}}},
    {"30:500", 1, {{30 * SECOND, 500, 500}}},
    {"30s:0-500,5m:500,1h:500-0",
     3,
     {{30 * SECOND, 0, 500},
      {300 * SECOND, 500, 500},
      {3600 * SECOND, 500, 0}}},
    {"1.5ms:0.25-2", 1, {{1500000, 0.25, 2}}},
    {"0.000001ms:1", 1, {{1, 1, 1}}},
    {"2d:90/m", 1, {{172800 * SECOND, 1.5, 1.5}}},
    {"1s:60-120/m,1s:7200/h", 2, {{SECOND, 1, 2}, {SECOND, 2, 2}}},
    {"1s:1/s", 1, {{SECOND, 1, 1}}},
    {"3650d:1000000000", 1, {{LARIAT_LOAD_LONGEST_NS, 1e9, 1e9}}},
};

static bool same_stage(lariat_load_stage a, lariat_load_stage b) {
  return a.duration_ns == b.duration_ns &&
         fabs(a.from_per_s - b.from_per_s) < 1e-12 &&
         fabs(a.to_per_s - b.to_per_s) < 1e-12;
}

static void test_taken(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    const struct row *row = &rows[i];
    lariat_load_stage stages[3];
    size_t count;
    lariat_load_error error = {0};
    lariat_status status = lariat_load_stages_parse(
        row->text, strlen(row->text), stages, 3, &count, &error);
    if (status != LARIAT_OK || count != row->count) {
      fixture_fail("%s: %s", row->text, error.message);
      continue;
    }
    for (size_t k = 0; k < count; k++)
      if (!same_stage(stages[k], row->stages[k]))
        fixture_fail("%s: stage %zu", row->text, k + 1);
  }
}

struct refusal {
  const char *text;
  size_t byte;
  const char *message;
};

static const struct refusal refusals[] = {
    {"", 0, "stage 1: no duration (as 30s) at byte 0"},
    {"30s", 3, "stage 1: no ':' behind the duration at byte 3"},
    {"30s:", 4, "stage 1: no rate (as 500 or 0.5) at byte 4"},
    {"30s:0-", 6, "stage 1: no rate (as 500 or 0.5) at byte 6"},
    {"30s:-5", 4, "stage 1: no rate (as 500 or 0.5) at byte 4"},
    {"30s:0-500,", 10, "stage 2: no duration (as 30s) at byte 10"},
    {"30s:0-500,,", 10, "stage 2: no duration (as 30s) at byte 10"},
    {"30s:0-500 ,5m:500", 9, "stage 1: neither ',' nor the end at byte 9"},
    {" 30s:500", 0, "stage 1: no duration (as 30s) at byte 0"},
    {"30s:500,30w:5", 10, "stage 2: no unit (ms, s, m, h or d) at byte 10"},
    {"30secs:5", 2, "stage 1: no unit (ms, s, m, h or d) at byte 2"},
    {"-30s:5", 0, "stage 1: no duration (as 30s) at byte 0"},
    {"0s:5", 0, "stage 1: it ends when it begins, at byte 0"},
    {"5s:1,0.000:5", 5, "stage 2: it ends when it begins, at byte 5"},
    {"3651d:5", 0, "stage 1: longer than ten years at byte 0"},
    {"99999999999999999999s:5", 0, "stage 1: no duration (as 30s) at byte 0"},
    {"1.0000001s:5", 0, "stage 1: no duration (as 30s) at byte 0"},
    {"1.s:5", 0, "stage 1: no duration (as 30s) at byte 0"},
    {"1s:5/", 5, "stage 1: no unit (s, m or h) at byte 5"},
    {"1s:5/x", 5, "stage 1: no unit (ms, s, m, h or d) at byte 5"},
    {"1s:5/m-6/m", 6,
     "stage 1: a rate behind the unit, which is for both, at byte 6"},
    {"1s:1000000001", 3, "stage 1: more than 1e9 a second at byte 3"},
    {"1s:1-2000000/ms", 3, "stage 1: more than 1e9 a second at byte 3"},
    {"1s:1-2-3", 6, "stage 1: neither ',' nor the end at byte 6"},
    {"1s:1,1s:1,1s:1,1s:1", 15, "more than 3 stages at byte 15"},
};

static void test_refused(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(refusals); i++) {
    const struct refusal *row = &refusals[i];
    lariat_load_stage stages[3];
    size_t count;
    lariat_load_error error = {0};
    size_t length = strlen(row->text);
    CU_ASSERT_EQUAL(
        lariat_load_stages_parse(row->text, length, stages, 3, &count, &error),
        LARIAT_EINVAL);
    CU_ASSERT_EQUAL(
        lariat_load_stages_parse(row->text, length, stages, 3, &count, NULL),
        LARIAT_EINVAL);
    if (error.byte != row->byte || strcmp(error.message, row->message) != 0)
      fixture_fail("%s: byte %zu: %s", row->text, error.byte, error.message);
  }
}

/* Every text that is cut anywhere is read no further than that. */
static void test_cut(void) {
  static const char text[] = "30s:0-500/s,5m:500";
  static const char whole[] = "nnnnnynyyynynnnnyyy"; /* of such a length */
  for (size_t length = 0; length < sizeof(text); length++) {
    char copy[sizeof(text)];
    lariat_load_stage stages[3];
    lariat_load_error error = {0};
    size_t count;
    memcpy(copy, text, length);
    lariat_status status =
        lariat_load_stages_parse(copy, length, stages, 3, &count, &error);
    CU_ASSERT(error.byte <= length);
    CU_ASSERT_EQUAL(status == LARIAT_OK, whole[length] == 'y');
  }
}

/* Any text is stages that a schedule can be made of, or is refused for a byte
 * that it has, or for its end; what only a schedule sees is a rate of 0 and a
 * sum of durations. */
static void test_any(void) {
  static const char alphabet[] = "0011259.::::-,,//smhd x";
  unsigned taken = 0;
  srand48(4);
  for (unsigned run = 0; run < 300000; run++) {
    char text[16];
    size_t length = (size_t)(drand48() * sizeof(text));
    for (size_t i = 0; i < length; i++)
      text[i] = alphabet[(size_t)(drand48() * (sizeof(alphabet) - 1))];
    lariat_load_stage stages[3];
    lariat_load_error error = {SIZE_MAX, ""};
    size_t count;
    lariat_status status =
        lariat_load_stages_parse(text, length, stages, 3, &count, &error);
    if (status != LARIAT_OK) {
      CU_ASSERT(status == LARIAT_EINVAL && error.byte <= length &&
                error.message[0]);
      continue;
    }
    lariat_load_arrivals *arrivals;
    lariat_load_arrivals_options options = {
        .size = sizeof(options), .stages = stages, .stage_count = count};
    status = lariat_load_arrivals_new(&options, &arrivals, &error);
    CU_ASSERT(status == LARIAT_OK || strstr(error.message, "rate above 0") ||
              strstr(error.message, "ten years"));
    lariat_load_arrivals_free(arrivals);
    taken++;
  }
  CU_ASSERT(taken > 300);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"stages are read", test_taken},
      {"what is wrong is told, and where", test_refused},
      {"a text ends where its length says", test_cut},
      {"any text", test_any},
  };
  return fixture_main("stages", tests, FIXTURE_COUNT(tests), argc, argv);
}
