/* SPDX-License-Identifier: MIT
 * wait.c: all the ways in which a coroutine waits, and how a wait ends. */
#include <lariat/await.h>

#include "await/coroutine.h"
#include "base/process.h"
#include "base/time.h"
#include "deferred/chain.h"
#include "deferred/failure.h"
#include "deferred/reclaim.h"
#include <lariat/gather.h>

/* How often a coroutine may wait though each wait fails: one that does so again
 * will never end by itself. */
enum { REFUSALS_MOST = 10000 };

/* ---- Checks ---- */

/* Counts a wait that was refused since the layer closes; gives the coroutine up
 * after too many. */
static void count_refusal(lariat_coroutine *coroutine) {
  if (++coroutine->refusals > REFUSALS_MOST) lr_coroutine_give_up(coroutine);
}

static lariat_status check_closing(lariat_coroutine *coroutine) {
  if (!lr_await_state_closing(coroutine->state)) return LARIAT_OK;
  count_refusal(coroutine);
  return LARIAT_ECLOSED;
}

static lariat_status check_coroutine(lariat_coroutine *coroutine,
                                     const char *function) {
  if (!coroutine) {
    lr_misuse("%s: called outside of a coroutine", function);
    return LARIAT_EOUTSIDE;
  }
  if (!lr_coroutine_may_wait(coroutine)) {
    lr_misuse("%s: called in the coroutine '%s' from inside of a callback, a "
              "canceller, a destructor or a clean-up",
              function, coroutine->name);
    return LARIAT_EBUSY;
  }
  return LARIAT_OK;
}

/* Takes a cancel that came while the coroutine ran. */
static lariat_status take_cancel(lariat_coroutine *coroutine) {
  if (!coroutine->cancelled) return LARIAT_OK;
  coroutine->cancelled = false;
  return LARIAT_ECANCELLED;
}

/* Checks what sleep and yield require alike. */
static lariat_status check_pause(lariat_coroutine *coroutine,
                                 const char *function) {
  lariat_status status = check_coroutine(coroutine, function);
  if (status == LARIAT_OK) status = check_closing(coroutine);
  if (status == LARIAT_OK) status = take_cancel(coroutine);
  return status;
}

/* ---- Waits for time ---- */

static void finish_wait(lariat_coroutine *coroutine, lariat_status status) {
  coroutine->status = status;
  lr_coroutine_resume(coroutine);
}

static void on_time(lr_timer *timer) {
  finish_wait(lr_container(timer, lariat_coroutine, timer), LARIAT_OK);
}

lariat_status lariat_coroutine_sleep(uint64_t ms) {
  lariat_coroutine *coroutine = lr_coroutine_here;
  lariat_status status = check_pause(coroutine, __func__);
  if (status != LARIAT_OK) return status;
  lariat_reactor *reactor = coroutine->state->reactor;
  uint64_t at_ns = lr_add_ms(lariat_reactor_now_ns(reactor), ms);
  coroutine->timer.expire = on_time;
  if (!lr_reactor_set_timer(reactor, &coroutine->timer, at_ns))
    return LARIAT_ENOMEM;
  lr_coroutine_suspend(coroutine, LR_WAITS_TIMER);
  return coroutine->status;
}

/* ---- Waits for the next turn ---- */

/* Ends the wait unless the call is one that is too late: those come first, for
 * calls run in the order in which they were asked for. */
static void on_turn(void *context) {
  lariat_coroutine *coroutine = context;
  if (coroutine->stale_turns > 0)
    coroutine->stale_turns--;
  else
    finish_wait(coroutine, LARIAT_OK);
}

static void release_turn(void *context) { lr_coroutine_release(context); }

lariat_status lariat_coroutine_yield(void) {
  lariat_coroutine *coroutine = lr_coroutine_here;
  lariat_status status = check_pause(coroutine, __func__);
  if (status != LARIAT_OK) return status;
  status = lariat_reactor_call_soon(coroutine->state->reactor, on_turn,
                                    coroutine, release_turn);
  if (status != LARIAT_OK) return status;
  coroutine->holds++;
  lr_coroutine_suspend(coroutine, LR_WAITS_TURN);
  return coroutine->status;
}

lariat_status lariat_coroutine_check(void) {
  lariat_coroutine *coroutine = lr_coroutine_here;
  if (!coroutine) return LARIAT_EOUTSIDE;
  if (lr_await_state_closing(coroutine->state)) return LARIAT_ECLOSED;
  return take_cancel(coroutine);
}

/* ---- Waits for a deferred ---- */

/* Releases the awaited deferred, which is not awaited any more. */
static void release_awaited(lariat_coroutine *coroutine) {
  lariat_deferred *deferred = coroutine->awaited;
  coroutine->awaited = NULL;
  if (!coroutine->holding) return;
  coroutine->holding = false;
  lr_deferred_release(deferred);
}

/* Keeps the result and resumes the coroutine, unless that still runs and will
 * look.  (The run of the chain has a reference, so that nothing dies here.) */
static lariat_value on_result(lariat_value result, void *context) {
  lariat_coroutine *coroutine = context;
  coroutine->value = result;
  release_awaited(coroutine);
  if (coroutine->waits == LR_WAITS_DEFERRED) lr_coroutine_resume(coroutine);
  coroutine->delivered = true;
  return lariat_none();
}

static lariat_value why_lost(const lariat_deferred *deferred) {
  if (deferred->references > 0) return lr_failure_no_memory();
  return lariat_failure_new(LARIAT_ENOTFOUND,
                            "nobody has the awaited deferred any more");
}

/* Drops the pair's hold.  A pair goes without having run because the deferred
 * died or its chain could not grow: then nothing else would come, and the
 * coroutine is resumed here. */
static void drop_pair(void *context) {
  lariat_coroutine *coroutine = context;
  if (coroutine->delivered) {
    coroutine->delivered = false;
  } else {
    coroutine->value = why_lost(coroutine->awaited);
    release_awaited(coroutine);
    if (coroutine->waits == LR_WAITS_DEFERRED) lr_coroutine_resume(coroutine);
  }
  lr_coroutine_release(coroutine);
}

/* Tells whether the deferred's result can simply be taken. */
static inline bool is_ready(const lariat_deferred *deferred) {
  const unsigned relevant =
      LR_DEFERRED_FIRED | LR_DEFERRED_RUNNING | LR_DEFERRED_CLAIMED;
  return (deferred->flags & relevant) == LR_DEFERRED_FIRED &&
         deferred->next == deferred->end && deferred->paused == 0 &&
         !lr_deferred_waits(deferred);
}

static inline lariat_value take_result(lariat_deferred *deferred) {
  lariat_value result = deferred->result;
  deferred->result = lariat_none();
  deferred->flags |= LR_DEFERRED_CLAIMED;
  lr_deferred_release(deferred);
  return result;
}

static lariat_value make_failure(lariat_status status, const char *why) {
  return lariat_failure_new(status, "%s", why);
}

/* Refuses the wait and cancels the deferred: there is no waiting any more, and
 * what the work could still bring is of no use. */
static lariat_value refuse_at_close(lariat_coroutine *coroutine,
                                    lariat_deferred *deferred) {
  lariat_deferred_cancel(deferred);
  lariat_deferred_forget(deferred);
  count_refusal(coroutine);
  return make_failure(LARIAT_ECLOSED, "the reactor is being closed");
}

bool lr_coroutine_abandon(lariat_deferred *deferred, lr_deferred_lost *lost) {
  lariat_coroutine *coroutine =
      lr_container(deferred, lariat_coroutine, deferred);
  if (coroutine->holding) {
    coroutine->holding = false;
    lr_deferred_give_back(lost, coroutine->awaited);
  }
  return true;
}

/* Puts the coroutine's pair at the end of the chain; false when out of
 * memory. */
static bool append_pair(lariat_coroutine *coroutine,
                        lariat_deferred *deferred) {
  const lr_pair pair = {on_result, on_result, coroutine, drop_pair};
  if (!lr_chain_append(deferred, &pair)) return false;
  deferred->flags |= LR_DEFERRED_CLAIMED | LR_DEFERRED_AWAITED;
  coroutine->holds++;
  coroutine->awaited = deferred;
  coroutine->holding = true;
  return true;
}

/* Waits for the deferred.  Its chain may bring the result at once, or a cancel
 * that was kept does.  When nobody holds the coroutine, it holds nobody, and it
 * may turn out that nobody is left to fire the deferred. */
static lariat_value wait_for_deferred(lariat_coroutine *coroutine,
                                      lariat_deferred *deferred) {
  if (!append_pair(coroutine, deferred)) {
    lr_deferred_release(deferred);
    return lr_failure_no_memory();
  }
  if (lr_chain_may_run(deferred)) lr_chain_run(deferred);
  if (coroutine->awaited && take_cancel(coroutine) != LARIAT_OK)
    lariat_deferred_cancel(deferred);
  if (coroutine->holding && coroutine->deferred.references == 0) {
    coroutine->holding = false;
    lr_deferred_release(deferred);
  }
  if (coroutine->awaited) lr_coroutine_suspend(coroutine, LR_WAITS_DEFERRED);
  lariat_value result = coroutine->value;
  coroutine->value = lariat_none();
  return result;
}

/* Checks what can be wrong with a deferred of this thread. */
static lariat_status check_awaited(const lariat_coroutine *coroutine,
                                   const lariat_deferred *deferred) {
  if (deferred->flags & LR_DEFERRED_CLAIMED) {
    lr_misuse("lariat_await: the deferred was awaited before");
    return LARIAT_EALREADY;
  }
  if (deferred == &coroutine->deferred ||
      lr_chain_waits_for(deferred, &coroutine->deferred))
    return LARIAT_ESELF;
  return LARIAT_OK;
}

static lariat_value refuse_await(lariat_deferred *deferred,
                                 lariat_status status) {
  if (status != LARIAT_ETHREAD && status != LARIAT_EFORKED)
    lariat_deferred_release(deferred);
  return make_failure(status, lariat_status_text(status));
}

/* Checks the thread.  The deferred's reactor may be another one on the same
 * thread, or have been closed. */
static lariat_status check_owner(const lariat_coroutine *coroutine,
                                 const lariat_deferred *deferred) {
  if (coroutine && coroutine->deferred.state == deferred->state)
    return LARIAT_OK;
  lariat_reactor *owner = deferred->state->reactor;
  return owner ? lr_reactor_check(owner, "lariat_await") : LARIAT_OK;
}

/* Awaits a deferred that is not ready, or not right.  The constant deferreds
 * stay failed for ever. */
static lariat_value await_slow(lariat_coroutine *coroutine,
                               lariat_deferred *deferred) {
  if (!deferred) {
    lr_misuse("lariat_await: the deferred is NULL");
    return make_failure(LARIAT_EINVAL, "NULL was awaited");
  }
  if (deferred->flags & LR_DEFERRED_FIXED)
    return lariat_deferred_peek(deferred);
  lariat_status status = check_owner(coroutine, deferred);
  if (status == LARIAT_OK) status = check_coroutine(coroutine, "lariat_await");
  if (status == LARIAT_OK && is_ready(deferred)) return take_result(deferred);
  if (status == LARIAT_OK) status = check_awaited(coroutine, deferred);
  if (status != LARIAT_OK) return refuse_await(deferred, status);
  if (lr_await_state_closing(coroutine->state))
    return refuse_at_close(coroutine, deferred);
  return wait_for_deferred(coroutine, deferred);
}

lariat_value lariat_await(lariat_deferred *deferred) {
  lariat_coroutine *coroutine = lr_coroutine_here;
  if (coroutine && deferred && lr_coroutine_may_wait(coroutine) &&
      deferred->state == coroutine->deferred.state && is_ready(deferred))
    return take_result(deferred);
  return await_slow(coroutine, deferred);
}

lariat_value lariat_await_all(lariat_deferred *const *deferreds, size_t count) {
  return lariat_await(lariat_gather_results(deferreds, count));
}

lariat_value lariat_await_value(lariat_value value) {
  if (value.type != &lariat_deferred_type) return value;
  return lariat_await(value.data);
}

/* ---- Cancelling ---- */

lariat_deferred *lr_coroutine_awaits(const lariat_deferred *deferred) {
  return lr_coroutine_of(deferred)->awaited;
}

/* Returns the coroutine that a cancel of `*deferred` passes through, if that
 * waits for a deferred of its own; else NULL, and `*deferred` is the one to
 * cancel. */
static lariat_coroutine *find_passed(lariat_deferred **deferred) {
  while (lr_deferred_waits(*deferred)) *deferred = (*deferred)->result.data;
  if ((*deferred)->ops != &lr_coroutine_ops || lr_deferred_is_fired(*deferred))
    return NULL;
  lariat_coroutine *coroutine =
      lr_container(*deferred, lariat_coroutine, deferred);
  return coroutine->waits == LR_WAITS_DEFERRED ? coroutine : NULL;
}

/* Cancels `deferred`, through coroutines that wait for coroutines, in loops so
 * that it does not recurse.  Each of them is being cancelled meanwhile, as
 * if the cancel had been its own.  There are no circles. */
static void cancel_awaited(lariat_deferred *deferred) {
  lariat_coroutine *passed = NULL;
  lariat_coroutine *coroutine;
  while ((coroutine = find_passed(&deferred)) &&
         !(coroutine->deferred.flags & LR_DEFERRED_CANCELLING)) {
    coroutine->deferred.flags |= LR_DEFERRED_CANCELLING;
    coroutine->holds++;
    coroutine->passed = passed;
    passed = coroutine;
    deferred = coroutine->awaited;
  }
  if (!coroutine) lariat_deferred_cancel(deferred);
  while ((coroutine = passed)) {
    passed = coroutine->passed;
    coroutine->deferred.flags &= ~(unsigned)LR_DEFERRED_CANCELLING;
    lr_coroutine_release(coroutine);
  }
}

/* Ends a wait that is not for a deferred. */
static void interrupt_wait(lariat_coroutine *coroutine, lariat_status status) {
  if (coroutine->waits == LR_WAITS_TIMER)
    lr_reactor_unset_timer(coroutine->state->reactor, &coroutine->timer);
  else
    coroutine->stale_turns++;
  finish_wait(coroutine, status);
}

void lr_coroutine_cancel(lariat_deferred *deferred) {
  lariat_coroutine *coroutine =
      lr_container(deferred, lariat_coroutine, deferred);
  if (coroutine->waits == LR_WAITS_DEFERRED)
    cancel_awaited(coroutine->awaited);
  else if (coroutine->waits == LR_WAITS_NOT)
    coroutine->cancelled = true;
  else
    interrupt_wait(coroutine, LARIAT_ECANCELLED);
}

static lariat_value drop_result(lariat_value result, void *context) {
  (void)context;
  return lariat_value_drop(result);
}

/* Makes the coroutine's pair, which stays in the chain, do nothing any more. */
static void disable_pair(lariat_coroutine *coroutine) {
  lariat_deferred *deferred = coroutine->awaited;
  for (uint32_t i = deferred->next; i < deferred->end; i++) {
    lr_pair *pair = &deferred->pairs[i];
    if (pair->destroy != drop_pair || pair->context != coroutine) continue;
    *pair = (lr_pair){drop_result, drop_result, NULL, NULL};
    lr_coroutine_release(coroutine);
  }
}

/* Cancels, which gives the awaited work the chance to end in its own way, and
 * ends the wait if that did not.  (The coroutine cannot wait again meanwhile:
 * what it waits for then is still that.) */
static void unwind_await(lariat_coroutine *coroutine) {
  if (coroutine->holding) cancel_awaited(coroutine->awaited);
  if (coroutine->waits != LR_WAITS_DEFERRED) return;
  disable_pair(coroutine);
  release_awaited(coroutine);
  coroutine->value =
      make_failure(LARIAT_ECLOSED, "the reactor is being closed");
  lr_coroutine_resume(coroutine);
}

void lr_coroutine_unwind(lariat_coroutine *coroutine) {
  coroutine->holds++;
  if (coroutine->waits == LR_WAITS_DEFERRED)
    unwind_await(coroutine);
  else
    interrupt_wait(coroutine, LARIAT_ECLOSED);
  lr_coroutine_release(coroutine);
}
