/* SPDX-License-Identifier: MIT
 * kept_answer.c: the details of a job's response. */
#include "job/kept_answer.h"

#include <string.h>

#include "job/body_sink.h"
#include "net/connection_facts.h"

_Static_assert(LR_KEEP_ALL ==
                       (LARIAT_KEEP_RAW_HEAD | LARIAT_KEEP_RAW_BODY |
                        LARIAT_KEEP_CONNECTION | LARIAT_KEEP_CERTIFICATES |
                        LARIAT_KEEP_REDIRECTS) &&
                   LR_KEEP_OF_TLS ==
                       (LARIAT_KEEP_CONNECTION | LARIAT_KEEP_CERTIFICATES),
               "these are all there are");

static lr_response_details *details_of(const lr_job *job) {
  return lr_response_details_need(job->response, job->wants.keep);
}

void lr_kept_answer_begin(lr_job *job) {
  if (job->response) lr_response_details_forget(job->response);
  job->sink->kept_ahead = 0;
}

/* ---- Heads ---- */

lariat_status lr_kept_answer_add_head(lr_job *job, const char *bytes,
                                      size_t length,
                                      lariat_head_source source) {
  if (!lr_kept_answer_wants(job, LARIAT_KEEP_RAW_HEAD)) return LARIAT_OK;
  lr_response_details *details = details_of(job);
  if (!details || !lr_buffer_append(&details->head, bytes, length))
    return LARIAT_ENOMEM;
  details->head_source = (uint8_t)source;
  return LARIAT_OK;
}

/* ---- Connections ---- */

static void set_local(lr_response_details *details,
                      const lr_kept_connection *connection) {
  size_t length = connection->local_ip ? strlen(connection->local_ip) : 0;
  if (!connection->local_ip && connection->fd >= 0) {
    lr_connection_facts_read_local(connection->fd, details);
    return;
  }
  if (length >= sizeof details->local_ip) return;
  if (length) memcpy(details->local_ip, connection->local_ip, length);
  details->local_port = connection->local_port;
}

lariat_status
lr_kept_answer_add_connection(lr_job *job,
                              const lr_kept_connection *connection) {
  bool certificates = lr_kept_answer_wants(job, LARIAT_KEEP_CERTIFICATES);
  if (job->wants.keep == LARIAT_KEEP_REDIRECTS) return LARIAT_OK;
  lr_response_details *details = details_of(job);
  if (!details) return LARIAT_ENOMEM;
  if (!lr_kept_answer_wants(job, LR_KEEP_OF_TLS)) return LARIAT_OK;
  set_local(details, connection);
  bool noted = !connection->ssl ||
               lr_connection_facts_read_tls(connection->ssl, certificates,
                                            &details->tls);
  return noted ? LARIAT_OK : LARIAT_ENOMEM;
}

/* ---- Bodies ---- */

/* Adds bytes that are new, if there is memory for them.  How many there may be
 * is the sink's to say, and the decoder's. */
static lariat_status keep_bytes(lr_job *job, const char *bytes, size_t length) {
  lr_response_details *details = details_of(job);
  if (!details) return LARIAT_ENOMEM;
  lr_buffer *body = &details->coded_body;
  details->has_coded_body = true;
  lariat_status status = lr_body_sink_hold_coded(job->sink, length);
  if (status != LARIAT_OK) return status;
  return lr_buffer_append(body, bytes, length) ? LARIAT_OK : LARIAT_ENOMEM;
}

lariat_status lr_kept_answer_add_body(lr_job *job, const char *bytes,
                                      size_t length, bool coded) {
  lr_body_sink *sink = job->sink;
  if (!lr_kept_answer_wants(job, LARIAT_KEEP_RAW_BODY)) return LARIAT_OK;
  if (!coded && lr_body_sink_fills_response(sink)) return LARIAT_OK;
  if (length <= sink->kept_ahead) return LARIAT_OK;
  lariat_status status =
      keep_bytes(job, bytes + sink->kept_ahead, length - sink->kept_ahead);
  if (status == LARIAT_OK) sink->kept_ahead = length;
  return status;
}

void lr_kept_answer_pass_body(lr_job *job, size_t length) {
  lr_body_sink *sink = job->sink;
  if (!lr_kept_answer_wants(job, LARIAT_KEEP_RAW_BODY)) return;
  sink->kept_ahead -= sink->kept_ahead < length ? sink->kept_ahead : length;
}

/* ---- Redirects ---- */

void lr_kept_answer_give_history(lr_job *job) {
  if (!job->response) return;
  lr_response_set_previous(job->response, job->sink->history);
  job->sink->history = NULL;
}

void lr_kept_answer_take_history(lr_job *job) {
  if (job->response && job->response->previous)
    job->sink->history = lr_response_take_previous(job->response);
}

/* Makes the response the last of the redirects. */
static void take_response(lr_job *job) {
  lariat_response *response = job->response;
  job->response = NULL;
  lr_response_copy_url(response, job->request.url.text);
  response->redirects = job->caller.redirects;
  lr_response_set_previous(response, job->sink->history);
  job->sink->history = response;
}

lariat_response *lr_kept_answer_take_redirects(lr_job *job, bool refused) {
  if (!job->sink || !lr_kept_answer_wants(job, LARIAT_KEEP_REDIRECTS))
    return NULL;
  lr_kept_answer_take_history(job);
  if (refused) take_response(job);
  lariat_response *last = job->sink->history;
  job->sink->history = NULL;
  return last;
}
