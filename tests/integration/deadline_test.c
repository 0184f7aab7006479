/* SPDX-License-Identifier: MIT
 * Whatever a fetch spends its time in, the failure arrives at the deadline,
 * says in which phase that was, and leaves the slot to the next. */
#include "support/slow.h"

enum { DEADLINE_MS = 150, TOO_LATE_US = 10000, TRIES = 4 };

static struct fetching fetching;

/* The machine may be late; the control is then, too.  Once in a few tries
 * both are in time. */
static void run(lariat_phase phase) {
  struct slow *slow = slow_open(&fetching);
  struct slow_result result = {0, 0};
  for (int i = 0; i < TRIES; i++) {
    result = slow_run(slow, phase, DEADLINE_MS);
    if (result.late_us < TOO_LATE_US) break;
  }
  if (result.late_us < 0 || result.late_us - result.control_us > TOO_LATE_US)
    fixture_fail("%s: %lld us after the deadline, a timer %lld us",
                 lariat_phase_name(phase), (long long)result.late_us,
                 (long long)result.control_us);
  slow_close(slow);
}

static void test_queue(void) { run(LARIAT_PHASE_QUEUE); }
static void test_dns(void) { run(LARIAT_PHASE_DNS); }
static void test_connect(void) { run(LARIAT_PHASE_CONNECT); }
static void test_tls(void) { run(LARIAT_PHASE_TLS); }
static void test_request(void) { run(LARIAT_PHASE_REQUEST); }
static void test_first_byte(void) { run(LARIAT_PHASE_FIRST_BYTE); }
static void test_body(void) { run(LARIAT_PHASE_BODY); }

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"slow in its queue", test_queue},
      {"slow to be looked up", test_dns},
      {"slow to connect to", test_connect},
      {"slow to shake hands with", test_tls},
      {"slow to take the request", test_request},
      {"slow to answer", test_first_byte},
      {"slow to go on", test_body},
  };
  return fixture_main("deadline", tests, FIXTURE_COUNT(tests), argc, argv);
}
