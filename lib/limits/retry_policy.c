/* SPDX-License-Identifier: MIT
 * retry_policy.c: a policy's rules, its budget of retries, and the waits. */
#include "limits/retry_policy.h"

#include <string.h>
#include <time.h>

enum {
  RETRIES_MAX = 1000,
  LAST_FAILURE = 127,
  FIRST_HTTP = 100,
  LAST_HTTP = 599
};

static const uint64_t ms_ns = 1000000u;

lariat_retry_policy lariat_retry_defaults(void) {
  return (lariat_retry_policy){.size = sizeof(lariat_retry_policy),
                               .base_ms = 250,
                               .cap_ms = 10000,
                               .retry_after_max_ms = 60000,
                               .budget_ratio = 0.1,
                               .budget_per_s = 10,
                               .budget_burst = 100};
}

/* ---- Rules ---- */

static void set_bit(uint64_t *bits, unsigned bit) {
  bits[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static bool has_bit(const uint64_t *bits, unsigned bit) {
  return bits[bit / 64] >> (bit % 64) & 1;
}

bool lr_retry_rules_want_http(const lr_retry_rules *rules, int http_status) {
  return http_status >= FIRST_HTTP && http_status <= LAST_HTTP &&
         has_bit(rules->http, (unsigned)(http_status - FIRST_HTTP));
}

bool lr_retry_rules_want_failure(const lr_retry_rules *rules,
                                 lariat_status status) {
  return status < LARIAT_OK && status >= -LAST_FAILURE &&
         has_bit(rules->failures, (unsigned)-status);
}

/* The statuses of a server that is busy, and of gateways whose server is. */
static const int default_statuses[] = {408, 429, 502, 503, 504};

static lariat_status read_statuses(const lariat_retry_policy *policy,
                                   lr_retry_rules *rules) {
  const int *statuses = policy->statuses;
  size_t count = policy->status_count;
  if (!statuses) {
    statuses = default_statuses;
    count = sizeof default_statuses / sizeof default_statuses[0];
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

/* Copies the part of the policy that the caller knows; what is newer keeps its
 * default. */
static lariat_status complete_policy(const lariat_retry_policy *given,
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
  lariat_status status = complete_policy(policy, &all);
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

static bool is_amount(double number) { return number >= 0 && number < 1e12; }

static const char *find_budget_fault(const lariat_retry_policy *policy) {
  if (!is_amount(policy->budget_ratio))
    return "retry.budget_ratio: it is negative, too large, or no number";
  if (!is_amount(policy->budget_per_s))
    return "retry.budget_per_s: it is negative, too large, or no number";
  if (!is_amount(policy->budget_burst))
    return "retry.budget_burst: it is negative, too large, or no number";
  return NULL;
}

const char *lr_retry_policy_fault(const lariat_retry_policy *policy,
                                  bool with_budget) {
  lariat_retry_policy all;
  lr_retry_rules rules = {0};
  if (policy->size < sizeof policy->size)
    return "retry.size: it is not the size of the struct, as "
           "lariat_retry_defaults sets it";
  if (complete_policy(policy, &all) != LARIAT_OK)
    return "retry.max_retries: there are 1,000 at the most";
  if (read_statuses(&all, &rules) != LARIAT_OK)
    return "retry.statuses: one of them is not from 100 to 599";
  if (read_failures(&all, &rules) != LARIAT_OK)
    return "retry.failures: one of them is no failure";
  return with_budget ? find_budget_fault(&all) : NULL;
}

/* ---- Budget ---- */

/* Makes a full budget of `policy`.  LARIAT_OK, LARIAT_EINVAL */
static lariat_status open_budget(lr_retry_budget *budget,
                                 const lariat_retry_policy *policy,
                                 uint64_t now_ns) {
  lariat_retry_policy all;
  lariat_status status = complete_policy(policy, &all);
  if (status != LARIAT_OK) return status;
  if (find_budget_fault(&all)) return LARIAT_EINVAL;
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
  lariat_status status = policy ? complete_policy(policy, &all) : LARIAT_OK;
  if (status == LARIAT_OK) status = lr_retry_rules_read(&all, &retry->rules);
  if (status == LARIAT_OK) status = open_budget(&retry->budget, &all, now_ns);
  retry->random = all.seed;
  if (all.seed) return status;
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  retry->random = (uint64_t)time.tv_nsec ^ (uint64_t)time.tv_sec << 30 ^
                  (uint64_t)(uintptr_t)retry;
  return status;
}

/* ---- Waits ---- */

/* Steele, Lea and Flood's splitmix64. */
static uint64_t next_random(uint64_t *random) {
  uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

/* Draws a number evenly from 0 to `most`, the latter included. */
static uint64_t draw_number(uint64_t *random, uint64_t most) {
  uint64_t number = next_random(random);
  return most == UINT64_MAX ? number : number % (most + 1);
}

uint64_t lr_retry_backoff_ns(const lr_retry_rules *rules, unsigned n,
                             uint64_t *random) {
  uint64_t most = rules->base_ns;
  for (unsigned i = 1; i < n && most < rules->cap_ns; i++) most *= 2;
  return draw_number(random, most < rules->cap_ns ? most : rules->cap_ns);
}

/* ---- Methods ---- */

/* Returns the repeatable method that begins with a letter: no two do. */
static const char *repeatable_method(char letter) {
  switch (letter) {
  case 'G':
    return "GET";
  case 'H':
    return "HEAD";
  case 'O':
    return "OPTIONS";
  case 'T':
    return "TRACE";
  case 'P':
    return "PUT";
  case 'D':
    return "DELETE";
  default:
    return "";
  }
}

bool lr_retry_method_repeatable(const char *method) {
  return *method && strcmp(method, repeatable_method(*method)) == 0;
}
