/* SPDX-License-Identifier: MIT
 * See slow_phases.h. */
#include "support/slow_phases.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/atomics.h"
#include "support/manual_server.h"
#include "support/origin.h"
#include <lariat/failure.h>

enum {
  BODY_BYTES = 32 * 1024 * 1024,
  LOOKUP_MS = 60000,
  NEXT_MS = 10000,
  MOST_MS = 10000
};

struct slow_phases {
  struct fetching *t;
  struct origin *good;       /* and what is slow with its body */
  struct origin *deaf;       /* slow to connect to */
  struct manual_server mute; /* takes no connection that is made */
  char *body;
};

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Look-ups.  The threads that sleep are a resolver's, and end with the test. */

static lr_atomic_u32 lookups_over;

static bool is_slow(const char *name) {
  static const char end[] = ".slow.test";
  size_t length = name ? strlen(name) : 0;
  return length > sizeof end && !strcmp(name + length - (sizeof end - 1), end);
}

int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **result) {
  const struct timespec nap = {0, 2000000};
  (void)service;
  (void)hints;
  *result = NULL;
  for (int ms = 0; is_slow(name) && ms < LOOKUP_MS; ms += 2) {
    if (lr_u32_load_acquire(&lookups_over)) break;
    nanosleep(&nap, NULL);
  }
  return EAI_NONAME;
}

/* ---- Servers ---- */

struct slow_phases *slow_phases_open(struct fetching *t) {
  struct slow_phases *slow = calloc(1, sizeof *slow);
  struct origin_options deaf = {.deaf = true};
  lariat_pool_options pool = lariat_pool_defaults();
  if (!slow) abort();
  lr_u32_init(&lookups_over, 0);
  slow->t = t;
  slow->body = calloc(1, BODY_BYTES);
  slow->good = origin_start(NULL);
  slow->deaf = origin_start(&deaf);
  if (!slow->body || !slow->good || !slow->deaf) abort();
  manual_server_open(&slow->mute, &t->f);
  pool.reactors = 1;
  pool.max_jobs = 1;
  pool.insecure = true; /* the certificates take their time to be read */
  pool.look_up_way = LARIAT_LOOK_UP_BY_SYSTEM;
  fetching_open(t, &pool, NULL);
  return slow;
}

void slow_phases_close(struct slow_phases *slow) {
  lr_u32_store_release(&lookups_over, 1);
  fetching_wait_idle(slow->t, 2000);
  fetching_close(slow->t);
  origin_stop(slow->good);
  origin_stop(slow->deaf);
  manual_server_close(&slow->mute);
  free(slow->body);
  free(slow);
}

/* ---- One deadline ---- */

static void write_url(const struct slow_phases *slow, lariat_phase phase,
                      char *url, size_t capacity) {
  static unsigned name; /* what was not found is remembered */
  switch (phase) {
  case LARIAT_PHASE_DNS:
    snprintf(url, capacity, "http://n%u.slow.test/", ++name);
    return;
  case LARIAT_PHASE_CONNECT:
    origin_url(slow->deaf, "/page", url, capacity);
    return;
  case LARIAT_PHASE_TLS:
    snprintf(url, capacity, "https://127.0.0.1:%u/", slow->mute.port);
    return;
  case LARIAT_PHASE_REQUEST:
  case LARIAT_PHASE_FIRST_BYTE:
    snprintf(url, capacity, "http://127.0.0.1:%u/", slow->mute.port);
    return;
  case LARIAT_PHASE_BODY:
    origin_url(slow->good, "/mid-body-stall", url, capacity);
    return;
  default:
    origin_url(slow->good, "/page", url, capacity);
    return;
  }
}

static lariat_deferred *fetch(struct slow_phases *slow, lariat_phase phase,
                              unsigned ms) {
  char url[256];
  lariat_client *client = slow->t->client;
  lariat_request_options options = lariat_request_defaults(client);
  write_url(slow, phase, url, sizeof url);
  options.timeout_ms = ms;
  if (phase != LARIAT_PHASE_REQUEST)
    return lariat_request(client, "GET", url, &options);
  options.body = lariat_body_owned(slow->body, BODY_BYTES, NULL);
  return lariat_request(client, "PUT", url, &options);
}

static void note_time(struct outcome *outcome, void *context) {
  (void)outcome;
  *(uint64_t *)context = now_ns();
}

static void control_rings(void *context) { *(uint64_t *)context = now_ns(); }

static bool has_rung(void *context) { return *(uint64_t *)context != 0; }

/* Returns what the failure says the phase took. */
static uint64_t time_in(lariat_timings timings, lariat_phase phase) {
  switch (phase) {
  case LARIAT_PHASE_QUEUE:
    return timings.queue_us;
  case LARIAT_PHASE_DNS:
    return timings.dns_us;
  case LARIAT_PHASE_CONNECT:
    return timings.connect_us;
  case LARIAT_PHASE_TLS:
    return timings.tls_us;
  case LARIAT_PHASE_REQUEST:
    return timings.request_us;
  case LARIAT_PHASE_FIRST_BYTE:
    return timings.first_byte_us;
  default:
    return timings.body_us;
  }
}

/* Whether the failure names the phase, and says that the time went there and
 * nowhere else. */
static bool is_of_phase(const struct outcome *outcome, lariat_phase phase,
                        unsigned ms) {
  lariat_timings timings = lariat_failure_timings(outcome->value);
  if (outcome->phase != phase) return false;
  for (int other = LARIAT_PHASE_QUEUE; other <= LARIAT_PHASE_BODY; other++) {
    /* the first byte's time has that of all phases before it */
    if (other == LARIAT_PHASE_FIRST_BYTE && phase != LARIAT_PHASE_FIRST_BYTE)
      continue;
    bool most = time_in(timings, (lariat_phase)other) >= (uint64_t)ms * 500;
    if (most != (other == (int)phase)) return false;
  }
  return true;
}

static void expect_phase(const struct outcome *outcome, lariat_phase phase,
                         unsigned ms) {
  uint64_t total_us = lariat_failure_timings(outcome->value).total_us;
  outcome_expect_failure(outcome, LARIAT_ETIMEDOUT, phase);
  CU_ASSERT_EQUAL(lariat_failure_time_limit(outcome->value),
                  LARIAT_TIME_LIMIT_DEADLINE);
  if (!is_of_phase(outcome, phase, ms))
    fixture_fail("slow in %s: the failure says otherwise",
                 lariat_phase_name(phase));
  if (total_us < (uint64_t)ms * 1000)
    fixture_fail("slow in %s: %llu us in all", lariat_phase_name(phase),
                 (unsigned long long)total_us);
}

static void expect_slot(struct slow_phases *slow) {
  struct outcome next;
  char url[256];
  origin_url(slow->good, "/page", url, sizeof url);
  fetching_do(slow->t, &next, lariat_get(slow->t->client, url));
  outcome_expect_http(&next, 200);
  outcome_clear(&next, 1);
}

/* Takes the one slot that there is. */
static void occupy(struct slow_phases *slow, struct outcome *holder) {
  char url[256];
  origin_url(slow->good, "/hold", url, sizeof url);
  outcome_watch(holder, lariat_get(slow->t->client, url));
  while (origin_counts(slow->good).in_flight == 0) fetching_run(slow->t, 1);
}

static void vacate(struct slow_phases *slow, struct outcome *holder) {
  origin_release(slow->good);
  fetching_wait(slow->t, holder, 1, NEXT_MS);
  outcome_expect_http(holder, 200);
  outcome_clear(holder, 1);
}

/* Makes one try; the outcome is to be cleared. */
static struct slow_phases_result try_deadline(struct slow_phases *slow,
                                              lariat_phase phase, unsigned ms,
                                              struct outcome *outcome) {
  uint64_t fired = 0, rung = 0;
  uint64_t due = now_ns() + (uint64_t)ms * 1000000u;
  outcome_watch_then(outcome, fetch(slow, phase, ms), note_time, &fired);
  if (lariat_reactor_call_later(slow->t->f.reactor, ms, control_rings, &rung,
                                NULL, NULL) != LARIAT_OK)
    abort();
  fetching_wait(slow->t, outcome, 1, ms + NEXT_MS);
  (void)fixture_run_until(&slow->t->f, has_rung, &rung, NEXT_MS);
  return (struct slow_phases_result){(int64_t)(fired - due) / 1000,
                                     (int64_t)(rung - due) / 1000};
}

struct slow_phases_result slow_phases_run(struct slow_phases *slow,
                                          lariat_phase phase, unsigned ms) {
  struct outcome holder, outcome;
  if (phase == LARIAT_PHASE_QUEUE) occupy(slow, &holder);
  struct slow_phases_result result = try_deadline(slow, phase, ms, &outcome);
  while (!is_of_phase(&outcome, phase, ms) && ms < MOST_MS) {
    outcome_clear(&outcome, 1);
    result = try_deadline(slow, phase, ms *= 4, &outcome);
  }
  expect_phase(&outcome, phase, ms);
  outcome_clear(&outcome, 1);
  if (phase == LARIAT_PHASE_QUEUE) vacate(slow, &holder);
  expect_slot(slow);
  manual_server_refuse_all(&slow->mute);
  return result;
}
