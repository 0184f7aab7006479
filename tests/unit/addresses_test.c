/* SPDX-License-Identifier: MIT
 * addresses_test.c: lists of addresses as text, as sockets' and as values. */
#include "net/addresses.h"

#include <net/if.h>
#include <string.h>

#include "support/fixture.h"

static bool read_text(const char *text, lr_host_address *address) {
  return lr_host_address_read(text, strlen(text), address);
}

static void test_reading(void) {
  static const char *const good[] = {"192.0.2.1",     "::1",
                                     "[2001:db8::1]", "::ffff:192.0.2.1",
                                     "fe80::1%lo",    "fe80::1%1"};
  static const char *const bad[] = {
      "",     "name",          "192.0.2",        "1.2.3.4.",
      "[::1", "::1%nowhere-0", "::1%",           "0x7f.1",
      "[]",   "1.2.3.4 ",      "::1%99999999999"};
  lr_host_address address;
  for (size_t i = 0; i < FIXTURE_COUNT(good); i++)
    CU_ASSERT_TRUE(read_text(good[i], &address));
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++)
    CU_ASSERT_FALSE(read_text(bad[i], &address));
  CU_ASSERT_TRUE(read_text("fe80::1%lo", &address));
  CU_ASSERT_EQUAL(address.scope, if_nametoindex("lo"));
  CU_ASSERT_TRUE(read_text("fe80::1", &address));
  CU_ASSERT_EQUAL(address.scope, 0);
}

static lariat_addresses *two(void) {
  lr_host_address list[2];
  CU_ASSERT_TRUE(read_text("192.0.2.1", &list[0]));
  CU_ASSERT_TRUE(read_text("2001:db8::1", &list[1]));
  return lr_addresses_new(list, 2);
}

static void test_readers(void) {
  struct fixture f;
  struct sockaddr_storage name;
  char text[64];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_addresses *addresses = two();
  CU_ASSERT_EQUAL(lariat_addresses_count(addresses), 2);
  CU_ASSERT_STRING_EQUAL(lariat_addresses_text(addresses, 0), "192.0.2.1");
  CU_ASSERT_STRING_EQUAL(lariat_addresses_text(addresses, 1), "2001:db8::1");
  CU_ASSERT_STRING_EQUAL(lariat_addresses_text(addresses, 2), "");
  CU_ASSERT_EQUAL(lariat_addresses_at(addresses, 0, 80, &name),
                  sizeof(struct sockaddr_in));
  CU_ASSERT_EQUAL(name.ss_family, AF_INET);
  CU_ASSERT_EQUAL(lariat_addresses_at(addresses, 1, 80, &name),
                  sizeof(struct sockaddr_in6));
  CU_ASSERT_EQUAL(name.ss_family, AF_INET6);
  CU_ASSERT_EQUAL(lariat_addresses_at(addresses, 2, 80, &name), 0);
  lariat_value value = lariat_value_of(&lariat_addresses_type, addresses);
  CU_ASSERT_EQUAL(lariat_value_describe(value, text, sizeof text), 22);
  CU_ASSERT_STRING_EQUAL(text, "192.0.2.1, 2001:db8::1");
  CU_ASSERT_EQUAL(lariat_value_describe(value, text, 6), 22);
  CU_ASSERT_STRING_EQUAL(text, "192.0");
  lariat_value shared;
  CU_ASSERT_EQUAL(lariat_value_share(value, &shared), LARIAT_OK);
  CU_ASSERT_PTR_EQUAL(lariat_addresses_in(shared), addresses);
  lariat_value_drop(shared);
  lariat_value_drop(value);
  CU_ASSERT_EQUAL(lariat_addresses_count(NULL), 0);
  CU_ASSERT_STRING_EQUAL(lariat_addresses_text(NULL, 0), "");
  fixture_close(&f);
}

static void test_many(void) {
  struct fixture f;
  lr_host_address list[LR_ADDRESSES_MAX + 8] = {{{{0}}, 0}};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_addresses *addresses = lr_addresses_new(list, FIXTURE_COUNT(list));
  CU_ASSERT_EQUAL(lariat_addresses_count(addresses), LR_ADDRESSES_MAX);
  lr_addresses_release(addresses);
  lr_addresses_release(NULL);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(lr_addresses_new(list, 1));
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"texts are read", test_reading},
      {"addresses are read", test_readers},
      {"there are not too many", test_many},
  };
  return fixture_main("addresses", tests, FIXTURE_COUNT(tests), argc, argv);
}
