/* SPDX-License-Identifier: MIT
 * drain.c: waiting for the jobs that a pool has, without closing it: a mail to
 * each reactor, a count in each, a mail back. */
#include "base/memory.h"
#include "base/process.h"
#include "base/time.h"
#include "pool/completion.h"
#include "pool/pool.h"
#include <lariat/clock.h>
#include <lariat/pool.h>

typedef struct lr_drain lr_drain;

/* One reactor's wait for a drain. */
typedef struct lr_drain_part {
  lr_drain *drain;
  lr_mail mail;
  lr_job_listener listener; /* with the dispatcher, while jobs are left */
  lr_dispatcher *dispatcher;
  lr_timer timer;
  uint64_t epoch; /* jobs of earlier epochs are waited for */
  uint64_t left;
} lr_drain_part;

struct lr_drain {
  lr_completion completion; /* the parts together have the sender's hold */
  lr_atomic_u32 parts_left;
  lariat_pool *pool;
  uint64_t until_ns;
  lr_drain_part parts[];
};

/* ---- On the pool's threads ---- */

static void end_part(lr_drain_part *part) {
  lr_drain *drain = part->drain;
  if (lr_count_release(&drain->parts_left))
    lr_completion_send(&drain->completion);
}

static void stop_counting(lr_drain_part *part) {
  lr_reactor_unset_timer(part->dispatcher->reactor, &part->timer);
  lr_list_remove(&part->listener.node);
  end_part(part);
}

static void count_job(lr_job_listener *listener, const lr_job *job) {
  lr_drain_part *part = lr_container(listener, lr_drain_part, listener);
  if (job->pool.epoch < part->epoch && --part->left == 0) stop_counting(part);
}

/* Cancels the jobs that are left; the part ends with the last of them. */
static void cancel_jobs_left(lr_timer *timer) {
  lr_drain_part *part = lr_container(timer, lr_drain_part, timer);
  lr_dispatcher_abort_before(part->dispatcher, part->epoch, LARIAT_ECANCELLED);
}

/* Begins to wait.  At the deadline, or without memory for a timer, the jobs
 * that are left are cancelled. */
static void begin_part(lr_mail *mail) {
  lr_drain_part *part = lr_container(mail, lr_drain_part, mail);
  lr_dispatcher *dispatcher = part->dispatcher;
  uint64_t until_ns = part->drain->until_ns;
  part->epoch = ++dispatcher->epoch;
  part->left = dispatcher->queued_count + dispatcher->running_count;
  if (part->left == 0) {
    end_part(part);
    return;
  }
  lr_list_append(&dispatcher->listeners, &part->listener.node);
  if (until_ns <= lr_reactor_turn_ns(dispatcher->reactor) ||
      !lr_reactor_set_timer(dispatcher->reactor, &part->timer, until_ns))
    cancel_jobs_left(&part->timer);
}

/* Ends the part of a thread that ends, and its jobs with it. */
static void discard_part(lr_mail *mail) {
  end_part(lr_container(mail, lr_drain_part, mail));
}

static const lr_mail_ops part_ops = {begin_part, discard_part};

/* ---- On the caller's thread ---- */

static void free_drain(lr_completion *completion) {
  lr_drain *drain = lr_container(completion, lr_drain, completion);
  lr_pool_unhold(drain->pool);
  lr_free(drain);
}

static const lr_completion_kind drain_kind = {
    .cut_short = "the reactor closed before the pool was drained",
    .drop = free_drain};

static void send_parts(lr_drain *drain, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    lr_worker *worker = lr_pool_worker(drain->pool, i);
    lr_drain_part *part = &drain->parts[i];
    part->drain = drain;
    part->mail.ops = &part_ops;
    part->dispatcher = &worker->dispatcher;
    part->timer.expire = cancel_jobs_left;
    lr_list_init(&part->listener.node);
    part->listener.job_ended = count_job;
    if (!lr_mailbox_push(worker->mailbox, &part->mail)) end_part(part);
  }
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
      drain ? &drain->completion : NULL, &drain_kind, reactor, &made);
  if (!made) {
    lr_free(drain);
    return deferred;
  }
  lr_u32_init(&drain->parts_left, count);
  lr_pool_hold(pool);
  drain->pool = pool;
  const lariat_clock *clock = lr_pool_clock(pool);
  drain->until_ns = lr_add_ms(clock->now_ns(clock->context), drain_ms);
  send_parts(drain, count);
  return deferred;
}
