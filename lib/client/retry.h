/* SPDX-License-Identifier: MIT
 * retry.h: whether a job that has returned is tried again, when, and what is
 * told of its attempts.  All on the caller's thread. */
#ifndef LR_CLIENT_RETRY_H
#define LR_CLIENT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "job/job.h"
#include "limits/retry_policy.h"
#include "reactor/timers.h"
#include <lariat/attempt.h>
#include <lariat/status.h>

/* Notes the attempt that is over, if there is space for it; the wait before the
 * next is `wait_ns`. */
void lr_retry_note(lr_job *job, lariat_status status, int http_status,
                   uint64_t wait_ns);

/* The step after a job has returned with an outcome. */
typedef struct lr_retry_plan {
  bool again;
  uint64_t wait_ns;
  lariat_retry_end end; /* why not */
} lr_retry_plan;

/* The facts that a plan depends on beside the job. */
typedef struct lr_retry_moment {
  uint64_t now_ns;
  uint64_t left_ns; /* until the deadline; UINT64_MAX: none */
  bool full;        /* no more may wait */
} lr_retry_moment;

/* Plans for `job`; takes a token of the budget if it is to be tried again. */
lr_retry_plan lr_retry_plan_of(lr_retry *retry, const lr_job *job,
                               lr_retry_moment moment);

/* Plans for a job of a client that has returned, and notes what is known of its
 * attempt and of its body by now. */
lr_retry_plan lr_retry_consider_slow(lr_job *job);
static inline lr_retry_plan lr_retry_consider(lr_job *job) {
  if (job->retry.rules || job->attempt.resent || job->attempt.connection_dead)
    return lr_retry_consider_slow(job);
  return (lr_retry_plan){.end = job->retry.end};
}

/* Carries out a plan to try again, now or after its wait.  False: there is no
 * memory for that, and nothing was done. */
bool lr_retry_start(lr_job *job, lr_retry_plan plan);

/* Notes that a job waits for its retry no longer. */
void lr_retry_end_wait(lr_job *job);

/* Ends what a job's `caller.timer` limits: its wait for the retry, or its time
 * in the backlog.  (A job that is away has left the timer set.) */
void lr_retry_timer_expired(lr_timer *timer);

#endif
