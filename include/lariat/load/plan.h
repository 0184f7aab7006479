/* SPDX-License-Identifier: MIT
 * lariat_load_plan: what a run would send, request by request, without sending
 * it: to be looked at before, or sent in some other way. */
#ifndef LARIAT_LOAD_PLAN_H
#define LARIAT_LOAD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/load/error.h>
#include <lariat/load/run.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_load_plan lariat_load_plan;

/* A request of a plan. */
typedef struct lariat_load_planned {
  uint64_t index;     /* in the whole plan */
  bool timed;         /* at_ns says when; else as soon as a user is free */
  uint64_t at_ns;     /* from the start */
  const char *origin; /* the server: "https://example.org:8443" */
  const char *name;   /* of its class; "": none */
  const char *bytes;  /* head and body, of HTTP/1.1; valid until the next */
  size_t length;
  uint64_t think_ns; /* the pause behind its answer, of a closed test */
} lariat_load_planned;

/* Makes the plan of a run with these options, and puts it into `*out`, which
 * the caller owns.  The options' requests must outlive it, and not change.
 * `*error` (may be NULL) is written when the options make no sense.  Any
 * thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no `size`, no requests, or stages that make no sense */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_plan_new(const lariat_load_run_options *options,
                     lariat_load_plan **out, lariat_load_error *error);

/* Frees the plan; NULL is allowed.  Any thread, when no other uses it. */
LARIAT_API void lariat_load_plan_free(lariat_load_plan *plan);

/* Puts the next request of the options' part into `*out`; false: there is none
 * any more.  Requests of a warm-up are not among them; of a flow it is the
 * first step.  What a pipe brings is waited for.  One thread at a time. */
LARIAT_API bool lariat_load_plan_next(lariat_load_plan *plan,
                                      lariat_load_planned *out);

/* Returns what is known of the run before it begins: the sentence about the
 * plan, its hash, the server.  The plan's.  Any thread. */
LARIAT_API const lariat_load_run_facts *
lariat_load_plan_facts(const lariat_load_plan *plan);

/* Returns how many requests the whole plan has: exact where they are even or
 * their number ends the run, the mean for a Poisson process; UINT64_MAX where
 * only the answers decide.  Any thread. */
LARIAT_API uint64_t lariat_load_plan_total(const lariat_load_plan *plan);

LARIAT_END_C

#endif
