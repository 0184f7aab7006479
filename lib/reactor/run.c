/* SPDX-License-Identifier: MIT
 * run.c: turn after turn, from start-up to shutdown. */
#include <errno.h>

#include "reactor/reactor_private.h"

lariat_status lr_reactor_check_run(const lariat_reactor *reactor,
                                   const char *function) {
  if (!reactor) return LARIAT_EINVAL;
  lariat_status status = lr_reactor_check(reactor, function);
  if (status != LARIAT_OK) return status;
  if (reactor->front.in_turn || reactor->holds) return LARIAT_EALREADY;
  return lr_reactor_closing(reactor) ? LARIAT_ECLOSED : LARIAT_OK;
}

lariat_status lariat_reactor_run_once(lariat_reactor *reactor, int wait_ms) {
  lariat_status status = lr_reactor_check_run(reactor, __func__);
  if (status != LARIAT_OK) return status;
  status = lr_reactor_turn(reactor, wait_ms);
  lr_embed_make_idle(reactor);
  return status;
}

static void begin_run(lariat_reactor *reactor) {
  const lr_run_hooks *hooks = reactor->run.hooks;
  reactor->run.state = LR_RUN_STARTING;
  reactor->run.leaving = false;
  if (hooks)
    lr_reactor_turn_for(reactor, hooks->start, hooks->context);
  else
    reactor->run.state = LR_RUN_RUNNING;
}

static void stop_run(lariat_reactor *reactor) {
  const lr_run_hooks *hooks = reactor->run.hooks;
  if (hooks)
    lr_reactor_turn_for(reactor, hooks->stop, hooks->context);
  else
    reactor->run.leaving = true;
}

static void end_run(lariat_reactor *reactor) {
  int saved = errno;
  lr_turn_meter_end(reactor->meter, lariat_reactor_now_ns(reactor));
  reactor->run.state = LR_RUN_NONE;
  reactor->run.stop_requested = false;
  const lr_run_hooks *hooks = reactor->run.hooks;
  if (hooks) lr_reactor_turn_for(reactor, hooks->left, hooks->context);
  lr_embed_make_idle(reactor);
  errno = saved;
}

/* Lets one turn happen after a stop that came before the run; that turn does
 * not wait. */
lariat_status lariat_reactor_run(lariat_reactor *reactor) {
  lariat_status status = lr_reactor_check_run(reactor, __func__);
  if (status != LARIAT_OK) return status;
  lr_run *run = &reactor->run;
  bool stopped = false;
  begin_run(reactor);
  while (status == LARIAT_OK && !run->leaving) {
    status = lr_reactor_turn(reactor, run->stop_requested && !stopped ? 0 : -1);
    if (!run->stop_requested || stopped || run->leaving) continue;
    stopped = true;
    stop_run(reactor);
  }
  end_run(reactor);
  return status;
}

static lariat_status check_owner(const lariat_reactor *reactor,
                                 const char *function) {
  return reactor ? lr_reactor_check(reactor, function) : LARIAT_EINVAL;
}

lariat_status lariat_reactor_stop(lariat_reactor *reactor) {
  lariat_status status = check_owner(reactor, __func__);
  if (status != LARIAT_OK) return status;
  if (!lr_reactor_in_run(reactor) || reactor->run.stop_requested)
    status = LARIAT_ENOTRUNNING;
  reactor->run.stop_requested = true;
  return status;
}

lariat_status lariat_reactor_crash(lariat_reactor *reactor) {
  lariat_status status = check_owner(reactor, __func__);
  if (status != LARIAT_OK) return status;
  if (!lr_reactor_in_run(reactor)) return LARIAT_ENOTRUNNING;
  lr_reactor_leave(reactor);
  return LARIAT_OK;
}

bool lariat_reactor_running(const lariat_reactor *reactor) {
  return check_owner(reactor, __func__) == LARIAT_OK &&
         reactor->run.state == LR_RUN_RUNNING;
}

void lr_reactor_set_run_hooks(lariat_reactor *reactor,
                              const lr_run_hooks *hooks) {
  reactor->run.hooks = hooks;
}

void lr_reactor_set_running(lariat_reactor *reactor, bool running) {
  if (lr_reactor_in_run(reactor))
    reactor->run.state = running ? LR_RUN_RUNNING : LR_RUN_STOPPING;
}

void lr_reactor_leave(lariat_reactor *reactor) {
  reactor->run.leaving = true;
  lr_reactor_set_running(reactor, false);
}
