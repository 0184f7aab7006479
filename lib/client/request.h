/* SPDX-License-Identifier: MIT
 * request.h: what requests have in common with other jobs of a client. */
#ifndef LR_CLIENT_REQUEST_H
#define LR_CLIENT_REQUEST_H

#include "base/attributes.h"
#include "job/job.h"
#include <lariat/client.h>

/* Fills in a job that opens a connection to the origin of `url`, and makes no
 * request: limits and retries are those of `options`.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EINVAL, LARIAT_EURL, LARIAT_ESCHEME,
 * LARIAT_EPORT */
LR_COLD lariat_status lr_request_fill_opening(
    lr_job *job, const char *url, const lariat_request_options *options);

#endif
