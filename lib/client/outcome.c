/* SPDX-License-Identifier: MIT
 * outcome.c: how fetches end: what is done with a job that has returned, and
 * the one place where the deferreds of fetches fire. */
#include "client/outcome.h"

#include <stdio.h>

#include "base/attributes.h"
#include "base/memory.h"
#include "base/time.h"
#include "client/byte_stream.h"
#include "client/capacity.h"
#include "client/cookies.h"
#include "client/next_step.h"
#include "client/retry.h"
#include "client/submit.h"
#include "deferred/reclaim.h"
#include "http/userinfo.h"
#include "job/body_sink.h"
#include "job/body_source.h"
#include "job/kept_answer.h"
#include "job/lease.h"
#include "job/observation.h"
#include "job/redirect.h"
#include "job/stream.h"
#include "pool/port.h"

/* ---- Failures ---- */

/* Returns when the results of this turn arrived, on the pool's clock. */
static uint64_t arrived_ns(const lr_job *job) {
  const lariat_client *client = job->client;
  return client->pool_time ? lr_reactor_turn_ns(client->reactor)
                           : lr_client_pool_ns(client);
}

/* Says which limit a time-out was; a job that never left has only one. */
static lariat_time_limit limit_of(const lr_job *job, lariat_status status) {
  if (status != LARIAT_ETIMEDOUT) return LARIAT_TIME_LIMIT_NONE;
  bool told = job->caller.state == LR_JOB_HERE && job->attempt.time_limit;
  return told ? (lariat_time_limit)job->attempt.time_limit
              : LARIAT_TIME_LIMIT_DEADLINE;
}

static const char *failure_detail_of(const lr_job *job,
                                     lariat_time_limit limit) {
  if (limit == LARIAT_TIME_LIMIT_CONNECT)
    return "no connection within the connect limit";
  if (limit == LARIAT_TIME_LIMIT_IDLE)
    return "nothing went or came within the idle limit";
  if (job->caller.state != LR_JOB_HERE) return NULL;
  if (job->body.source && job->body.source->detail[0])
    return job->body.source->detail;
  return job->attempt.detail;
}

static lariat_timings timings_of(const lr_job *job, lariat_phase phase) {
  lariat_timings timings = {0};
  uint64_t now = arrived_ns(job);
  if (job->caller.state == LR_JOB_HERE && job->response)
    timings = lariat_response_timings(job->response);
  else if (phase == LARIAT_PHASE_QUEUE)
    timings.queue_us = lr_since(now, job->request.hop_ns) / LR_NS_PER_US;
  timings.total_us = lr_since(now, job->caller.submitted_ns) / LR_NS_PER_US;
  return timings;
}

static lariat_instants instants_of(const lr_job *job) {
  return job->caller.state == LR_JOB_HERE
             ? lariat_response_instants(job->response)
             : (lariat_instants){0};
}

int lr_outcome_http_status(const lr_job *job) {
  if (job->caller.state != LR_JOB_HERE) return 0;
  if (job->response) return job->response->status;
  return job->sink ? job->sink->http_status : 0;
}

/* Takes the answers that redirected, for a failure; none while the job is
 * away. */
static lariat_value take_redirects(lr_job *job) {
  if (job->caller.state == LR_JOB_AWAY) return lariat_none();
  bool refused = job->caller.state == LR_JOB_HERE && job->response &&
                 job->attempt.outcome == LARIAT_OK && lr_redirect_wanted(job);
  lariat_response *last = lr_kept_answer_take_redirects(job, refused);
  return last ? lariat_value_of(&lariat_response_type, last) : lariat_none();
}

/* Makes the failure of a job.  What the pool says of it is not looked at while
 * the job is there. */
static lariat_value make_job_failure(lr_job *job, lariat_status status,
                                     lariat_phase phase) {
  char message[512];
  lariat_time_limit limit = limit_of(job, status);
  const char *detail = failure_detail_of(job, limit);
  const lr_attempts *attempts = job->retry.attempts;
  lariat_timings timings = timings_of(job, phase);
  lariat_instants instants = instants_of(job);
  snprintf(message, sizeof message, "%s%s%s", lariat_status_text(status),
           detail ? ": " : "", detail ? detail : "");
  lr_failure_parts parts = {.status = status,
                            .message = message,
                            .url = job->request.url.text,
                            .curl_code = job->caller.state == LR_JOB_HERE
                                             ? job->attempt.curl_code
                                             : 0,
                            .http_status = lr_outcome_http_status(job),
                            .phase = phase,
                            .time_limit = limit,
                            .retry_end = job->retry.end,
                            .timings = &timings,
                            .instants = &instants,
                            .attempt_count = attempts ? attempts->count : 1,
                            .attempts = attempts ? attempts->items : NULL};
  if (LR_RARE(job->wants.keep)) parts.answers = take_redirects(job);
  return lr_failure_make(&parts);
}

/* ---- Completion ---- */

static void count_outcome(lariat_client *client, lariat_value value) {
  client->stats.pending--;
  if (!lariat_is_failure(value))
    client->stats.succeeded++;
  else if (lariat_failure_status(value) == LARIAT_ECANCELLED)
    client->stats.cancelled++;
  else
    client->stats.failed++;
}

/* Tells the observer how the job has ended. */
static void tell_ended(const lr_job *job, lariat_value value) {
  bool failed = lariat_is_failure(value);
  lariat_request_event event = {.kind = LARIAT_REQUEST_ENDED,
                                .at_ns = lr_client_pool_ns(job->client)};
  if (failed) {
    event.outcome = lariat_failure_status(value);
    event.message = lariat_failure_message(value);
    event.status = lariat_failure_http_status(value);
    event.url = lariat_failure_url(value);
  } else if (value.type == &lariat_response_type) {
    event.status = lariat_response_status(lariat_response_in(value));
    event.url = lariat_response_url(lariat_response_in(value));
  }
  lr_observation_tell(job, event);
}

/* Tells whoever produces the body that no more of it is wanted. */
static void settle_body_source(lr_job *job, lariat_value value) {
  lr_body_source *body_source = job->body.source;
  bool failed = lariat_is_failure(value);
  if (body_source->ops->settle)
    body_source->ops->settle(body_source,
                             failed ? lariat_failure_status(value) : LARIAT_OK);
}

/* Tells of the outcome those who wait for it beside the caller. */
static LR_COLD void tell_outcome(lr_job *job, lariat_value value) {
  if (job->body.source) settle_body_source(job, value);
  if (job->observation) tell_ended(job, value);
}

void lr_client_complete(lr_job *job, lariat_value value) {
  bool streaming = job->caller.delivery == LR_DELIVERY_HEADERS;
  job->caller.delivery = LR_DELIVERY_COMPLETE;
  if (lr_timer_is_set(&job->caller.timer))
    lr_reactor_unset_timer(job->client->reactor, &job->caller.timer);
  count_outcome(job->client, value);
  if (LR_RARE(job->body.source || job->observation)) tell_outcome(job, value);
  if (streaming) {
    lr_stream_finish(job->sink->stream, value);
    lr_client_release_job(job);
    return;
  }
  (void)lr_deferred_fire(&job->deferred, value);
  lr_deferred_release(&job->deferred);
}

void lr_client_fail_job(lr_job *job, lariat_status status, lariat_phase phase) {
  lr_client_complete(job, make_job_failure(job, status, phase));
}

/* Fails a job whose URL was not taken.  A password may be in what was meant to
 * be one. */
static void fail_without_url(lr_job *job, lariat_status status,
                             const char *url) {
  char message[256];
  lariat_url_error error = {0, ""};
  bool explained = status == LARIAT_EURL || status == LARIAT_ESCHEME;
  char *shown = lr_userinfo_redact(url);
  if (explained) lr_url_explain(url, &error);
  snprintf(message, sizeof message, "%s%s%s", lariat_status_text(status),
           error.message[0] ? ": " : "", error.message);
  lr_failure_parts parts = {
      .status = status, .message = message, .url = shown ? shown : ""};
  lariat_value failure = lr_failure_make(&parts);
  lr_free(shown);
  lr_client_complete(job, failure);
}

void lr_client_fail(lr_job *job, lariat_status status, const char *url) {
  if (job->request.url.text || !url)
    lr_client_fail_job(job, status, LARIAT_PHASE_NONE);
  else
    fail_without_url(job, status, url);
}

void lr_client_fail_invalid(lr_job *job, const char *url, const char *what) {
  char message[512];
  char *shown = lr_userinfo_redact(url ? url : "");
  snprintf(message, sizeof message, "%s: %s", lariat_status_text(LARIAT_EINVAL),
           what);
  lr_failure_parts parts = {
      .status = LARIAT_EINVAL, .message = message, .url = shown ? shown : ""};
  lariat_value failure = lr_failure_make(&parts);
  lr_free(shown);
  lr_client_complete(job, failure);
}

/* Makes the failure of a job whose retry the budget has forbidden. */
static lariat_value make_budget_failure(const lr_job *job, lariat_value cause) {
  char message[512];
  lariat_timings timings = lariat_failure_timings(cause);
  lariat_instants instants = lariat_failure_instants(cause);
  lariat_attempt only = lariat_failure_attempt_at(cause, 0);
  snprintf(message, sizeof message, "%s; the last failure: %s",
           lariat_status_text(LARIAT_ERETRYBUDGET),
           lariat_failure_message(cause));
  lr_failure_parts parts = {
      .status = LARIAT_ERETRYBUDGET,
      .message = message,
      .url = job->request.url.text,
      .curl_code = lariat_failure_curl_code(cause),
      .http_status = lariat_failure_http_status(cause),
      .phase = lariat_failure_phase(cause),
      .cause = cause,
      .time_limit = lariat_failure_time_limit(cause),
      .retry_end = LARIAT_RETRY_BUDGET,
      .timings = &timings,
      .instants = &instants,
      .attempt_count = job->retry.attempts ? job->retry.attempts->count : 1,
      .attempts = job->retry.attempts ? job->retry.attempts->items : &only};
  return lr_failure_make(&parts);
}

static void fill_response(lr_job *job, lariat_response *response) {
  response->redirects = job->caller.redirects;
  response->timings.total_us =
      (arrived_ns(job) - job->caller.submitted_ns) / LR_NS_PER_US;
  response->retry_end = job->retry.end;
  response->attempts = job->retry.attempts;
  job->retry.attempts = NULL;
}

/* Gives the job's URL to its response.  The memory for a URL that the response
 * had is the job's then, for its next one. */
static void give_url(lr_job *job, lariat_response *response) {
  lr_buffer spare = response->url;
  response->url = lr_url_take_text(&job->request.url);
  if (LR_RARE(job->request.spare_url.bytes != NULL))
    lr_buffer_clear(&job->request.spare_url);
  job->request.spare_url = spare;
}

static void complete_with_response(lr_job *job) {
  lariat_response *response = job->response;
  job->response = NULL;
  give_url(job, response);
  fill_response(job, response);
  lr_client_complete(job, lariat_value_of(&lariat_response_type, response));
}

static lariat_value take_transformed(lr_job *job) {
  lariat_value value = job->sink->transform.value;
  job->sink->transform.value = lariat_none();
  return value;
}

/* Fires a stream's deferred.  The URL stays with the job, for a failure that
 * may come. */
static void deliver_headers(lr_job *job, lariat_stream *stream,
                            lariat_response *response) {
  if (lr_job_is_complete(job)) {
    lr_response_release(response);
    return;
  }
  fill_response(job, response);
  lr_response_copy_url(response, job->request.url.text);
  job->caller.delivery = LR_DELIVERY_HEADERS;
  stream->job = job;
  (void)lr_deferred_fire(&job->deferred,
                         lariat_value_of(&lariat_response_type, response));
  lariat_deferred_release(&job->deferred);
}

void lr_client_stop(lr_job *job, lariat_status status, lariat_phase phase) {
  lariat_client *client = job->client;
  lr_client_hold(client);
  lr_submit_withdraw(job, status);
  lr_client_fail_job(job, status, phase);
  lr_client_unhold_notify(client);
}

static void stop_job_with(lr_job *job, lariat_value failure) {
  lariat_client *client = job->client;
  lr_client_hold(client);
  lr_submit_withdraw(job, lariat_failure_status(failure));
  lr_client_complete(job, failure);
  lr_client_unhold_notify(client);
}

static void abort_job(lr_job *job) {
  lr_client_stop(job, LARIAT_ECANCELLED, LARIAT_PHASE_BODY);
}

static void deliver_failure(lr_job *job) {
  lariat_phase phase = (lariat_phase)job->attempt.phase;
  if (job->retry.attempts)
    lr_retry_note(job, job->attempt.outcome, lr_outcome_http_status(job), 0);
  lariat_value failure = make_job_failure(job, job->attempt.outcome, phase);
  if (job->retry.end == LARIAT_RETRY_BUDGET)
    failure = make_budget_failure(job, failure);
  lr_client_complete(job, failure);
}

static void deliver_response(lr_job *job) {
  if (job->retry.attempts)
    lr_retry_note(job, job->attempt.outcome, lr_outcome_http_status(job), 0);
  if (LR_RARE(job->lease != NULL))
    lr_client_complete(job, job->lease->ahead ? lariat_int(1)
                                              : lr_byte_stream_make(job));
  else
    complete_with_response(job);
}

/* ---- Returning jobs ---- */

/* Tells the observer of the hop that is next. */
static LR_COLD void tell_redirect(const lr_job *job, int http_status) {
  uint64_t now_ns = lr_client_pool_ns(job->client);
  lr_observation_tell(
      job, (lariat_request_event){.kind = LARIAT_REQUEST_REDIRECT,
                                  .at_ns = now_ns,
                                  .status = http_status,
                                  .location = job->request.url.text});
  lr_observation_tell(job, (lariat_request_event){.kind = LARIAT_REQUEST_QUEUED,
                                                  .at_ns = now_ns});
}

static void follow_redirect(lr_job *job) {
  lariat_client *client = job->client;
  int http_status = job->response->status;
  if (client->cookies) lr_client_cookies_remove(job);
  lariat_status status = lr_redirect_follow(job);
  if (status == LARIAT_OK && client->closed) status = LARIAT_ECLOSED;
  if (status == LARIAT_OK && job->observation) tell_redirect(job, http_status);
  if (status == LARIAT_OK && client->cookies)
    status = lr_client_cookies_add(client->cookies, job);
  if (status == LARIAT_OK) status = lr_client_submit(client, job);
  if (status == LARIAT_OK) return;
  if (job->retry.attempts)
    lr_retry_note(job, status, lr_outcome_http_status(job), 0);
  lr_client_fail_job(job, status, LARIAT_PHASE_NONE);
}

/* Does the next step with a job that has returned.  Where there is no memory
 * for another attempt, the job ends with what it has. */
static void do_next_step(lr_job *job) {
  if (job->attempt.outcome == LARIAT_ENOMEM)
    lr_response_cache_save_memory(job->client->responses);
  lr_retry_plan plan = lr_retry_consider(job);
  lr_step step = lr_next_step(job, plan.again);
  if (step == LR_STEP_RETRY && lr_retry_start(job, plan)) return;
  if (step == LR_STEP_RETRY) step = lr_next_step(job, false);
  switch (step) {
  case LR_STEP_END_STREAM:
    lr_client_complete(job, lariat_none());
    return;
  case LR_STEP_DELIVER_VALUE:
    lr_client_complete(job, take_transformed(job));
    return;
  case LR_STEP_REDIRECT:
    follow_redirect(job);
    return;
  case LR_STEP_DELIVER_RESPONSE:
    deliver_response(job);
    return;
  case LR_STEP_RETRY: /* cannot be */
  case LR_STEP_FAIL:
    deliver_failure(job);
  }
}

/* Ends a job that was completed while it was away.  Its deferred may be kept
 * for long; a connection that it has opened is not. */
static LR_COLD void end_late_job(lr_job *job) {
  lr_job_drop_lease(job);
  lr_client_release_job(job);
}

/* Gives what the sink holds to the caller, whatever is next. */
static LR_COLD void give_sink(lr_job *job) {
  lr_body_sink_give(job);
  if (!job->observation || job->attempt.outcome != LARIAT_OK ||
      lr_job_is_complete(job))
    return;
  lr_observation_tell(
      job, (lariat_request_event){.kind = LARIAT_REQUEST_BODY,
                                  .at_ns = lr_client_pool_ns(job->client),
                                  .body_bytes = job->pool.received});
}

static void receive_returned_job(lr_mail *mail) {
  lr_job *job = lr_job_of_travel(mail);
  lr_channel *channel = job->caller.channel;
  lariat_client *client = channel->client;
  bool awaited = client->capacity_waiters.count != 0;
  if (awaited) lr_client_hold(client); /* callbacks may close it */
  job->caller.travel_away = false;
  job->caller.state = LR_JOB_HERE;
  if (job->sink) give_sink(job);
  channel->load--;
  channel->credits++;
  client->away--;
  lr_backlog_host *host = job->caller.backlog_host;
  job->caller.backlog_host = NULL;
  host->away--;
  if (client->queued) lr_submit_credit_returned(channel, host);
  lr_backlog_forget(&channel->backlog, host);
  if (lr_job_is_complete(job))
    end_late_job(job);
  else
    do_next_step(job);
  if (awaited) lr_client_unhold_notify(client);
}

static void receive_returned_cancel(lr_mail *mail) {
  lr_job *job = lr_job_of_cancel(mail);
  job->caller.cancel_away = false;
  job->client->away--;
  lr_client_release_job(job);
}

/* Takes a job from the mailbox of a reactor that closes: it may be an orphan.
 */
static void discard_returned_job(lr_mail *mail) {
  lr_job *job = lr_job_of_travel(mail);
  if (job->client)
    receive_returned_job(mail);
  else
    lr_job_end(job, LR_JOB_TRAVEL_ENDED);
}

static void discard_returned_cancel(lr_mail *mail) {
  lr_job *job = lr_job_of_cancel(mail);
  if (job->client)
    receive_returned_cancel(mail);
  else
    lr_job_end(job, LR_JOB_CANCEL_ENDED);
}

static const lr_mail_ops returned_ops = {receive_returned_job,
                                         discard_returned_job};
static const lr_mail_ops cancel_returned_ops = {receive_returned_cancel,
                                                discard_returned_cancel};

const lr_job_owner lr_client_job_owner = {.returned = &returned_ops,
                                          .cancel_returned =
                                              &cancel_returned_ops,
                                          .open_stream = deliver_headers,
                                          .send = lr_port_send,
                                          .stop = stop_job_with,
                                          .abort = abort_job};

/* ---- With a cookie jar ---- */

/* Has the jar take the cookies of an answer, whatever its body came to. */
static void take_cookies(lr_job *job) {
  if (lr_job_is_complete(job)) return;
  if (lr_client_cookies_take(job->client->cookies, job, job->response)) return;
  job->attempt.outcome = LARIAT_ENOMEM;
  job->attempt.phase = LARIAT_PHASE_NONE;
}

static void receive_with_cookies(lr_mail *mail) {
  take_cookies(lr_job_of_travel(mail));
  receive_returned_job(mail);
}

static void discard_with_cookies(lr_mail *mail) {
  if (lr_job_of_travel(mail)->client)
    receive_with_cookies(mail);
  else
    discard_returned_job(mail);
}

/* Has the jar take the cookies of a stream's head; without memory for them the
 * fetch ends here. */
static void deliver_headers_with_cookies(lr_job *job, lariat_stream *stream,
                                         lariat_response *response) {
  if (!lr_job_is_complete(job) &&
      !lr_client_cookies_take(job->client->cookies, job, response))
    lr_client_stop(job, LARIAT_ENOMEM, LARIAT_PHASE_BODY);
  deliver_headers(job, stream, response);
}

static const lr_mail_ops returned_with_cookies_ops = {receive_with_cookies,
                                                      discard_with_cookies};

const lr_job_owner lr_client_cookie_job_owner = {
    .returned = &returned_with_cookies_ops,
    .cancel_returned = &cancel_returned_ops,
    .open_stream = deliver_headers_with_cookies,
    .send = lr_port_send,
    .stop = stop_job_with,
    .abort = abort_job};
