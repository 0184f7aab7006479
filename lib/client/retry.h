/* SPDX-License-Identifier: MIT
 * retry.h: whether what a job came home with is tried again, when, and what is
 * told of it.  All on the caller's thread; the jobs themselves are moved by
 * client.c. */
#ifndef LR_CLIENT_RETRY_H
#define LR_CLIENT_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/attempt.h>
#include <lariat/retry.h>

struct lr_job;

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

/* LARIAT_OK, LARIAT_EINVAL */
lariat_status lr_retry_rules_read(const lariat_retry_policy *policy,
                                  lr_retry_rules *rules);

/* Tokens, filled when they are looked at. */
typedef struct lr_retry_budget {
  double ratio;
  double per_s;
  double burst;
  double tokens;
  uint64_t firsts;      /* fetches whose first attempt is over */
  uint64_t firsts_paid; /* those that have put in their share */
  uint64_t filled_ns;
} lr_retry_budget;

/* A budget of `policy`, full.  LARIAT_OK, LARIAT_EINVAL */
lariat_status lr_retry_budget_open(lr_retry_budget *budget,
                                   const lariat_retry_policy *policy,
                                   uint64_t now_ns);

/* Takes the token of one retry; false when there is none. */
bool lr_retry_budget_take(lr_retry_budget *budget, uint64_t now_ns);

/* What a client has for all this. */
typedef struct lr_retry {
  lr_retry_rules rules;
  lr_retry_budget budget;
  uint64_t random;
} lr_retry;

/* `policy` may be NULL: no retries. */
lariat_status lr_retry_open(lr_retry *retry, const lariat_retry_policy *policy,
                            uint64_t now_ns);

/* The attempts of a job that was tried again, but for the one that it is in. */
typedef struct lr_attempts {
  uint32_t count;
  uint32_t capacity;
  lariat_attempt items[];
} lr_attempts;

/* Room for another attempt and the one after it; false when out of memory. */
bool lr_retry_reserve(struct lr_job *job);

/* Notes the attempt that is over, in the room that there is; the wait before
 * the next is `wait_ns`. */
void lr_retry_note(struct lr_job *job, lariat_status status, int http_status,
                   uint64_t wait_ns);

/* Notes that libcurl has sent the request twice in this attempt. */
void lr_retry_note_resent(struct lr_job *job);

/* What to do with a job that is home with an outcome. */
typedef struct lr_retry_plan {
  bool again;
  uint64_t wait_ns;
  lariat_retry_end end; /* why not */
} lr_retry_plan;

/* What a plan depends on beside the job. */
typedef struct lr_retry_moment {
  uint64_t now_ns;
  uint64_t left_ns; /* until the deadline; UINT64_MAX: none */
  bool full;        /* no more may wait */
} lr_retry_moment;

lr_retry_plan lr_retry_plan_of(lr_retry *retry, const struct lr_job *job,
                               lr_retry_moment moment);

/* Whether the method alone allows another try (RFC 9110, 9.2.2). */
bool lr_retry_method_repeatable(const char *method);

/* The wait that a Retry-After asks for, at `wall_s` seconds since 1970, which
 * the answer's own Date (may be NULL) overrides; 0 when it makes no sense. */
uint64_t lr_retry_after_ns(const char *text, const char *date, int64_t wall_s);

/* A number drawn evenly from 0 to `most`, the latter included. */
uint64_t lr_retry_draw(uint64_t *random, uint64_t most);

/* The n-th wait (n from 1 on) without any Retry-After. */
uint64_t lr_retry_backoff_ns(const lr_retry_rules *rules, unsigned n,
                             uint64_t *random);

#endif
