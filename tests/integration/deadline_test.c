/* SPDX-License-Identifier: MIT
 * Whatever a fetch spends its time in, the failure arrives at the deadline,
 * says in which phase that was, and leaves the slot to the next. */
#include <string.h>

#include "support/gate.h"
#include "support/slow_phases.h"

enum { DEADLINE_MS = 150 };

static struct fetching fetching;

static void run(lariat_phase phase) {
  struct slow_phases *slow = slow_phases_open(&fetching);
  struct slow_phases_result result = slow_phases_run(slow, phase, DEADLINE_MS);
  if (result.late_us < 0)
    fixture_fail("%s: %lld us before the deadline", lariat_phase_name(phase),
                 (long long)-result.late_us);
  slow_phases_close(slow);
}

static void test_queue(void) { run(LARIAT_PHASE_QUEUE); }
static void test_dns(void) { run(LARIAT_PHASE_DNS); }
static void test_connect(void) { run(LARIAT_PHASE_CONNECT); }
static void test_tls(void) { run(LARIAT_PHASE_TLS); }
static void test_request(void) { run(LARIAT_PHASE_REQUEST); }
static void test_first_byte(void) { run(LARIAT_PHASE_FIRST_BYTE); }
static void test_body(void) { run(LARIAT_PHASE_BODY); }

static void hold_up(void *gate) { gate_wait(gate); }

static char order[4];

static void note_order(struct outcome *outcome, void *name) {
  size_t length = strlen(order);
  (void)outcome;
  order[length] = *(const char *)name;
  order[length + 1] = '\0';
}

static void ask(const struct fetching *t, struct outcome *outcome,
                uint64_t timeout_ms, const char *name) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.timeout_ms = timeout_ms;
  outcome_watch_then(
      outcome,
      lariat_request(t->client, "GET", "http://127.0.0.1:1/", &options),
      note_order, (void *)(uintptr_t)name);
}

/* The client does not wait for ever for the pool's word, of each.  The first to
 * be late was not the first that was sent. */
static void test_late_pool(void) {
  lariat_pool_options options = lariat_pool_defaults();
  struct outcome outcomes[3];
  struct gate gate = GATE_CLOSED;
  order[0] = '\0';
  options.reactors = 1;
  fetching_open(&fetching, &options, NULL);
  CU_ASSERT_EQUAL(lariat_pool_call(fetching.pool, 0, hold_up, &gate, NULL),
                  LARIAT_OK);
  ask(&fetching, &outcomes[0], 2000, "a");
  ask(&fetching, &outcomes[1], 100, "b");
  ask(&fetching, &outcomes[2], 2000, "c");
  fetching_wait(&fetching, outcomes, 3, 5000);
  CU_ASSERT_STRING_EQUAL(order, "bac");
  for (int i = 0; i < 3; i++)
    CU_ASSERT_EQUAL(outcomes[i].status, LARIAT_ETIMEDOUT);
  gate_set(&gate, true);
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
