/* SPDX-License-Identifier: MIT
 * fingerprint_test.c: SipHash-2-4 against the vectors of its reference
 * implementation, at each length of a last word. */
#include "crawl/fingerprint.h"

#include "support/fixture.h"

/* The key 00 01 ... 0f, and the input 00 01 ..., so many bytes of it. */
static void test_vectors(void) {
  static const uint64_t vectors[16] = {
      0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a,
      0x85676696d7fb7e2d, 0xcf2794e0277187b7, 0x18765564cd99a68d,
      0xcbc9466e58fee3ce, 0xab0200f58b01d137, 0x93f5f5799a932462,
      0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
      0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee,
      0xa129ca6149be45e5};
  const lr_crawl_hash_key key = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};
  char input[16];
  for (size_t i = 0; i < sizeof input; i++) input[i] = (char)i;
  for (size_t i = 0; i < 16; i++)
    CU_ASSERT_EQUAL(lr_crawl_fingerprint(key, input, i), vectors[i]);
}

static void test_key_matters(void) {
  const lr_crawl_hash_key one = {{1, 2}}, other = {{1, 3}};
  CU_ASSERT_NOT_EQUAL(lr_crawl_fingerprint(one, "http://x/", 9),
                      lr_crawl_fingerprint(other, "http://x/", 9));
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the vectors of the reference", test_vectors},
      {"another key, another fingerprint", test_key_matters},
  };
  return fixture_main("fingerprint", tests, FIXTURE_COUNT(tests), argc, argv);
}
