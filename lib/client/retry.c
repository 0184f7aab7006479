/* SPDX-License-Identifier: MIT
 * retry.c: the plan for a job that has its outcome, and the list of its
 * attempts. */
#include "client/retry.h"

#include <time.h>

#include "http/date.h"
#include "job/job.h"

/* ---- Plan ---- */

/* What the caller did itself is an outcome, whatever a policy lists. */
static bool is_final(lariat_status status) {
  return status == LARIAT_ECANCELLED || status == LARIAT_ECLOSED;
}

static bool is_wanted(const lr_retry_rules *rules, const lr_job *job) {
  if (job->attempt.outcome == LARIAT_OK)
    return job->response &&
           lr_retry_rules_want_http(rules, job->response->status);
  if (job->attempt.outcome == LARIAT_ETIMEDOUT &&
      job->attempt.time_limit == LARIAT_TIME_LIMIT_DEADLINE)
    return false;
  return !is_final(job->attempt.outcome) &&
         lr_retry_rules_want_failure(rules, job->attempt.outcome);
}

static uint64_t asked_wait_ns(const lr_retry_rules *rules, const lr_job *job) {
  if (job->attempt.outcome != LARIAT_OK || rules->ignore_retry_after) return 0;
  const char *text = lariat_response_header(job->response, "Retry-After");
  if (!text) return 0;
  const char *date = lariat_response_header(job->response, "Date");
  return lr_retry_after_ns(text, date, (int64_t)time(NULL));
}

static lr_retry_plan no(lariat_retry_end end) {
  return (lr_retry_plan){.end = end};
}

/* An open connection was dead: once more on a new one, and at no cost. */
static bool was_unlucky(const lr_job *job) {
  return job->attempt.connection_dead && !job->replay.on_new_connection &&
         job->replay.repeatable && !job->replay.consumed;
}

lr_retry_plan lr_retry_plan_of(lr_retry *retry, const lr_job *job,
                               lr_retry_moment moment) {
  const lr_retry_rules *rules = job->retry.rules;
  if (was_unlucky(job)) return (lr_retry_plan){.again = true};
  if (!rules || !is_wanted(rules, job)) return no(LARIAT_RETRY_NONE);
  if (job->replay.consumed) return no(LARIAT_RETRY_BODY);
  if (!job->replay.repeatable) return no(LARIAT_RETRY_METHOD);
  if (job->retry.count >= rules->max_retries) return no(LARIAT_RETRY_SPENT);
  uint64_t asked_ns = asked_wait_ns(rules, job);
  if (asked_ns > rules->retry_after_max_ns) return no(LARIAT_RETRY_AFTER_LONG);
  uint64_t wait_ns = asked_ns + lr_retry_backoff_ns(rules, job->retry.count + 1,
                                                    &retry->random);
  if (wait_ns >= moment.left_ns) return no(LARIAT_RETRY_DEADLINE);
  if (moment.full) return no(LARIAT_RETRY_OVERLOAD);
  if (!rules->no_budget && !lr_retry_budget_take(&retry->budget, moment.now_ns))
    return no(LARIAT_RETRY_BUDGET);
  return (lr_retry_plan){.again = true, .wait_ns = wait_ns};
}

/* ---- Attempts ---- */

void lr_retry_note(lr_job *job, lariat_status status, int http_status,
                   uint64_t wait_ns) {
  lr_attempts_note(
      job->retry.attempts,
      (lariat_attempt){status, http_status, job->retry.waited_ns / 1000});
  job->retry.waited_ns = wait_ns;
}

void lr_retry_note_resent(lr_job *job) {
  job->attempt.resent = false;
  if (lr_attempts_reserve(&job->retry.attempts))
    lr_retry_note(job, LARIAT_ERESET, 0, 0);
}
