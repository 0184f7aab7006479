/* SPDX-License-Identifier: MIT
 * Draining a pool: a mail to each reactor, a count in each, a mail back. */
#include "fetch/drain.h"

#include "base/memory.h"
#include "base/process.h"
#include "deferred/deferred.h"
#include "fetch/pool.h"
#include <lariat/clock.h>
#include <lariat/pool.h>

typedef struct lr_drain lr_drain;

/* One reactor's part. */
typedef struct lr_drain_part {
  lr_drain *drain;
  lr_mail mail;
  lr_list node; /* in the dispatcher's drains */
  lr_dispatcher *dispatcher;
  lr_timer timer;
  uint64_t epoch; /* jobs of an earlier one are waited for */
  uint64_t left;
} lr_drain_part;

struct lr_drain {
  lr_atomic_u32 count; /* the memory: the caller's thread, the parts together */
  lr_atomic_u32 parts_left;
  lr_mail mail;
  lr_closer closer;
  lariat_pool *pool;
  lariat_mailbox *mailbox;
  lariat_deferred *deferred; /* NULL once it was fired */
  lariat_reactor *reactor;
  uint64_t until_ns;
  lr_drain_part parts[];
};

static void unhold(lr_drain *drain) {
  if (!lr_count_release(&drain->count)) return;
  lariat_mailbox_release(drain->mailbox);
  lr_pool_unhold(drain->pool);
  lr_free(drain);
}

/* On the pool's threads. */

static void part_over(lr_drain_part *part) {
  lr_drain *drain = part->drain;
  if (!lr_count_release(&drain->parts_left)) return;
  if (!lr_mailbox_push(drain->mailbox, &drain->mail)) unhold(drain);
}

static void leave(lr_drain_part *part) {
  lr_reactor_unset_timer(part->dispatcher->reactor, &part->timer);
  lr_list_remove(&part->node);
  part_over(part);
}

void lr_drain_job_ended(lr_dispatcher *dispatcher, const lr_job *job) {
  lr_list *node = dispatcher->drains.next;
  while (node != &dispatcher->drains) {
    lr_drain_part *part = lr_container(node, lr_drain_part, node);
    node = node->next;
    if (job->epoch < part->epoch && --part->left == 0) leave(part);
  }
}

/* The part is gone with the last job. */
static void time_is_up(lr_timer *timer) {
  lr_drain_part *part = lr_container(timer, lr_drain_part, timer);
  lr_dispatcher_abort_before(part->dispatcher, part->epoch, LARIAT_ECANCELLED);
}

/* At the deadline, or without memory for a timer, what is left is cancelled. */
static void begin(lr_mail *mail) {
  lr_drain_part *part = lr_container(mail, lr_drain_part, mail);
  lr_dispatcher *dispatcher = part->dispatcher;
  uint64_t until_ns = part->drain->until_ns;
  part->epoch = ++dispatcher->epoch;
  part->left = dispatcher->queued_count + dispatcher->running_count;
  if (part->left == 0) {
    part_over(part);
    return;
  }
  lr_list_append(&dispatcher->drains, &part->node);
  if (until_ns <= lr_reactor_turn_ns(dispatcher->reactor) ||
      !lr_reactor_set_timer(dispatcher->reactor, &part->timer, until_ns))
    time_is_up(&part->timer);
}

/* The thread ends: its jobs do, too. */
static void too_late(lr_mail *mail) {
  part_over(lr_container(mail, lr_drain_part, mail));
}

static const lr_mail_ops part_ops = {begin, too_late};

/* On the caller's thread. */

static void fire(lr_drain *drain, lariat_value result) {
  lariat_deferred *deferred = drain->deferred;
  drain->deferred = NULL;
  lr_reactor_remove_closer(drain->reactor, &drain->closer);
  (void)lariat_deferred_callback(deferred, result);
  lariat_deferred_release(deferred);
  unhold(drain);
}

static void all_over(lr_mail *mail) {
  lr_drain *drain = lr_container(mail, lr_drain, mail);
  if (drain->deferred) fire(drain, lariat_none());
  unhold(drain);
}

static void reactor_closes(lr_closer *closer) {
  lr_drain *drain = lr_container(closer, lr_drain, closer);
  if (!drain->deferred) return;
  fire(drain, lariat_failure_new(LARIAT_ECANCELLED,
                                 "the reactor closed before the pool was "
                                 "drained"));
}

static const lr_mail_ops over_ops = {all_over, all_over};

static void send_parts(lr_drain *drain, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    lr_worker *worker = lr_pool_worker(drain->pool, i);
    lr_drain_part *part = &drain->parts[i];
    part->drain = drain;
    part->mail.ops = &part_ops;
    part->dispatcher = &worker->dispatcher;
    part->timer.expire = time_is_up;
    lr_list_init(&part->node);
    if (!lr_mailbox_push(worker->mailbox, &part->mail)) part_over(part);
  }
}

static lr_drain *new_drain(lariat_pool *pool, lariat_reactor *reactor,
                           uint64_t drain_ms) {
  unsigned count = lariat_pool_reactors(pool);
  const lariat_clock *clock = lr_pool_clock(pool);
  lr_drain *drain = lr_alloc_zero(sizeof *drain + count * sizeof *drain->parts);
  if (!drain) return NULL;
  lr_u32_init(&drain->count, 2);
  lr_u32_init(&drain->parts_left, count);
  lr_pool_hold(pool);
  drain->pool = pool;
  drain->mail.ops = &over_ops;
  drain->closer.begin = reactor_closes;
  drain->mailbox = lariat_reactor_mailbox(reactor);
  drain->reactor = reactor;
  drain->until_ns = clock->now_ns(clock->context);
  drain->until_ns +=
      drain_ms < UINT64_MAX / 4000000u ? drain_ms * 1000000u : UINT64_MAX / 4;
  return drain;
}

lariat_deferred *lariat_pool_drain(lariat_pool *pool, lariat_reactor *reactor,
                                   uint64_t drain_ms) {
  lariat_status status = lr_pool_check(pool);
  if (status == LARIAT_EFORKED)
    return lariat_deferred_fail(reactor, status,
                                "a pool cannot be drained in a forked child");
  if (lr_reactor_closing(reactor))
    return lariat_deferred_fail(reactor, LARIAT_ECLOSED,
                                "the reactor is being closed");
  lr_drain *drain = new_drain(pool, reactor, drain_ms);
  lariat_deferred *deferred = lariat_deferred_new(reactor, NULL, NULL, NULL);
  if (!drain || lariat_deferred_fired(deferred)) {
    if (drain) lr_u32_store_relaxed(&drain->count, 1);
    if (drain) unhold(drain);
    lariat_deferred_forget(deferred);
    return lariat_deferred_fail(reactor, LARIAT_ENOMEM, "out of memory");
  }
  drain->deferred = lariat_deferred_retain(deferred);
  lr_reactor_add_closer(reactor, &drain->closer);
  send_parts(drain, lariat_pool_reactors(pool));
  return deferred;
}
