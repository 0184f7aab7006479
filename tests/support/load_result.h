/* SPDX-License-Identifier: MIT
 * load_result.h: the result of a load test that never ran, made by hand: each
 * request is recorded as a worker would. */
#ifndef TESTS_SUPPORT_LOAD_RESULT_H
#define TESTS_SUPPORT_LOAD_RESULT_H

#include <stdio.h>
#include <stdlib.h>

#include "load/interval.h"
#include "load/result.h"

#define LOAD_RESULT_MS UINT64_C(1000000)
#define LOAD_RESULT_S UINT64_C(1000000000)
#define LOAD_RESULT_START (1000 * LOAD_RESULT_S)

/* A run: `rate` requests a second for so many seconds.  All zero but `seconds`
 * and `rate` is a quiet one. */
struct load_result_plan {
  unsigned seconds;
  unsigned rate;
  unsigned stalled_second; /* in it all wait for its end; 0: none */
  unsigned failing;        /* each so many fail, in all the ways; 0: none */
  uint64_t late_ns;        /* how late each is sent */
  bool closed;
  bool named;            /* each is of one of the names below */
  lariat_load_part part; /* all zero: the whole */
};

/* Tells whether request or connection `i` is of the plan's part. */
static inline bool load_result_has(const struct load_result_plan *plan,
                                   uint64_t i) {
  return !plan->part.count || i % plan->part.count == plan->part.index;
}

static const char *const load_result_names[] = {
    "", "GET /", "GET /<script>alert(1)</script>?a=\"1\"&b='2'"};

static inline lariat_load_run_facts
load_result_facts(const struct load_result_plan *plan) {
  lariat_load_run_facts facts = {
      .target = "http://127.0.0.1:8080/a?b=1&c=<d>",
      .plan_hash = "0123456789abcdef",
      .open = !plan->closed,
      .seed = UINT64_MAX,
      .part = plan->part.count ? plan->part : (lariat_load_part){0, 1},
      .reactors = 2,
      .connections = 50,
      .http_version = 11,
      .timeout_ns = 10 * LOAD_RESULT_S,
      .asked = lariat_load_part_size(plan->part,
                                     (uint64_t)plan->seconds * plan->rate),
      .asked_per_s =
          plan->closed
              ? 0
              : (double)plan->rate / (plan->part.count ? plan->part.count : 1),
      .duration_ns = plan->seconds * LOAD_RESULT_S,
      .started_at_ns = INT64_C(1796047200123456789),
      .lariat_version = "0.2.0",
      .libcurl_version = "8.14.1",
      .machine = "a machine with 2 CPUs, Linux 6.1",
  };
  if (plan->closed)
    snprintf(facts.plan, sizeof facts.plan, "closed, 50 users for %u s",
             plan->seconds);
  else
    snprintf(facts.plan, sizeof facts.plan, "open, %u/s even for %u s",
             plan->rate, plan->seconds);
  return facts;
}

/* Returns how long the server takes for request `i`: 5 to 8 ms, some longer,
 * the same on each machine. */
static inline uint64_t load_result_wire(uint64_t i) {
  uint64_t drawn = (i + 1) * UINT64_C(6364136223846793005) >> 40;
  uint64_t spread = drawn % 1000;
  uint64_t ns = 5 * LOAD_RESULT_MS + spread * spread * 3;
  if (spread > 980) ns += (spread - 980) * LOAD_RESULT_MS;
  return ns + i % 1000;
}

/* Makes what a request that fails has: some were sent, some got no
 * connection. */
static inline void load_result_fail(lr_load_sample *sample, uint64_t kind) {
  sample->outcome = (uint8_t)(1 + kind % (LARIAT_LOAD_OUTCOMES - 1));
  sample->status = sample->outcome == LARIAT_LOAD_STATUS ? 503 : 0;
  if (sample->outcome == LARIAT_LOAD_CHECK) sample->status = 200;
  if (sample->status) return;
  sample->first_byte_ns = 0;
  sample->stamped = false;
  if (sample->outcome == LARIAT_LOAD_TIMEOUT)
    sample->read_ns = sample->sent_ns + 10 * LOAD_RESULT_S;
  sample->arrived_ns = sample->read_ns;
  if (sample->outcome == LARIAT_LOAD_CONNECT_FAILED)
    sample->free_ns = sample->sent_ns = 0;
}

static inline lr_load_sample
load_result_sample(const struct load_result_plan *plan, uint64_t i) {
  uint64_t second = i / plan->rate;
  lr_load_sample sample = {.index = i, .bytes = 1234, .status = 200};
  sample.intended_ns = LOAD_RESULT_START + i * LOAD_RESULT_S / plan->rate;
  sample.free_ns = sample.intended_ns;
  sample.sent_ns = sample.free_ns + 20000 + plan->late_ns;
  sample.arrived_ns = sample.sent_ns + load_result_wire(i);
  if (plan->stalled_second && second == plan->stalled_second)
    sample.arrived_ns +=
        LOAD_RESULT_START + (second + 1) * LOAD_RESULT_S - sample.intended_ns;
  sample.first_byte_ns = sample.arrived_ns - LOAD_RESULT_MS;
  sample.read_ns = sample.arrived_ns + 15000;
  sample.stamped = true;
  sample.name = plan->named ? (uint16_t)(1 + i % 2) : 0;
  if (plan->failing && i % plan->failing == 7)
    load_result_fail(&sample, i / plan->failing);
  return sample;
}

/* Adds one reactor's part of a second. */
static inline void load_result_second(lariat_load_result *result,
                                      const struct load_result_plan *plan,
                                      lr_load_interval *interval,
                                      unsigned reactor, unsigned second) {
  uint64_t first = (uint64_t)second * plan->rate;
  lr_load_interval_reset(interval, reactor, second);
  lr_load_counts *counts = lr_load_interval_counts(interval);
  for (uint64_t i = first + reactor; i < first + plan->rate; i += 2) {
    if (!load_result_has(plan, i)) continue;
    lr_load_sample sample = load_result_sample(plan, i);
    lr_load_interval_record(interval, &sample);
    counts->intended++;
    counts->sent++;
    counts->bytes_sent += 100;
  }
  if (second == 0) {
    for (unsigned i = 0; i < 25; i++) {
      if (!load_result_has(plan, i)) continue;
      counts->connections++;
      lr_load_interval_connected(interval, 120000 + i * 1000, 0);
    }
  }
  *lr_load_interval_time(interval) = (lr_load_thread_time){
      .elapsed_ns = LOAD_RESULT_S,
      .cpu_ns = (110 + 10 * reactor + second % 7) * LOAD_RESULT_MS,
      .wait_ns = (second % 5) * LOAD_RESULT_MS};
  if (lr_load_result_add(result, interval) != LARIAT_OK) abort();
}

/* Makes the result of a plan; the caller frees it. */
static inline lariat_load_result *
load_result_make(const struct load_result_plan *plan) {
  lariat_load_result *result;
  lr_load_interval *interval;
  lariat_load_run_facts facts = load_result_facts(plan);
  size_t names = plan->named ? 3 : 1;
  if (lr_load_result_new(&facts, load_result_names, names, 2, &result) ||
      lr_load_interval_new(names, &interval))
    abort();
  result->started_ns = LOAD_RESULT_START;
  result->network.known = true;
  for (unsigned second = 0; second < plan->seconds; second++)
    for (unsigned reactor = 0; reactor < 2; reactor++)
      load_result_second(result, plan, interval, reactor, second);
  lr_load_result_finish(result);
  lr_load_interval_free(interval);
  return result;
}

#endif
