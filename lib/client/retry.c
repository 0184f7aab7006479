/* SPDX-License-Identifier: MIT
 * Policies, waits, budgets, and the list of attempts. */
#include "client/retry.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "job/job.h"

enum {
  RETRIES_MAX = 1000,
  FIRST_HTTP = 100,
  LAST_HTTP = 599,
  LAST_FAILURE = 127,
  FIRST_ROOM = 4
};

static const uint64_t ms_ns = 1000000u;
static const uint64_t s_ns = 1000000000u;

lariat_retry_policy lariat_retry_defaults(void) {
  return (lariat_retry_policy){.size = sizeof(lariat_retry_policy),
                               .base_ms = 250,
                               .cap_ms = 10000,
                               .retry_after_max_ms = 60000,
                               .budget_ratio = 0.1,
                               .budget_per_s = 10,
                               .budget_burst = 100};
}

/* Policies. */

static void set_bit(uint64_t *bits, unsigned bit) {
  bits[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static bool has_bit(const uint64_t *bits, unsigned bit) {
  return bits[bit / 64] >> (bit % 64) & 1;
}

/* What a server says when it is busy, and gateways of what is behind them. */
static const int usual_statuses[] = {408, 429, 502, 503, 504};

static lariat_status read_statuses(const lariat_retry_policy *policy,
                                   lr_retry_rules *rules) {
  const int *statuses = policy->statuses;
  size_t count = policy->status_count;
  if (!statuses) {
    statuses = usual_statuses;
    count = sizeof usual_statuses / sizeof usual_statuses[0];
  }
  for (size_t i = 0; i < count; i++) {
    if (statuses[i] < FIRST_HTTP || statuses[i] > LAST_HTTP)
      return LARIAT_EINVAL;
    set_bit(rules->http, (unsigned)(statuses[i] - FIRST_HTTP));
  }
  return LARIAT_OK;
}

static lariat_status add_failure(lr_retry_rules *rules, lariat_status status) {
  if (status >= LARIAT_OK || status < -LAST_FAILURE) return LARIAT_EINVAL;
  set_bit(rules->failures, (unsigned)-status);
  return LARIAT_OK;
}

static lariat_status read_failures(const lariat_retry_policy *policy,
                                   lr_retry_rules *rules) {
  lariat_status status = LARIAT_OK;
  for (int i = 1; i <= LAST_FAILURE && !policy->failures; i++)
    if (lariat_status_retryable((lariat_status)-i))
      (void)add_failure(rules, (lariat_status)-i);
  for (size_t i = 0; policy->failures && i < policy->failure_count; i++)
    if (status == LARIAT_OK) status = add_failure(rules, policy->failures[i]);
  return status;
}

/* What a later version of the library does not know is left at its default. */
static lariat_status complete(const lariat_retry_policy *given,
                              lariat_retry_policy *all) {
  *all = lariat_retry_defaults();
  if (given->size < sizeof given->size) return LARIAT_EINVAL;
  memcpy(all, given, given->size < sizeof *all ? given->size : sizeof *all);
  if (all->max_retries > RETRIES_MAX) return LARIAT_EINVAL;
  return LARIAT_OK;
}

lariat_status lr_retry_rules_read(const lariat_retry_policy *policy,
                                  lr_retry_rules *rules) {
  lariat_retry_policy all;
  lariat_status status = complete(policy, &all);
  if (status != LARIAT_OK) return status;
  *rules =
      (lr_retry_rules){.max_retries = all.max_retries,
                       .any_method = all.any_method,
                       .ignore_retry_after = all.ignore_retry_after,
                       .no_budget = all.no_budget,
                       .base_ns = all.base_ms * ms_ns,
                       .cap_ns = all.cap_ms * ms_ns,
                       .retry_after_max_ns = all.retry_after_max_ms * ms_ns};
  status = read_statuses(&all, rules);
  if (status == LARIAT_OK) status = read_failures(&all, rules);
  return status;
}

/* The budget. */

static bool is_amount(double number) { return number >= 0 && number < 1e12; }

lariat_status lr_retry_budget_open(lr_retry_budget *budget,
                                   const lariat_retry_policy *policy,
                                   uint64_t now_ns) {
  lariat_retry_policy all;
  lariat_status status = complete(policy, &all);
  if (status != LARIAT_OK) return status;
  if (!is_amount(all.budget_ratio) || !is_amount(all.budget_per_s) ||
      !is_amount(all.budget_burst))
    return LARIAT_EINVAL;
  *budget = (lr_retry_budget){.ratio = all.budget_ratio,
                              .per_s = all.budget_per_s,
                              .burst = all.budget_burst,
                              .tokens = all.budget_burst,
                              .filled_ns = now_ns};
  return LARIAT_OK;
}

static void fill(lr_retry_budget *budget, uint64_t now_ns) {
  uint64_t ns = now_ns > budget->filled_ns ? now_ns - budget->filled_ns : 0;
  budget->tokens += (double)ns * 1e-9 * budget->per_s;
  budget->tokens +=
      (double)(budget->firsts - budget->firsts_paid) * budget->ratio;
  if (budget->tokens > budget->burst) budget->tokens = budget->burst;
  budget->firsts_paid = budget->firsts;
  budget->filled_ns += ns;
}

bool lr_retry_budget_take(lr_retry_budget *budget, uint64_t now_ns) {
  fill(budget, now_ns);
  if (budget->tokens < 1) return false;
  budget->tokens -= 1;
  return true;
}

/* Without a seed every client has its own: many that fail at one moment must
 * not come back at one moment. */
lariat_status lr_retry_open(lr_retry *retry, const lariat_retry_policy *policy,
                            uint64_t now_ns) {
  lariat_retry_policy all = lariat_retry_defaults();
  lariat_status status = policy ? complete(policy, &all) : LARIAT_OK;
  if (status == LARIAT_OK) status = lr_retry_rules_read(&all, &retry->rules);
  if (status == LARIAT_OK)
    status = lr_retry_budget_open(&retry->budget, &all, now_ns);
  retry->random = all.seed;
  if (all.seed) return status;
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  retry->random = (uint64_t)time.tv_nsec ^ (uint64_t)time.tv_sec << 30 ^
                  (uint64_t)(uintptr_t)retry;
  return status;
}

/* Waits. */

/* Steele, Lea and Flood's splitmix64. */
static uint64_t next_random(uint64_t *random) {
  uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

uint64_t lr_retry_draw(uint64_t *random, uint64_t most) {
  uint64_t number = next_random(random);
  return most == UINT64_MAX ? number : number % (most + 1);
}

uint64_t lr_retry_backoff_ns(const lr_retry_rules *rules, unsigned n,
                             uint64_t *random) {
  uint64_t most = rules->base_ns;
  for (unsigned i = 1; i < n && most < rules->cap_ns; i++) most *= 2;
  return lr_retry_draw(random, most < rules->cap_ns ? most : rules->cap_ns);
}

/* Digits alone; more than will ever be waited for is as good as any. */
static bool read_seconds(const char *text, uint64_t *seconds) {
  size_t digits = strspn(text, "0123456789");
  if (digits == 0 || text[digits]) return false;
  *seconds = digits > 9 ? UINT32_MAX : strtoul(text, NULL, 10);
  return true;
}

uint64_t lr_retry_after_ns(const char *text, const char *date, int64_t wall_s) {
  uint64_t seconds = 0;
  if (read_seconds(text, &seconds)) return seconds * s_ns;
  time_t at = curl_getdate(text, NULL);
  time_t from = date ? curl_getdate(date, NULL) : -1;
  if (at == -1) return 0;
  if (from == -1) from = (time_t)wall_s;
  return at > from ? (uint64_t)(at - from) * s_ns : 0;
}

/* Decisions. */

bool lr_retry_method_repeatable(const char *method) {
  static const char *const methods[] = {"GET",   "HEAD", "OPTIONS",
                                        "TRACE", "PUT",  "DELETE"};
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
    if (strcmp(method, methods[i]) == 0) return true;
  return false;
}

/* What the caller did itself is an outcome, whatever a policy lists. */
static bool is_final(lariat_status status) {
  return status == LARIAT_ECANCELLED || status == LARIAT_ECLOSED;
}

static bool is_wanted(const lr_retry_rules *rules, const lr_job *job) {
  if (job->outcome == LARIAT_OK) {
    int status = job->response ? job->response->status : 0;
    return status >= FIRST_HTTP && status <= LAST_HTTP &&
           has_bit(rules->http, (unsigned)(status - FIRST_HTTP));
  }
  if (job->outcome == LARIAT_ETIMEDOUT &&
      job->time_limit == LARIAT_TIME_LIMIT_DEADLINE)
    return false;
  return !is_final(job->outcome) && job->outcome >= -LAST_FAILURE &&
         has_bit(rules->failures, (unsigned)-job->outcome);
}

static uint64_t asked_wait_ns(const lr_retry_rules *rules, const lr_job *job) {
  if (job->outcome != LARIAT_OK || rules->ignore_retry_after) return 0;
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
  return job->connection_dead && !job->needs_new_connection &&
         job->repeatable && !job->not_replayable;
}

lr_retry_plan lr_retry_plan_of(lr_retry *retry, const lr_job *job,
                               lr_retry_moment moment) {
  const lr_retry_rules *rules = job->rules;
  if (was_unlucky(job)) return (lr_retry_plan){.again = true};
  if (!rules || !is_wanted(rules, job)) return no(LARIAT_RETRY_NONE);
  if (job->not_replayable) return no(LARIAT_RETRY_BODY);
  if (!job->repeatable) return no(LARIAT_RETRY_METHOD);
  if (job->retries >= rules->max_retries) return no(LARIAT_RETRY_SPENT);
  uint64_t asked_ns = asked_wait_ns(rules, job);
  if (asked_ns > rules->retry_after_max_ns) return no(LARIAT_RETRY_AFTER_LONG);
  uint64_t wait_ns =
      asked_ns + lr_retry_backoff_ns(rules, job->retries + 1, &retry->random);
  if (wait_ns >= moment.left_ns) return no(LARIAT_RETRY_DEADLINE);
  if (moment.full) return no(LARIAT_RETRY_OVERLOAD);
  if (!rules->no_budget && !lr_retry_budget_take(&retry->budget, moment.now_ns))
    return no(LARIAT_RETRY_BUDGET);
  return (lr_retry_plan){.again = true, .wait_ns = wait_ns};
}

/* The list of attempts. */

bool lr_retry_reserve(lr_job *job) {
  lr_attempts *list = job->attempts;
  uint32_t count = list ? list->count : 0;
  if (list && count + 2 <= list->capacity) return true;
  uint32_t capacity = count ? count * 2 : FIRST_ROOM;
  list = lr_realloc(list, sizeof *list + capacity * sizeof list->items[0]);
  if (!list) return false;
  list->count = count;
  list->capacity = capacity;
  job->attempts = list;
  return true;
}

void lr_retry_note(lr_job *job, lariat_status status, int http_status,
                   uint64_t wait_ns) {
  lr_attempts *list = job->attempts;
  if (list->count == list->capacity) return;
  list->items[list->count++] =
      (lariat_attempt){status, http_status, job->waited_ns / 1000};
  job->waited_ns = wait_ns;
}

void lr_retry_note_resent(lr_job *job) {
  job->resent = false;
  if (lr_retry_reserve(job)) lr_retry_note(job, LARIAT_ERESET, 0, 0);
}
