/* SPDX-License-Identifier: MIT
 * retry.h: whether a job that came back is tried again, when, and what is told
 * of it.  All on the caller's thread; outcome.c acts on the plan. */
#ifndef LR_CLIENT_RETRY_H
#define LR_CLIENT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "limits/retry_policy.h"
#include <lariat/attempt.h>
#include <lariat/status.h>

struct lr_job;

/* Notes the attempt that is over, if there is space for it; the wait before the
 * next is `wait_ns`. */
void lr_retry_note(struct lr_job *job, lariat_status status, int http_status,
                   uint64_t wait_ns);

/* Notes that libcurl has sent the request twice in this attempt. */
void lr_retry_note_resent(struct lr_job *job);

/* What to do with a job that has come back with an outcome. */
typedef struct lr_retry_plan {
  bool again;
  uint64_t wait_ns;
  lariat_retry_end end; /* why not */
} lr_retry_plan;

/* What a plan depends on beside the job. */
typedef struct lr_retry_moment {
  uint64_t now_ns;
  uint64_t left_ns; /* until the deadline; UINT64_MAX: none */
  bool full;        /* no more may wait */
} lr_retry_moment;

/* Plans for `job`; takes a token of the budget if it is to be tried again. */
lr_retry_plan lr_retry_plan_of(lr_retry *retry, const struct lr_job *job,
                               lr_retry_moment moment);

#endif
