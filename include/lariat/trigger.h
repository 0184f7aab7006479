/* SPDX-License-Identifier: MIT
 * What happens around a run of a reactor: triggers for its start-up and its
 * shutdown, and signals that stop it.  Every function here is for the owner's
 * thread.
 *
 * lariat_reactor_run fires the start-up event: first all "before" triggers;
 * when the deferreds they returned have fired, the reactor is running, and the
 * "during" and then the "after" triggers follow.  After lariat_reactor_stop,
 * when the turn is over, the shutdown event is fired in the same way: when the
 * deferreds of its "before" triggers have fired, the reactor is no longer
 * running, "during" and "after" follow, and lariat_reactor_run returns.
 * Meanwhile turns go on.  A trigger is used up by its event.
 *
 * lariat_reactor_run_once, lariat_reactor_dispatch and a reactor that is
 * closed without having been stopped fire nothing. */
#ifndef LARIAT_TRIGGER_H
#define LARIAT_TRIGGER_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/later.h>
#include <lariat/reactor.h>
#include <lariat/status.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

typedef enum lariat_event {
  LARIAT_STARTUP = 0,
  LARIAT_SHUTDOWN = 1
} lariat_event;

typedef enum lariat_trigger_phase {
  LARIAT_BEFORE = 0,
  LARIAT_DURING = 1,
  LARIAT_AFTER = 2
} lariat_trigger_phase;

/* A trigger's name; {0} names none. */
typedef struct lariat_trigger {
  uint64_t id;
} lariat_trigger;

/* Adds a trigger behind those of its phase.  A deferred that `function`
 * returns is waited for in the phase "before" and released in the others; a
 * failure is reported as unhandled, and so is that of a deferred; neither
 * holds the event up.  `out` may be NULL.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ECLOSED  the reactor is being closed */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_reactor_add_trigger(
    lariat_reactor *reactor, lariat_event event, lariat_trigger_phase phase,
    lariat_function function, void *context, lariat_destroy destroy,
    lariat_trigger *out);

/* Removes a trigger: it will not be called, its context is destroyed.
 *
 * LARIAT_OK, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ENOTFOUND  it was called or removed before */
LARIAT_API lariat_status lariat_reactor_remove_trigger(lariat_reactor *reactor,
                                                       lariat_trigger trigger);

/* Runs `call` at once when the reactor is running (lariat_reactor_running),
 * else as an "after" trigger of the next start-up.  Contexts as in reactor.h.
 *
 * As lariat_reactor_add_trigger. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_reactor_call_when_running(lariat_reactor *reactor, lariat_call call,
                                 void *context, lariat_destroy destroy);

/* Makes SIGINT and SIGTERM stop the reactor, or not any more; they do not at
 * first.  They are taken over in the "during" phase of the start-up, or now
 * when the reactor is running, and given back, as they were, when the run ends.
 * Signals belong to the process: one reactor at a time can have them.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EINVAL, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ECLOSED  the reactor is being closed
 * LARIAT_EBUSY    it is running, and another reactor has the signals; in a
 *                 start-up that is reported, and the run goes on without them
 * LARIAT_ESYSTEM  no descriptor to be had; see errno (likewise) */
LARIAT_API lariat_status lariat_reactor_handle_signals(lariat_reactor *reactor,
                                                       bool on);

/* Returns the signal that stopped the last run, or is about to stop this one; 0
 * when none did. */
LARIAT_API int lariat_reactor_exit_signal(const lariat_reactor *reactor);

LARIAT_END_C

#endif
