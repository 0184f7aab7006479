/* SPDX-License-Identifier: MIT
 * lariat_retry_policy: what is tried again, when, and how often.
 * docs/retries.md explains it. */
#ifndef LARIAT_RETRY_H
#define LARIAT_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* A policy of retries.  Start from lariat_retry_defaults().  The lists are
 * copied.
 *
 * The wait before the n-th retry is drawn evenly from 0 to
 * min(cap_ms, base_ms * 2^(n-1)).  A Retry-After (seconds or a date) is waited
 * for in addition: never less than it says.
 *
 * The budget belongs to the client.  Each fetch whose first attempt is over
 * puts `budget_ratio` into it, each second `budget_per_s`; it holds
 * `budget_burst` at the most, and that at the start; each retry takes 1. */
typedef struct lariat_retry_policy {
  size_t size;          /* sizeof(lariat_retry_policy) */
  unsigned max_retries; /* attempts after the first; default 0; at most 1,000 */
  unsigned base_ms;     /* default 250 */
  unsigned cap_ms;      /* default 10,000 */
  bool any_method;      /* POST and PATCH, too; default: GET, HEAD, OPTIONS,
                           TRACE, PUT and DELETE only */
  bool ignore_retry_after;
  unsigned retry_after_max_ms; /* one that asks for more is not tried again;
                                  default 60,000 */
  const int *statuses;         /* HTTP statuses to try again (100 to 599);
                                  NULL: 408, 429, 502, 503, 504 */
  size_t status_count;
  const lariat_status *failures; /* NULL: those that lariat_status_retryable
                                    says; never the deadline, nor what the
                                    caller did itself (cancel, close) */
  size_t failure_count;
  double budget_ratio; /* default 0.1 */
  double budget_per_s; /* default 10 */
  double budget_burst; /* default 100 */
  bool no_budget;
  uint64_t seed; /* of the waits; 0: another each time */
} lariat_retry_policy;

/* Returns the defaults: no retries, but all that they would need.  Any
 * thread. */
LARIAT_API lariat_retry_policy lariat_retry_defaults(void);

LARIAT_END_C

#endif
