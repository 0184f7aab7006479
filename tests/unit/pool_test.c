/* SPDX-License-Identifier: MIT
 * labels: threads
 * pool_test.c: options, threads and the end of a pool that fetches nothing. */
#include <stddef.h>
#include <string.h>

#include <lariat/lariat.h>

#include "support/fixture.h"

static lariat_pool *open_pool(const lariat_pool_options *options) {
  lariat_pool *pool = NULL;
  CU_ASSERT_EQUAL_FATAL(lariat_pool_new(options, &pool), LARIAT_OK);
  return pool;
}

static void no_reactor_without_a_job(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 4;
  options.max_jobs = 2;
  lariat_pool *pool = open_pool(&options);
  CU_ASSERT_EQUAL(lariat_pool_reactors(pool), 2);
  lariat_pool_release(pool);
  fixture_close(&f);
}

static void smaller_struct_is_accepted(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_pool_options options = lariat_pool_defaults();
  options.size = offsetof(lariat_pool_options, pin);
  options.reactors = 1;
  lariat_pool *pool = open_pool(&options);
  CU_ASSERT_EQUAL(lariat_pool_reactors(pool), 1);
  lariat_pool_release(pool);
  fixture_close(&f);
}

static void senseless_options_are_refused(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_pool *pool = NULL;
  lariat_pool_options options = lariat_pool_defaults();
  options.size = 0;
  CU_ASSERT_EQUAL(lariat_pool_new(&options, &pool), LARIAT_EINVAL);
  options = lariat_pool_defaults();
  options.reactors = 100000;
  CU_ASSERT_EQUAL(lariat_pool_new(&options, &pool), LARIAT_EINVAL);
  options = lariat_pool_defaults();
  options.ca_file = "/nonexistent/ca.pem";
  CU_ASSERT_EQUAL(lariat_pool_new(&options, &pool), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(pool);
  fixture_close(&f);
}

static void note_thread(void *context) {
  const char *name = lariat_reactor_name(lariat_reactor_current());
  memcpy(context, name, strnlen(name, 15) + 1);
}

static void calls_run_on_the_named_reactor(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 2;
  lariat_pool *pool = open_pool(&options);
  char name[16] = "";
  CU_ASSERT_EQUAL(lariat_pool_call(pool, 1, note_thread, name, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_pool_call(pool, 2, note_thread, name, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(pool, 1000), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_pool_call(pool, 1, note_thread, name, NULL),
                  LARIAT_ECLOSED);
  CU_ASSERT_STRING_EQUAL(name, "lariat-1");
  lariat_pool_release(pool);
  fixture_close(&f);
}

static void test_rules_for_addresses(void) {
  static const lariat_address_rules rules[] = {{.allow_nets = "10.0.0.1/8"},
                                               {.deny_nets = "localhost"}};
  for (size_t i = 0; i < FIXTURE_COUNT(rules); i++) {
    lariat_pool_options options = lariat_pool_defaults();
    lariat_pool *pool = NULL;
    options.addresses = rules[i];
    CU_ASSERT_EQUAL(lariat_pool_new(&options, &pool), LARIAT_EINVAL);
    CU_ASSERT_PTR_NULL(pool);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"no reactor without a job", no_reactor_without_a_job},
      {"a smaller struct is accepted", smaller_struct_is_accepted},
      {"senseless options are refused", senseless_options_are_refused},
      {"calls run on the named reactor", calls_run_on_the_named_reactor},
      {"rules for addresses", test_rules_for_addresses},
  };
  return fixture_main("pool", tests, FIXTURE_COUNT(tests), argc, argv);
}
