/* SPDX-License-Identifier: MIT
 * name_overrides_test.c: entries as curl takes them. */
#include "net/name_overrides.h"

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

static lr_host_port at(const char *name, uint16_t port) {
  return (lr_host_port){name, strlen(name), port};
}

static void expect_addresses(const lr_name_overrides *overrides,
                             lr_host_port wanted, const char *texts) {
  char got[128] = "";
  lariat_addresses *found = lr_name_overrides_find(overrides, wanted);
  if (found)
    (void)lariat_value_describe(lariat_value_of(&lariat_addresses_type, found),
                                got, sizeof got);
  CU_ASSERT_STRING_EQUAL(got, texts);
  lr_addresses_release(found);
}

static void expect_target(const lr_name_overrides *overrides,
                          lr_host_port wanted, const char *target) {
  char got[128];
  lr_host_port to = lr_name_overrides_target(overrides, wanted);
  snprintf(got, sizeof got, "%.*s:%u", (int)to.length, to.name, to.port);
  CU_ASSERT_STRING_EQUAL(got, target);
}

static void test_resolve(void) {
  struct fixture f;
  lr_name_overrides *overrides;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(
      lr_name_overrides_new(" a.test:80:192.0.2.1,[::1]\n+A.test:443:192.0.2.2 "
                            "*:81:192.0.2.3 [::2]:80:192.0.2.4",
                            NULL, NULL, 0, &overrides),
      LARIAT_OK);
  expect_addresses(overrides, at("a.test", 80), "192.0.2.1, ::1");
  expect_addresses(overrides, at("A.TEST", 443), "192.0.2.2");
  expect_addresses(overrides, at("a.test", 8080), "");
  expect_addresses(overrides, at("b.test", 80), "");
  expect_addresses(overrides, at("b.test", 81), "192.0.2.3");
  expect_addresses(overrides, at("[::2]", 80), "192.0.2.4");
  expect_target(overrides, at("a.test", 80), "a.test:80");
  lr_name_overrides_free(overrides);
  fixture_close(&f);
}

static void test_connect_to(void) {
  struct fixture f;
  lr_name_overrides *overrides;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lr_name_overrides_new(NULL,
                                        "a.test:80:b.test:8080 a.test::c.test: "
                                        ":443:[::1]:8443 ::127.0.0.1:",
                                        NULL, 0, &overrides),
                  LARIAT_OK);
  expect_target(overrides, at("a.test", 80), "b.test:8080");
  expect_target(overrides, at("a.test", 81), "c.test:81");
  expect_target(overrides, at("d.test", 443), "[::1]:8443");
  expect_target(overrides, at("d.test", 80), "127.0.0.1:80");
  expect_addresses(overrides, at("a.test", 80), "");
  lr_name_overrides_free(overrides);
  expect_target(NULL, at("d.test", 80), "d.test:80");
  expect_addresses(NULL, at("d.test", 80), "");
  fixture_close(&f);
}

static void test_wrong(void) {
  static const char *const resolves[] = {"a.test",
                                         "a.test:80",
                                         "a.test:80:",
                                         "a.test:80:b",
                                         "a.test::1.2.3.4",
                                         "a.test:0:1.2.3.4",
                                         "a.test:65536:1.2.3.4",
                                         "-a.test:80",
                                         "a.test:x:1.2.3.4",
                                         "a.test:80:1.2.3.4,,",
                                         "[::1:80:::1"};
  static const char *const connects[] = {
      "a", "a:80", "a:80:b", "a:80:b:x", "a:80:b:65536", "a:80:b:80:c"};
  struct fixture f;
  lr_name_overrides *overrides;
  char message[128];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(resolves); i++)
    CU_ASSERT_EQUAL(
        lr_name_overrides_new(resolves[i], NULL, NULL, 0, &overrides),
        LARIAT_EINVAL);
  for (size_t i = 0; i < FIXTURE_COUNT(connects); i++)
    CU_ASSERT_EQUAL(
        lr_name_overrides_new(NULL, connects[i], NULL, 0, &overrides),
        LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lr_name_overrides_new("b:1:::1 a.test:80:b", NULL, message,
                                        sizeof message, &overrides),
                  LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(message, "\"a.test:80:b\": not an address");
  CU_ASSERT_PTR_NULL(overrides);
  CU_ASSERT_EQUAL(lr_name_overrides_new(" ", "", NULL, 0, &overrides),
                  LARIAT_OK);
  CU_ASSERT_PTR_NULL(overrides);
  fixture_close(&f);
}

/* A port that is none is told apart from an entry of another shape. */
static void test_reasons(void) {
  static const char port[] = "the port must be 1 to 65535";
  static const char resolve_shape[] = "not HOST:PORT:ADDRESS";
  static const char connect_shape[] = "not HOST:PORT:HOST:PORT";
  static const struct {
    const char *resolve, *connect_to, *fault;
  } rows[] = {{"a.test:0:1.2.3.4", NULL, port},
              {"a.test:65536:1.2.3.4", NULL, port},
              {"a.test:70934:1.2.3.4", NULL, port},
              {"a.test:000080:1.2.3.4", NULL, port},
              {"a.test:x:1.2.3.4", NULL, port},
              {"[::1]:-1:1.2.3.4", NULL, port},
              {"a.test::1.2.3.4", NULL, "no port"},
              {"a.test:80", NULL, resolve_shape},
              {"a.test", NULL, resolve_shape},
              {NULL, "a:0:b:80", port},
              {NULL, "a:80:b:0", port},
              {NULL, "a:65536:b:80", port},
              {NULL, "a:80:b:99999", port},
              {NULL, "a::b:x", port},
              {NULL, "a:80:b:80:c", connect_shape},
              {NULL, "a:80", connect_shape},
              {NULL, "a:80:b", connect_shape}};
  struct fixture f;
  lr_name_overrides *overrides;
  char message[128], expected[128];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    const char *resolve = rows[i].resolve, *connect_to = rows[i].connect_to;
    CU_ASSERT_EQUAL(lr_name_overrides_new(resolve, connect_to, message,
                                          sizeof message, &overrides),
                    LARIAT_EINVAL);
    snprintf(expected, sizeof expected, "\"%s\": %s",
             resolve ? resolve : connect_to, rows[i].fault);
    CU_ASSERT_STRING_EQUAL(message, expected);
  }
  fixture_close(&f);
}

static void test_no_memory(void) {
  struct fixture f;
  lr_name_overrides *overrides;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (uint64_t nth = 1; nth <= 4; nth++) {
    fixture_fail_allocation(&f, nth);
    CU_ASSERT_EQUAL(
        lr_name_overrides_new("a:1:::1", "a:1:b:1", NULL, 0, &overrides),
        LARIAT_ENOMEM);
    fixture_fail_allocation(&f, 0);
  }
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"resolve", test_resolve},         {"connect to", test_connect_to},
      {"wrong entries", test_wrong},     {"reasons", test_reasons},
      {"out of memory", test_no_memory},
  };
  return fixture_main("name overrides", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
