/* SPDX-License-Identifier: MIT
 * later.c: a deferred with a timer in it.  The function is the first pair of
 * its chain, so that the chain sees to its context and to what it returns.
 * While the timer is set, it holds the deferred. */
#include <lariat/later.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/time.h"
#include "deferred/deferred.h"
#include "task/state.h"

typedef struct later {
  lariat_deferred deferred;
  lariat_reactor *reactor;
  lr_timer timer;
  lr_shutdown_hook shutdown;
  lariat_function function;
  void *context;
  lariat_destroy destroy;
} later;

static void dispose(lariat_deferred *deferred) {
  lr_free(lr_container(deferred, later, deferred));
}

/* Nothing is to come from the timer any more; the caller has its reference. */
static void disarm(later *it) {
  lr_reactor_unset_timer(it->reactor, &it->timer);
  lr_reactor_remove_shutdown_hook(it->reactor, &it->shutdown);
}

static void cancel(lariat_deferred *deferred) {
  later *it = lr_container(deferred, later, deferred);
  disarm(it);
  lariat_deferred_release(deferred);
}

static const lr_deferred_ops later_ops = {.dispose = dispose, .cancel = cancel};

static void expire(lr_timer *timer) {
  later *it = lr_container(timer, later, timer);
  disarm(it);
  (void)lr_deferred_fire(&it->deferred, lariat_none());
  lariat_deferred_release(&it->deferred);
}

static void reactor_closes(lr_shutdown_hook *shutdown) {
  later *it = lr_container(shutdown, later, shutdown);
  disarm(it);
  lr_task_tell_closed(&it->deferred);
}

static lariat_value call(lariat_value none, void *context) {
  const later *it = context;
  return it->function ? it->function(it->context) : none;
}

static void destroy_context(void *context) {
  const later *it = context;
  if (it->destroy) it->destroy(it->context);
}

static later *new_later(lariat_reactor *reactor, uint64_t delay_ms) {
  if (lr_deferred_state_open(reactor) != LARIAT_OK) return NULL;
  later *it = lr_alloc_zero(sizeof *it);
  if (!it) return NULL;
  it->timer.expire = expire;
  uint64_t at_ns = lr_add_ms(lariat_reactor_now_ns(reactor), delay_ms);
  if (!lr_reactor_set_timer(reactor, &it->timer, at_ns)) {
    lr_free(it);
    return NULL;
  }
  it->reactor = reactor;
  it->shutdown.begin = reactor_closes;
  lr_reactor_add_shutdown_hook(reactor, &it->shutdown);
  lr_deferred_init(&it->deferred, reactor, &later_ops);
  return it;
}

lariat_deferred *lariat_later(lariat_reactor *reactor, uint64_t delay_ms,
                              lariat_function function, void *context,
                              lariat_destroy destroy) {
  lariat_status status = lr_task_check(reactor, __func__);
  later *it = status == LARIAT_OK ? new_later(reactor, delay_ms) : NULL;
  if (!it) {
    if (destroy) destroy(context);
    return lr_task_refuse(reactor, status ? status : LARIAT_ENOMEM);
  }
  it->function = function;
  it->context = context;
  it->destroy = destroy;
  lariat_deferred_add_callbacks_owned(&it->deferred, call, NULL, it,
                                      destroy_context);
  return lariat_deferred_retain(&it->deferred);
}
