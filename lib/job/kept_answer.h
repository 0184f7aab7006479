/* SPDX-License-Identifier: MIT
 * kept_answer.h: what a job's request wants kept of its answer beside what all
 * responses have (LARIAT_KEEP_*), as transports come to know of it.  Each job
 * that wants any of it has a sink, so that others are not asked.
 *
 * All on the pool's thread, but for redirects. */
#ifndef LR_JOB_KEPT_ANSWER_H
#define LR_JOB_KEPT_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "http/response_details.h"
#include "job/job.h"
#include <lariat/status.h>

enum { LR_KEEP_ALL = 31, LR_KEEP_OF_TLS = 12 };

/* Says whether the job wants one of these kept, LARIAT_KEEP_*. */
static inline bool lr_kept_answer_wants(const lr_job *job, unsigned keep) {
  return job->wants.keep & keep;
}

/* Begins with a response that is to come, or comes anew. */
void lr_kept_answer_begin(lr_job *job);

/* Takes bytes of heads as they come, in pieces of whatever length, if they are
 * wanted; their source is the last one's.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_kept_answer_add_head(lr_job *job, const char *bytes,
                                      size_t length, lariat_head_source source);

/* Takes what is known of the connection when the final head is complete:
 * `local_ip` (NULL: it is the descriptor's, if `fd` is not -1) and the port,
 * and `ssl`, an SSL (NULL: there is no TLS); if that is wanted. LARIAT_OK,
 * LARIAT_ENOMEM */
typedef struct lr_kept_connection {
  int fd;
  const char *local_ip;
  unsigned local_port;
  void *ssl;
} lr_kept_connection;
lariat_status
lr_kept_answer_add_connection(lr_job *job,
                              const lr_kept_connection *connection);

/* Takes bytes of the body before they are decoded (`coded`), or given to the
 * sink as they are, if they are wanted and not kept anyway.  What is paused
 * behind this comes again, and is taken once: lr_kept_answer_pass_body tells
 * what does not.
 *
 * LARIAT_OK
 * LARIAT_EBUSY  not now: the same again, after the sink's pause
 * LARIAT_ENOMEM */
lariat_status lr_kept_answer_add_body(lr_job *job, const char *bytes,
                                      size_t length, bool coded);
void lr_kept_answer_pass_body(lr_job *job, size_t length);

/* Gives the response, if the job has one, the redirects that led to it; and
 * takes them back from one that is dropped.  Any thread that has the job, which
 * has a sink, alone. */
void lr_kept_answer_give_history(lr_job *job);
void lr_kept_answer_take_history(lr_job *job);

/* Takes the redirects for a failure: the last response of them, with those
 * before it; NULL: there are none, or they are not wanted.  One that is not
 * followed (`refused`) is the last.  The caller's thread, with a job that is
 * not away. */
lariat_response *lr_kept_answer_take_redirects(lr_job *job, bool refused);

#endif
