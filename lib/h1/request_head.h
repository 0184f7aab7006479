/* SPDX-License-Identifier: MIT
 * request_head.h: the text of a request up to its body, byte for byte as
 * libcurl writes it. */
#ifndef LR_H1_REQUEST_HEAD_H
#define LR_H1_REQUEST_HEAD_H

#include <stddef.h>

#include "h1/h1.h"
#include "job/job.h"

/* The longest body that goes out with its head. */
enum { LR_REQUEST_HEAD_BODY_MAX = 16 * 1024 };

/* Returns how much of the job's body its head brings along: all of one in
 * memory that is short, or nothing. */
static inline size_t lr_request_head_body_length(const lr_job *job) {
  return job->body.length <= LR_REQUEST_HEAD_BODY_MAX ? job->body.length : 0;
}

/* Writes the head of the job's request, with a short body, into memory that all
 * requests of `h1` share, and returns it, with its length; NULL when out of
 * memory.  What is behind the path is kept with the host, since it seldom
 * changes from one request to the next. */
const char *lr_request_head_write(lr_h1 *h1, const lr_job *job, size_t *length);

/* Frees what a request that was much larger than most has taken. */
void lr_request_head_trim(lr_h1 *h1, lr_host *host);

#endif
