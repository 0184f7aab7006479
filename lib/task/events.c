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

static void go_on(lr_event *event);

/* The deferred's pair is gone. */
static void arrive(void *context) {
  trigger *it = context;
  lr_event *event = it->event;
  lariat_deferred *awaited = it->awaited;
  lr_list_remove(&it->link);
  lr_free(it);
  lariat_deferred_release(awaited);
  if (event) go_on(event);
}

static void wait_for(trigger *it, lariat_deferred *deferred) {
  it->awaited = deferred;
  lr_list_append(&it->event->awaited, &it->link);
  lariat_deferred_add_callbacks_owned(deferred, NULL, NULL, it, arrive);
}

/* Nobody waits any more; who holds the deferreds may still fire them. */
static void stop_waiting(lr_event *event) {
  lr_list *link;
  event->active = false;
  while ((link = lr_list_take_first(&event->awaited))) {
    trigger *it = lr_container(link, trigger, link);
    lariat_deferred *awaited = it->awaited;
    it->event = NULL;
    it->awaited = NULL;
    lariat_deferred_release(awaited);
  }
}

static void destroy_trigger(trigger *it) {
  if (it->destroy) it->destroy(it->context);
  lr_free(it);
}

/* A failure goes into a deferred that dies of it, which reports it. */
static void let_go(lariat_reactor *reactor, lariat_value result) {
  if (lariat_is_failure(result))
    lariat_deferred_release(lariat_deferred_succeed(reactor, result));
  else
    lariat_value_drop(result);
}

/* `it` is off its list. */
static void call_trigger(trigger *it, bool waits) {
  lariat_value result = it->function(it->context);
  if (it->destroy) it->destroy(it->context);
  if (waits && result.type == &lariat_deferred_type) {
    wait_for(it, result.data);
    return;
  }
  let_go(it->event->events->reactor, result);
  lr_free(it);
}

static void call_phase(lr_event *event, lariat_trigger_phase phase) {
  lr_list *link;
  while ((link = lr_list_take_first(&event->phases[phase])))
    call_trigger(lr_container(link, trigger, link), phase == LARIAT_BEFORE);
}

/* The signals. */

static void caught(lr_signals *signals, int number) {
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

/* A run. */

static void start_during(lr_events *events) {
  lr_event *event = &events->event[LARIAT_STARTUP];
  lr_reactor_set_running(events->reactor, true);
  if (events->wants_signals) take_signals(events);
  call_phase(event, LARIAT_DURING);
  call_phase(event, LARIAT_AFTER);
}

/* A start-up that has not come further is over. */
static void shut_down_during(lr_events *events) {
  lr_event *event = &events->event[LARIAT_SHUTDOWN];
  stop_waiting(&events->event[LARIAT_STARTUP]);
  lr_reactor_set_running(events->reactor, false);
  call_phase(event, LARIAT_DURING);
  call_phase(event, LARIAT_AFTER);
  lr_reactor_leave(events->reactor);
}

static void go_on(lr_event *event) {
  lr_events *events = event->events;
  if (!event->active || event->calling || !lr_list_empty(&event->awaited))
    return;
  event->active = false;
  if (event == &events->event[LARIAT_STARTUP])
    start_during(events);
  else
    shut_down_during(events);
}

static void fire(lr_event *event) {
  event->active = true;
  event->calling = true;
  call_phase(event, LARIAT_BEFORE);
  event->calling = false;
  go_on(event);
}

static void start(void *context) {
  lr_events *events = context;
  events->exit_signal = 0;
  fire(&events->event[LARIAT_STARTUP]);
}

static void stop(void *context) {
  lr_events *events = context;
  fire(&events->event[LARIAT_SHUTDOWN]);
}

static void left(void *context) {
  lr_events *events = context;
  stop_waiting(&events->event[LARIAT_STARTUP]);
  stop_waiting(&events->event[LARIAT_SHUTDOWN]);
  lr_signals_give_back(&events->signals);
}

/* Life. */

void lr_events_init(lr_events *events, lariat_reactor *reactor) {
  events->reactor = reactor;
  events->run_hooks = (lr_run_hooks){start, stop, left, events};
  events->signals.reactor = reactor;
  events->signals.caught = caught;
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

/* The user's side. */

static lariat_status check_add(lariat_reactor *reactor, lariat_event event,
                               lariat_trigger_phase phase,
                               lr_task_state **capacity) {
  lariat_status status = lr_task_check(reactor, "lariat_reactor_add_trigger");
  if (status != LARIAT_OK) return status;
  if ((unsigned)event >= LR_EVENTS || (unsigned)phase >= LR_PHASES)
    return LARIAT_EINVAL;
  *capacity = lr_task_state_of(reactor);
  return *capacity ? LARIAT_OK : LARIAT_ENOMEM;
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
  trigger *it = lr_alloc_zero(sizeof *it);
  if (!it) return LARIAT_ENOMEM;
  it->id = ++state->events.last_id;
  it->event = &state->events.event[event];
  it->function = function;
  it->context = context;
  it->destroy = destroy;
  lr_list_append(&it->event->phases[phase], &it->link);
  if (out) out->id = it->id;
  return LARIAT_OK;
}

static trigger *find_in(const lr_event *event, uint64_t id) {
  for (int k = 0; k < LR_PHASES; k++) {
    const lr_list *list = &event->phases[k];
    for (lr_list *link = list->next; link != list; link = link->next) {
      trigger *it = lr_container(link, trigger, link);
      if (it->id == id) return it;
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
  trigger *it = NULL;
  for (int i = 0; state && !it && i < LR_EVENTS; i++)
    it = find_in(&state->events.event[i], name.id);
  if (!it) return LARIAT_ENOTFOUND;
  lr_list_remove(&it->link);
  destroy_trigger(it);
  return LARIAT_OK;
}

/* A call, as a trigger. */
typedef struct plain_call {
  lariat_call call;
  void *context;
  lariat_destroy destroy;
} plain_call;

static lariat_value run_plain(void *context) {
  const plain_call *plain = context;
  plain->call(plain->context);
  return lariat_none();
}

static void destroy_plain(void *context) {
  plain_call *plain = context;
  if (plain->destroy) plain->destroy(plain->context);
  lr_free(plain);
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
  plain_call *plain = lr_alloc(sizeof *plain);
  if (!plain) return LARIAT_ENOMEM;
  *plain = (plain_call){call, context, destroy};
  status = lariat_reactor_add_trigger(reactor, LARIAT_STARTUP, LARIAT_AFTER,
                                      run_plain, plain, destroy_plain, NULL);
  if (status != LARIAT_OK) lr_free(plain);
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
