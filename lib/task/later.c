/* SPDX-License-Identifier: MIT
 * later.c: a deferred with a timer in it.  The function is the first pair of
 * its chain, so that the chain sees to its context and to what it returns.
 * While the timer is set, it holds the deferred. */
#include <lariat/later.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/quarantine.h"
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

static void dispose_later(lariat_deferred *deferred) {
  lr_quarantine_free(lr_container(deferred, later, deferred));
}

/* Stops the timer, whose reference the caller has now. */
static void disarm_timer(later *delayed) {
  lr_reactor_unset_timer(delayed->reactor, &delayed->timer);
  lr_reactor_remove_shutdown_hook(delayed->reactor, &delayed->shutdown);
}

static void cancel_later(lariat_deferred *deferred) {
  later *delayed = lr_container(deferred, later, deferred);
  disarm_timer(delayed);
  lariat_deferred_release(deferred);
}

static const lr_deferred_ops later_ops = {.dispose = dispose_later,
                                          .cancel = cancel_later};

static void on_timer(lr_timer *timer) {
  later *delayed = lr_container(timer, later, timer);
  disarm_timer(delayed);
  (void)lr_deferred_fire(&delayed->deferred, lariat_none());
  lariat_deferred_release(&delayed->deferred);
}

static void on_reactor_closing(lr_shutdown_hook *shutdown) {
  later *delayed = lr_container(shutdown, later, shutdown);
  disarm_timer(delayed);
  lr_task_fail_closed(&delayed->deferred);
}

static lariat_value call_function(lariat_value none, void *context) {
  const later *delayed = context;
  return delayed->function ? delayed->function(delayed->context) : none;
}

static void destroy_context(void *context) {
  const later *delayed = context;
  if (delayed->destroy) delayed->destroy(delayed->context);
}

static later *new_later(lariat_reactor *reactor, uint64_t delay_ms) {
  if (lr_deferred_state_open(reactor) != LARIAT_OK) return NULL;
  later *delayed = lr_alloc_zero(sizeof *delayed);
  if (!delayed) return NULL;
  delayed->timer.expire = on_timer;
  uint64_t at_ns = lr_add_ms(lariat_reactor_now_ns(reactor), delay_ms);
  if (!lr_reactor_set_timer(reactor, &delayed->timer, at_ns)) {
    lr_free(delayed);
    return NULL;
  }
  delayed->reactor = reactor;
  delayed->shutdown.begin = on_reactor_closing;
  lr_reactor_add_shutdown_hook(reactor, &delayed->shutdown);
  lr_deferred_init(&delayed->deferred, reactor, &later_ops);
  return delayed;
}

lariat_deferred *lariat_later(lariat_reactor *reactor, uint64_t delay_ms,
                              lariat_function function, void *context,
                              lariat_destroy destroy) {
  lariat_status status = lr_task_check(reactor, __func__);
  later *delayed = status == LARIAT_OK ? new_later(reactor, delay_ms) : NULL;
  if (!delayed) {
    if (destroy) destroy(context);
    return lr_task_refuse(reactor, status ? status : LARIAT_ENOMEM);
  }
  delayed->function = function;
  delayed->context = context;
  delayed->destroy = destroy;
  lariat_deferred_add_callbacks_owned(&delayed->deferred, call_function, NULL,
                                      delayed, destroy_context);
  return lariat_deferred_retain(&delayed->deferred);
}
