/* SPDX-License-Identifier: MIT
 * deferred.c: the public face of a deferred: made, held, added to, fired,
 * cancelled, paused, described. */
#include "deferred/deferred.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/call_depth.h"
#include "base/checks.h"
#include "base/memory.h"
#include "base/process.h"
#include "deferred/canceller.h"
#include "deferred/chain.h"
#include "deferred/reclaim.h"
#include "deferred/state.h"
#include "deferred/trace.h"
#include "reactor/reactor.h"

/* The constant deferreds: there was no memory, or no reactor, to make
 * one, the reactor is another thread's, or what was asked has outlived it. Each
 * pair that is added gets the failure, whatever the ones before it returned.
 * They are never written to, so that any thread may have them. */
static const lariat_deferred fixed_no_memory = {
    .references = 1, .flags = LR_DEFERRED_FIRED | LR_DEFERRED_FIXED};
static const lariat_deferred fixed_no_reactor = {
    .references = 1, .flags = LR_DEFERRED_FIRED | LR_DEFERRED_FIXED};

static const lariat_deferred fixed_cancelled = {
    .references = 1, .flags = LR_DEFERRED_FIRED | LR_DEFERRED_FIXED};

static const lariat_deferred fixed_wrong_thread = {
    .references = 1, .flags = LR_DEFERRED_FIRED | LR_DEFERRED_FIXED};
static const lariat_deferred fixed_forked = {
    .references = 1, .flags = LR_DEFERRED_FIRED | LR_DEFERRED_FIXED};

static lariat_deferred *fixed_of(const lariat_deferred *deferred) {
  return (lariat_deferred *)(uintptr_t)deferred;
}

static bool is_fixed(const lariat_deferred *deferred) {
  return (deferred->flags & LR_DEFERRED_FIXED) != 0;
}

static lariat_value fixed_result(const lariat_deferred *deferred) {
  if (deferred == &fixed_no_memory) return lr_failure_no_memory();
  if (deferred == &fixed_wrong_thread) return lr_failure_wrong_thread();
  if (deferred == &fixed_forked) return lr_failure_forked();
  return deferred == &fixed_cancelled ? lr_failure_cancelled()
                                      : lr_failure_no_reactor();
}

static bool is_owned_here(const lariat_deferred *deferred,
                          const char *function) {
  if (lr_deferred_state_is_here(deferred->state)) return true;
  lariat_reactor *reactor = deferred->state->reactor;
  return !reactor || lr_reactor_check(reactor, function) == LARIAT_OK;
}

static LR_COLD void look_for_misuse(const lariat_deferred *deferred,
                                    const char *function) {
  if (!deferred) {
    lr_misuse("%s: the deferred is NULL", function);
  } else if (!is_fixed(deferred)) {
    if (deferred->references == 0)
      lr_misuse("%s: the deferred's last reference was given back", function);
    else
      (void)is_owned_here(deferred, function);
  }
}

/* Tells whether there is a deferred to work on; looks for misuse, where that is
 * on. */
static inline bool is_given(const lariat_deferred *deferred,
                            const char *function) {
  if (lr_checks()) look_for_misuse(deferred, function);
  return deferred != NULL;
}

/* Tells whether there is a deferred and misuse is not looked for, as in most
 * calls. */
static inline bool is_on_fast_path(const lariat_deferred *deferred) {
  return deferred && lr_switch_is_off(&lr_checks_switch);
}

bool lr_deferred_is_given(const lariat_deferred *deferred,
                          const char *function) {
  return is_given(deferred, function);
}

/* ---- Making ---- */

static void free_user_deferred(lariat_deferred *deferred) {
  lr_free_list_give(&deferred->state->deferreds, deferred);
}

static void ask_canceller(lariat_deferred *deferred) {
  lr_user_deferred *user = (lr_user_deferred *)deferred;
  user->canceller(deferred, user->context);
}

const lr_deferred_ops lr_deferred_user_ops = {.dispose = free_user_deferred};
static const lr_deferred_ops cancellable_ops = {.dispose = free_user_deferred,
                                                .cancel = ask_canceller};

void lr_canceller_drop(lariat_deferred *deferred) {
  lr_user_deferred *user = (lr_user_deferred *)deferred;
  deferred->flags &= ~(unsigned)LR_DEFERRED_CANCELLER;
  user->destroy(user->context);
}

lariat_deferred *lr_deferred_failed_reserve(lariat_reactor *reactor) {
  if (!reactor) return fixed_of(&fixed_no_reactor);
  lr_deferred_state *state = lr_deferred_state_of(reactor);
  lariat_deferred *reserve = state ? lr_deferred_state_reserve(state) : NULL;
  return reserve ? reserve : fixed_of(&fixed_no_memory);
}

lariat_deferred *lr_deferred_failed_cancelled(void) {
  lariat_reactor *reactor = lariat_reactor_current();
  return reactor ? lariat_deferred_fail(reactor, LARIAT_ECANCELLED, "%s",
                                        lariat_status_text(LARIAT_ECANCELLED))
                 : fixed_of(&fixed_cancelled);
}

static LR_COLD void look_for_misuse_of(const lariat_reactor *reactor,
                                       const char *function) {
  if (!reactor)
    lr_misuse("%s: the reactor is NULL", function);
  else
    (void)lr_reactor_check(reactor, function);
}

/* Makes a deferred, in memory that could hold a canceller too; or returns
 * NULL. */
static inline lariat_deferred *make_deferred(lariat_reactor *reactor,
                                             const lr_deferred_ops *ops,
                                             const char *function) {
  if (lr_checks()) look_for_misuse_of(reactor, function);
  lr_deferred_state *state = lr_deferred_state_of(reactor);
  lariat_deferred *deferred =
      state ? lr_free_list_take(&state->deferreds) : NULL;
  if (deferred) lr_deferred_init_in(deferred, state, ops);
  return deferred;
}

static LR_COLD lariat_deferred *make_cancellable(lariat_reactor *reactor,
                                                 lariat_canceller canceller,
                                                 void *context,
                                                 lariat_destroy destroy) {
  lariat_deferred *deferred = make_deferred(
      reactor, canceller ? &cancellable_ops : &lr_deferred_user_ops, __func__);
  if (!deferred) {
    if (destroy) destroy(context);
    return lr_deferred_failed_reserve(reactor);
  }
  lr_user_deferred *user = (lr_user_deferred *)deferred;
  user->canceller = canceller;
  user->context = context;
  user->destroy = destroy;
  if (destroy) deferred->flags |= LR_DEFERRED_CANCELLER;
  return deferred;
}

lariat_deferred *lariat_deferred_new(lariat_reactor *reactor,
                                     lariat_canceller canceller, void *context,
                                     lariat_destroy destroy) {
  if (canceller || destroy)
    return make_cancellable(reactor, canceller, context, destroy);
  lariat_deferred *deferred =
      make_deferred(reactor, &lr_deferred_user_ops, __func__);
  return deferred ? deferred : lr_deferred_failed_reserve(reactor);
}

static lariat_deferred *make_fired(lariat_reactor *reactor, lariat_value result,
                                   const char *function) {
  lariat_deferred *deferred =
      make_deferred(reactor, &lr_deferred_user_ops, function);
  if (!deferred) {
    lariat_value_drop(result);
    return lr_deferred_failed_reserve(reactor);
  }
  deferred->flags |= LR_DEFERRED_FIRED;
  if (deferred->flags & LR_DEFERRED_TRACED) lr_trace_fired(deferred);
  deferred->result = result;
  return deferred;
}

static lariat_value refuse_deferred(lariat_value result, const char *function) {
  lr_misuse("%s: the result is a deferred", function);
  lariat_value_drop(result);
  return lariat_failure_new(LARIAT_EINVAL, "a deferred was given as a result");
}

lariat_deferred *lariat_deferred_succeed(lariat_reactor *reactor,
                                         lariat_value result) {
  if (result.type == &lariat_deferred_type)
    result = refuse_deferred(result, __func__);
  return make_fired(reactor, result, __func__);
}

/* Says whether the reactor may not be used here, which is what is to be told:
 * nothing of its memory is. */
static bool is_elsewhere(const lariat_reactor *reactor, lariat_status status) {
  return (status == LARIAT_ETHREAD || status == LARIAT_EFORKED) && reactor &&
         !lr_reactor_is_here(reactor);
}

lariat_deferred *lariat_deferred_fail(lariat_reactor *reactor,
                                      lariat_status status, const char *format,
                                      ...) {
  if (is_elsewhere(reactor, status))
    return fixed_of(status == LARIAT_ETHREAD ? &fixed_wrong_thread
                                             : &fixed_forked);
  va_list arguments;
  va_start(arguments, format);
  lariat_value failure = lr_failure_format(status, format, arguments);
  va_end(arguments);
  return make_fired(reactor, failure, __func__);
}

/* ---- References ---- */

static LR_COLD lariat_deferred *retain_slow(lariat_deferred *deferred,
                                            const char *function) {
  if (is_given(deferred, function) && !is_fixed(deferred))
    deferred->references++;
  return deferred;
}

lariat_deferred *lariat_deferred_retain(lariat_deferred *deferred) {
  if (!is_on_fast_path(deferred) || is_fixed(deferred))
    return retain_slow(deferred, __func__);
  deferred->references++;
  return deferred;
}

static LR_COLD void release_slow(lariat_deferred *deferred,
                                 const char *function) {
  if (deferred && is_given(deferred, function)) lr_deferred_release(deferred);
}

void lariat_deferred_release(lariat_deferred *deferred) {
  if (is_on_fast_path(deferred))
    lr_deferred_release(deferred);
  else
    release_slow(deferred, __func__);
}

void lariat_deferred_forget(lariat_deferred *deferred) {
  if (!deferred || !is_given(deferred, __func__) || is_fixed(deferred)) return;
  deferred->flags |= LR_DEFERRED_FORGOTTEN;
  lr_deferred_release(deferred);
}

static void drop_deferred(void *data) { lariat_deferred_release(data); }

static void *share_deferred(void *data) { return lariat_deferred_retain(data); }

static int describe_deferred(const void *data, char *text, size_t capacity) {
  return lariat_deferred_describe(data, text, capacity);
}

const lariat_type lariat_deferred_type = {
    .size = sizeof(lariat_type),
    .name = "deferred",
    .drop = drop_deferred,
    .share = share_deferred,
    .describe = describe_deferred,
};

/* ---- Pairs ---- */

/* Gives the failure of a constant deferred, which keeps nothing, to `pair`, and
 * drops what that makes of it. */
static void run_on_fixed(const lariat_deferred *deferred, const lr_pair *pair) {
  lariat_value result = fixed_result(deferred);
  if (pair->errback) result = pair->errback(result, pair->context);
  if (pair->destroy) pair->destroy(pair->context);
  lariat_value_drop(result);
}

static LR_COLD lariat_deferred *
add_pair_slow(lariat_deferred *deferred, lariat_callback callback,
              lariat_callback errback, void *context, lariat_destroy destroy,
              const char *function) {
  const lr_pair pair = {callback, errback, context, destroy};
  if (!is_given(deferred, function)) {
    if (destroy) destroy(context);
  } else if (is_fixed(deferred)) {
    run_on_fixed(deferred, &pair);
  } else if (!lr_chain_append(deferred, &pair)) {
    lr_chain_fail(deferred, &pair);
  } else if (lr_chain_may_run(deferred)) {
    lr_chain_run(deferred);
  }
  return deferred;
}

/* Adds a pair; fast where the deferred has not fired and has the capacity.  (A
 * constant one has fired.) */
static inline lariat_deferred *add_pair(lariat_deferred *deferred,
                                        lariat_callback callback,
                                        lariat_callback errback, void *context,
                                        lariat_destroy destroy,
                                        const char *function) {
  if (!is_on_fast_path(deferred) || deferred->end == deferred->capacity ||
      lr_deferred_is_fired(deferred))
    return add_pair_slow(deferred, callback, errback, context, destroy,
                         function);
  lr_pair *pair = &deferred->pairs[deferred->end++];
  pair->callback = callback;
  pair->errback = errback;
  pair->context = context;
  pair->destroy = destroy;
  return deferred;
}

lariat_deferred *lariat_deferred_add_callbacks_owned(lariat_deferred *deferred,
                                                     lariat_callback callback,
                                                     lariat_callback errback,
                                                     void *context,
                                                     lariat_destroy destroy) {
  return add_pair(deferred, callback, errback, context, destroy, __func__);
}

lariat_deferred *lariat_deferred_add_callback_owned(lariat_deferred *deferred,
                                                    lariat_callback callback,
                                                    void *context,
                                                    lariat_destroy destroy) {
  return add_pair(deferred, callback, NULL, context, destroy, __func__);
}

lariat_deferred *lariat_deferred_add_errback_owned(lariat_deferred *deferred,
                                                   lariat_callback errback,
                                                   void *context,
                                                   lariat_destroy destroy) {
  return add_pair(deferred, NULL, errback, context, destroy, __func__);
}

lariat_deferred *lariat_deferred_add_both_owned(lariat_deferred *deferred,
                                                lariat_callback both,
                                                void *context,
                                                lariat_destroy destroy) {
  return add_pair(deferred, both, both, context, destroy, __func__);
}

lariat_deferred *lariat_deferred_add_callbacks(lariat_deferred *deferred,
                                               lariat_callback callback,
                                               lariat_callback errback,
                                               void *context) {
  return add_pair(deferred, callback, errback, context, NULL, __func__);
}

lariat_deferred *lariat_deferred_add_callback(lariat_deferred *deferred,
                                              lariat_callback callback,
                                              void *context) {
  return add_pair(deferred, callback, NULL, context, NULL, __func__);
}

lariat_deferred *lariat_deferred_add_errback(lariat_deferred *deferred,
                                             lariat_callback errback,
                                             void *context) {
  return add_pair(deferred, NULL, errback, context, NULL, __func__);
}

lariat_deferred *lariat_deferred_add_both(lariat_deferred *deferred,
                                          lariat_callback both, void *context) {
  return add_pair(deferred, both, both, context, NULL, __func__);
}

/* ---- Firing ---- */

/* Tells whether the canceller's context can go.  A canceller that fires its own
 * deferred still uses it: then it goes when the canceller has returned. */
static bool has_idle_canceller(const lariat_deferred *deferred) {
  unsigned state =
      deferred->flags & (LR_DEFERRED_CANCELLER | LR_DEFERRED_CANCELLING);
  return state == LR_DEFERRED_CANCELLER;
}

static lariat_status fire_late(lariat_deferred *deferred, lariat_value result) {
  lariat_status status = LARIAT_EALREADY;
  if (deferred->flags & LR_DEFERRED_SWALLOWS) {
    deferred->flags &= ~(unsigned)LR_DEFERRED_SWALLOWS;
    status = LARIAT_OK;
  }
  lariat_value_drop(result);
  return status;
}

/* The flags with which there is more to do than to run the chain. */
enum {
  SLOW_START = LR_DEFERRED_CANCELLER | LR_DEFERRED_TRACED | LR_DEFERRED_TELLS
};

static LR_COLD void start_chain_slow(lariat_deferred *deferred) {
  deferred->references++;
  if (deferred->flags & LR_DEFERRED_TRACED) lr_trace_fired(deferred);
  if (deferred->flags & LR_DEFERRED_TELLS) deferred->ops->fired(deferred);
  if (has_idle_canceller(deferred)) lr_canceller_drop(deferred);
  lr_chain_run(deferred);
  lr_deferred_release(deferred);
}

lariat_status lr_deferred_fire(lariat_deferred *deferred, lariat_value result) {
  unsigned flags = deferred->flags;
  if (flags & LR_DEFERRED_FIRED) return fire_late(deferred, result);
  deferred->flags = flags | LR_DEFERRED_FIRED;
  deferred->result = result;
  if (flags & SLOW_START)
    start_chain_slow(deferred);
  else
    lr_chain_start(deferred);
  return LARIAT_OK;
}

static lariat_status refuse_result(lariat_value result) {
  lariat_value_drop(result);
  return LARIAT_EINVAL;
}

static LR_COLD lariat_status fire_deferred_slow(lariat_deferred *deferred,
                                                lariat_value result,
                                                const char *function) {
  if (!is_given(deferred, function)) return refuse_result(result);
  if (result.type == &lariat_deferred_type) {
    lr_misuse("%s: the result is a deferred", function);
    return refuse_result(result);
  }
  if (!is_fixed(deferred) && !is_owned_here(deferred, function))
    return refuse_result(result);
  return lr_deferred_fire(deferred, result);
}

/* Fires; fast for the first time, on the deferred's own thread, with nothing
 * but the chain to run. */
static inline lariat_status fire_deferred(lariat_deferred *deferred,
                                          lariat_value result,
                                          const char *function) {
  const unsigned special = LR_DEFERRED_FIRED | (unsigned)SLOW_START;
  if (!is_on_fast_path(deferred) || deferred->flags & special ||
      result.type == &lariat_deferred_type ||
      !lr_deferred_state_is_here(deferred->state))
    return fire_deferred_slow(deferred, result, function);
  deferred->flags |= LR_DEFERRED_FIRED;
  deferred->result = result;
  lr_chain_start(deferred);
  return LARIAT_OK;
}

lariat_status lariat_deferred_callback(lariat_deferred *deferred,
                                       lariat_value result) {
  return fire_deferred(deferred, result, __func__);
}

lariat_status lariat_deferred_errback(lariat_deferred *deferred,
                                      lariat_value failure) {
  if (!lariat_is_failure(failure)) {
    lr_misuse("%s: the value is not a failure", __func__);
    return refuse_result(failure);
  }
  return fire_deferred(deferred, failure, __func__);
}

/* ---- Cancelling ---- */

static void ask_to_cancel(lariat_deferred *deferred) {
  deferred->flags |= LR_DEFERRED_CANCELLING;
  lr_call_depth++;
  deferred->ops->cancel(deferred);
  lr_call_depth--;
  deferred->flags &= ~(unsigned)LR_DEFERRED_CANCELLING;
  if (lr_deferred_is_fired(deferred) && has_idle_canceller(deferred))
    lr_canceller_drop(deferred);
}

static void cancel_unfired(lariat_deferred *deferred) {
  const lr_deferred_ops *ops = deferred->ops;
  deferred->references++;
  if (ops->cancel)
    ask_to_cancel(deferred);
  else
    deferred->flags |= LR_DEFERRED_SWALLOWS;
  if (!lr_deferred_is_fired(deferred) && !ops->cancel_passes_on)
    (void)lr_deferred_fire(deferred, lr_failure_cancelled());
  lr_deferred_release(deferred);
}

void lr_deferred_cancel(lariat_deferred *deferred) {
  while (lr_deferred_waits(deferred)) deferred = deferred->result.data;
  if (!(deferred->flags & (LR_DEFERRED_FIRED | LR_DEFERRED_CANCELLING)))
    cancel_unfired(deferred);
}

void lariat_deferred_cancel(lariat_deferred *deferred) {
  if (is_given(deferred, __func__)) lr_deferred_cancel(deferred);
}

/* ---- Pausing ---- */

void lariat_deferred_pause(lariat_deferred *deferred) {
  if (is_given(deferred, __func__) && !is_fixed(deferred)) deferred->paused++;
}

lariat_status lariat_deferred_unpause(lariat_deferred *deferred) {
  if (!is_given(deferred, __func__)) return LARIAT_EINVAL;
  if (deferred->paused == 0) return LARIAT_EALREADY;
  deferred->paused--;
  if (lr_chain_may_run(deferred)) lr_chain_run(deferred);
  return LARIAT_OK;
}

/* ---- Readers ---- */

bool lariat_deferred_fired(const lariat_deferred *deferred) {
  return is_given(deferred, __func__) && lr_deferred_is_fired(deferred);
}

lariat_value lariat_deferred_peek(const lariat_deferred *deferred) {
  if (!is_given(deferred, __func__)) return lariat_none();
  if (is_fixed(deferred)) return fixed_result(deferred);
  bool has_value = !lariat_is_none(deferred->result);
  return has_value && !lr_deferred_waits(deferred) ? deferred->result
                                                   : lariat_none();
}

lariat_reactor *lariat_deferred_reactor(const lariat_deferred *deferred) {
  if (!is_given(deferred, __func__) || is_fixed(deferred)) return NULL;
  return deferred->state->reactor;
}

/* Writes the second half of a text whose first half took `used` characters. */
static int describe_result(lariat_value result, char *text, size_t capacity,
                           int used) {
  size_t at = (size_t)used;
  char *end = at < capacity ? text + at : NULL;
  int more = lariat_value_describe(result, end, end ? capacity - at : 0);
  if (more < 0) return more;
  used += more;
  at = (size_t)used;
  end = at < capacity ? text + at : NULL;
  more = snprintf(end, end ? capacity - at : 0, ">");
  return more < 0 ? more : used + more;
}

int lariat_deferred_describe(const lariat_deferred *deferred, char *text,
                             size_t capacity) {
  if (!deferred) return snprintf(text, capacity, "<no deferred>");
  const void *self = deferred;
  bool fired = lr_deferred_is_fired(deferred);
  if (fired ? lr_deferred_waits(deferred) : deferred->result.data != NULL)
    return snprintf(text, capacity,
                    "<deferred at %p waiting on deferred at %p>", self,
                    deferred->result.data);
  if (!fired) return snprintf(text, capacity, "<deferred at %p>", self);
  int used = snprintf(text, capacity, "<deferred at %p current result: ", self);
  if (used < 0) return used;
  return describe_result(lariat_deferred_peek(deferred), text, capacity, used);
}
