/* SPDX-License-Identifier: MIT
 * errand.c: a function that travels to another reactor, and its value that
 * comes back: to a deferred, or to a thread that waits.  The part that works
 * over there is the same for both; it settles exactly once.
 *
 * docs/internals/task.md tells who holds what when. */
#include <lariat/thread_call.h>

#include <pthread.h>

#include "base/atomics.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/process.h"
#include "deferred/deferred.h"
#include "task/state.h"

enum { CANCELLED = 1, STARTED = 2 };

typedef struct thread_call thread_call;

/* `settle` runs once, on the other thread, and takes the hold of the journey
 * with it: the errand is not touched after. */
typedef struct thread_call_ops {
  void (*settle)(thread_call *it, lariat_value outcome);
  void (*free)(thread_call *it);
} thread_call_ops;

struct thread_call {
  const thread_call_ops *ops;
  lr_atomic_u32 holds;
  lr_atomic_u32 state;
  lr_mail go;
  lr_mail off; /* calls it off */
  lariat_mailbox *to;
  lariat_function function;
  void *context;
  lariat_destroy destroy;

  /* The other thread's. */
  lariat_reactor *there;
  lr_shutdown_hook shutdown;
  lariat_deferred *awaited;
  lariat_value outcome; /* of it */
};

static void release(thread_call *it) {
  if (!lr_count_release(&it->holds)) return;
  lariat_mailbox_release(it->to);
  it->ops->free(it);
}

static lariat_value failure_of(lariat_status status) {
  if (status == LARIAT_ENOMEM) return lr_failure_no_memory();
  return lariat_failure_new(status, "%s", lariat_status_text(status));
}

static void destroy_context(const thread_call *it) {
  if (it->destroy) it->destroy(it->context);
}

/* There. */

static lariat_deferred *stop_waiting(thread_call *it) {
  lariat_deferred *awaited = it->awaited;
  it->awaited = NULL;
  if (awaited) lr_reactor_remove_shutdown_hook(it->there, &it->shutdown);
  return awaited;
}

/* The reactor over there closes before the deferred has fired. */
static void there_closes(lr_shutdown_hook *shutdown) {
  thread_call *it = lr_container(shutdown, thread_call, shutdown);
  lariat_deferred *awaited = stop_waiting(it);
  it->ops->settle(it, failure_of(LARIAT_ECLOSED));
  lariat_deferred_cancel(awaited);
  lariat_deferred_release(awaited);
}

static lariat_value on_value(lariat_value result, void *context) {
  thread_call *it = context;
  it->outcome = result;
  return lariat_none();
}

/* The pair, which has a hold, is gone.  If it has not run, that was for want
 * of memory. */
static void on_gone(void *context) {
  thread_call *it = context;
  lariat_deferred *awaited = stop_waiting(it);
  lariat_value outcome = it->outcome;
  bool lost = lr_task_pair_was_lost(outcome);
  if (awaited)
    it->ops->settle(it, outcome);
  else
    lariat_value_drop(outcome);
  lr_task_let_go(awaited, lost);
  release(it);
}

static void wait_for(thread_call *it, lariat_deferred *deferred) {
  it->awaited = deferred;
  it->outcome = lr_failure_no_memory();
  it->shutdown.begin = there_closes;
  lr_reactor_add_shutdown_hook(it->there, &it->shutdown);
  lr_count_retain(&it->holds);
  lariat_deferred_add_callbacks_owned(deferred, on_value, on_value, it,
                                      on_gone);
}

static void end_journey(thread_call *it, lariat_status status) {
  destroy_context(it);
  it->ops->settle(it, failure_of(status));
}

static void deliver_go(lr_mail *mail) {
  thread_call *it = lr_container(mail, thread_call, go);
  it->there = lariat_reactor_current();
  if (lr_u32_or_acq_rel(&it->state, STARTED) & CANCELLED) {
    end_journey(it, LARIAT_ECANCELLED);
  } else if (lr_reactor_closing(it->there)) {
    end_journey(it, LARIAT_ECLOSED);
  } else {
    lariat_value result = it->function(it->context);
    destroy_context(it);
    if (result.type == &lariat_deferred_type)
      wait_for(it, result.data);
    else
      it->ops->settle(it, result);
  }
}

static void discard_go(lr_mail *mail) {
  end_journey(lr_container(mail, thread_call, go), LARIAT_ECLOSED);
}

static const lr_mail_ops go_ops = {deliver_go, discard_go};

static void deliver_off(lr_mail *mail) {
  thread_call *it = lr_container(mail, thread_call, off);
  if (it->awaited) lariat_deferred_cancel(it->awaited);
  release(it);
}

static void discard_off(lr_mail *mail) {
  release(lr_container(mail, thread_call, off));
}

static const lr_mail_ops off_ops = {deliver_off, discard_off};

/* Here. */

static void init(thread_call *it, const thread_call_ops *ops,
                 lariat_mailbox *to) {
  it->ops = ops;
  lr_u32_init(&it->holds, 2); /* the journey's, and that of who waits */
  lr_u32_init(&it->state, 0);
  it->go.ops = &go_ops;
  it->off.ops = &off_ops;
  it->to = lr_mailbox_retain(to);
}

/* Once: there is one node for it.  What has not started will find the mark. */
static void call_off(thread_call *it) {
  if (lr_u32_or_acq_rel(&it->state, CANCELLED) != STARTED) return;
  lr_count_retain(&it->holds);
  if (!lr_mailbox_push(it->to, &it->off)) release(it);
}

static lariat_status check(const lariat_mailbox *to, lariat_function function) {
  if (!to || !function) return LARIAT_EINVAL;
  return to->generation == lr_process_generation() ? LARIAT_OK : LARIAT_EFORKED;
}

/* To a deferred.  As long as the errand is under way, that has a reference to
 * the deferred, and the reactor waits for it when it closes. */

typedef struct deferred_thread_call {
  thread_call thread_call;
  lariat_deferred deferred;
  lr_mail home;
  lariat_mailbox *from;
  lariat_reactor *reactor;
  lr_shutdown_hook shutdown;
  bool under_way;
  lariat_value outcome;
} deferred_thread_call;

static deferred_thread_call *of_thread_call(thread_call *it) {
  return lr_container(it, deferred_thread_call, thread_call);
}

static deferred_thread_call *of_deferred(lariat_deferred *deferred) {
  return lr_container(deferred, deferred_thread_call, deferred);
}

static void free_deferred_thread_call(thread_call *it) {
  lariat_mailbox_release(of_thread_call(it)->from);
  lr_free(of_thread_call(it));
}

/* When the reactor is gone, the outcome ends here. */
static void send_home(thread_call *it, lariat_value outcome) {
  deferred_thread_call *mine = of_thread_call(it);
  mine->outcome = outcome;
  if (lr_mailbox_push(mine->from, &mine->home)) return;
  lariat_value_drop(outcome);
  release(it);
}

static const thread_call_ops deferred_thread_call_ops = {
    send_home, free_deferred_thread_call};

static void leave_way(deferred_thread_call *mine) {
  mine->under_way = false;
  lr_reactor_remove_shutdown_hook(mine->reactor, &mine->shutdown);
}

/* An outcome for a deferred that was cancelled is dropped by it. */
static void come_home(lr_mail *mail) {
  deferred_thread_call *mine = lr_container(mail, deferred_thread_call, home);
  if (mine->under_way) {
    leave_way(mine);
    (void)lr_deferred_fire(&mine->deferred, mine->outcome);
    lariat_deferred_release(&mine->deferred);
  } else {
    lariat_value_drop(mine->outcome);
  }
  release(&mine->thread_call);
}

static const lr_mail_ops home_ops = {come_home, come_home};

static void dispose(lariat_deferred *deferred) {
  release(&of_deferred(deferred)->thread_call);
}

static void cancel(lariat_deferred *deferred) {
  call_off(&of_deferred(deferred)->thread_call);
}

static const lr_deferred_ops deferred_ops = {.dispose = dispose,
                                             .cancel = cancel};

static deferred_thread_call *of_shutdown_hook(lr_shutdown_hook *shutdown) {
  return lr_container(shutdown, deferred_thread_call, shutdown);
}

static void here_closes(lr_shutdown_hook *shutdown) {
  deferred_thread_call *mine = of_shutdown_hook(shutdown);
  call_off(&mine->thread_call);
  lariat_deferred_retain(&mine->deferred);
  lr_task_tell_closed(&mine->deferred);
}

static bool is_under_way(lr_shutdown_hook *shutdown) {
  return of_shutdown_hook(shutdown)->under_way;
}

/* It was waited for long enough: it comes home to nobody. */
static void here_closed(lr_shutdown_hook *shutdown) {
  deferred_thread_call *mine = of_shutdown_hook(shutdown);
  leave_way(mine);
  lariat_deferred_release(&mine->deferred);
}

static deferred_thread_call *new_deferred_thread_call(lariat_mailbox *to,
                                                      lariat_reactor *reactor) {
  if (lr_deferred_state_open(reactor) != LARIAT_OK) return NULL;
  deferred_thread_call *mine = lr_alloc_zero(sizeof *mine);
  if (!mine) return NULL;
  init(&mine->thread_call, &deferred_thread_call_ops, to);
  lr_deferred_init(&mine->deferred, reactor, &deferred_ops);
  mine->home.ops = &home_ops;
  mine->from = lariat_reactor_mailbox(reactor);
  mine->reactor = reactor;
  mine->shutdown = (lr_shutdown_hook){
      .begin = here_closes, .busy = is_under_way, .end = here_closed};
  return mine;
}

static lariat_deferred *set_off(deferred_thread_call *mine) {
  mine->under_way = true;
  lr_reactor_add_shutdown_hook(mine->reactor, &mine->shutdown);
  lariat_deferred *deferred = lariat_deferred_retain(&mine->deferred);
  if (lr_mailbox_push(mine->thread_call.to, &mine->thread_call.go))
    return deferred;
  destroy_context(&mine->thread_call);
  mine->outcome = failure_of(LARIAT_ECLOSED);
  come_home(&mine->home);
  return deferred;
}

lariat_deferred *lariat_mailbox_defer(lariat_mailbox *to,
                                      lariat_reactor *reactor,
                                      lariat_function function, void *context,
                                      lariat_destroy destroy) {
  lariat_status status = lr_task_check(reactor, __func__);
  if (status == LARIAT_OK) status = check(to, function);
  deferred_thread_call *mine =
      status == LARIAT_OK ? new_deferred_thread_call(to, reactor) : NULL;
  if (!mine) {
    if (destroy) destroy(context);
    return lr_task_refuse(reactor, status ? status : LARIAT_ENOMEM);
  }
  mine->thread_call.function = function;
  mine->thread_call.context = context;
  mine->thread_call.destroy = destroy;
  return set_off(mine);
}

/* To a thread that waits. */

typedef struct waited_thread_call {
  thread_call thread_call;
  pthread_mutex_t lock;
  pthread_cond_t settled;
  bool is_settled;
  lariat_value outcome;
} waited_thread_call;

static waited_thread_call *of_waited(thread_call *it) {
  return lr_container(it, waited_thread_call, thread_call);
}

static void free_waited(thread_call *it) {
  waited_thread_call *mine = of_waited(it);
  pthread_mutex_destroy(&mine->lock);
  pthread_cond_destroy(&mine->settled);
  lr_free(mine);
}

static void tell_waiter(thread_call *it, lariat_value outcome) {
  waited_thread_call *mine = of_waited(it);
  pthread_mutex_lock(&mine->lock);
  mine->outcome = outcome;
  mine->is_settled = true;
  pthread_cond_signal(&mine->settled);
  pthread_mutex_unlock(&mine->lock);
  release(it);
}

static const thread_call_ops waited_ops = {tell_waiter, free_waited};

static waited_thread_call *new_waited(lariat_mailbox *to) {
  waited_thread_call *mine = lr_alloc_zero(sizeof *mine);
  if (!mine) return NULL;
  init(&mine->thread_call, &waited_ops, to);
  pthread_mutex_init(&mine->lock, NULL);
  pthread_cond_init(&mine->settled, NULL);
  return mine;
}

static lariat_value wait_until_settled(waited_thread_call *mine) {
  pthread_mutex_lock(&mine->lock);
  while (!mine->is_settled) pthread_cond_wait(&mine->settled, &mine->lock);
  lariat_value outcome = mine->outcome;
  pthread_mutex_unlock(&mine->lock);
  release(&mine->thread_call);
  return outcome;
}

static lariat_status refuse(lariat_status status, const thread_call *what,
                            lariat_value *out) {
  destroy_context(what);
  *out = failure_of(status);
  return status;
}

lariat_status lariat_mailbox_call_and_wait(lariat_mailbox *to,
                                           lariat_function function,
                                           void *context,
                                           lariat_destroy destroy,
                                           lariat_value *out) {
  const thread_call what = {
      .function = function, .context = context, .destroy = destroy};
  if (!out) {
    destroy_context(&what);
    return LARIAT_EINVAL;
  }
  lariat_status status = check(to, function);
  if (status == LARIAT_OK && lr_reactor_must_not_wait(to))
    status = LARIAT_EBUSY;
  if (status != LARIAT_OK) return refuse(status, &what, out);
  waited_thread_call *mine = new_waited(to);
  if (!mine) return refuse(LARIAT_ENOMEM, &what, out);
  mine->thread_call.function = function;
  mine->thread_call.context = context;
  mine->thread_call.destroy = destroy;
  if (!lr_mailbox_push(to, &mine->thread_call.go))
    discard_go(&mine->thread_call.go);
  *out = wait_until_settled(mine);
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
