/* SPDX-License-Identifier: MIT
 * framing_test.c: values of Content-Length and Transfer-Encoding, and names. */
#include "http/framing.h"

#include <stdbool.h>
#include <string.h>

#include "http/field.h"
#include "support/fixture.h"

static void test_lengths(void) {
  static const struct {
    const char *value;
    lr_h1_reason reason;
    int64_t number;
  } rows[] = {
      {"5", LR_H1_REASON_NONE, 5},
      {"0", LR_H1_REASON_NONE, 0},
      {"5, 5", LR_H1_REASON_NONE, 5},
      {"5 ,\t05,5", LR_H1_REASON_NONE, 5},
      {"9223372036854775807", LR_H1_REASON_NONE, INT64_MAX},
      {"0009223372036854775807", LR_H1_REASON_NONE, INT64_MAX},
      {"9223372036854775808", LR_H1_REASON_LARGE_LENGTH, 0},
      {"99999999999999999999999", LR_H1_REASON_LARGE_LENGTH, 0},
      {"5, 6", LR_H1_REASON_TWO_LENGTHS, 0},
      {"", LR_H1_REASON_BAD_LENGTH, 0},
      {",", LR_H1_REASON_BAD_LENGTH, 0},
      {"5,", LR_H1_REASON_BAD_LENGTH, 0},
      {",5", LR_H1_REASON_BAD_LENGTH, 0},
      {"5,,5", LR_H1_REASON_BAD_LENGTH, 0},
      {"5 5", LR_H1_REASON_BAD_LENGTH, 0},
      {"-5", LR_H1_REASON_BAD_LENGTH, 0},
      {"5x", LR_H1_REASON_BAD_LENGTH, 0},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    int64_t number;
    lr_h1_reason reason =
        lr_framing_read_length(rows[i].value, strlen(rows[i].value), &number);
    if (reason != rows[i].reason ||
        (reason == LR_H1_REASON_NONE && number != rows[i].number))
      fixture_fail("%s: %s", rows[i].value, lr_h1_reason_text(reason));
  }
  fixture_close(&f);
}

static void test_codings(void) {
  static const struct {
    const char *value;
    lr_transfer_coding coding;
    lr_h1_reason reason;
  } rows[] = {
      {"chunked", LR_TRANSFER_CHUNKED, LR_H1_REASON_NONE},
      {"CHUNKED , ,", LR_TRANSFER_CHUNKED, LR_H1_REASON_NONE},
      {"Identity", LR_TRANSFER_IDENTITY, LR_H1_REASON_NONE},
      {"", LR_TRANSFER_REFUSED, LR_H1_REASON_TRANSFER_CODING},
      {"gzip", LR_TRANSFER_REFUSED, LR_H1_REASON_TRANSFER_CODING},
      {"gzip, chunked", LR_TRANSFER_REFUSED, LR_H1_REASON_TRANSFER_CODING},
      {"chunked, gzip", LR_TRANSFER_REFUSED, LR_H1_REASON_TRANSFER_CODING},
      {"chunked;q=1", LR_TRANSFER_REFUSED, LR_H1_REASON_TRANSFER_CODING},
      {"chunked, identity", LR_TRANSFER_REFUSED, LR_H1_REASON_TRANSFER_CODING},
      {"chunked, chunked", LR_TRANSFER_REFUSED, LR_H1_REASON_CHUNKED_TWICE},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    lr_h1_reason reason;
    lr_transfer_coding coding =
        lr_framing_read_coding(rows[i].value, strlen(rows[i].value), &reason);
    if (coding != rows[i].coding || reason != rows[i].reason)
      fixture_fail("%s: %s", rows[i].value, lr_h1_reason_text(reason));
  }
  fixture_close(&f);
}

/* Each byte, in a short name and in a long one: the quick look and the slow one
 * agree, but for bytes of 8 bits, which the quick one leaves to the other. */
static void check_byte(unsigned char c, size_t length) {
  char name[40];
  memset(name, 'a', sizeof name);
  for (size_t at = 0; at < length; at++) {
    name[at] = (char)c;
    bool good = c > ' ' && c != 0x7f;
    CU_ASSERT_EQUAL(lr_framing_judge_name(name, length) == LR_H1_REASON_NONE,
                    good);
    CU_ASSERT_EQUAL(lr_is_simple_name(name, length), good && c < 0x80);
    name[at] = 'a';
  }
}

static void test_names(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (unsigned c = 0; c < 256; c++)
    for (size_t length = 1; length < 20; length++)
      check_byte((unsigned char)c, length);
  CU_ASSERT_EQUAL(lr_framing_judge_name("", 0), LR_H1_REASON_NO_NAME);
  CU_ASSERT_EQUAL(lr_framing_judge_name("A\t", 2), LR_H1_REASON_BLANK_IN_NAME);
  CU_ASSERT_EQUAL(lr_framing_judge_name("A\r", 2), LR_H1_REASON_BARE_CR);
  CU_ASSERT_EQUAL(lr_framing_judge_name("A\0", 2), LR_H1_REASON_NUL);
  fixture_close(&f);
}

/* The colon, wherever it is and whatever is behind it. */
static void test_colons(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t length = 0; length < 40; length++)
    for (size_t at = 0; at < length; at++) {
      char line[40];
      memset(line, 'a', sizeof line);
      line[at] = ':';
      if (at + 2 < length) line[at + 2] = ' ';
      CU_ASSERT_PTR_EQUAL(lr_find_simple_colon(line, line + length),
                          at ? line + at : NULL);
      if (at) line[at - 1] = ' ';
      CU_ASSERT_PTR_NULL(lr_find_simple_colon(line, line + length));
    }
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"lengths", test_lengths},
      {"codings", test_codings},
      {"names", test_names},
      {"colons", test_colons},
  };
  return fixture_main("framing", tests, FIXTURE_COUNT(tests), argc, argv);
}
