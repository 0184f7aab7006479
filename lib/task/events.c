/* SPDX-License-Identifier: MIT
 * events.c: triggers, in their phases.  A trigger that returned a deferred
 * becomes the context of a pair on it, which calls nothing: that the pair is
 * gone says that the deferred has fired, or never will. */
#include "task/events.h"

#include <stdio.h>

#include "base/call_depth.h"
#include "base/memory.h"
#include "deferred/deferred.h"
#include "task/state.h"

typedef struct trigger {
  lr_list link;
  uint64_t id;
  lr_event *event; /* NULL: waited for in vain */
  lariat_function function;
  void *context;
  lariat_destroy destroy;
  lariat_deferred *awaited;
} trigger;

static void continue_event(lr_event *event);

/* Goes on with the event: the deferred's pair is gone. */
static void drop_trigger_pair(void *context) {
  trigger *called = context;
  lr_event *event = called->event;
  lariat_deferred *awaited = called->awaited;
  lr_list_remove(&called->link);
  lr_free(called);
  lariat_deferred_release(awaited);
  if (event) continue_event(event);
}

static void wait_for_deferred(trigger *called, lariat_deferred *deferred) {
  called->awaited = deferred;
  lr_list_append(&called->event->awaited, &called->link);
  lariat_deferred_add_callbacks_owned(deferred, NULL, NULL, called,
                                      drop_trigger_pair);
}

/* Gives up waiting for the event's deferreds; who holds them may still fire
 * them. */
static void stop_waiting(lr_event *event) {
  lr_list *link;
  event->active = false;
  while ((link = lr_list_take_first(&event->awaited))) {
    trigger *called = lr_container(link, trigger, link);
    lariat_deferred *awaited = called->awaited;
    called->event = NULL;
    called->awaited = NULL;
    lariat_deferred_release(awaited);
  }
}

static void destroy_trigger(trigger *called) {
  if (called->destroy) called->destroy(called->context);
  lr_free(called);
}

/* Drops the result; a failure goes into a deferred that dies of it, which
 * reports it. */
static void drop_trigger_result(lariat_reactor *reactor, lariat_value result) {
  if (lariat_is_failure(result))
    lariat_deferred_release(lariat_deferred_succeed(reactor, result));
  else
    lariat_value_drop(result);
}

/* Calls a trigger, which is off its list; with `waits`, waits for a deferred
 * that it returns. */
static void call_trigger(trigger *called, bool waits) {
  lariat_value result = called->function(called->context);
  if (called->destroy) called->destroy(called->context);
  if (waits && result.type == &lariat_deferred_type) {
    wait_for_deferred(called, result.data);
    return;
  }
  drop_trigger_result(called->event->events->reactor, result);
  lr_free(called);
}

static void call_phase(lr_event *event, lariat_trigger_phase phase) {
  lr_list *link;
  while ((link = lr_list_take_first(&event->phases[phase])))
    call_trigger(lr_container(link, trigger, link), phase == LARIAT_BEFORE);
}

/* ---- Signals ---- */

static void on_signal(lr_signals *signals, int number) {
  lr_events *events = lr_container(signals, lr_events, signals);
  if (lariat_reactor_stop(events->reactor) == LARIAT_OK)
    events->exit_signal = number;
}

static void take_signals(lr_events *events) {
  lariat_status status = lr_signals_take(&events->signals);
  if (status == LARIAT_OK) return;
  char text[120];
  snprintf(text, sizeof text, "the signals could not be taken over: %s",
           status == LARIAT_EBUSY ? "another reactor has them"
                                  : lariat_status_text(status));
  lr_reactor_report(events->reactor, text);
}

/* ---- Runs ---- */

static void start_during(lr_events *events) {
  lr_event *event = &events->event[LARIAT_STARTUP];
  lr_reactor_set_running(events->reactor, true);
  if (events->wants_signals) take_signals(events);
  call_phase(event, LARIAT_DURING);
  call_phase(event, LARIAT_AFTER);
}

/* Calls the "during" and "after" triggers of the shutdown; a start-up that
 * still waits is over. */
static void stop_during(lr_events *events) {
  lr_event *event = &events->event[LARIAT_SHUTDOWN];
  stop_waiting(&events->event[LARIAT_STARTUP]);
  lr_reactor_set_running(events->reactor, false);
  call_phase(event, LARIAT_DURING);
  call_phase(event, LARIAT_AFTER);
  lr_reactor_leave(events->reactor);
}

static void continue_event(lr_event *event) {
  lr_events *events = event->events;
  if (!event->active || event->calling || !lr_list_empty(&event->awaited))
    return;
  event->active = false;
  if (event == &events->event[LARIAT_STARTUP])
    start_during(events);
  else
    stop_during(events);
}

static void fire_event(lr_event *event) {
  event->active = true;
  event->calling = true;
  call_phase(event, LARIAT_BEFORE);
  event->calling = false;
  continue_event(event);
}

static void start_run(void *context) {
  lr_events *events = context;
  events->exit_signal = 0;
  fire_event(&events->event[LARIAT_STARTUP]);
}

static void stop_run(void *context) {
  lr_events *events = context;
  fire_event(&events->event[LARIAT_SHUTDOWN]);
}

static void end_run(void *context) {
  lr_events *events = context;
  stop_waiting(&events->event[LARIAT_STARTUP]);
  stop_waiting(&events->event[LARIAT_SHUTDOWN]);
  lr_signals_give_back(&events->signals);
}

/* ---- Set-up ---- */

void lr_events_init(lr_events *events, lariat_reactor *reactor) {
  events->reactor = reactor;
  events->run_hooks = (lr_run_hooks){start_run, stop_run, end_run, events};
  events->signals.reactor = reactor;
  events->signals.caught = on_signal;
  for (int i = 0; i < LR_EVENTS; i++) {
    lr_event *event = &events->event[i];
    event->events = events;
    lr_list_init(&event->awaited);
    for (int k = 0; k < LR_PHASES; k++) lr_list_init(&event->phases[k]);
  }
  lr_reactor_set_run_hooks(reactor, &events->run_hooks);
}

void lr_events_clear(lr_events *events) {
  lr_reactor_set_run_hooks(events->reactor, NULL);
  for (int i = 0; i < LR_EVENTS; i++) {
    for (int k = 0; k < LR_PHASES; k++) {
      lr_list *link;
      while ((link = lr_list_take_first(&events->event[i].phases[k])))
        destroy_trigger(lr_container(link, trigger, link));
    }
  }
}

/* ---- Public functions ---- */

static lariat_status check_add(lariat_reactor *reactor, lariat_event event,
                               lariat_trigger_phase phase,
                               lr_task_state **state) {
  lariat_status status = lr_task_check(reactor, "lariat_reactor_add_trigger");
  if (status != LARIAT_OK) return status;
  if ((unsigned)event >= LR_EVENTS || (unsigned)phase >= LR_PHASES)
    return LARIAT_EINVAL;
  *state = lr_task_state_of(reactor);
  return *state ? LARIAT_OK : LARIAT_ENOMEM;
}

lariat_status lariat_reactor_add_trigger(lariat_reactor *reactor,
                                         lariat_event event,
                                         lariat_trigger_phase phase,
                                         lariat_function function,
                                         void *context, lariat_destroy destroy,
                                         lariat_trigger *out) {
  lr_task_state *state;
  if (!function) return LARIAT_EINVAL;
  lariat_status status = check_add(reactor, event, phase, &state);
  if (status != LARIAT_OK) return status;
  trigger *called = lr_alloc_zero(sizeof *called);
  if (!called) return LARIAT_ENOMEM;
  called->id = ++state->events.last_id;
  called->event = &state->events.event[event];
  called->function = function;
  called->context = context;
  called->destroy = destroy;
  lr_list_append(&called->event->phases[phase], &called->link);
  if (out) out->id = called->id;
  return LARIAT_OK;
}

static trigger *find_in(const lr_event *event, uint64_t id) {
  for (int k = 0; k < LR_PHASES; k++) {
    const lr_list *list = &event->phases[k];
    for (lr_list *link = list->next; link != list; link = link->next) {
      trigger *called = lr_container(link, trigger, link);
      if (called->id == id) return called;
    }
  }
  return NULL;
}

lariat_status lariat_reactor_remove_trigger(lariat_reactor *reactor,
                                            lariat_trigger name) {
  if (!reactor) return LARIAT_ENOTFOUND;
  lariat_status status = lr_reactor_check(reactor, __func__);
  if (status != LARIAT_OK) return status;
  const lr_task_state *state = lr_reactor_layer_state(reactor, LR_LAYER_TASK);
  trigger *called = NULL;
  for (int i = 0; state && !called && i < LR_EVENTS; i++)
    called = find_in(&state->events.event[i], name.id);
  if (!called) return LARIAT_ENOTFOUND;
  lr_list_remove(&called->link);
  destroy_trigger(called);
  return LARIAT_OK;
}

/* A call that a trigger makes. */
typedef struct trigger_call {
  lariat_call call;
  void *context;
  lariat_destroy destroy;
} trigger_call;

static lariat_value run_trigger_call(void *context) {
  const trigger_call *wrapped = context;
  wrapped->call(wrapped->context);
  return lariat_none();
}

static void destroy_trigger_call(void *context) {
  trigger_call *wrapped = context;
  if (wrapped->destroy) wrapped->destroy(wrapped->context);
  lr_free(wrapped);
}

lariat_status lariat_reactor_call_when_running(lariat_reactor *reactor,
                                               lariat_call call, void *context,
                                               lariat_destroy destroy) {
  if (!call) return LARIAT_EINVAL;
  lariat_status status = lr_task_check(reactor, __func__);
  if (status != LARIAT_OK) return status;
  if (lariat_reactor_running(reactor)) {
    lr_call_depth++;
    call(context);
    if (destroy) destroy(context);
    lr_call_depth--;
    return LARIAT_OK;
  }
  trigger_call *wrapped = lr_alloc(sizeof *wrapped);
  if (!wrapped) return LARIAT_ENOMEM;
  *wrapped = (trigger_call){call, context, destroy};
  status = lariat_reactor_add_trigger(reactor, LARIAT_STARTUP, LARIAT_AFTER,
                                      run_trigger_call, wrapped,
                                      destroy_trigger_call, NULL);
  if (status != LARIAT_OK) lr_free(wrapped);
  return status;
}

lariat_status lariat_reactor_handle_signals(lariat_reactor *reactor, bool on) {
  lariat_status status = lr_task_check(reactor, __func__);
  if (status != LARIAT_OK) return status;
  lr_task_state *state = lr_task_state_of(reactor);
  if (!state) return LARIAT_ENOMEM;
  if (on && lariat_reactor_running(reactor))
    status = lr_signals_take(&state->events.signals);
  else if (!on)
    lr_signals_give_back(&state->events.signals);
  if (status == LARIAT_OK) state->events.wants_signals = on;
  return status;
}

int lariat_reactor_exit_signal(const lariat_reactor *reactor) {
  const lr_task_state *state =
      reactor ? lr_reactor_layer_state(reactor, LR_LAYER_TASK) : NULL;
  return state ? state->events.exit_signal : 0;
}
