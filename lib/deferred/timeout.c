/* SPDX-License-Identifier: MIT
 * timeout.c: a limit to the time that the pairs before it may take.  The limit
 * belongs to its pair and to its timer, whichever lives longer. */
#include "base/memory.h"
#include "deferred/chain.h"
#include "deferred/deferred.h"

typedef struct time_limit {
  unsigned references; /* the pair, and the timer's context */
  bool timed_out;
  lariat_timer timer;        /* {0}: none is set */
  lariat_deferred *deferred; /* the timer's reference */
  lariat_on_timeout on_timeout;
  void *context;
  lariat_destroy destroy;
  uint64_t ms;
} time_limit;

static void release_limit(time_limit *limit) {
  if (--limit->references > 0) return;
  if (limit->destroy) limit->destroy(limit->context);
  lr_free(limit);
}

/* Drops the timer's context: it has run, was cancelled, or went with its
 * reactor. */
static void drop_timer(void *context) {
  time_limit *limit = context;
  limit->timer = (lariat_timer){0};
  lariat_deferred_release(limit->deferred);
  release_limit(limit);
}

static void time_out(void *context) {
  time_limit *limit = context;
  limit->timer = (lariat_timer){0};
  limit->timed_out = true;
  lr_deferred_cancel(limit->deferred);
}

static void stop_timer(time_limit *limit) {
  if (limit->timer.id == 0) return;
  (void)lariat_reactor_cancel_timer(lariat_deferred_reactor(limit->deferred),
                                    limit->timer);
}

static lariat_value say_timed_out(lariat_value result,
                                  const time_limit *limit) {
  if (!lariat_is_failure(result) ||
      lariat_failure_status(result) != LARIAT_ECANCELLED)
    return result;
  lariat_value_drop(result);
  return lariat_failure_new(LARIAT_ETIMEDOUT,
                            "it was not done within %llu milliseconds",
                            (unsigned long long)limit->ms);
}

static lariat_value pass_result(lariat_value result, void *context) {
  time_limit *limit = context;
  stop_timer(limit);
  if (!limit->timed_out) return result;
  if (!limit->on_timeout) return say_timed_out(result, limit);
  return limit->on_timeout(result, limit->ms, limit->context);
}

/* Drops the pair's context; the pair has not run where the chain could not grow
 * or the deferred died. */
static void drop_pair(void *context) {
  time_limit *limit = context;
  stop_timer(limit);
  release_limit(limit);
}

/* Sets the timer.  LARIAT_OK, LARIAT_ECLOSED, LARIAT_ENOMEM */
static lariat_status set_timer(time_limit *limit) {
  lariat_reactor *reactor = lariat_deferred_reactor(limit->deferred);
  if (!reactor) return LARIAT_ECLOSED;
  lariat_status status = lariat_reactor_call_later(
      reactor, limit->ms, time_out, limit, drop_timer, &limit->timer);
  if (status != LARIAT_OK) return status;
  lariat_deferred_retain(limit->deferred);
  limit->references++;
  return LARIAT_OK;
}

/* Fails a deferred that there is no memory to limit, as one whose chain cannot
 * grow.  A reactor that closes brings the end anyway. */
static void refuse_limit(lariat_deferred *deferred, lariat_status status,
                         const lr_pair *refused) {
  if (status == LARIAT_ENOMEM && !(deferred->flags & LR_DEFERRED_FIXED))
    lr_chain_fail(deferred, refused);
  else if (refused->destroy)
    refused->destroy(refused->context);
}

lariat_deferred *lariat_deferred_add_timeout(lariat_deferred *deferred,
                                             uint64_t timeout_ms,
                                             lariat_on_timeout on_timeout,
                                             void *context,
                                             lariat_destroy destroy) {
  const lr_pair refused = {NULL, NULL, context, destroy};
  if (!lr_deferred_is_given(deferred, __func__)) {
    if (destroy) destroy(context);
    return deferred;
  }
  time_limit *limit = lr_alloc(sizeof *limit);
  lariat_status status = LARIAT_ENOMEM;
  if (limit) {
    *limit = (time_limit){1,          false,   {0},     deferred,
                          on_timeout, context, destroy, timeout_ms};
    status = set_timer(limit);
  }
  if (status == LARIAT_OK)
    return lariat_deferred_add_both_owned(deferred, pass_result, limit,
                                          drop_pair);
  lr_free(limit);
  refuse_limit(deferred, status, &refused);
  return deferred;
}
