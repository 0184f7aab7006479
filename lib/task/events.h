/* SPDX-License-Identifier: MIT
 * events.h: the start-up and the shutdown of a reactor's runs, their triggers,
 * and the signals.  Part of lr_task_state. */
#ifndef LR_TASK_EVENTS_H
#define LR_TASK_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "reactor/reactor.h"
#include "task/signals.h"
#include <lariat/trigger.h>

enum { LR_EVENTS = 2, LR_PHASES = 3 };

struct lr_events;

/* One event, start-up or shutdown: `active` from its "before" triggers on until
 * "during" begins. */
typedef struct lr_event {
  struct lr_events *events;
  lr_list phases[LR_PHASES]; /* triggers that have not been called */
  lr_list awaited;           /* those whose deferreds have not fired */
  bool active;
  bool calling; /* its "before" triggers */
} lr_event;

typedef struct lr_events {
  lr_run_hooks run_hooks;
  lariat_reactor *reactor;
  lr_event event[LR_EVENTS];
  uint64_t last_id;
  lr_signals signals;
  bool wants_signals;
  int exit_signal;
} lr_events;

/* Takes part in the runs of `reactor` from now on. */
void lr_events_init(lr_events *events, lariat_reactor *reactor);

/* Destroys the triggers that are left: the reactor is at the end of its
 * close. */
void lr_events_clear(lr_events *events);

#endif
