/* SPDX-License-Identifier: MIT
 * report.c: timings and failures of attempts. */
#include "job/report.h"

#include "base/memory.h"
#include "base/time.h"

void lr_report_timings(const lr_job *job, const lr_attempt_facts *facts,
                       lariat_response *response) {
  lariat_timings *timings = &response->timings;
  response->beginning = (lr_response_beginning){0};
  timings->queue_us =
      lr_since(job->pool.started_ns, job->request.hop_ns) / LR_NS_PER_US;
  timings->first_byte_us = facts->first_byte_us;
  timings->body_us = lr_since(facts->ended_us, facts->first_byte_us);
  if (!facts->opened) return;
  timings->dns_us = facts->dns_us;
  timings->connect_us = lr_since(facts->connected_us, facts->dns_us);
  timings->tls_us = lr_since(facts->secured_us, facts->connected_us);
}

void lr_report_failed_timings(const lr_job *job, const lr_attempt_facts *facts,
                              lariat_response *response, lariat_phase phase) {
  lariat_timings *timings = &response->timings;
  uint64_t spent_us = facts->ended_us;
  lr_report_timings(job, facts, response);
  timings->body_us = 0;
  if (phase == LARIAT_PHASE_DNS) timings->dns_us = spent_us;
  if (phase == LARIAT_PHASE_CONNECT)
    timings->connect_us = lr_since(spent_us, facts->dns_us);
  if (phase == LARIAT_PHASE_TLS)
    timings->tls_us = lr_since(spent_us, facts->connected_us);
  if (phase == LARIAT_PHASE_REQUEST)
    timings->request_us = lr_since(spent_us, facts->ready_us);
  if (phase == LARIAT_PHASE_BODY)
    timings->body_us = lr_since(spent_us, timings->first_byte_us);
  else
    timings->first_byte_us = spent_us;
}

void lr_report_failure(lr_job *job, lariat_status status, int curl_code,
                       lariat_phase phase, const char *detail) {
  job->attempt.outcome = status;
  job->attempt.curl_code = curl_code;
  job->attempt.phase = (uint8_t)phase;
  if (detail) job->attempt.detail = lr_copy_string(detail);
}
