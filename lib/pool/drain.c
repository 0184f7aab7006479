/* SPDX-License-Identifier: MIT
 * drain.c: waiting for the jobs that a pool has, without closing it: a mail to
 * each reactor, a count in each, a mail back. */
#include "base/memory.h"
#include "base/process.h"
#include "pool/completion.h"
#include "pool/pool.h"
#include <lariat/clock.h>
#include <lariat/pool.h>

typedef struct lr_drain lr_drain;

/* One reactor's part. */
typedef struct lr_drain_part {
  lr_drain *drain;
  lr_mail mail;
  lr_job_listener listener; /* of the dispatcher, while jobs are left */
  lr_dispatcher *dispatcher;
  lr_timer timer;
  uint64_t epoch; /* jobs of an earlier one are waited for */
  uint64_t left;
} lr_drain_part;

struct lr_drain {
  lr_completion completion; /* the parts together have the one hold */
  lr_atomic_u32 parts_left;
  lariat_pool *pool;
  uint64_t until_ns;
  lr_drain_part parts[];
};

/* On the pool's threads. */

static void part_over(lr_drain_part *part) {
  lr_drain *drain = part->drain;
  if (lr_count_release(&drain->parts_left))
    lr_completion_send(&drain->completion);
}

static void leave(lr_drain_part *part) {
  lr_reactor_unset_timer(part->dispatcher->reactor, &part->timer);
  lr_list_remove(&part->listener.node);
  part_over(part);
}

static void count_job(lr_job_listener *listener, const lr_job *job) {
  lr_drain_part *part = lr_container(listener, lr_drain_part, listener);
  if (job->pool.epoch < part->epoch && --part->left == 0) leave(part);
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
  lr_list_append(&dispatcher->listeners, &part->listener.node);
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

static void drop(lr_completion *completion) {
  lr_drain *drain = lr_container(completion, lr_drain, completion);
  lr_pool_unhold(drain->pool);
  lr_free(drain);
}

static const lr_completion_kind kind = {
    .cut_short = "the reactor closed before the pool was drained",
    .drop = drop};

static void send_parts(lr_drain *drain, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    lr_worker *worker = lr_pool_worker(drain->pool, i);
    lr_drain_part *part = &drain->parts[i];
    part->drain = drain;
    part->mail.ops = &part_ops;
    part->dispatcher = &worker->dispatcher;
    part->timer.expire = time_is_up;
    lr_list_init(&part->listener.node);
    part->listener.job_ended = count_job;
    if (!lr_mailbox_push(worker->mailbox, &part->mail)) part_over(part);
  }
}

static uint64_t time_after(const lariat_clock *clock, uint64_t drain_ms) {
  uint64_t ns =
      drain_ms < UINT64_MAX / 4000000u ? drain_ms * 1000000u : UINT64_MAX / 4;
  return clock->now_ns(clock->context) + ns;
}

lariat_deferred *lariat_pool_drain(lariat_pool *pool, lariat_reactor *reactor,
                                   uint64_t drain_ms) {
  lariat_status status = lr_pool_check(pool);
  unsigned count = lariat_pool_reactors(pool);
  bool made;
  if (status == LARIAT_EFORKED)
    return lariat_deferred_fail(reactor, status,
                                "a pool cannot be drained in a forked child");
  if (lr_reactor_closing(reactor))
    return lariat_deferred_fail(reactor, LARIAT_ECLOSED,
                                "the reactor is being closed");
  lr_drain *drain = lr_alloc_zero(sizeof *drain + count * sizeof *drain->parts);
  lariat_deferred *deferred = lr_completion_open(
      drain ? &drain->completion : NULL, &kind, reactor, &made);
  if (!made) {
    lr_free(drain);
    return deferred;
  }
  lr_u32_init(&drain->parts_left, count);
  lr_pool_hold(pool);
  drain->pool = pool;
  drain->until_ns = time_after(lr_pool_clock(pool), drain_ms);
  send_parts(drain, count);
  return deferred;
}
