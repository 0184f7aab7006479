/* SPDX-License-Identifier: MIT
 * upload.h: what requests do with a producer's body.  The caller's thread. */
#ifndef LR_JOB_UPLOAD_H
#define LR_JOB_UPLOAD_H

#include "job/body_source.h"

struct lr_job;

/* Makes `upload` the body of `job`: the job gets a reference.
 * LARIAT_OK
 * LARIAT_EINVAL   it belongs to another reactor than the job
 * LARIAT_EALREADY it was given to a request before */
lariat_status lr_upload_attach(lariat_upload *upload, struct lr_job *job);

/* Ends an upload whose request was refused before it had a job. */
void lr_upload_refuse(lariat_upload *upload, lariat_status status);

#endif
