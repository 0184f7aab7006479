/* SPDX-License-Identifier: MIT
 * See fetching.h. */
#include "support/fetching.h"

#include <dirent.h>
#include <string.h>

#include "support/origin.h"
#include <lariat/failure.h>

enum { PATIENCE_MS = 10000 };

/* ---- Pool and client ---- */

void fetching_open_pool(struct fetching *t, const lariat_pool_options *pool) {
  fixture_open(&t->f, FIXTURE_PLAIN);
  t->client = NULL;
  t->pool = NULL;
  lariat_status status = lariat_pool_new(pool, &t->pool);
  if (status != LARIAT_OK)
    fixture_fail("no pool: %s", lariat_status_name(status));
}

/* Time-outs that even a machine which is busy with others never reaches. */
static lariat_client_options patient_options(void) {
  lariat_client_options options = lariat_client_defaults();
  options.timeout_ms = 600000;
  options.connect_timeout_ms = 600000;
  return options;
}

lariat_client *fetching_client(struct fetching *t,
                               const lariat_client_options *options) {
  const lariat_client_options patient = patient_options();
  lariat_client *client = NULL;
  lariat_status status = lariat_client_new(
      t->pool, t->f.reactor, options ? options : &patient, &client);
  if (status != LARIAT_OK)
    fixture_fail("no client: %s", lariat_status_name(status));
  return client;
}

void fetching_open(struct fetching *t, const lariat_pool_options *pool,
                   const lariat_client_options *client) {
  fetching_open_pool(t, pool);
  t->client = fetching_client(t, client);
}

static lariat_client_stats read_ledger(const lariat_client *client) {
  lariat_client_stats stats = {.size = sizeof stats};
  CU_ASSERT_EQUAL(lariat_client_read_stats(client, &stats), LARIAT_OK);
  uint64_t sum = stats.succeeded + stats.failed + stats.cancelled;
  if (stats.submitted != sum + stats.pending)
    fixture_fail("the ledger does not balance: %llu submitted, %llu accounted "
                 "for",
                 (unsigned long long)stats.submitted,
                 (unsigned long long)(sum + stats.pending));
  return stats;
}

void fetching_expect_ledger(const lariat_client *client, uint64_t submitted,
                            uint64_t succeeded, uint64_t failed,
                            uint64_t cancelled) {
  lariat_client_stats stats = read_ledger(client);
  CU_ASSERT_EQUAL(stats.submitted, submitted);
  CU_ASSERT_EQUAL(stats.succeeded, succeeded);
  CU_ASSERT_EQUAL(stats.failed, failed);
  CU_ASSERT_EQUAL(stats.cancelled, cancelled);
}

void fetching_close(struct fetching *t) {
  if (t->client) {
    lariat_client_stats stats = read_ledger(t->client);
    CU_ASSERT_EQUAL(stats.pending, 0);
    lariat_client_close(t->client);
  }
  lariat_pool_release(t->pool);
  fixture_close(&t->f);
}

lariat_pool_stats fetching_stats(const struct fetching *t) {
  lariat_pool_stats stats = {.size = sizeof stats};
  CU_ASSERT_EQUAL(lariat_pool_read_stats(t->pool, &stats), LARIAT_OK);
  return stats;
}

/* ---- Outcomes ---- */

static lariat_value take(lariat_value value, void *context) {
  struct outcome *outcome = context;
  outcome->ended_ms = fixture_real_ms();
  if (outcome->fires++) {
    fixture_fail("a deferred fired %u times", outcome->fires);
    return value;
  }
  outcome->kept = true;
  outcome->value = value;
  if (lariat_is_failure(value)) {
    outcome->status = lariat_failure_status(value);
    outcome->phase = lariat_failure_phase(value);
    outcome->http_status = lariat_failure_http_status(value);
  } else if (value.type == &lariat_response_type) {
    outcome->http_status = lariat_response_status(lariat_response_in(value));
  }
  if (outcome->then) outcome->then(outcome, outcome->context);
  return lariat_none();
}

void outcome_watch_then(struct outcome *outcome, lariat_deferred *deferred,
                        void (*then)(struct outcome *outcome, void *context),
                        void *context) {
  memset(outcome, 0, sizeof *outcome);
  outcome->began_ms = fixture_real_ms();
  outcome->then = then;
  outcome->context = context;
  lariat_deferred_release(lariat_deferred_add_both(deferred, take, outcome));
}

void outcome_watch(struct outcome *outcome, lariat_deferred *deferred) {
  outcome_watch_then(outcome, deferred, NULL, NULL);
}

void outcome_clear(struct outcome *outcomes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (outcomes[i].kept) lariat_value_drop(outcomes[i].value);
    outcomes[i].kept = false;
  }
}

struct waited {
  const struct outcome *outcomes;
  size_t count;
  size_t fired; /* of these, from the start */
};

static bool all_fired(void *context) {
  struct waited *waited = context;
  while (waited->fired < waited->count && waited->outcomes[waited->fired].fires)
    waited->fired++;
  return waited->fired == waited->count;
}

bool fetching_wait(struct fetching *t, struct outcome *outcomes, size_t count,
                   unsigned ms) {
  struct waited waited = {outcomes, count, 0};
  if (fixture_run_until(&t->f, all_fired, &waited, ms)) return true;
  fixture_fail("number %zu of %zu has no outcome after %u ms", waited.fired,
               count, ms);
  return false;
}

void fetching_do(struct fetching *t, struct outcome *outcome,
                 lariat_deferred *deferred) {
  outcome_watch(outcome, deferred);
  fetching_wait(t, outcome, 1, PATIENCE_MS);
}

static bool pool_is_idle(void *context) {
  lariat_pool_stats stats = fetching_stats(context);
  return stats.jobs_taken == stats.jobs_done;
}

bool fetching_wait_idle(struct fetching *t, unsigned ms) {
  if (fixture_run_until(&t->f, pool_is_idle, t, ms)) return true;
  fixture_fail("the pool still has jobs after %u ms", ms);
  return false;
}

static bool is_settled(void *context) {
  return read_ledger(context).pending == 0;
}

bool fetching_wait_settled(struct fetching *t, unsigned ms) {
  if (fixture_run_until(&t->f, is_settled, t->client, ms)) return true;
  fixture_fail("the client still has jobs after %u ms", ms);
  return false;
}

struct in_flight {
  struct origin *origin;
  unsigned long count;
};

static bool are_in_flight(void *context) {
  const struct in_flight *wanted = context;
  return origin_counts(wanted->origin).in_flight >= wanted->count;
}

void fetching_wait_in_flight(struct fetching *t, struct origin *origin,
                             unsigned long count) {
  struct in_flight wanted = {origin, count};
  if (!fixture_run_until(&t->f, are_in_flight, &wanted, PATIENCE_MS))
    fixture_fail("%lu requests are with the server, not %lu",
                 origin_counts(origin).in_flight, count);
}

struct awaited {
  const struct fetching *t;
  bool (*done)(const lariat_pool_stats *stats);
};

static bool are_as_wanted(void *context) {
  const struct awaited *awaited = context;
  lariat_pool_stats stats = fetching_stats(awaited->t);
  return awaited->done(&stats);
}

void fetching_wait_stats(struct fetching *t,
                         bool (*done)(const lariat_pool_stats *stats)) {
  struct awaited awaited = {t, done};
  if (!fixture_run_until(&t->f, are_as_wanted, &awaited, PATIENCE_MS))
    fixture_fail("the pool's statistics do not become what they should");
}

void fetching_run(struct fetching *t, unsigned ms) {
  fixture_run_for(&t->f, ms);
}

/* ---- Expectations ---- */

const lariat_response *outcome_response(const struct outcome *outcome) {
  if (outcome->fires == 1 && outcome->kept && outcome->status == LARIAT_OK)
    return lariat_response_in(outcome->value);
  fixture_fail(
      "fired %u times, with %s (%s): %s", outcome->fires,
      lariat_status_name(outcome->status), lariat_phase_name(outcome->phase),
      outcome->status && outcome->kept ? lariat_failure_message(outcome->value)
                                       : "");
  return NULL;
}

void outcome_expect_http(const struct outcome *outcome, int http_status) {
  const lariat_response *response = outcome_response(outcome);
  int got = lariat_response_status(response);
  if (response && got != http_status)
    fixture_fail("HTTP status %d, not %d", got, http_status);
}

void outcome_expect_body(const struct outcome *outcome, const char *body) {
  const lariat_response *response = outcome_response(outcome);
  const char *got = lariat_response_body(response, NULL);
  if (response && strcmp(got, body) != 0)
    fixture_fail("the body is \"%.200s\", not \"%.200s\"", got, body);
}

void outcome_expect_status(const struct outcome *outcome,
                           lariat_status status) {
  if (outcome->fires == 1 && outcome->status == status) return;
  fixture_fail(
      "fired %u times, with %s (%s, HTTP %d), not %s: %s", outcome->fires,
      lariat_status_name(outcome->status), lariat_phase_name(outcome->phase),
      outcome->http_status, lariat_status_name(status),
      outcome->status && outcome->kept ? lariat_failure_message(outcome->value)
                                       : "");
}

void outcome_expect_failure(const struct outcome *outcome, lariat_status status,
                            lariat_phase phase) {
  outcome_expect_status(outcome, status);
  if (outcome->phase != phase)
    fixture_fail("%s in phase %s, not %s", lariat_status_name(outcome->status),
                 lariat_phase_name(outcome->phase), lariat_phase_name(phase));
}

unsigned fetching_open_fds(void) {
  unsigned count = 0;
  DIR *directory = opendir("/proc/self/fd");
  if (!directory) return 0;
  for (const struct dirent *entry; (entry = readdir(directory));)
    if (entry->d_name[0] != '.') count++;
  closedir(directory);
  return count - 1; /* but for that of the look itself */
}
