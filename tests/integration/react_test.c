/* SPDX-License-Identifier: MIT
 * Whole programs in one call, with options: they reach pool and client, what is
 * wrong with them is said in one sentence, and signals end the program. */
#include <lariat/react.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/origin.h"
#include <lariat/await.h>
#include <lariat/gather.h>
#include <lariat/later.h>

static struct origin *origin;
static unsigned runs;
static char pages[2][128];

static void open_test(struct fixture *f) {
  fixture_open(f, FIXTURE_NO_REACTOR);
  origin = origin_start(NULL);
  if (!origin) abort();
  (void)origin_url(origin, "/echo", pages[0], sizeof pages[0]);
  (void)origin_url(origin, "/bytes/2000", pages[1], sizeof pages[1]);
  runs = 0;
}

static void close_test(struct fixture *f) {
  origin_stop(origin);
  fixture_close(f);
}

/* ---- Options ---- */

/* The options' owner does with them what he likes, once they were given. */
static lariat_pool_options pool_options;
static lariat_client_options client_options;
static char user_agent[8];

static void set_options(void) {
  snprintf(user_agent, sizeof user_agent, "react");
  pool_options = lariat_pool_defaults();
  pool_options.reactors = 1;
  client_options = lariat_client_defaults();
  client_options.max_body_bytes = 1000;
  client_options.user_agent = user_agent;
}

static void spoil_options(void) {
  memset(&pool_options, 0xff, sizeof pool_options);
  memset(&client_options, 0xff, sizeof client_options);
  memset(user_agent, 'x', sizeof user_agent - 1);
}

static lariat_value expect_agent(lariat_value response, void *context) {
  const char *body = lariat_response_body(lariat_response_in(response), NULL);
  (void)context;
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "User-Agent: react\r\n"));
  return lariat_value_drop(response);
}

static lariat_value expect_limit(lariat_value failure, void *context) {
  (void)context;
  CU_ASSERT_EQUAL(lariat_failure_status(failure), LARIAT_EBODYLIMIT);
  return lariat_value_drop(failure);
}

static lariat_deferred *use_options(lariat_client *client, int argc,
                                    char **argv) {
  CU_ASSERT_EQUAL(argc, 2);
  CU_ASSERT_STRING_EQUAL(argv[1], "argument");
  spoil_options();
  runs++;
  lariat_deferred *all[2] = {
      lariat_deferred_add_callback(lariat_get(client, pages[0]), expect_agent,
                                   NULL),
      lariat_deferred_add_errback(lariat_get(client, pages[1]), expect_limit,
                                  NULL)};
  return lariat_gather_results(all, 2);
}

static lariat_value use_options_in_sequence(lariat_client *client, int argc,
                                            char **argv) {
  return lariat_await(use_options(client, argc, argv));
}

static void test_options(void) {
  struct fixture f;
  char program[] = "program";
  char argument[] = "argument";
  char *argv[] = {program, argument, NULL};
  open_test(&f);
  set_options();
  CU_ASSERT_EQUAL(
      lariat_react_with(&pool_options, &client_options, use_options, 2, argv),
      0);
  set_options();
  CU_ASSERT_EQUAL(lariat_react_coroutine_with(&pool_options, &client_options,
                                              use_options_in_sequence, 2, argv),
                  0);
  CU_ASSERT_EQUAL(runs, 2);
  close_test(&f);
}

/* ---- What is said ---- */

static char said[1024];

static lariat_deferred *count_run(lariat_client *client, int argc,
                                  char **argv) {
  (void)client;
  (void)argc;
  (void)argv;
  runs++;
  return NULL;
}

/* Runs with standard error in memory: what was said is in `said` then. */
static int run_saying(const lariat_pool_options *pool,
                      const lariat_client_options *client) {
  int saved = dup(STDERR_FILENO);
  int fd = memfd_create("stderr", MFD_CLOEXEC);
  if (saved < 0 || fd < 0 || dup2(fd, STDERR_FILENO) < 0) abort();
  int code = lariat_react_with(pool, client, count_run, 0, NULL);
  if (dup2(saved, STDERR_FILENO) < 0) abort();
  ssize_t length = pread(fd, said, sizeof said - 1, 0);
  said[length > 0 ? length : 0] = '\0';
  close(saved);
  close(fd);
  return code;
}

static void expect_said(const char *text) {
  if (strcmp(said, text) != 0)
    fixture_fail("said \"%s\", not \"%s\"", said, text);
}

static void test_wrong_options(void) {
  struct fixture f;
  lariat_retry_policy policy = lariat_retry_defaults();
  open_test(&f);
  set_options();
  CU_ASSERT_EQUAL(run_saying(NULL, NULL), 0);
  expect_said("");
  CU_ASSERT_EQUAL(lariat_react_with(NULL, NULL, NULL, 0, NULL), 1);
  pool_options.rate = -1;
  CU_ASSERT_EQUAL(run_saying(&pool_options, NULL), 1);
  expect_said("lariat: cannot start: in the options of the pool, rate: it is "
              "below 0, above 1,000,000,000, or no number\n");
  set_options();
  pool_options.ca_file = "/nonexistent";
  CU_ASSERT_EQUAL(run_saying(&pool_options, &client_options), 1);
  expect_said("lariat: cannot start: in the options of the pool, ca_file: no "
              "certificate can be read from /nonexistent\n");
  policy.max_retries = 1001;
  client_options.retry = &policy;
  CU_ASSERT_EQUAL(run_saying(NULL, &client_options), 1);
  expect_said("lariat: cannot start: in the options of the client, "
              "retry.max_retries: there are 1,000 at the most\n");
  set_options();
  client_options.placement = LARIAT_PLACE_HOME;
  CU_ASSERT_EQUAL(run_saying(NULL, &client_options), 1);
  expect_said("lariat: cannot start: in the options of the client, placement: "
              "the reactor is none of the pool's\n");
  CU_ASSERT_EQUAL(runs, 1);
  close_test(&f);
}

/* ---- Signals ---- */

static int signal_number;

static void raise_signal(void *context) {
  (void)context;
  raise(signal_number);
}

static lariat_deferred *wait_for_signal(lariat_client *client, int argc,
                                        char **argv) {
  lariat_reactor *reactor = lariat_client_reactor(client);
  (void)argc;
  (void)argv;
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(reactor, 5, raise_signal, NULL, NULL, NULL),
      LARIAT_OK);
  return lariat_later(reactor, 1000000, NULL, NULL, NULL);
}

static void test_signals(void) {
  static const int numbers[] = {SIGINT, SIGTERM};
  struct fixture f;
  open_test(&f);
  for (size_t i = 0; i < FIXTURE_COUNT(numbers); i++) {
    set_options();
    signal_number = numbers[i];
    CU_ASSERT_EQUAL(lariat_react_with(&pool_options, &client_options,
                                      wait_for_signal, 0, NULL),
                    128 + numbers[i]);
  }
  close_test(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"options", test_options},
      {"options that make no sense", test_wrong_options},
      {"signals", test_signals},
  };
  return fixture_main("react", tests, FIXTURE_COUNT(tests), argc, argv);
}
