/* SPDX-License-Identifier: MIT
 * looping_call.c: a function called at an interval.  All times are counted
 * from the start, in whole nanoseconds: ticks do not drift. */
#include <lariat/looping_call.h>

#include "base/call_depth.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/time.h"
#include "deferred/deferred.h"
#include "task/state.h"

struct lariat_looping_call {
  size_t references;
  lariat_reactor *reactor; /* NULL: it was closed */
  lr_shutdown_hook shutdown;
  lr_timer timer; /* set: it waits for its next call_function */
  lariat_looped function;
  void *context;
  lariat_destroy destroy;

  lariat_deferred *end; /* from start until it fires; the loop has a reference
                           to itself as long */
  bool running;

  /* A call whose deferred is waited for. */
  lariat_deferred *awaited;
  lariat_value outcome; /* of it */

  uint64_t interval_ns;
  uint64_t start_ns;
  uint64_t counted_ns; /* up to here ticks were counted */
  uint64_t count;
};

/* ---- Values ---- */

static void drop_loop(void *data) { lariat_looping_call_release(data); }

static void *share_loop(void *data) { return lariat_looping_call_retain(data); }

const lariat_type lariat_looping_call_type = {.size = sizeof(lariat_type),
                                              .name = "looping call",
                                              .drop = drop_loop,
                                              .share = share_loop};

lariat_looping_call *lariat_looping_call_in(lariat_value value) {
  return lariat_value_in(value, &lariat_looping_call_type);
}

lariat_looping_call *lariat_looping_call_retain(lariat_looping_call *loop) {
  loop->references++;
  return loop;
}

void lariat_looping_call_release(lariat_looping_call *loop) {
  if (!loop || --loop->references > 0) return;
  if (loop->reactor)
    lr_reactor_remove_shutdown_hook(loop->reactor, &loop->shutdown);
  if (loop->destroy) loop->destroy(loop->context);
  lr_free(loop);
}

/* ---- End ---- */

/* Stops the loop, which may be started again, and returns its reference to the
 * deferred of its end. */
static lariat_deferred *take_end(lariat_looping_call *loop) {
  lariat_deferred *end = loop->end;
  loop->end = NULL;
  loop->running = false;
  lr_reactor_unset_timer(loop->reactor, &loop->timer);
  return end;
}

static void finish_loop(lariat_looping_call *loop, lariat_value result) {
  lariat_deferred *end = take_end(loop);
  (void)lariat_deferred_callback(end, result);
  lariat_deferred_release(end);
  lariat_looping_call_release(loop);
}

static void finish_stopped(lariat_looping_call *loop) {
  lariat_looping_call_retain(loop);
  finish_loop(loop, lariat_value_of(&lariat_looping_call_type, loop));
}

/* Releases what a call waits for: nobody needs it any more. */
static void on_reactor_closing(lr_shutdown_hook *shutdown) {
  lariat_looping_call *loop =
      lr_container(shutdown, lariat_looping_call, shutdown);
  lariat_deferred *awaited = loop->awaited;
  lariat_deferred *end = loop->end ? take_end(loop) : NULL;
  lr_reactor_remove_shutdown_hook(loop->reactor, &loop->shutdown);
  loop->reactor = NULL;
  loop->awaited = NULL;
  lariat_deferred_release(awaited);
  if (!end) return;
  lr_task_fail_closed(end);
  lariat_looping_call_release(loop);
}

/* ---- Time ---- */

/* Returns how many intervals lie between the start and `at_ns`, which is before
 * it when the loop was reset. */
static int64_t interval_number(const lariat_looping_call *loop,
                               uint64_t at_ns) {
  int64_t since_ns = (int64_t)(at_ns - loop->start_ns);
  return since_ns / (int64_t)loop->interval_ns;
}

/* Counts the ticks since the last call.  A new interval may have no tick where
 * the old one had: the call stands for one all the same. */
static void count_ticks(lariat_looping_call *loop) {
  uint64_t now_ns = lariat_reactor_now_ns(loop->reactor);
  int64_t count = 1;
  if (loop->interval_ns > 0)
    count =
        interval_number(loop, now_ns) - interval_number(loop, loop->counted_ns);
  loop->counted_ns = now_ns;
  loop->count = count > 0 ? (uint64_t)count : 1;
}

/* Returns the end of the interval that `from_ns` lies in. */
static uint64_t next_tick(const lariat_looping_call *loop, uint64_t from_ns) {
  if (loop->interval_ns == 0) return from_ns;
  uint64_t spent_ns = (from_ns - loop->start_ns) % loop->interval_ns;
  return from_ns + (loop->interval_ns - spent_ns);
}

static void schedule_call(lariat_looping_call *loop, uint64_t from_ns) {
  uint64_t at_ns = next_tick(loop, from_ns);
  if (!lr_reactor_set_timer(loop->reactor, &loop->timer, at_ns))
    finish_loop(loop, lr_failure_no_memory());
}

/* ---- Calls ---- */

static void call_is_over(lariat_looping_call *loop, lariat_value outcome) {
  if (!loop->end) { /* the reactor closed meanwhile */
    lariat_value_drop(outcome);
  } else if (lariat_is_failure(outcome)) {
    finish_loop(loop, outcome);
  } else {
    lariat_value_drop(outcome);
    if (loop->running)
      schedule_call(loop, lariat_reactor_now_ns(loop->reactor));
    else
      finish_stopped(loop);
  }
}

static lariat_value on_value(lariat_value result, void *context) {
  lariat_looping_call *loop = context;
  loop->outcome = lariat_none();
  return lariat_value_drop(result);
}

static lariat_value on_failure(lariat_value failure, void *context) {
  lariat_looping_call *loop = context;
  loop->outcome = failure;
  return lariat_none();
}

/* Goes on with the loop: the pair is gone.  If neither side ran, that was for
 * want of memory. */
static void on_gone(void *context) {
  lariat_looping_call *loop = context;
  lariat_deferred *awaited = loop->awaited;
  lariat_value outcome = loop->outcome;
  bool lost = lr_task_pair_was_lost(outcome);
  loop->awaited = NULL;
  loop->outcome = lariat_none();
  if (awaited)
    call_is_over(loop, outcome);
  else
    lariat_value_drop(outcome);
  lr_task_release_awaited(awaited, lost);
  lariat_looping_call_release(loop);
}

static void wait_for_deferred(lariat_looping_call *loop,
                              lariat_deferred *deferred) {
  loop->awaited = deferred;
  loop->outcome = lr_failure_no_memory();
  lariat_looping_call_retain(loop);
  lariat_deferred_add_callbacks_owned(deferred, on_value, on_failure, loop,
                                      on_gone);
}

static void call_function(lariat_looping_call *loop) {
  lariat_looping_call_retain(loop);
  count_ticks(loop);
  lr_call_depth++; /* a start makes the first call_function outside of any turn
                    */
  lariat_value result = loop->function(loop, loop->context);
  lr_call_depth--;
  if (result.type == &lariat_deferred_type && loop->end)
    wait_for_deferred(loop, result.data);
  else
    call_is_over(loop, result);
  lariat_looping_call_release(loop);
}

static void on_timer(lr_timer *timer) {
  call_function(lr_container(timer, lariat_looping_call, timer));
}

/* ---- Start ---- */

lariat_status lariat_looping_call_new(lariat_reactor *reactor,
                                      lariat_looped function, void *context,
                                      lariat_destroy destroy,
                                      lariat_looping_call **out) {
  if (!function || !out) return LARIAT_EINVAL;
  lariat_status status = lr_task_check(reactor, __func__);
  if (status != LARIAT_OK) return status;
  lariat_looping_call *loop = lr_alloc_zero(sizeof *loop);
  if (!loop) return LARIAT_ENOMEM;
  loop->references = 1;
  loop->reactor = reactor;
  loop->shutdown.begin = on_reactor_closing;
  loop->timer.expire = on_timer;
  loop->function = function;
  loop->context = context;
  loop->destroy = destroy;
  lr_reactor_add_shutdown_hook(reactor, &loop->shutdown);
  *out = loop;
  return LARIAT_OK;
}

/* Reads an interval, so short that two times and an interval can be added
 * without overflow. */
static bool read_interval(int64_t interval_ms, uint64_t *interval_ns) {
  uint64_t ns = lr_ns_of_ms((uint64_t)interval_ms);
  if (interval_ms < 0 || ns > INT64_MAX / 2) return false;
  *interval_ns = ns;
  return true;
}

static lariat_status check_start(lariat_looping_call *loop,
                                 int64_t interval_ms) {
  lariat_status status =
      lr_task_check(loop->reactor, "lariat_looping_call_start");
  if (status != LARIAT_OK) return status;
  if (loop->end) return LARIAT_EALREADY;
  return read_interval(interval_ms, &loop->interval_ns) ? LARIAT_OK
                                                        : LARIAT_EINVAL;
}

/* Begins the loop.  With `now`, the first call stands for the tick at the
 * start, as if the one before it had been counted. */
static void begin_loop(lariat_looping_call *loop, bool now) {
  loop->running = true;
  loop->count = 0;
  loop->start_ns = lariat_reactor_now_ns(loop->reactor);
  loop->counted_ns = loop->start_ns - (now ? loop->interval_ns : 0);
  lariat_looping_call_retain(loop);
  if (now)
    call_function(loop);
  else
    schedule_call(loop, loop->start_ns);
}

lariat_deferred *lariat_looping_call_start(lariat_looping_call *loop,
                                           int64_t interval_ms, bool now) {
  lariat_status status = check_start(loop, interval_ms);
  if (status != LARIAT_OK) return lr_task_refuse(loop->reactor, status);
  lariat_deferred *end = lariat_deferred_new(loop->reactor, NULL, NULL, NULL);
  if (lariat_deferred_fired(end)) return end; /* without memory */
  loop->end = lariat_deferred_retain(end);
  begin_loop(loop, now);
  return end;
}

/* ---- Control ---- */

static lariat_status check_running(const lariat_looping_call *loop,
                                   const char *function) {
  if (!loop) return LARIAT_EINVAL;
  if (!loop->reactor) return LARIAT_ENOTRUNNING;
  lariat_status status = lr_reactor_check(loop->reactor, function);
  if (status != LARIAT_OK) return status;
  return loop->running ? LARIAT_OK : LARIAT_ENOTRUNNING;
}

lariat_status lariat_looping_call_stop(lariat_looping_call *loop) {
  lariat_status status = check_running(loop, __func__);
  if (status != LARIAT_OK) return status;
  loop->running = false;
  if (lr_timer_is_set(&loop->timer)) finish_stopped(loop);
  return LARIAT_OK;
}

lariat_status lariat_looping_call_reset(lariat_looping_call *loop) {
  lariat_status status = check_running(loop, __func__);
  if (status != LARIAT_OK) return status;
  if (!lr_timer_is_set(&loop->timer)) return LARIAT_OK;
  loop->start_ns = lariat_reactor_now_ns(loop->reactor);
  schedule_call(loop, loop->start_ns);
  return LARIAT_OK;
}

lariat_status lariat_looping_call_set_interval(lariat_looping_call *loop,
                                               int64_t interval_ms) {
  lariat_status status = check_running(loop, __func__);
  if (status != LARIAT_OK && status != LARIAT_ENOTRUNNING) return status;
  return read_interval(interval_ms, &loop->interval_ns) ? LARIAT_OK
                                                        : LARIAT_EINVAL;
}

bool lariat_looping_call_running(const lariat_looping_call *loop) {
  return loop && loop->running;
}

uint64_t lariat_looping_call_count(const lariat_looping_call *loop) {
  return loop ? loop->count : 0;
}
