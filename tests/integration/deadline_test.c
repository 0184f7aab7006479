/* SPDX-License-Identifier: MIT
 * Whatever a fetch spends its time in, the failure arrives at the deadline,
 * says in which phase that was, and leaves the slot to the next. */
#include <time.h>

#include "support/slow_phases.h"

enum { DEADLINE_MS = 150, TOO_LATE_US = 10000, TRIES = 4 };

static struct fetching fetching;

/* The machine may be late; the control is then, too.  Once in a few tries
 * both are in time. */
static void run(lariat_phase phase) {
  struct slow_phases *slow = slow_phases_open(&fetching);
  struct slow_phases_result result = {0, 0};
  for (int i = 0; i < TRIES; i++) {
    result = slow_phases_run(slow, phase, DEADLINE_MS);
    if (result.late_us < TOO_LATE_US) break;
  }
  if (result.late_us < 0 || result.late_us - result.control_us > TOO_LATE_US)
    fixture_fail("%s: %lld us after the deadline, a timer %lld us",
                 lariat_phase_name(phase), (long long)result.late_us,
                 (long long)result.control_us);
  slow_phases_close(slow);
}

static void test_queue(void) { run(LARIAT_PHASE_QUEUE); }
static void test_dns(void) { run(LARIAT_PHASE_DNS); }
static void test_connect(void) { run(LARIAT_PHASE_CONNECT); }
static void test_tls(void) { run(LARIAT_PHASE_TLS); }
static void test_request(void) { run(LARIAT_PHASE_REQUEST); }
static void test_first_byte(void) { run(LARIAT_PHASE_FIRST_BYTE); }
static void test_body(void) { run(LARIAT_PHASE_BODY); }

static void hold_up(void *context) {
  const struct timespec time = {1, 500000000};
  (void)context;
  nanosleep(&time, NULL);
}

static void ask(const struct fetching *t, struct outcome *outcome,
                uint64_t timeout_ms) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.timeout_ms = timeout_ms;
  outcome_watch(outcome, lariat_request(t->client, "GET", "http://127.0.0.1:1/",
                                        &options));
}

/* The client waits half a second for the pool's word, of each.  The first to
 * be late was not the first that was sent. */
static void test_late_pool(void) {
  lariat_pool_options options = lariat_pool_defaults();
  struct outcome outcomes[3];
  options.reactors = 1;
  fetching_open(&fetching, &options, NULL);
  CU_ASSERT_EQUAL(lariat_pool_call(fetching.pool, 0, hold_up, NULL, NULL),
                  LARIAT_OK);
  ask(&fetching, &outcomes[0], 300);
  ask(&fetching, &outcomes[1], 100);
  ask(&fetching, &outcomes[2], 300);
  fetching_wait(&fetching, outcomes, 3, 5000);
  for (int i = 0; i < 3; i++) {
    uint64_t took_ms = outcomes[i].ended_ms - outcomes[i].began_ms;
    CU_ASSERT_EQUAL(outcomes[i].status, LARIAT_ETIMEDOUT);
    CU_ASSERT_TRUE(took_ms >= (i == 1 ? 600 : 800) && took_ms < 1400);
  }
  CU_ASSERT_TRUE(outcomes[1].ended_ms < outcomes[0].ended_ms);
  outcome_clear(outcomes, 3);
  fetching_close(&fetching);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"slow in its queue", test_queue},
      {"slow to be looked up", test_dns},
      {"slow to connect to", test_connect},
      {"slow to shake hands with", test_tls},
      {"slow to take the request", test_request},
      {"slow to answer", test_first_byte},
      {"slow to go on", test_body},
      {"a pool that is late", test_late_pool},
  };
  return fixture_main("deadline", tests, FIXTURE_COUNT(tests), argc, argv);
}
