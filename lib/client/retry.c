/* SPDX-License-Identifier: MIT
 * retry.c: the plan for a job that has its outcome, the list of its attempts,
 * and the retries themselves. */
#include "client/retry.h"

#include <time.h>

#include "base/time.h"
#include "client/client.h"
#include "client/cookies.h"
#include "client/outcome.h"
#include "client/submit.h"
#include "http/date.h"
#include "job/body_sink.h"
#include "job/body_source.h"
#include "job/observation.h"
#include "pool/pool.h"

/* ---- Plan ---- */

/* Returns whether the caller has ended the fetch: that is never tried again,
 * whatever a policy lists. */
static bool is_ended_by_caller(lariat_status status) {
  return status == LARIAT_ECANCELLED || status == LARIAT_ECLOSED;
}

static bool is_retry_wanted(const lr_retry_rules *rules, const lr_job *job) {
  if (job->attempt.outcome == LARIAT_OK)
    return job->response &&
           lr_retry_rules_want_http(rules, job->response->status);
  if (job->attempt.outcome == LARIAT_ETIMEDOUT &&
      job->attempt.time_limit == LARIAT_TIME_LIMIT_DEADLINE)
    return false;
  return !job->attempt.permanent && !is_ended_by_caller(job->attempt.outcome) &&
         lr_retry_rules_want_failure(rules, job->attempt.outcome);
}

static uint64_t asked_wait_ns(const lr_retry_rules *rules, const lr_job *job) {
  if (job->attempt.outcome != LARIAT_OK || rules->ignore_retry_after) return 0;
  const char *text = lariat_response_header(job->response, "Retry-After");
  if (!text) return 0;
  const char *date = lariat_response_header(job->response, "Date");
  return lr_retry_after_ns(text, date, (int64_t)time(NULL));
}

static lr_retry_plan end_with(lariat_retry_end end) {
  return (lr_retry_plan){.end = end};
}

/* Returns whether an open connection was dead: the request is then made once
 * more on a new one, at no cost to the budget. */
static bool had_dead_connection(const lr_job *job) {
  return job->attempt.connection_dead && !job->replay.on_new_connection &&
         job->replay.repeatable && !job->replay.consumed;
}

lr_retry_plan lr_retry_plan_of(lr_retry *retry, const lr_job *job,
                               lr_retry_moment moment) {
  const lr_retry_rules *rules = job->retry.rules;
  if (had_dead_connection(job)) return (lr_retry_plan){.again = true};
  if (!rules || !is_retry_wanted(rules, job))
    return end_with(LARIAT_RETRY_NONE);
  if (job->replay.consumed) return end_with(LARIAT_RETRY_BODY);
  if (!job->replay.repeatable) return end_with(LARIAT_RETRY_METHOD);
  if (job->retry.count >= rules->max_retries)
    return end_with(LARIAT_RETRY_SPENT);
  uint64_t asked_ns = asked_wait_ns(rules, job);
  if (asked_ns > rules->retry_after_max_ns)
    return end_with(LARIAT_RETRY_AFTER_LONG);
  uint64_t wait_ns = asked_ns + lr_retry_backoff_ns(rules, job->retry.count + 1,
                                                    &retry->random);
  if (wait_ns >= moment.left_ns) return end_with(LARIAT_RETRY_DEADLINE);
  if (moment.full) return end_with(LARIAT_RETRY_OVERLOAD);
  if (!rules->no_budget && !lr_retry_budget_take(&retry->budget, moment.now_ns))
    return end_with(LARIAT_RETRY_BUDGET);
  return (lr_retry_plan){.again = true, .wait_ns = wait_ns};
}

/* ---- Attempts ---- */

void lr_retry_note(lr_job *job, lariat_status status, int http_status,
                   uint64_t wait_ns) {
  lr_attempts_note(job->retry.attempts,
                   (lariat_attempt){status, http_status,
                                    job->retry.waited_ns / LR_NS_PER_US});
  job->retry.waited_ns = wait_ns;
}

/* Notes that libcurl has sent the request twice in this attempt. */
static void note_resent(lr_job *job) {
  job->attempt.resent = false;
  if (lr_attempts_reserve(&job->retry.attempts))
    lr_retry_note(job, LARIAT_ERESET, 0, 0);
}

/* ---- Retrying ---- */

static bool has_deadline(const lr_job *job) {
  return job->request.deadline_ns != UINT64_MAX;
}

static lr_retry_plan plan_now(const lr_job *job) {
  lariat_client *client = job->client;
  lr_retry_moment moment = {.now_ns = lr_reactor_turn_ns(client->reactor),
                            .left_ns = UINT64_MAX,
                            .full =
                                client->queued >= client->options.max_queued};
  if (client->closed || lr_pool_check(client->pool) != LARIAT_OK)
    return (lr_retry_plan){.end = LARIAT_RETRY_NONE};
  if (has_deadline(job))
    moment.left_ns = lr_since(job->caller.due_ns, moment.now_ns);
  return lr_retry_plan_of(&client->retry, job, moment);
}

static void repeat_job(lr_job *job) {
  lariat_client *client = job->client;
  lariat_status status = LARIAT_OK;
  client->stats.retries++;
  if (client->cookies && job->request.headers) {
    lr_client_cookies_remove(job);
    status = lr_client_cookies_add(client->cookies, job);
  }
  if (job->observation)
    lr_observation_tell(
        job, (lariat_request_event){.kind = LARIAT_REQUEST_QUEUED,
                                    .at_ns = lr_client_pool_ns(client)});
  if (status == LARIAT_OK) status = lr_client_submit(client, job);
  if (status != LARIAT_OK) lr_client_fail_job(job, status, LARIAT_PHASE_QUEUE);
}

/* Schedules the retry of `job` in `wait_ns`, which plan_now has found to end
 * before the deadline.  False: no memory for a timer. */
static bool wait_for_retry(lr_job *job, uint64_t wait_ns) {
  lariat_client *client = job->client;
  uint64_t at_ns = lr_add_ns(lr_reactor_turn_ns(client->reactor), wait_ns);
  if (!lr_reactor_set_timer(client->reactor, &job->caller.timer, at_ns))
    return false;
  job->caller.state = LR_JOB_WAITS_FOR_RETRY;
  client->queued++;
  client->stats.retry_waiting++;
  return true;
}

lr_retry_plan lr_retry_consider_slow(lr_job *job) {
  bool first = !job->retry.count && !job->caller.redirects &&
               !job->replay.on_new_connection;
  const lr_retry_plan none = {.end = job->retry.end};
  if (job->attempt.resent) note_resent(job);
  if (job->retry.rules && first) job->client->retry.budget.firsts++;
  if (job->body.source && !lr_body_source_can_replay(job->body.source))
    job->replay.consumed = true;
  if (job->sink && !lr_body_sink_may_repeat(job->sink)) return none;
  lr_retry_plan plan = plan_now(job);
  job->retry.end = plan.end;
  return plan;
}

/* Tells the observer what the attempt came to, and when the next will be. */
static void tell_retry(const lr_job *job, lr_retry_plan plan, int http_status) {
  lr_observation_tell(
      job, (lariat_request_event){.kind = LARIAT_REQUEST_RETRY,
                                  .at_ns = lr_client_pool_ns(job->client),
                                  .status = http_status,
                                  .wait_ns = plan.wait_ns,
                                  .outcome = job->attempt.outcome});
}

bool lr_retry_start(lr_job *job, lr_retry_plan plan) {
  int http_status = lr_outcome_http_status(job);
  if (!lr_attempts_reserve(&job->retry.attempts)) return false;
  if (plan.wait_ns && !wait_for_retry(job, plan.wait_ns)) return false;
  if (job->observation) tell_retry(job, plan, http_status);
  lr_retry_note(job, job->attempt.outcome, http_status, plan.wait_ns);
  job->retry.count += !job->attempt.connection_dead;
  job->replay.on_new_connection |= job->attempt.connection_dead;
  lr_job_drop_outcome(job);
  if (plan.wait_ns == 0) repeat_job(job);
  return true;
}

void lr_retry_end_wait(lr_job *job) {
  job->caller.state = LR_JOB_HERE;
  job->client->queued--;
  job->client->stats.retry_waiting--;
}

void lr_retry_timer_expired(lr_timer *timer) {
  lr_job *job = lr_container(timer, lr_job, caller.timer);
  lariat_client *client = job->client;
  if (job->caller.state == LR_JOB_BACKLOGGED) {
    lr_client_stop(job, LARIAT_ETIMEDOUT, LARIAT_PHASE_QUEUE);
  } else if (job->caller.state == LR_JOB_WAITS_FOR_RETRY) {
    lr_client_hold(client);
    lr_retry_end_wait(job);
    repeat_job(job);
    lr_client_unhold_notify(client);
  }
}
