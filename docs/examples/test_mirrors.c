/* SPDX-License-Identifier: MIT
 * test_mirrors: how code that fetches is tested without a network and without
 * waiting.  docs/testing.md explains it.
 *
 * usage: test_mirrors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/lariat.h>
#include <lariat/testing.h>

/* What is tested: a page is asked of one server, and of another when the first
 * has none within two seconds. */

static lariat_value ask_the_other(lariat_value failure, void *client) {
  lariat_value_drop(failure);
  return lariat_deferred_value(lariat_get(client, "http://two.test/page"));
}

static lariat_value refuse_errors(lariat_value result, void *context) {
  int status = lariat_response_status(lariat_response_in(result));
  (void)context;
  if (status == 200) return result;
  lariat_value_drop(result);
  return lariat_failure_new(LARIAT_EUSER, "the server said %d", status);
}

static lariat_deferred *get_page(lariat_client *client) {
  lariat_request_options options = lariat_request_defaults(client);
  options.timeout_ms = 2000;
  lariat_deferred *deferred =
      lariat_request(client, "GET", "http://one.test/page", &options);
  lariat_deferred_add_callback(deferred, refuse_errors, NULL);
  return lariat_deferred_add_errback(deferred, ask_the_other, client);
}

/* The servers.  What each does is set by the test that runs. */

struct servers {
  lariat_answer one;
  lariat_answer two;
  unsigned asked;
};

static void script(const lariat_asked *asked, lariat_answer *answer,
                   void *context) {
  struct servers *servers = context;
  servers->asked++;
  bool first = strstr(lariat_asked_url(asked), "//one.test/") != NULL;
  *answer = first ? servers->one : servers->two;
}

/* A test: what the servers do, and what is to come of it, when. */

struct expected {
  const char *name;
  lariat_answer one;
  lariat_answer two;
  const char *outcome; /* the body, or the name of the failure */
  unsigned asked;
  uint64_t after_ms;
};

struct outcome {
  const lariat_virtual_clock *clock;
  uint64_t at_ns; /* 0: none yet */
  char text[64];
};

static lariat_value note(lariat_value result, void *context) {
  struct outcome *outcome = context;
  const char *text =
      lariat_is_failure(result)
          ? lariat_status_name(lariat_failure_status(result))
          : lariat_response_body(lariat_response_in(result), NULL);
  snprintf(outcome->text, sizeof outcome->text, "%s", text);
  outcome->at_ns = lariat_virtual_clock_now_ns(outcome->clock);
  return lariat_value_drop(result);
}

static bool as_expected(const struct expected *expected,
                        const struct servers *servers,
                        const struct outcome *outcome, uint64_t begun_ns) {
  uint64_t after_ms = (outcome->at_ns - begun_ns) / 1000000;
  bool good = outcome->at_ns && strcmp(outcome->text, expected->outcome) == 0 &&
              servers->asked == expected->asked &&
              after_ms == expected->after_ms;
  printf("%s: %s after %u ms, %u asked%s\n", expected->name, outcome->text,
         (unsigned)after_ms, servers->asked, good ? "" : "  <-- WRONG");
  return good;
}

static bool run(const struct expected *expected, lariat_reactor *reactor,
                lariat_virtual_clock *clock) {
  struct servers servers = {expected->one, expected->two, 0};
  struct outcome outcome = {.clock = clock};
  lariat_pool *pool = NULL;
  lariat_client *client = NULL;
  if (lariat_scripted_pool_new(NULL, reactor, script, &servers, &pool) ||
      lariat_client_new(pool, reactor, NULL, &client))
    exit(1);
  uint64_t begun_ns = lariat_virtual_clock_now_ns(clock);
  lariat_deferred_release(
      lariat_deferred_add_both(get_page(client), note, &outcome));
  if (lariat_virtual_clock_run(clock, reactor, 60000)) exit(1);
  lariat_client_close(client);
  lariat_pool_release(pool);
  if (lariat_virtual_clock_run(clock, reactor, 0)) exit(1);
  return as_expected(expected, &servers, &outcome, begun_ns);
}

int main(void) {
  static const struct expected tests[] = {
      {"the first answers",
       {.status = 200, .body = "one", .body_length = 3, .first_byte_ms = 1999},
       {.status = 200},
       "one",
       1,
       1999},
      {"the first has an error",
       {.status = 503, .first_byte_ms = 10},
       {.status = 200, .body = "two", .body_length = 3, .body_ms = 5},
       "two",
       2,
       15},
      {"the first is silent",
       {.never = LARIAT_PHASE_FIRST_BYTE},
       {.status = 200, .body = "two", .body_length = 3},
       "two",
       2,
       2000},
      {"neither is there",
       {.failure = LARIAT_ERESOLVE, .dns_ms = 100},
       {.failure = LARIAT_ECONNECT, .connect_ms = 50},
       "connect-failed",
       2,
       150},
  };
  lariat_virtual_clock *clock = NULL;
  lariat_reactor *reactor = NULL;
  int failed = 0;
  if (lariat_virtual_clock_new(&clock)) return 1;
  lariat_reactor_options options = {.size = sizeof options,
                                    .clock = lariat_virtual_clock_clock(clock)};
  if (lariat_reactor_new(&options, &reactor)) return 1;
  for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
    failed += !run(&tests[i], reactor, clock);
  lariat_reactor_close(reactor, 0);
  lariat_virtual_clock_free(clock);
  return failed;
}
