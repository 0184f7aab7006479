/* SPDX-License-Identifier: MIT
 * result_reader.c: a result for its users, and the names of what it has. */
#include <lariat/load/result.h>

#include <string.h>

#include <lariat/load/merge.h>

#include "result.h"

/* ---- Names ---- */

static const char *const measure_names[LARIAT_LOAD_MEASURES] = {
    [LARIAT_LOAD_RESPONSE] = "response",
    [LARIAT_LOAD_GOOD] = "good",
    [LARIAT_LOAD_QUEUE] = "queue",
    [LARIAT_LOAD_LATE] = "late",
    [LARIAT_LOAD_WIRE] = "wire",
    [LARIAT_LOAD_FIRST_BYTE] = "first_byte",
    [LARIAT_LOAD_RAW] = "raw",
    [LARIAT_LOAD_READ_LATE] = "read_late",
    [LARIAT_LOAD_CORRECTED] = "corrected",
    [LARIAT_LOAD_CONNECT] = "connect",
    [LARIAT_LOAD_TLS] = "tls",
};

static const char *const outcome_names[LARIAT_LOAD_OUTCOMES] = {
    [LARIAT_LOAD_ANSWERED] = "answered",
    [LARIAT_LOAD_STATUS] = "status",
    [LARIAT_LOAD_CHECK] = "check",
    [LARIAT_LOAD_RESOLVE] = "resolve",
    [LARIAT_LOAD_CONNECT_FAILED] = "connect",
    [LARIAT_LOAD_TLS_FAILED] = "tls",
    [LARIAT_LOAD_RESET] = "reset",
    [LARIAT_LOAD_CLOSED] = "closed",
    [LARIAT_LOAD_PROTOCOL] = "protocol",
    [LARIAT_LOAD_TIMEOUT] = "timeout",
    [LARIAT_LOAD_LOCAL] = "local",
};

const char *lariat_load_measure_name(lariat_load_measure measure) {
  return (unsigned)measure < LARIAT_LOAD_MEASURES ? measure_names[measure] : "";
}

const char *lariat_load_outcome_name(lariat_load_outcome outcome) {
  return (unsigned)outcome < LARIAT_LOAD_OUTCOMES ? outcome_names[outcome] : "";
}

/* ---- Distributions ---- */

const lariat_histogram *
lariat_load_result_histogram(const lariat_load_result *result,
                             lariat_load_measure measure) {
  return result->classes[0].histograms[measure];
}

lariat_load_support lariat_load_percentile_support(uint64_t count,
                                                   double percent) {
  /* A little more, so that 99.9 per cent of 10,000 leave 10 in floating point,
   * too. */
  double beyond = (double)count * (100 - percent) / 100 + 1e-6;
  if (beyond >= 100) return LARIAT_LOAD_SUPPORTED;
  return beyond >= 10 ? LARIAT_LOAD_ROUGH : LARIAT_LOAD_UNSUPPORTED;
}

/* ---- Counts ---- */

uint64_t lariat_load_result_outcomes(const lariat_load_result *result,
                                     lariat_load_outcome outcome) {
  return lariat_load_result_class_outcomes(result, 0, outcome);
}

uint64_t lariat_load_result_statuses(const lariat_load_result *result,
                                     unsigned status) {
  return status < LR_LOAD_STATUSES ? result->statuses[status] : 0;
}

/* Copies a struct that begins with its size, as far as the reader's goes. */
static lariat_status copy_struct(void *out, const void *from, size_t bytes) {
  size_t size;
  memcpy(&size, out, sizeof(size));
  if (size < sizeof(size)) return LARIAT_EINVAL;
  memcpy(out, from, size < bytes ? size : bytes);
  memcpy(out, &size, sizeof(size));
  return LARIAT_OK;
}

static uint64_t count_ended(const lr_load_counts *counts) {
  uint64_t ended = 0;
  for (unsigned i = 0; i < LARIAT_LOAD_OUTCOMES; i++)
    ended += counts->outcomes[i];
  return ended;
}

lariat_status lariat_load_result_read_counts(const lariat_load_result *result,
                                             lariat_load_counts *out) {
  const lr_load_counts *from = &result->counts;
  const lariat_load_counts counts = {
      .intended = from->intended,
      .sent = from->sent,
      .ended = count_ended(from),
      .bytes_sent = from->bytes_sent,
      .bytes_received = from->bytes_received,
      .connections = from->connections,
      .stamped = from->stamped,
      .unstamped = from->unstamped,
      .queued = from->queued,
      .unsent = from->unsent,
      .starved = from->starved,
  };
  return copy_struct(out, &counts, sizeof(counts));
}

/* ---- Classes ---- */

size_t lariat_load_result_classes(const lariat_load_result *result) {
  return result->class_count;
}

const char *lariat_load_result_class_name(const lariat_load_result *result,
                                          size_t index) {
  return index < result->class_count ? result->classes[index].name : NULL;
}

const lariat_histogram *
lariat_load_result_class_histogram(const lariat_load_result *result,
                                   size_t index, lariat_load_measure measure) {
  if (index >= result->class_count || (unsigned)measure >= LARIAT_LOAD_MEASURES)
    return NULL;
  return result->classes[index].histograms[measure];
}

uint64_t lariat_load_result_class_outcomes(const lariat_load_result *result,
                                           size_t index,
                                           lariat_load_outcome outcome) {
  if (index >= result->class_count || (unsigned)outcome >= LARIAT_LOAD_OUTCOMES)
    return 0;
  return index ? result->classes[index].outcomes[outcome]
               : result->counts.outcomes[outcome];
}

/* ---- Seconds ---- */

size_t lariat_load_result_seconds(const lariat_load_result *result) {
  return result->second_count;
}

lariat_status lariat_load_result_read_second(const lariat_load_result *result,
                                             size_t index,
                                             lariat_load_second *out) {
  if (index >= result->second_count) return LARIAT_ENOTFOUND;
  const lr_load_second *from = &result->seconds[index];
  const lariat_load_second second = {
      .second = from->second,
      .span_s = from->span_s,
      .asked = from->asked,
      .sent = from->sent,
      .answered = from->answered,
      .failed = from->failed,
      .bytes_received = from->bytes_received,
      .connections = from->connections,
      .p50_ns = from->p50_ns,
      .p90_ns = from->p90_ns,
      .p99_ns = from->p99_ns,
      .max_ns = from->max_ns,
      .late_p99_ns = from->late_p99_ns,
      .cpu_most_ns = from->cpu_most_ns,
      .wait_most_ns = from->wait_most_ns,
  };
  return copy_struct(out, &second, sizeof(second));
}

/* ---- Parts ---- */

size_t lariat_load_result_parts(const lariat_load_result *result) {
  return result->merged_count;
}

lariat_status lariat_load_result_read_part(const lariat_load_result *result,
                                           size_t index,
                                           lariat_load_merged_part *out) {
  if (index >= result->merged_count) return LARIAT_ENOTFOUND;
  const lr_load_merged *from = &result->merged[index];
  const lariat_load_merged_part part = {
      .part = from->part,
      .host = from->host,
      .machine = from->machine,
      .validity = from->validity,
      .began_ns = from->began_ns,
      .clock_ahead_ns = from->clock_ahead_ns,
      .duration_ns = from->duration_ns,
      .reactors = from->reactors,
      .connections = from->connections,
      .sent = from->sent,
      .answered = from->answered,
      .failed = from->failed,
      .response_p99_ns = from->response_p99_ns,
      .late_p99_ns = from->late_p99_ns,
      .cpu_most = from->cpu_most,
      .wait_most = from->wait_most,
  };
  return copy_struct(out, &part, sizeof(part));
}

/* ---- The slowest requests ---- */

size_t lariat_load_result_slowest(const lariat_load_result *result) {
  return result->slowest_count;
}

/* Returns the time between two instants; 0 if one was not reached. */
static uint64_t between(uint64_t from, uint64_t to) {
  return from && to > from ? to - from : 0;
}

lariat_status lariat_load_result_read_slowest(const lariat_load_result *result,
                                              size_t index,
                                              lariat_load_slow_request *out) {
  if (index >= result->slowest_count) return LARIAT_ENOTFOUND;
  const lr_load_sample *from = &result->slowest[index];
  const lariat_load_slow_request slow = {
      .index = from->index,
      .request = from->request,
      .status = from->status,
      .outcome = (lariat_load_outcome)from->outcome,
      .class_index = from->name,
      .intended_ns = from->intended_ns > result->started_ns
                         ? from->intended_ns - result->started_ns
                         : 0,
      .response_ns = lr_load_sample_response(from),
      .queue_ns = between(from->intended_ns, from->free_ns),
      .late_ns = between(from->free_ns, from->sent_ns),
      .wire_ns = between(from->sent_ns, from->arrived_ns),
      .first_byte_ns = between(from->sent_ns, from->first_byte_ns),
      .read_late_ns = between(from->arrived_ns, from->read_ns),
      .bytes = from->bytes,
  };
  return copy_struct(out, &slow, sizeof(slow));
}
