/* SPDX-License-Identifier: MIT
 * labels: unchecked threads
 * failure_test.c: failures carry what went wrong, and can be shared. */
#include "deferred/failure.h"

#include <pthread.h>
#include <string.h>

#include "support/fixture.h"
#include "support/recorder.h"
#include <lariat/checks.h>

static void test_new(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_value failure =
      lariat_failure_new(LARIAT_ETIMEDOUT, "%s took %d s", "it", 3);
  CU_ASSERT(lariat_is_failure(failure));
  CU_ASSERT_EQUAL(lariat_failure_status(failure), LARIAT_ETIMEDOUT);
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(failure), "it took 3 s");
  CU_ASSERT_STRING_EQUAL(lariat_failure_url(failure), "");
  CU_ASSERT_EQUAL(lariat_failure_curl_code(failure), 0);
  CU_ASSERT_EQUAL(lariat_failure_http_status(failure), 0);
  CU_ASSERT_EQUAL(lariat_failure_phase(failure), LARIAT_PHASE_NONE);
  CU_ASSERT(lariat_is_none(lariat_failure_cause(failure)));
  char text[64];
  lariat_value_describe(failure, text, sizeof text);
  CU_ASSERT_STRING_EQUAL(text, "failure: it took 3 s (timed-out)");
  lariat_value_drop(failure);
  fixture_close(&f);
}

static void test_make(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  char url[] = "http://localhost/";
  lr_failure_parts parts = {.status = LARIAT_ERESET,
                            .message = "it broke",
                            .url = url,
                            .curl_code = 56,
                            .http_status = 200,
                            .phase = LARIAT_PHASE_BODY};
  lariat_value failure = lr_failure_make(&parts);
  url[0] = 'x';
  CU_ASSERT_EQUAL(lariat_failure_status(failure), LARIAT_ERESET);
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(failure), "it broke");
  CU_ASSERT_STRING_EQUAL(lariat_failure_url(failure), "http://localhost/");
  CU_ASSERT_EQUAL(lariat_failure_curl_code(failure), 56);
  CU_ASSERT_EQUAL(lariat_failure_http_status(failure), 200);
  CU_ASSERT_EQUAL(lariat_failure_phase(failure), LARIAT_PHASE_BODY);
  lariat_value_drop(failure);
  parts = (lr_failure_parts){.status = LARIAT_ERESET};
  failure = lr_failure_make(&parts);
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(failure),
                         lariat_status_text(LARIAT_ERESET));
  lariat_value_drop(failure);
  fixture_close(&f);
}

static void test_ok_is_no_failure(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_value failure = lariat_failure_new(LARIAT_OK, "odd");
  CU_ASSERT_EQUAL(lariat_failure_status(failure), LARIAT_EINVAL);
  lariat_value_drop(failure);
  fixture_close(&f);
}

static void test_long_message(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_value failure = lariat_failure_new(LARIAT_EUSER, "%05000d", 1);
  CU_ASSERT_EQUAL(strlen(lariat_failure_message(failure)), 5000);
  lariat_value_drop(failure);
  fixture_close(&f);
}

static void test_no_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_value cause = lariat_failure_new(LARIAT_EUSER, "deep");
  fixture_fail_allocations_from(&f, 1);
  lariat_value failure = lariat_failure_new(LARIAT_EUSER, "x");
  CU_ASSERT_EQUAL(lariat_failure_status(failure), LARIAT_ENOMEM);
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(failure), "out of memory");
  lariat_value again;
  CU_ASSERT_EQUAL(lariat_value_share(failure, &again), LARIAT_OK);
  lariat_value_drop(again);
  lariat_value_drop(failure);
  lr_failure_parts parts = {.status = LARIAT_EFIRST, .cause = cause};
  failure = lr_failure_make(&parts);
  CU_ASSERT_EQUAL(lariat_failure_status(failure), LARIAT_ENOMEM);
  lariat_value_drop(failure);
  cause = lr_failure_no_memory();
  failure = lr_failure_first(1, cause);
  CU_ASSERT_EQUAL(lariat_failure_status(failure), LARIAT_ENOMEM);
  lariat_value_drop(failure);
  fixture_close(&f);
}

static void test_fixed(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lariat_failure_status(lr_failure_cancelled()),
                  LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(lariat_failure_status(lr_failure_self()), LARIAT_ESELF);
  CU_ASSERT_EQUAL(lariat_failure_status(lr_failure_no_reactor()),
                  LARIAT_EINVAL);
  lariat_value_drop(lr_failure_cancelled());
  CU_ASSERT_EQUAL(fixture_allocations(&f), 0);
  fixture_close(&f);
}

static void test_first(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_value first =
      lr_failure_first(2, lariat_failure_new(LARIAT_EUSER, "oh"));
  CU_ASSERT_EQUAL(lariat_failure_status(first), LARIAT_EFIRST);
  CU_ASSERT_EQUAL(lariat_failure_index(first), 2);
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(first),
                         "the deferred number 2 failed: oh");
  lariat_value cause = lariat_failure_cause(first);
  CU_ASSERT_EQUAL(lariat_failure_status(cause), LARIAT_EUSER);
  lariat_value_drop(first);
  fixture_close(&f);
}

static void test_deep_causes(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_value failure = lariat_failure_new(LARIAT_EUSER, "root");
  for (int i = 0; i < 300000; i++) {
    const lr_failure_parts parts = {.status = LARIAT_EFIRST, .cause = failure};
    failure = lr_failure_make(&parts);
  }
  lariat_value_drop(failure);
  fixture_close(&f);
}

static void *share_and_drop(void *context) {
  const lariat_value *failure = context;
  for (int i = 0; i < 10000; i++) {
    lariat_value mine;
    if (lariat_value_share(*failure, &mine) != LARIAT_OK) return context;
    lariat_value_drop(mine);
  }
  lariat_value_drop(*failure);
  return NULL;
}

static void test_threads(void) {
  struct fixture f;
  pthread_t threads[4];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_value failure = lariat_failure_new(LARIAT_EUSER, "everyone's");
  for (int i = 0; i < 4; i++) {
    lariat_value more;
    CU_ASSERT_EQUAL(lariat_value_share(failure, &more), LARIAT_OK);
    CU_ASSERT_EQUAL_FATAL(
        pthread_create(&threads[i], NULL, share_and_drop, &failure), 0);
  }
  for (int i = 0; i < 4; i++) {
    void *trouble = NULL;
    pthread_join(threads[i], &trouble);
    CU_ASSERT_PTR_NULL(trouble);
  }
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(failure), "everyone's");
  lariat_value_drop(failure);
  fixture_close(&f);
}

static void read_wrongly(void *context) {
  (void)context;
  lariat_set_checks(true);
  (void)lariat_failure_message(lariat_int(1));
}

static void test_not_a_failure(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT(fixture_aborts(read_wrongly, NULL));
  lariat_set_checks(false);
  lariat_value value = lariat_int(1);
  CU_ASSERT_EQUAL(lariat_failure_status(value), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(value), "");
  CU_ASSERT_STRING_EQUAL(lariat_failure_url(value), "");
  CU_ASSERT_EQUAL(lariat_failure_curl_code(value), 0);
  CU_ASSERT_EQUAL(lariat_failure_http_status(value), 0);
  CU_ASSERT_EQUAL(lariat_failure_phase(value), LARIAT_PHASE_NONE);
  CU_ASSERT_EQUAL(lariat_failure_index(value), 0);
  CU_ASSERT(lariat_is_none(lariat_failure_cause(lariat_none())));
  lariat_set_checks(true);
  fixture_close(&f);
}

static void test_phases(void) {
  static const char *const names[] = {"none",       "queue", "dns",
                                      "connect",    "tls",   "request",
                                      "first-byte", "body"};
  for (int i = 0; i <= LARIAT_PHASE_BODY; i++)
    CU_ASSERT_STRING_EQUAL(lariat_phase_name((lariat_phase)i), names[i]);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
static void test_no_format(void) {
  const char *volatile nothing = NULL;
  lariat_value value = lariat_failure_new(LARIAT_EURL, nothing, 0);
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(value),
                         lariat_status_text(LARIAT_EURL));
  lariat_value_drop(value);
  CU_ASSERT_STRING_EQUAL(lariat_phase_name((lariat_phase)99), "unknown");
}
#pragma GCC diagnostic pop

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a failure has a status and a formatted message", test_new},
      {"a fetch's failure carries all its parts, copied", test_make},
      {"a failure whose status is OK is one of bad input",
       test_ok_is_no_failure},
      {"messages have any length", test_long_message},
      {"without memory it is the constant failure", test_no_memory},
      {"the constant failures allocate nothing", test_fixed},
      {"the first of several names its index and cause", test_first},
      {"causes of causes are dropped without recursion", test_deep_causes},
      {"many threads share one failure", test_threads},
      {"readers of another value give their defaults", test_not_a_failure},
      {"phases have their names", test_phases},
      {"without a format it says what the status says", test_no_format},
  };
  return fixture_main("failure", tests, FIXTURE_COUNT(tests), argc, argv);
}
