/* SPDX-License-Identifier: MIT
 * outcome.h: how a fetch ends.  The client's thread. */
#ifndef LR_CLIENT_OUTCOME_H
#define LR_CLIENT_OUTCOME_H

#include "client/client.h"

/* The questions of jobs to their client. */
extern const lr_job_owner lr_client_job_owner;

/* Those of the jobs of a client with a cookie jar, which is told of each answer
 * first. */
extern const lr_job_owner lr_client_cookie_job_owner;

/* Ends a fetch: the deferred fires with `value` or, had that fired when the
 * headers came, the stream ends.  All fetches end here.  The reference that the
 * job in flight had goes, and perhaps the job. */
void lr_client_complete(lr_job *job, lariat_value value);

/* Ends a fetch with a failure of this status, in this phase. */
void lr_client_fail_job(lr_job *job, lariat_status status, lariat_phase phase);

/* Fails a job that is here; `url` as the user gave it. */
void lr_client_fail(lr_job *job, lariat_status status, const char *url);

/* Fails a job that is here with LARIAT_EINVAL; `what` is wrong, a sentence that
 * begins with the field's name. */
void lr_client_fail_invalid(lr_job *job, const char *url, const char *what);

/* Ends a job that is not completed, wherever it is: the failure says where that
 * was. */
void lr_client_stop(lr_job *job, lariat_status status, lariat_phase phase);

/* Returns the HTTP status of a job that is here; 0: none. */
int lr_outcome_http_status(const lr_job *job);

#endif
