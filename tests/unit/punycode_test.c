/* SPDX-License-Identifier: MIT
 * punycode_test.c: labels, as RFC 3492 has them. */
#include "http/punycode.h"

#include <string.h>

#include "support/fixture.h"

static void check(const char *label, const char *expected) {
  char text[LR_LABEL_LONGEST];
  size_t length = lr_punycode_write_label(text, label, strlen(label));
  if (length != strlen(expected) || memcmp(text, expected, length) != 0)
    fixture_fail("%s: %.*s, not %s", label, (int)length, text, expected);
}

static void test_labels(void) {
  check("b\xc3\xbc"
        "cher",
        "xn--bcher-kva");
  check("\xe2\x98\x83", "xn--n3h");
  check("\xf0\x9f\x92\xa9", "xn--ls8h");
  check("i\xe2\x99\xa5ny", "xn--iny-zx5a");
  /* RFC 3492, 7.1: (B), (L), (S), without their capitals. */
  check("\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8"
        "\x8d\xe8\xaf\xb4\xe4\xb8\xad\xe6\x96\x87",
        "xn--ihqwcrb4cv8a8dqg056pqjye");
  check("3\xe5\xb9\xb4"
        "b\xe7\xb5\x84\xe9\x87\x91\xe5\x85\xab\xe5\x85\x88\xe7"
        "\x94\x9f",
        "xn--3b-ww4c5e180e575a65lsy2b");
  check("\xe3\x81\x9d\xe3\x81\xae\xe3\x82\xb9\xe3\x83\x94\xe3\x83\xbc\xe3\x83"
        "\x89\xe3\x81\xa7",
        "xn--d9juau41awczczp");
  check("\xe2\x98\x95\xef\xb8\x8f", "xn--53h");
}

static void test_refused(void) {
  static char name[80];
  check("\xff", "");
  check("\xe2\x98", "");
  check("\xc1\x81", "");
  check("\xf4\x90\x80\x80", "");
  check("\x80", "");
  check("\xe2\x98\x83\xe2\x80\x8d", "");
  check("\xd7\x90\xe2\x98\x83", "");
  memset(name, 'a', 54);
  memcpy(name + 54, "\xe2\x98\x83", 4);
  check(name, ""); /* one byte too long */
  memcpy(name, "\xe2\x98\x83", 3);
  memset(name + 3, 'a', 76);
  check(name, "");
}

static void test_longest(void) {
  char name[80];
  char text[LR_LABEL_LONGEST];
  memset(name, 'a', sizeof name);
  memcpy(name + 53, "\xe2\x98\x83", 3);
  size_t length = lr_punycode_write_label(text, name, 56);
  CU_ASSERT_EQUAL(length, LR_LABEL_LONGEST);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"labels", test_labels},
      {"refused", test_refused},
      {"the longest", test_longest},
  };
  return fixture_main("punycode", tests, FIXTURE_COUNT(tests), argc, argv);
}
