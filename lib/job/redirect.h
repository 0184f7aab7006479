/* SPDX-License-Identifier: MIT
 * redirect.h: what becomes of a request that is answered by a redirect
 * (RFC 9110, 15.4; the Fetch standard where the RFC leaves a choice). */
#ifndef LR_JOB_REDIRECT_H
#define LR_JOB_REDIRECT_H

#include <stdbool.h>

#include "job/job.h"

/* Returns whether the job's response, whose status begins with 3, is a redirect
 * that it wants followed. */
bool lr_redirect_is_one(const lr_job *job);
static inline bool lr_redirect_wanted(const lr_job *job) {
  return job->response->status / 100 == 3 && lr_redirect_is_one(job);
}

/* Makes the job the request for where its response points to: URL, method,
 * body, headers; drops the response.  Credentials and Host do not go to another
 * origin, nor, if the job's rules say so, do headers of the caller's own.  A
 * user or password in the Location is left out: a server does not choose what
 * to authenticate with.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EREDIRECTS it has followed as many as it may
 * LARIAT_EREDIRECT  not to a URL that can be fetched
 * LARIAT_EPROTOCOL  to two of them
 * LARIAT_EDOWNGRADE from https to http
 * LARIAT_EPORT      to a port that is not for HTTP
 * LARIAT_EUPLOAD    its body would have to be sent again, and cannot be */
lariat_status lr_redirect_follow(lr_job *job);

#endif
