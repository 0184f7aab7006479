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
  return reactor->closing ? LARIAT_ECLOSED : LARIAT_OK;
}

lariat_status lariat_reactor_run_once(lariat_reactor *reactor, int wait_ms) {
  lariat_status status = lr_reactor_check_run(reactor, __func__);
  if (status != LARIAT_OK) return status;
  status = lr_reactor_turn(reactor, wait_ms);
  lr_embed_make_idle(reactor);
  return status;
}

static void begin_run(lariat_reactor *reactor) {
  reactor->in_run = true;
  reactor->leaving = false;
  if (reactor->life)
    lr_reactor_turn_for(reactor, reactor->life->start, reactor->life->context);
  else
    reactor->running = true;
}

static void shut_down(lariat_reactor *reactor) {
  if (reactor->life)
    lr_reactor_turn_for(reactor, reactor->life->stop, reactor->life->context);
  else
    reactor->leaving = true;
}

static void end_run(lariat_reactor *reactor) {
  int saved = errno;
  reactor->in_run = false;
  reactor->running = false;
  reactor->stop_asked = false;
  if (reactor->life)
    lr_reactor_turn_for(reactor, reactor->life->left, reactor->life->context);
  lr_embed_make_idle(reactor);
  errno = saved;
}

/* A stop that came before the run lets one turn happen, which does not wait.
 */
lariat_status lariat_reactor_run(lariat_reactor *reactor) {
  lariat_status status = lr_reactor_check_run(reactor, __func__);
  if (status != LARIAT_OK) return status;
  bool told = false;
  begin_run(reactor);
  while (status == LARIAT_OK && !reactor->leaving) {
    status = lr_reactor_turn(reactor, reactor->stop_asked && !told ? 0 : -1);
    if (!reactor->stop_asked || told || reactor->leaving) continue;
    told = true;
    shut_down(reactor);
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
  if (!reactor->in_run || reactor->stop_asked) status = LARIAT_ENOTRUNNING;
  reactor->stop_asked = true;
  return status;
}

lariat_status lariat_reactor_crash(lariat_reactor *reactor) {
  lariat_status status = check_owner(reactor, __func__);
  if (status != LARIAT_OK) return status;
  if (!reactor->in_run) return LARIAT_ENOTRUNNING;
  lr_reactor_leave(reactor);
  return LARIAT_OK;
}

bool lariat_reactor_running(const lariat_reactor *reactor) {
  return check_owner(reactor, __func__) == LARIAT_OK && reactor->running;
}

void lr_reactor_set_life(lariat_reactor *reactor, const lr_life *life) {
  reactor->life = life;
}

void lr_reactor_set_running(lariat_reactor *reactor, bool running) {
  reactor->running = running;
}

void lr_reactor_leave(lariat_reactor *reactor) {
  reactor->leaving = true;
  reactor->running = false;
}
