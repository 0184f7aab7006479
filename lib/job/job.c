/* SPDX-License-Identifier: MIT
 * The memory of a job. */
#include "job/job.h"

#include <string.h>

#include "base/memory.h"
#include "job/body_sink.h"
#include "job/body_source.h"

lr_job *lr_job_new(void) {
  lr_job *job = lr_alloc_lines(sizeof *job);
  if (!job) return NULL;
  lr_list_init(&job->node);
  lr_list_init(&job->queue_node);
  lr_list_init(&job->pool_node);
  lr_u32_init(&job->ends, 0);
  return job;
}

/* Mostly there is none of it. */
static bool has_more(const lr_job *job) {
  return !job->defaults || job->attempts || job->detail;
}

static void drop_more(lr_job *job) {
  if (job->sink) lr_body_sink_free(job->sink);
  job->sink = NULL;
  if (job->body && job->drop_body) job->drop_body((void *)(uintptr_t)job->body);
  job->body = NULL;
  job->body_length = 0;
  job->drop_body = NULL;
  if (job->body_source) job->body_source->ops->drop(job->body_source);
  job->body_source = NULL;
  if (job->own_rules) job->rules = NULL;
  lr_free(job->own_rules);
  job->own_rules = NULL;
  lr_free(job->attempts);
  job->attempts = NULL;
  lr_free(job->detail);
  job->detail = NULL;
}

void lr_job_drop_outcome(lr_job *job) {
  lr_response_release(job->response);
  job->response = NULL;
  lr_free(job->detail);
  job->detail = NULL;
  job->curl_code = 0;
}

void lr_job_wipe(lr_job *job) {
  if (has_more(job)) drop_more(job);
  if (job->url.text) lr_url_clear(&job->url);
  lr_header_list_release(job->headers);
  job->headers = NULL;
  if (job->response) lr_response_release(job->response);
  job->response = NULL;
}

void lr_job_free(lr_job *job) {
  lr_job_wipe(job);
  lr_free_lines(job);
}

void lr_job_end(lr_job *job, uint32_t parts) {
  uint32_t before = lr_u32_or_acq_rel(&job->ends, parts);
  if ((before | parts) == LR_JOB_ALL_ENDED) lr_job_free(job);
}
