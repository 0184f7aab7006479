/* SPDX-License-Identifier: MIT
 * part_test.c: parts of a plan, from text and of parts. */
#include <lariat/load/part.h>

#include <string.h>

#include "support/fixture.h"

static void refuse(const char *text, size_t byte, const char *message) {
  lariat_load_part part = {7, 8};
  lariat_load_error error = {0};
  CU_ASSERT_EQUAL(lariat_load_part_parse(text, strlen(text), &part, &error),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_part_parse(text, strlen(text), &part, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT(part.index == 7 && part.count == 8);
  if (error.byte != byte || strcmp(error.message, message) != 0)
    fixture_fail("%s: byte %zu: %s", text, error.byte, error.message);
}

static void take(const char *text, uint32_t index, uint32_t count) {
  lariat_load_part part;
  CU_ASSERT_EQUAL(lariat_load_part_parse(text, strlen(text), &part, NULL),
                  LARIAT_OK);
  CU_ASSERT(part.index == index && part.count == count);
}

static void test_text(void) {
  take("1/1", 0, 1);
  take("2/4", 1, 4);
  take("4294967295/4294967295", UINT32_MAX - 1, UINT32_MAX);
  refuse("", 0, "no part from 1 on at byte 0 (K/N)");
  refuse("0/4", 0, "no part from 1 on at byte 0 (K/N)");
  refuse("-1/4", 0, "no part from 1 on at byte 0 (K/N)");
  refuse("2", 1, "no '/' at byte 1 (K/N)");
  refuse("2 /4", 1, "no '/' at byte 1 (K/N)");
  refuse("2/", 2, "no number of parts at byte 2 (K/N)");
  refuse("12/0", 3, "no number of parts at byte 3 (K/N)");
  refuse("1/4294967296", 2, "no number of parts at byte 2 (K/N)");
  refuse("1/4294967296000000000000", 2, "no number of parts at byte 2 (K/N)");
  refuse("2/4 ", 3, "more than K/N from byte 3 on");
  refuse("2/4/8", 3, "more than K/N from byte 3 on");
  refuse("5/4", 0, "part 5 of 4: K is from 1 to N");
}

/* What is not ended by NUL is read no further. */
static void test_length(void) {
  lariat_load_part part;
  CU_ASSERT_EQUAL(lariat_load_part_parse("3/45", 3, &part, NULL), LARIAT_OK);
  CU_ASSERT_EQUAL(part.count, 4);
  CU_ASSERT_EQUAL(lariat_load_part_parse("3/45", 2, &part, NULL),
                  LARIAT_EINVAL);
}

/* Each index of 0 to 359 is of one reactor of one machine. */
static void test_split(void) {
  unsigned seen[360] = {0};
  for (uint32_t machine = 0; machine < 3; machine++) {
    uint64_t size = 0;
    for (uint32_t reactor = 0; reactor < 4; reactor++) {
      lariat_load_part part = {0};
      CU_ASSERT_EQUAL(lariat_load_part_split((lariat_load_part){machine, 3},
                                             reactor, 4, &part),
                      LARIAT_OK);
      for (uint32_t i = part.index; i < 360; i += part.count) {
        CU_ASSERT_EQUAL(i % 3, machine);
        seen[i]++;
      }
      size += lariat_load_part_size(part, 359);
    }
    CU_ASSERT_EQUAL(size,
                    lariat_load_part_size((lariat_load_part){machine, 3}, 359));
  }
  for (unsigned i = 0; i < 360; i++) CU_ASSERT_EQUAL(seen[i], 1);
}

static void test_split_refused(void) {
  lariat_load_part part;
  lariat_load_part whole = {0};
  CU_ASSERT_EQUAL(lariat_load_part_split(whole, 1, 2, &part), LARIAT_OK);
  CU_ASSERT(part.index == 1 && part.count == 2);
  CU_ASSERT_EQUAL(lariat_load_part_split(whole, 2, 2, &part), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_part_split(whole, 0, 0, &part), LARIAT_EINVAL);
  whole = (lariat_load_part){65535, 65536};
  CU_ASSERT_EQUAL(lariat_load_part_split(whole, 65535, 65536, &part),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_part_split(whole, 65534, 65535, &part),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(part.index, UINT32_MAX - 65536);
  whole = (lariat_load_part){4, 4};
  CU_ASSERT_EQUAL(lariat_load_part_split(whole, 0, 1, &part), LARIAT_EINVAL);
}

static void test_size(void) {
  lariat_load_part whole = {0};
  CU_ASSERT_EQUAL(lariat_load_part_size(whole, 5), 5);
  CU_ASSERT_EQUAL(lariat_load_part_size((lariat_load_part){0, 3}, 5), 2);
  CU_ASSERT_EQUAL(lariat_load_part_size((lariat_load_part){2, 3}, 5), 1);
  CU_ASSERT_EQUAL(lariat_load_part_size((lariat_load_part){2, 3}, 2), 0);
  CU_ASSERT_EQUAL(lariat_load_part_size((lariat_load_part){3, 3}, 5), 0);
  CU_ASSERT_EQUAL(lariat_load_part_size((lariat_load_part){2, 3}, UINT64_MAX),
                  UINT64_MAX);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"K/N is read strictly", test_text},
      {"a text ends where its length says", test_length},
      {"shares of parts have everything once", test_split},
      {"shares that there are not are refused", test_split_refused},
      {"sizes", test_size},
  };
  return fixture_main("part", tests, FIXTURE_COUNT(tests), argc, argv);
}
