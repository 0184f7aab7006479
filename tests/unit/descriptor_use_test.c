/* SPDX-License-Identifier: MIT
 * descriptor_use_test.c: numbers that reactors share, and the look at what is
 * left. */
#include "limits/descriptor_use.h"

#include <sys/resource.h>
#include <unistd.h>

#include "support/fixture.h"

static void count_wake(void *context) { ++*(unsigned *)context; }

static void test_numbers(void) {
  lr_descriptor_use use;
  unsigned wakes = 0;
  lr_descriptor_use_init(&use, count_wake, &wakes);
  lr_descriptor_use_count(&use, 1);
  lr_descriptor_use_count(&use, 1);
  lr_descriptor_use_count(&use, (unsigned)-1);
  CU_ASSERT_EQUAL(lr_descriptor_use_connections(&use), 1);
  CU_ASSERT_EQUAL(lr_descriptor_use_asked(&use), 0);
  CU_ASSERT_EQUAL(lr_descriptor_use_ask(&use), 1);
  CU_ASSERT_EQUAL(lr_descriptor_use_ask(&use), 2);
  CU_ASSERT_EQUAL(lr_descriptor_use_asked(&use), 2);
  CU_ASSERT_EQUAL(wakes, 2);
}

static void test_what_is_left(void) {
  enum { LIMIT = 128 };
  struct fixture f;
  struct rlimit before;
  int taken[LIMIT];
  unsigned count = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &before), 0);
  const struct rlimit few = {LIMIT, before.rlim_max};
  CU_ASSERT_TRUE(lr_descriptor_use_has_left(4));
  CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &few), 0);
  while ((taken[count] = dup(STDERR_FILENO)) >= 0) count++;
  CU_ASSERT_FATAL(count > 4);
  for (unsigned left = 0; left <= 4; left++) {
    for (unsigned asked = 1; asked <= 4; asked++)
      CU_ASSERT_EQUAL(lr_descriptor_use_has_left(asked), left >= asked);
    close(taken[--count]);
  }
  while (count) close(taken[--count]);
  CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"numbers", test_numbers},
      {"what is left", test_what_is_left},
  };
  return fixture_main("descriptor_use", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
