/* SPDX-License-Identifier: MIT
 * job.c: the memory of a job. */
#include "job/job.h"

#include <string.h>

#include "base/memory.h"
#include "base/quarantine.h"
#include "job/body_sink.h"
#include "job/body_source.h"
#include "job/kept_answer.h"
#include "job/lease.h"
#include "job/observation.h"

lr_job *lr_job_new(void) {
  lr_job *job = lr_alloc_lines(sizeof *job);
  if (!job) return NULL;
  lr_list_init(&job->caller.node);
  lr_list_init(&job->caller.queue_node);
  lr_list_init(&job->pool.node);
  lr_u32_init(&job->ends, 0);
  return job;
}

/* Returns whether the job may own anything beyond target, headers and response.
 * Most do not, which keeps them off the slow path. */
static bool has_more(const lr_job *job) {
  return !job->request.defaults || job->retry.attempts || job->attempt.detail;
}

void lr_job_drop_lease(lr_job *job) {
  lr_lease_close(job->lease);
  job->lease = NULL;
}

static void drop_more(lr_job *job) {
  if (job->sink) lr_body_sink_free(job->sink);
  job->sink = NULL;
  lr_job_drop_lease(job);
  lr_observation_free(job->observation);
  job->observation = NULL;
  if (job->body.bytes && job->body.drop)
    job->body.drop((void *)(uintptr_t)job->body.bytes);
  job->body.bytes = NULL;
  job->body.length = 0;
  job->body.drop = NULL;
  if (job->body.source) job->body.source->ops->drop(job->body.source);
  job->body.source = NULL;
  if (job->retry.own_rules) job->retry.rules = NULL;
  lr_free(job->retry.own_rules);
  job->retry.own_rules = NULL;
  lr_free(job->retry.attempts);
  job->retry.attempts = NULL;
  lr_free(job->attempt.detail);
  job->attempt.detail = NULL;
}

void lr_job_drop_outcome(lr_job *job) {
  if (job->sink) lr_kept_answer_take_history(job);
  lr_response_release(job->response);
  job->response = NULL;
  lr_free(job->attempt.detail);
  job->attempt.detail = NULL;
  job->attempt.curl_code = 0;
}

void lr_job_wipe(lr_job *job) {
  if (has_more(job)) drop_more(job);
  if (job->request.url.text) lr_url_clear(&job->request.url);
  lr_header_list_release(job->request.headers);
  job->request.headers = NULL;
  if (job->response) lr_response_release(job->response);
  job->response = NULL;
}

void lr_job_free(lr_job *job) {
  lr_job_wipe(job);
  lr_buffer_clear(&job->request.spare_url);
  lr_quarantine_free_lines(job);
}

void lr_job_end(lr_job *job, uint32_t parts) {
  if (parts & LR_JOB_TRAVEL_ENDED) lr_job_drop_lease(job);
  uint32_t before = lr_u32_or_acq_rel(&job->ends, parts);
  if ((before | parts) == LR_JOB_ALL_ENDED) lr_job_free(job);
}
