/* SPDX-License-Identifier: MIT
 * request_head.h: the text of a GET or HEAD, byte for byte as libcurl
 * writes it. */
#ifndef LR_H1_REQUEST_HEAD_H
#define LR_H1_REQUEST_HEAD_H

#include <stddef.h>

#include "h1/h1.h"
#include "job/job.h"

/* Writes the job's request into memory that all requests of `h1` share, and
 * returns it, with its length; NULL when out of memory.  What is behind the
 * path is kept with the host, since it seldom changes from one request to the
 * next. */
const char *lr_request_head_write(lr_h1 *h1, const lr_job *job, size_t *length);

/* Frees what a request that was much larger than most has taken. */
void lr_request_head_trim(lr_h1 *h1, lr_host *host);

#endif
