/* SPDX-License-Identifier: MIT
 * cooperator.c: tasks that take turns.  Those that can work are in a ring, and
 * each turn's end works through it for a slice of time.  A task is removed
 * before anybody hears of its end: who hears of it may do anything. */
#include <lariat/cooperator.h>

#include <stddef.h>
#include <string.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/quarantine.h"
#include "base/time.h"
#include "deferred/deferred.h"
#include "task/state.h"
#include <lariat/clock.h>

enum { SLICE_MS = 10 };

struct lariat_cooperator {
  size_t references;
  lariat_reactor *reactor; /* NULL: it was closed */
  lr_turn_hook hook;
  lr_shutdown_hook shutdown;
  bool (*is_over)(void *context);
  void *context;
  uint64_t slice_ns;
  bool started;
  bool stopped;
  lr_list ready;     /* tasks that can work */
  lr_list suspended; /* paused, or waiting for a deferred */
};

struct lariat_task {
  size_t references; /* an unfinished one has a reference to itself */
  lr_list link;      /* in `ready` or `suspended` while unfinished */
  lariat_cooperator *cooperator;
  lariat_task_work work;
  void *context;
  lariat_destroy destroy;
  unsigned pauses;
  bool working; /* its unit is on the stack */
  bool is_last; /* what is waited for is the task's result */
  lariat_deferred *awaited;
  lariat_value outcome; /* of it */

  lariat_status state; /* LARIAT_OK: unfinished */
  lariat_value result;
  bool asked; /* lariat_task_when_done was called */
  lr_list waiters;
};

/* A deferred that lariat_task_when_done gave. */
typedef struct waiter {
  lariat_deferred deferred;
  lr_list link;
} waiter;

/* ---- References ---- */

lariat_cooperator *lariat_cooperator_retain(lariat_cooperator *cooperator) {
  cooperator->references++;
  return cooperator;
}

static void leave_reactor(lariat_cooperator *cooperator) {
  lr_reactor_remove_turn_hook(cooperator->reactor, &cooperator->hook);
  lr_reactor_remove_shutdown_hook(cooperator->reactor, &cooperator->shutdown);
  cooperator->reactor = NULL;
}

void lariat_cooperator_release(lariat_cooperator *cooperator) {
  if (!cooperator || --cooperator->references > 0) return;
  if (cooperator->reactor) leave_reactor(cooperator);
  lr_free(cooperator);
}

lariat_task *lariat_task_retain(lariat_task *task) {
  task->references++;
  return task;
}

/* Gives the result of a task to a deferred that dies of it: that is how
 * failures that nobody handled are reported. */
static void report_failure(lariat_task *task) {
  lariat_reactor *reactor = task->cooperator->reactor;
  if (!reactor) return;
  lariat_deferred *deferred = lariat_deferred_succeed(reactor, task->result);
  task->result = lariat_none();
  lariat_deferred_release(deferred);
}

void lariat_task_release(lariat_task *task) {
  if (!task || --task->references > 0) return;
  if (task->state == LARIAT_ETASKFAILED && !task->asked) report_failure(task);
  lariat_value_drop(task->result);
  lariat_cooperator_release(task->cooperator);
  lr_free(task);
}

/* ---- End of a task ---- */

/* Returns a share of the result; one that cannot be shared goes to the first
 * who asks. */
static lariat_value copy_result(lariat_task *task) {
  lariat_value copy;
  lariat_status status = lariat_value_share(task->result, &copy);
  if (status == LARIAT_ENOMEM) return lr_failure_no_memory();
  if (status == LARIAT_OK) return copy;
  copy = task->result;
  task->result = lariat_none();
  return copy;
}

static void tell_waiters(lariat_task *task) {
  lr_list waiters;
  lr_list_init(&waiters);
  lr_list_splice(&waiters, &task->waiters);
  lr_list *link;
  while ((link = lr_list_take_first(&waiters))) {
    lariat_deferred *deferred = &lr_container(link, waiter, link)->deferred;
    (void)lr_deferred_fire(deferred, copy_result(task));
    lariat_deferred_release(deferred);
  }
}

static void drop_context(lariat_task *task) {
  if (task->working) return;
  lariat_destroy destroy = task->destroy;
  task->destroy = NULL;
  if (destroy) destroy(task->context);
}

/* Ends the task; the caller has a reference of its own. */
static void complete_task(lariat_task *task, lariat_status state,
                          lariat_value result) {
  lariat_deferred *awaited = task->awaited;
  task->awaited = NULL;
  task->state = state;
  task->result = result;
  lr_list_remove(&task->link);
  lariat_deferred_release(awaited);
  tell_waiters(task);
  drop_context(task);
  lariat_task_release(task);
}

static void complete_stopped(lariat_task *task, lariat_status state) {
  lariat_task_retain(task);
  complete_task(task, state,
                lariat_failure_new(state, "%s", lariat_status_text(state)));
  lariat_task_release(task);
}

/* ---- Work ---- */

static void request_turn(lariat_cooperator *cooperator) {
  if (cooperator->started && !lr_list_empty(&cooperator->ready))
    lr_reactor_request_turn(cooperator->reactor);
}

static void make_task_ready(lariat_task *task) {
  lariat_cooperator *cooperator = task->cooperator;
  if (task->pauses > 0 || task->awaited) return;
  if (cooperator->stopped) {
    complete_stopped(task, LARIAT_ESCHEDULERSTOPPED);
    return;
  }
  lr_list_remove(&task->link);
  lr_list_append(&cooperator->ready, &task->link);
  request_turn(cooperator);
}

static void suspend_task(lariat_task *task) {
  lr_list_remove(&task->link);
  lr_list_append(&task->cooperator->suspended, &task->link);
}

/* Goes on with a task whose unit is over, or whose deferred has fired. */
static void continue_task(lariat_task *task, lariat_value outcome,
                          bool is_last) {
  if (lariat_is_failure(outcome)) {
    complete_task(task, LARIAT_ETASKFAILED, outcome);
  } else if (is_last) {
    complete_task(task, LARIAT_ETASKDONE, outcome);
  } else {
    lariat_value_drop(outcome);
    make_task_ready(task);
  }
}

static lariat_value on_value(lariat_value result, void *context) {
  lariat_task *task = context;
  if (!task->awaited || !task->is_last) {
    task->outcome = lariat_none();
    return lariat_value_drop(result);
  }
  task->outcome = result;
  return lariat_none();
}

static lariat_value on_failure(lariat_value failure, void *context) {
  lariat_task *task = context;
  task->outcome = failure;
  return lariat_none();
}

/* Goes on with a task whose pair is gone.  If neither side ran, that was for
 * want of memory.  If the task has ended, the outcome is dropped. */
static void on_gone(void *context) {
  lariat_task *task = context;
  lariat_deferred *awaited = task->awaited;
  lariat_value outcome = task->outcome;
  bool lost = lr_task_pair_was_lost(outcome);
  task->awaited = NULL;
  task->outcome = lariat_none();
  if (awaited)
    continue_task(task, outcome, task->is_last);
  else
    lariat_value_drop(outcome);
  lr_task_release_awaited(awaited, lost);
  lariat_task_release(task);
}

static void wait_for_deferred(lariat_task *task, lariat_deferred *deferred,
                              bool is_last) {
  suspend_task(task);
  task->awaited = deferred;
  task->is_last = is_last;
  task->outcome = lr_failure_no_memory();
  lariat_task_retain(task);
  lariat_deferred_add_callbacks_owned(deferred, on_value, on_failure, task,
                                      on_gone);
}

/* Does one unit of the task's work.  Paused from inside it, a task has left the
 * ring already. */
static void do_unit(lariat_task *task) {
  bool is_last = false;
  lariat_task_retain(task);
  task->working = true;
  lariat_value result = task->work(task->context, &is_last);
  task->working = false;
  if (task->state != LARIAT_OK) {
    lariat_value_drop(result);
    drop_context(task);
  } else if (result.type == &lariat_deferred_type) {
    wait_for_deferred(task, result.data, is_last);
  } else if (is_last || lariat_is_failure(result)) {
    continue_task(task, result, is_last);
  } else {
    lariat_value_drop(result);
  }
  lariat_task_release(task);
}

/* Returns the real time, also with a manual clock: it is the machine that is
 * shared. */
static uint64_t real_time_ns(void) {
  const lariat_clock *clock = lariat_clock_system();
  return clock->now_ns(clock->context);
}

static bool slice_is_over(const lariat_cooperator *cooperator,
                          uint64_t until_ns) {
  if (cooperator->is_over) return cooperator->is_over(cooperator->context);
  return real_time_ns() >= until_ns;
}

static void run_slice(lariat_cooperator *cooperator) {
  uint64_t until_ns = real_time_ns() + cooperator->slice_ns;
  lr_list *link;
  do {
    link = lr_list_take_first(&cooperator->ready);
    if (!link) return;
    lr_list_append(&cooperator->ready, link);
    do_unit(lr_container(link, lariat_task, link));
  } while (!slice_is_over(cooperator, until_ns));
}

static void turn_end(lr_turn_hook *hook) {
  lariat_cooperator *cooperator = lr_container(hook, lariat_cooperator, hook);
  if (!cooperator->started || lr_list_empty(&cooperator->ready)) return;
  lariat_cooperator_retain(cooperator);
  run_slice(cooperator);
  request_turn(cooperator);
  lariat_cooperator_release(cooperator);
}

/* ---- Cooperators ---- */

static void stop_all(lr_list *tasks) {
  lr_list *link;
  while ((link = lr_list_first(tasks)))
    complete_stopped(lr_container(link, lariat_task, link),
                     LARIAT_ESCHEDULERSTOPPED);
}

/* Makes the waiters' deferreds report nothing: who waits need not listen any
 * more when the reactor closes. */
static void forget_waiters(lr_list *tasks) {
  for (lr_list *link = tasks->next; link != tasks; link = link->next) {
    lr_list *waiters = &lr_container(link, lariat_task, link)->waiters;
    for (lr_list *node = waiters->next; node != waiters; node = node->next)
      lr_container(node, waiter, link)->deferred.flags |= LR_DEFERRED_FORGOTTEN;
  }
}

static void on_reactor_closing(lr_shutdown_hook *shutdown) {
  lariat_cooperator *cooperator =
      lr_container(shutdown, lariat_cooperator, shutdown);
  lariat_cooperator_retain(cooperator);
  leave_reactor(cooperator);
  cooperator->stopped = true;
  forget_waiters(&cooperator->ready);
  forget_waiters(&cooperator->suspended);
  stop_all(&cooperator->ready);
  stop_all(&cooperator->suspended);
  lariat_cooperator_release(cooperator);
}

/* Reads the options, whose size says which fields they have. */
static bool read_options(const lariat_cooperator_options *given,
                         lariat_cooperator_options *options) {
  *options = (lariat_cooperator_options){.size = sizeof *options};
  if (!given) return true;
  if (given->size < sizeof given->size) return false;
  memcpy(options, given,
         given->size < sizeof *given ? given->size : sizeof *given);
  return true;
}

lariat_status lariat_cooperator_new(lariat_reactor *reactor,
                                    const lariat_cooperator_options *given,
                                    lariat_cooperator **out) {
  lariat_cooperator_options options;
  if (!out || !read_options(given, &options)) return LARIAT_EINVAL;
  lariat_status status = lr_task_check(reactor, __func__);
  if (status != LARIAT_OK) return status;
  lariat_cooperator *cooperator = lr_alloc_zero(sizeof *cooperator);
  if (!cooperator) return LARIAT_ENOMEM;
  unsigned slice_ms = options.slice_ms ? options.slice_ms : SLICE_MS;
  cooperator->references = 1;
  cooperator->reactor = reactor;
  cooperator->hook.turn_end = turn_end;
  cooperator->shutdown.begin = on_reactor_closing;
  cooperator->is_over = options.is_over;
  cooperator->context = options.context;
  cooperator->slice_ns = lr_ns_of_ms(slice_ms);
  cooperator->started = !options.not_started;
  lr_list_init(&cooperator->ready);
  lr_list_init(&cooperator->suspended);
  lr_reactor_add_turn_hook(reactor, &cooperator->hook);
  lr_reactor_add_shutdown_hook(reactor, &cooperator->shutdown);
  *out = cooperator;
  return LARIAT_OK;
}

static bool is_owned_here(const lariat_cooperator *cooperator,
                          const char *function) {
  return cooperator && cooperator->reactor &&
         lr_reactor_check(cooperator->reactor, function) == LARIAT_OK;
}

void lariat_cooperator_start(lariat_cooperator *cooperator) {
  if (!is_owned_here(cooperator, __func__)) return;
  cooperator->started = true;
  cooperator->stopped = false;
  request_turn(cooperator);
}

void lariat_cooperator_stop(lariat_cooperator *cooperator) {
  if (!is_owned_here(cooperator, __func__)) return;
  lariat_cooperator_retain(cooperator);
  cooperator->stopped = true;
  stop_all(&cooperator->ready);
  lariat_cooperator_release(cooperator);
}

bool lariat_cooperator_running(const lariat_cooperator *cooperator) {
  return cooperator && cooperator->started && !cooperator->stopped;
}

/* ---- New tasks ---- */

static lariat_task *new_task(lariat_cooperator *cooperator,
                             lariat_task_work function, void *context,
                             lariat_destroy destroy) {
  lariat_task *task = lr_alloc_zero(sizeof *task);
  if (!task) return NULL;
  task->references = 1;
  task->cooperator = lariat_cooperator_retain(cooperator);
  task->work = function;
  task->context = context;
  task->destroy = destroy;
  lr_list_init(&task->link);
  lr_list_init(&task->waiters);
  return task;
}

lariat_status lariat_cooperator_add(lariat_cooperator *cooperator,
                                    lariat_task_work function, void *context,
                                    lariat_destroy destroy, lariat_task **out) {
  if (!cooperator || !function) return LARIAT_EINVAL;
  if (cooperator->reactor) {
    lariat_status status = lr_reactor_check(cooperator->reactor, __func__);
    if (status != LARIAT_OK) return status;
  }
  lariat_task *task = new_task(cooperator, function, context, destroy);
  if (!task) return LARIAT_ENOMEM;
  lariat_task_retain(task);
  make_task_ready(task);
  if (out)
    *out = task;
  else
    lariat_task_release(task);
  return LARIAT_OK;
}

lariat_status lariat_cooperate(lariat_reactor *reactor,
                               lariat_task_work function, void *context,
                               lariat_destroy destroy, lariat_task **out) {
  lariat_status status = lr_task_check(reactor, __func__);
  if (status != LARIAT_OK) return status;
  lr_task_state *state = lr_task_state_of(reactor);
  if (!state) return LARIAT_ENOMEM;
  if (!state->cooperator)
    status = lariat_cooperator_new(reactor, NULL, &state->cooperator);
  if (status != LARIAT_OK) return status;
  return lariat_cooperator_add(state->cooperator, function, context, destroy,
                               out);
}

lariat_deferred *lariat_coiterate(lariat_cooperator *cooperator,
                                  lariat_task_work function, void *context,
                                  lariat_destroy destroy) {
  lariat_task *task;
  lariat_status status =
      lariat_cooperator_add(cooperator, function, context, destroy, &task);
  if (status != LARIAT_OK) {
    if (destroy) destroy(context);
    return lr_task_refuse(cooperator ? cooperator->reactor : NULL, status);
  }
  lariat_deferred *deferred = lariat_task_when_done(task);
  lariat_task_release(task);
  return deferred;
}

/* ---- Users of a task ---- */

static void dispose_waiter(lariat_deferred *deferred) {
  lr_quarantine_free(lr_container(deferred, waiter, deferred));
}

static const lr_deferred_ops waiter_ops = {.dispose = dispose_waiter};

/* Makes a waiter; while it is in the task's list, that has a reference. */
static waiter *new_waiter(lariat_task *task) {
  lariat_reactor *reactor = task->cooperator->reactor;
  if (lr_deferred_state_open(reactor) != LARIAT_OK) return NULL;
  waiter *made = lr_alloc(sizeof *made);
  if (!made) return NULL;
  lr_deferred_init(&made->deferred, reactor, &waiter_ops);
  lr_list_init(&made->link);
  if (task->state != LARIAT_OK) {
    (void)lr_deferred_fire(&made->deferred, copy_result(task));
    return made;
  }
  lr_list_append(&task->waiters, &made->link);
  lariat_deferred_retain(&made->deferred);
  return made;
}

lariat_deferred *lariat_task_when_done(lariat_task *task) {
  lariat_reactor *reactor = task ? task->cooperator->reactor : NULL;
  if (!reactor || lr_reactor_check(reactor, __func__) != LARIAT_OK)
    return lr_task_refuse(reactor, LARIAT_EINVAL);
  waiter *made = new_waiter(task);
  if (!made) return lr_deferred_failed_reserve(reactor);
  task->asked = true;
  return &made->deferred;
}

static lariat_status check_task(const lariat_task *task, const char *function) {
  if (!task) return LARIAT_EINVAL;
  lariat_reactor *reactor = task->cooperator->reactor;
  return reactor ? lr_reactor_check(reactor, function) : LARIAT_OK;
}

lariat_status lariat_task_state(const lariat_task *task) {
  lariat_status status = check_task(task, __func__);
  return status == LARIAT_OK ? task->state : status;
}

lariat_status lariat_task_pause(lariat_task *task) {
  lariat_status status = lariat_task_state(task);
  if (status != LARIAT_OK) return status;
  task->pauses++;
  suspend_task(task);
  return LARIAT_OK;
}

lariat_status lariat_task_resume(lariat_task *task) {
  lariat_status status = check_task(task, __func__);
  if (status != LARIAT_OK) return status;
  if (task->pauses == 0) return LARIAT_ENOTPAUSED;
  task->pauses--;
  if (task->state == LARIAT_OK) make_task_ready(task);
  return LARIAT_OK;
}

lariat_status lariat_task_stop(lariat_task *task) {
  lariat_status status = lariat_task_state(task);
  if (status == LARIAT_OK) complete_stopped(task, LARIAT_ETASKSTOPPED);
  return status;
}
