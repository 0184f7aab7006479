/* SPDX-License-Identifier: MIT
 * retry_policy.h: what a policy for retries says: which outcomes are tried
 * again, how long to wait before, and how many retries there may be in all.
 * No job and no response in here. */
#ifndef LR_LIMITS_RETRY_POLICY_H
#define LR_LIMITS_RETRY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/retry.h>

/* A policy as it is asked: of a client, or of one request. */
typedef struct lr_retry_rules {
  unsigned max_retries;
  bool any_method;
  bool ignore_retry_after;
  bool no_budget;
  uint64_t base_ns;
  uint64_t cap_ns;
  uint64_t retry_after_max_ns;
  uint64_t http[8];     /* a bit for each HTTP status from 100 on */
  uint64_t failures[2]; /* a bit for each status, its sign dropped */
} lr_retry_rules;

/* Reads the rules of `policy`.  LARIAT_OK, LARIAT_EINVAL */
lariat_status lr_retry_rules_read(const lariat_retry_policy *policy,
                                  lr_retry_rules *rules);

/* Returns what is wrong with `policy`: a sentence that begins with the name of
 * its field ("retry.max_retries: ..."), static; NULL: nothing.  The budget's
 * numbers are only looked at `with_budget`: of a client. */
const char *lr_retry_policy_fault(const lariat_retry_policy *policy,
                                  bool with_budget);

/* Whether an answer with this HTTP status is to be tried again. */
bool lr_retry_rules_want_http(const lr_retry_rules *rules, int http_status);

/* Whether this failure is to be tried again. */
bool lr_retry_rules_want_failure(const lr_retry_rules *rules,
                                 lariat_status status);

/* Tokens for retries; those that time has brought are added when one is asked
 * for. */
typedef struct lr_retry_budget {
  double ratio;
  double per_s;
  double burst;
  double tokens;
  uint64_t firsts;      /* fetches whose first attempt is over */
  uint64_t firsts_paid; /* those that have put in their share */
  uint64_t filled_ns;
} lr_retry_budget;

/* Takes the token of one retry; false when there is none. */
bool lr_retry_budget_take(lr_retry_budget *budget, uint64_t now_ns);

/* The state of one client: its rules, its budget, its random numbers. */
typedef struct lr_retry {
  lr_retry_rules rules;
  lr_retry_budget budget;
  uint64_t random;
} lr_retry;

/* Reads `policy` for a client; NULL: no retries.  LARIAT_OK, LARIAT_EINVAL */
lariat_status lr_retry_open(lr_retry *retry, const lariat_retry_policy *policy,
                            uint64_t now_ns);

/* Says whether the method alone allows another try (RFC 9110, 9.2.2). */
bool lr_retry_method_repeatable(const char *method);

/* Returns the n-th wait (n from 1 on) without any Retry-After. */
uint64_t lr_retry_backoff_ns(const lr_retry_rules *rules, unsigned n,
                             uint64_t *random);

#endif
