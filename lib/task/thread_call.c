/* SPDX-License-Identifier: MIT
 * thread_call.c: a function that is called on another reactor, and its value
 * that comes back: to a deferred, or to a thread that waits.  The part on the
 * other thread is the same for both; it settles exactly once.
 *
 * docs/internals/task.md tells who holds what when. */
#include <lariat/thread_call.h>

#include <pthread.h>

#include "base/atomics.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/quarantine.h"
#include "deferred/deferred.h"
#include "task/state.h"

enum { CANCELLED = 1, STARTED = 2 };

typedef struct thread_call thread_call;

/* The operations of a kind of call: `settle` runs once, on the other thread,
 * and takes the hold of the request with it: the call is not touched after. */
typedef struct thread_call_ops {
  void (*settle)(thread_call *call, lariat_value outcome);
  void (*free)(thread_call *call);
} thread_call_ops;

struct thread_call {
  const thread_call_ops *ops;
  lr_atomic_u32 holds;
  lr_atomic_u32 state;
  lr_mail request;
  lr_mail cancel; /* sent once, if the function has started */
  lariat_mailbox *to;
  lariat_function function;
  void *context;
  lariat_destroy destroy;

  /* The other thread's. */
  lariat_reactor *target;
  lr_shutdown_hook shutdown;
  lariat_deferred *awaited;
  lariat_value outcome; /* of it */
};

static void release_hold(thread_call *call) {
  if (!lr_count_release(&call->holds)) return;
  lariat_mailbox_release(call->to);
  call->ops->free(call);
}

static lariat_value failure_of(lariat_status status) {
  if (status == LARIAT_ENOMEM) return lr_failure_no_memory();
  return lariat_failure_new(status, "%s", lariat_status_text(status));
}

static void destroy_context(const thread_call *call) {
  if (call->destroy) call->destroy(call->context);
}

/* ---- Target thread ---- */

static lariat_deferred *stop_waiting(thread_call *call) {
  lariat_deferred *awaited = call->awaited;
  call->awaited = NULL;
  if (awaited) lr_reactor_remove_shutdown_hook(call->target, &call->shutdown);
  return awaited;
}

/* Settles the call when the target reactor closes before the deferred has
 * fired. */
static void on_target_closing(lr_shutdown_hook *shutdown) {
  thread_call *call = lr_container(shutdown, thread_call, shutdown);
  lariat_deferred *awaited = stop_waiting(call);
  call->ops->settle(call, failure_of(LARIAT_ECLOSED));
  lariat_deferred_cancel(awaited);
  lariat_deferred_release(awaited);
}

static lariat_value on_value(lariat_value result, void *context) {
  thread_call *call = context;
  call->outcome = result;
  return lariat_none();
}

/* Settles the call: the pair, which has a hold, is gone.  If it has not run,
 * that was for want of memory. */
static void on_gone(void *context) {
  thread_call *call = context;
  lariat_deferred *awaited = stop_waiting(call);
  lariat_value outcome = call->outcome;
  bool lost = lr_task_pair_was_lost(outcome);
  if (awaited)
    call->ops->settle(call, outcome);
  else
    lariat_value_drop(outcome);
  lr_task_release_awaited(awaited, lost);
  release_hold(call);
}

static void wait_for_deferred(thread_call *call, lariat_deferred *deferred) {
  call->awaited = deferred;
  call->outcome = lr_failure_no_memory();
  call->shutdown.begin = on_target_closing;
  lr_reactor_add_shutdown_hook(call->target, &call->shutdown);
  lr_count_retain(&call->holds);
  lariat_deferred_add_callbacks_owned(deferred, on_value, on_value, call,
                                      on_gone);
}

static void end_call(thread_call *call, lariat_status status) {
  destroy_context(call);
  call->ops->settle(call, failure_of(status));
}

static void deliver_request(lr_mail *mail) {
  thread_call *call = lr_container(mail, thread_call, request);
  call->target = lariat_reactor_current();
  if (lr_u32_or_acq_rel(&call->state, STARTED) & CANCELLED) {
    end_call(call, LARIAT_ECANCELLED);
  } else if (lr_reactor_closing(call->target)) {
    end_call(call, LARIAT_ECLOSED);
  } else {
    lariat_value result = call->function(call->context);
    destroy_context(call);
    if (result.type == &lariat_deferred_type)
      wait_for_deferred(call, result.data);
    else
      call->ops->settle(call, result);
  }
}

static void discard_request(lr_mail *mail) {
  end_call(lr_container(mail, thread_call, request), LARIAT_ECLOSED);
}

static const lr_mail_ops request_ops = {deliver_request, discard_request};

static void deliver_cancel(lr_mail *mail) {
  thread_call *call = lr_container(mail, thread_call, cancel);
  if (call->awaited) lariat_deferred_cancel(call->awaited);
  release_hold(call);
}

static void discard_cancel(lr_mail *mail) {
  release_hold(lr_container(mail, thread_call, cancel));
}

static const lr_mail_ops cancel_ops = {deliver_cancel, discard_cancel};

/* ---- Calling thread ---- */

static void init_call(thread_call *call, const thread_call_ops *ops,
                      lariat_mailbox *to) {
  call->ops = ops;
  lr_u32_init(&call->holds, 2); /* the request's, and that of who waits */
  lr_u32_init(&call->state, 0);
  call->request.ops = &request_ops;
  call->cancel.ops = &cancel_ops;
  call->to = lr_mailbox_retain(to);
}

/* Cancels the call: one that has not started will find the mark, to one that
 * has the cancel is sent, once, for there is one node. */
static void cancel_call(thread_call *call) {
  if (lr_u32_or_acq_rel(&call->state, CANCELLED) != STARTED) return;
  lr_count_retain(&call->holds);
  if (!lr_mailbox_push(call->to, &call->cancel)) release_hold(call);
}

static lariat_status check_target(const lariat_mailbox *to,
                                  lariat_function function) {
  if (!to || !function) return LARIAT_EINVAL;
  return to->generation == lr_process_generation() ? LARIAT_OK : LARIAT_EFORKED;
}

/* ---- Calls with a deferred ---- */

/* A call whose value goes to a deferred.  As long as it is pending, it has a
 * reference to the deferred, and the reactor waits for it when it closes. */

typedef struct deferred_thread_call {
  thread_call thread_call;
  lariat_deferred deferred;
  lr_mail reply;
  lariat_mailbox *from;
  lariat_reactor *reactor;
  lr_shutdown_hook shutdown;
  bool pending;
  lariat_value outcome;
} deferred_thread_call;

static deferred_thread_call *of_thread_call(thread_call *call) {
  return lr_container(call, deferred_thread_call, thread_call);
}

static deferred_thread_call *of_deferred(lariat_deferred *deferred) {
  return lr_container(deferred, deferred_thread_call, deferred);
}

static void free_deferred_thread_call(thread_call *call) {
  lariat_mailbox_release(of_thread_call(call)->from);
  lr_quarantine_free(of_thread_call(call));
}

/* Sends the outcome back; drops it when the caller's reactor is gone. */
static void send_reply(thread_call *call, lariat_value outcome) {
  deferred_thread_call *deferred_call = of_thread_call(call);
  deferred_call->outcome = outcome;
  if (lr_mailbox_push(deferred_call->from, &deferred_call->reply)) return;
  lariat_value_drop(outcome);
  release_hold(call);
}

static const thread_call_ops deferred_thread_call_ops = {
    send_reply, free_deferred_thread_call};

static void end_pending(deferred_thread_call *deferred_call) {
  deferred_call->pending = false;
  lr_reactor_remove_shutdown_hook(deferred_call->reactor,
                                  &deferred_call->shutdown);
}

/* Fires the deferred, which drops the outcome if it was cancelled. */
static void deliver_reply(lr_mail *mail) {
  deferred_thread_call *deferred_call =
      lr_container(mail, deferred_thread_call, reply);
  if (deferred_call->pending) {
    end_pending(deferred_call);
    (void)lr_deferred_fire(&deferred_call->deferred, deferred_call->outcome);
    lariat_deferred_release(&deferred_call->deferred);
  } else {
    lariat_value_drop(deferred_call->outcome);
  }
  release_hold(&deferred_call->thread_call);
}

static const lr_mail_ops reply_ops = {deliver_reply, deliver_reply};

static void dispose_call(lariat_deferred *deferred) {
  release_hold(&of_deferred(deferred)->thread_call);
}

static void cancel_deferred(lariat_deferred *deferred) {
  cancel_call(&of_deferred(deferred)->thread_call);
}

static const lr_deferred_ops deferred_ops = {.dispose = dispose_call,
                                             .cancel = cancel_deferred};

static deferred_thread_call *of_shutdown_hook(lr_shutdown_hook *shutdown) {
  return lr_container(shutdown, deferred_thread_call, shutdown);
}

static void on_caller_closing(lr_shutdown_hook *shutdown) {
  deferred_thread_call *deferred_call = of_shutdown_hook(shutdown);
  cancel_call(&deferred_call->thread_call);
  lariat_deferred_retain(&deferred_call->deferred);
  lr_task_fail_closed(&deferred_call->deferred);
}

static bool is_pending(lr_shutdown_hook *shutdown) {
  return of_shutdown_hook(shutdown)->pending;
}

/* Gives the wait up at the end of close: the reply will find nobody. */
static void on_caller_closed(lr_shutdown_hook *shutdown) {
  deferred_thread_call *deferred_call = of_shutdown_hook(shutdown);
  end_pending(deferred_call);
  lariat_deferred_release(&deferred_call->deferred);
}

static deferred_thread_call *new_deferred_thread_call(lariat_mailbox *to,
                                                      lariat_reactor *reactor) {
  if (lr_deferred_state_open(reactor) != LARIAT_OK) return NULL;
  deferred_thread_call *deferred_call = lr_alloc_zero(sizeof *deferred_call);
  if (!deferred_call) return NULL;
  init_call(&deferred_call->thread_call, &deferred_thread_call_ops, to);
  lr_deferred_init(&deferred_call->deferred, reactor, &deferred_ops);
  deferred_call->reply.ops = &reply_ops;
  deferred_call->from = lariat_reactor_mailbox(reactor);
  deferred_call->reactor = reactor;
  deferred_call->shutdown = (lr_shutdown_hook){
      .begin = on_caller_closing, .busy = is_pending, .end = on_caller_closed};
  return deferred_call;
}

static lariat_deferred *send_call(deferred_thread_call *deferred_call) {
  deferred_call->pending = true;
  lr_reactor_add_shutdown_hook(deferred_call->reactor,
                               &deferred_call->shutdown);
  lariat_deferred *deferred = lariat_deferred_retain(&deferred_call->deferred);
  if (lr_mailbox_push(deferred_call->thread_call.to,
                      &deferred_call->thread_call.request))
    return deferred;
  destroy_context(&deferred_call->thread_call);
  deferred_call->outcome = failure_of(LARIAT_ECLOSED);
  deliver_reply(&deferred_call->reply);
  return deferred;
}

lariat_deferred *lariat_mailbox_defer(lariat_mailbox *to,
                                      lariat_reactor *reactor,
                                      lariat_function function, void *context,
                                      lariat_destroy destroy) {
  lariat_status status = lr_task_check(reactor, __func__);
  if (status == LARIAT_OK) status = check_target(to, function);
  deferred_thread_call *deferred_call =
      status == LARIAT_OK ? new_deferred_thread_call(to, reactor) : NULL;
  if (!deferred_call) {
    if (destroy) destroy(context);
    return lr_task_refuse(reactor, status ? status : LARIAT_ENOMEM);
  }
  deferred_call->thread_call.function = function;
  deferred_call->thread_call.context = context;
  deferred_call->thread_call.destroy = destroy;
  return send_call(deferred_call);
}

/* ---- Calls with a waiting thread ---- */

typedef struct waited_thread_call {
  thread_call thread_call;
  pthread_mutex_t lock;
  pthread_cond_t settled;
  bool is_settled;
  lariat_value outcome;
} waited_thread_call;

static waited_thread_call *of_waited(thread_call *call) {
  return lr_container(call, waited_thread_call, thread_call);
}

static void free_waited(thread_call *call) {
  waited_thread_call *waited = of_waited(call);
  pthread_mutex_destroy(&waited->lock);
  pthread_cond_destroy(&waited->settled);
  lr_free(waited);
}

static void settle_waited(thread_call *call, lariat_value outcome) {
  waited_thread_call *waited = of_waited(call);
  pthread_mutex_lock(&waited->lock);
  waited->outcome = outcome;
  waited->is_settled = true;
  pthread_cond_signal(&waited->settled);
  pthread_mutex_unlock(&waited->lock);
  release_hold(call);
}

static const thread_call_ops waited_ops = {settle_waited, free_waited};

static waited_thread_call *new_waited(lariat_mailbox *to) {
  waited_thread_call *waited = lr_alloc_zero(sizeof *waited);
  if (!waited) return NULL;
  init_call(&waited->thread_call, &waited_ops, to);
  pthread_mutex_init(&waited->lock, NULL);
  pthread_cond_init(&waited->settled, NULL);
  return waited;
}

static lariat_value wait_until_settled(waited_thread_call *waited) {
  pthread_mutex_lock(&waited->lock);
  while (!waited->is_settled)
    pthread_cond_wait(&waited->settled, &waited->lock);
  lariat_value outcome = waited->outcome;
  pthread_mutex_unlock(&waited->lock);
  release_hold(&waited->thread_call);
  return outcome;
}

static lariat_status refuse_call(lariat_status status, const thread_call *call,
                                 lariat_value *out) {
  destroy_context(call);
  *out = failure_of(status);
  return status;
}

lariat_status lariat_mailbox_call_and_wait(lariat_mailbox *to,
                                           lariat_function function,
                                           void *context,
                                           lariat_destroy destroy,
                                           lariat_value *out) {
  const thread_call described = {
      .function = function, .context = context, .destroy = destroy};
  if (!out) {
    destroy_context(&described);
    return LARIAT_EINVAL;
  }
  lariat_status status = check_target(to, function);
  if (status == LARIAT_OK && lr_reactor_must_not_wait(to))
    status = LARIAT_EBUSY;
  if (status != LARIAT_OK) return refuse_call(status, &described, out);
  waited_thread_call *waited = new_waited(to);
  if (!waited) return refuse_call(LARIAT_ENOMEM, &described, out);
  waited->thread_call.function = function;
  waited->thread_call.context = context;
  waited->thread_call.destroy = destroy;
  if (!lr_mailbox_push(to, &waited->thread_call.request))
    discard_request(&waited->thread_call.request);
  *out = wait_until_settled(waited);
  return lariat_is_failure(*out) ? lariat_failure_status(*out) : LARIAT_OK;
}

lariat_status lariat_reactor_call_and_wait(lariat_reactor *reactor,
                                           lariat_function function,
                                           void *context,
                                           lariat_destroy destroy,
                                           lariat_value *out) {
  lariat_mailbox *mailbox = reactor ? lariat_reactor_mailbox(reactor) : NULL;
  lariat_status status =
      lariat_mailbox_call_and_wait(mailbox, function, context, destroy, out);
  lariat_mailbox_release(mailbox);
  return status;
}
