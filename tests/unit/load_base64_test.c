/* SPDX-License-Identifier: MIT
 * load_base64_test.c: the examples of RFC 4648, all bytes there and back, and
 * what is no base64. */
#include "load/base64.h"

#include <string.h>

#include "support/fixture.h"

static void take(const char *bytes, const char *text) {
  char made[64];
  uint8_t back[64];
  size_t count = 0;
  size_t length = strlen(bytes);
  lr_load_base64_encode((const uint8_t *)bytes, length, made);
  CU_ASSERT_STRING_EQUAL(made, text);
  CU_ASSERT_EQUAL(lr_load_base64_length(length), strlen(text));
  CU_ASSERT(lr_load_base64_decode(text, strlen(text), back, &count));
  CU_ASSERT(count == length && memcmp(back, bytes, length) == 0);
}

/* RFC 4648, section 10. */
static void test_examples(void) {
  take("", "");
  take("f", "Zg==");
  take("fo", "Zm8=");
  take("foo", "Zm9v");
  take("foob", "Zm9vYg==");
  take("fooba", "Zm9vYmE=");
  take("foobar", "Zm9vYmFy");
}

static void test_all_bytes(void) {
  uint8_t bytes[256];
  uint8_t back[258];
  char text[400];
  for (unsigned i = 0; i < 256; i++) bytes[i] = (uint8_t)(i * 167 + 13);
  for (size_t length = 0; length <= sizeof bytes; length++) {
    size_t count = 0;
    lr_load_base64_encode(bytes, length, text);
    CU_ASSERT_EQUAL(strlen(text), lr_load_base64_length(length));
    CU_ASSERT(lr_load_base64_decode(text, strlen(text), back, &count));
    CU_ASSERT(count == length && memcmp(back, bytes, length) == 0);
  }
}

static void test_in_place(void) {
  char text[] = "Zm9vYmE=";
  size_t count = 0;
  CU_ASSERT(lr_load_base64_decode(text, strlen(text), (uint8_t *)text, &count));
  CU_ASSERT(count == 5 && memcmp(text, "fooba", 5) == 0);
}

static void refuse(const char *text, size_t where) {
  uint8_t bytes[64];
  size_t count = 0;
  if (lr_load_base64_decode(text, strlen(text), bytes, &count))
    fixture_fail("%s was read", text);
  if (count != where) fixture_fail("%s: at %zu", text, count);
}

static void test_refused(void) {
  refuse("Z", 1);
  refuse("Zg", 2);
  refuse("Zg=", 3);
  refuse("Zm9vZg", 6);
  refuse("Zm 9", 2);
  refuse("Zm9v\nm9v", 4);
  refuse("Zm-v", 2);
  refuse("Zg==Zg==", 2); /* padding in the middle */
  refuse("====", 0);
  refuse("Z===", 1);
  refuse("Zh==", 1); /* bits behind the last byte */
  refuse("Zm9=", 2);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the examples of RFC 4648", test_examples},
      {"all bytes, all lengths", test_all_bytes},
      {"in place", test_in_place},
      {"what is no base64", test_refused},
  };
  return fixture_main("load_base64", tests, FIXTURE_COUNT(tests), argc, argv);
}
