/* SPDX-License-Identifier: MIT
 * report.h: what is told of one attempt, the same whatever transport has made
 * it: how long each phase took, and why it failed. */
#ifndef LR_JOB_REPORT_H
#define LR_JOB_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "job/job.h"

/* The facts that a transport knows of an attempt: times since it was started,
 * in microseconds; 0 is not yet, or not at all. */
typedef struct lr_attempt_facts {
  bool opened;           /* a connection, to which these four belong */
  uint64_t dns_us;       /* the name was looked up */
  uint64_t connected_us; /* the connection was there */
  uint64_t secured_us;   /* TLS was agreed upon */
  uint64_t ready_us;     /* the request could be sent */
  uint64_t first_byte_us;
  uint64_t ended_us; /* now */
} lr_attempt_facts;

/* The codes of libcurl (CURLcode) that exchanges without it report as well. */
enum lr_curl_code {
  LR_CURLE_OK = 0,
  LR_CURLE_PARTIAL_FILE = 18,
  LR_CURLE_WRITE_ERROR = 23,
  LR_CURLE_OUT_OF_MEMORY = 27,
  LR_CURLE_GOT_NOTHING = 52,
  LR_CURLE_RECV_ERROR = 56,
  LR_CURLE_BAD_CONTENT_ENCODING = 61
};

/* Writes the timings of an attempt so far into `response`. */
void lr_report_timings(const lr_job *job, const lr_attempt_facts *facts,
                       lariat_response *response);

/* Writes the timings of an attempt that failed in `phase`, which lasted until
 * now. */
void lr_report_failed_timings(const lr_job *job, const lr_attempt_facts *facts,
                              lariat_response *response, lariat_phase phase);

/* Notes why the job's attempt failed; `detail` is copied, and may be NULL. */
void lr_report_failure(lr_job *job, lariat_status status, int curl_code,
                       lariat_phase phase, const char *detail);

#endif
