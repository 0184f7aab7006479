/* SPDX-License-Identifier: MIT
 * next_step.h: what is done with a job that has returned. */
#ifndef LR_CLIENT_NEXT_STEP_H
#define LR_CLIENT_NEXT_STEP_H

#include <stdbool.h>

#include "job/body_sink.h"
#include "job/job.h"
#include "job/redirect.h"

typedef enum lr_step {
  LR_STEP_RETRY,           /* another attempt */
  LR_STEP_FAIL,            /* the deferred fails */
  LR_STEP_END_STREAM,      /* the deferred has fired, the stream ends */
  LR_STEP_DELIVER_VALUE,   /* of a transform */
  LR_STEP_REDIRECT,        /* the next hop */
  LR_STEP_DELIVER_RESPONSE /* the deferred fires */
} lr_step;

/* Decides what is next; `retry`: the job's plan says that it is to be tried
 * again.  Reads the job and changes nothing. */
static inline lr_step lr_next_step(const lr_job *job, bool retry) {
  if (retry) return LR_STEP_RETRY;
  if (job->attempt.outcome != LARIAT_OK) return LR_STEP_FAIL;
  if (lr_job_is_streaming(job)) return LR_STEP_END_STREAM;
  if (job->sink && job->sink->transform.done) return LR_STEP_DELIVER_VALUE;
  if (lr_redirect_wanted(job)) return LR_STEP_REDIRECT;
  return LR_STEP_DELIVER_RESPONSE;
}

#endif
