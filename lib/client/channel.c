/* SPDX-License-Identifier: MIT
 * How jobs go to and fro between a client and a pool reactor. */
#include "client/channel.h"

#include <limits.h>

#include "base/memory.h"
#include "client/client.h"
#include "pool/pool.h"
#include "pool/worker.h"
#include "reactor/reactor.h"
#include "schedule/dispatcher.h"

/* Of the window, without a credit, for each host. */
enum { FREE_PART = 32 };

static void drop_hold(lr_channel *channel) {
  if (!lr_count_release(&channel->count)) return;
  lariat_mailbox_release(channel->caller_mailbox);
  lr_free_lines(channel);
}

/* On the pool's thread. */

static void let_go(lr_channel *channel) {
  lr_outbox_flush(&channel->home);
  lr_outbox_clear(&channel->home);
  lr_list_remove(&channel->node);
  drop_hold(channel);
}

static void let_go_if_over(lr_channel *channel) {
  if (channel->detached && channel->jobs == 0) let_go(channel);
}

void lr_channel_end_all(lr_worker *worker) {
  lr_list *node;
  while ((node = lr_list_first(&worker->channels)))
    let_go(lr_container(node, lr_channel, node));
}

/* The caller's reactor is gone: its jobs are orphans, and end here. */
static void home_refused(lr_outbox *outbox, lr_mail *oldest) {
  (void)outbox;
  while (oldest) {
    lr_mail *mail = oldest;
    oldest = mail->next;
    lr_client_lost(mail);
  }
}

static void attach(lr_mail *mail) {
  lr_channel *channel = lr_container(mail, lr_channel, attach);
  lr_outbox_init(&channel->home, channel->worker->reactor,
                 channel->caller_mailbox, home_refused);
  lr_list_append(&channel->worker->channels, &channel->node);
}

static void detach(lr_mail *mail) {
  lr_channel *channel = lr_container(mail, lr_channel, detach);
  channel->detached = true;
  let_go_if_over(channel);
}

/* Also when the worker is closing: the dispatcher then refuses the job, and it
 * goes home in the same way as any other. */
static void job_arrived(lr_mail *mail) {
  lr_job *job = lr_job_of_travel(mail);
  job->channel->jobs++;
  lr_dispatcher_take(&job->channel->worker->dispatcher, job);
}

void lr_channel_return(lr_job *job) {
  lr_channel *channel = job->channel;
  job->travel.ops = &lr_client_home_ops;
  lr_outbox_put(&channel->home, &job->travel);
  channel->jobs--;
  let_go_if_over(channel);
}

/* The cancel node goes home by itself, whatever it found. */
static void cancel_arrived(lr_mail *mail) {
  lr_job *job = lr_job_of_cancel(mail);
  lr_channel *channel = job->channel;
  channel->jobs++; /* the link must outlive the two steps below */
  if (job->stage != LR_JOB_RETURNED)
    lr_dispatcher_cancel(&channel->worker->dispatcher, job);
  mail->ops = &lr_client_cancelled_ops;
  lr_outbox_put(&channel->home, mail);
  channel->jobs--;
  let_go_if_over(channel);
}

static const lr_mail_ops attach_ops = {attach, attach};
static const lr_mail_ops detach_ops = {detach, detach};
const lr_mail_ops lr_channel_job_ops = {job_arrived, job_arrived};
static const lr_mail_ops cancel_ops = {cancel_arrived, cancel_arrived};

/* On the client's thread. */

/* A job, or its cancel, comes back in a later turn, as if it had been refused
 * there.  What a body's producer had to say is of no use. */
static void send_back(lr_outbox *outbox, lr_mail *mail) {
  if (mail->ops == &lr_channel_job_ops) {
    lr_job *job = lr_job_of_travel(mail);
    job->outcome = LARIAT_ECLOSED;
    job->phase = LARIAT_PHASE_QUEUE;
    mail->ops = &lr_client_home_ops;
  } else if (mail->ops == &cancel_ops) {
    mail->ops = &lr_client_cancelled_ops;
  } else {
    mail->ops->discard(mail);
    return;
  }
  lr_reactor_post_local(outbox->from, mail);
}

/* The pool is closed. */
static void out_refused(lr_outbox *outbox, lr_mail *oldest) {
  while (oldest) {
    lr_mail *mail = oldest;
    oldest = mail->next;
    send_back(outbox, mail);
  }
}

/* What a host needs to be kept busy, but no large part of the window. */
static uint32_t free_jobs(const lr_worker *worker, unsigned window) {
  uint32_t busy = 2 * lr_pool_options(worker->pool)->max_jobs_per_host;
  uint32_t part = window / FREE_PART;
  if (part > busy) part = busy;
  return part ? part : 1;
}

lariat_status lr_channel_open(lariat_client *client, lariat_reactor *reactor,
                              lr_worker *worker, unsigned window,
                              lr_channel **out) {
  lr_channel *channel = lr_alloc_lines(sizeof *channel);
  if (!channel) return LARIAT_ENOMEM;
  if (!lr_backlog_init(&channel->backlog, free_jobs(worker, window))) {
    lr_free_lines(channel);
    return LARIAT_ENOMEM;
  }
  lr_u32_init(&channel->count, 2);
  channel->worker = worker;
  channel->client = client;
  channel->credits = window < INT_MAX ? (int)window : INT_MAX;
  channel->caller_mailbox = lariat_reactor_mailbox(reactor);
  channel->attach.ops = &attach_ops;
  channel->detach.ops = &detach_ops;
  lr_list_init(&channel->node);
  if (reactor == worker->reactor) { /* at home: nothing crosses a thread */
    attach(&channel->attach);
  } else if (!lr_mailbox_push(worker->mailbox, &channel->attach)) {
    lariat_mailbox_release(channel->caller_mailbox);
    lr_backlog_clear(&channel->backlog);
    lr_free_lines(channel);
    return LARIAT_ECLOSED;
  }
  lr_outbox_init(&channel->out, reactor, worker->mailbox, out_refused);
  *out = channel;
  return LARIAT_OK;
}

void lr_channel_close(lr_channel *channel) {
  lr_outbox_flush(&channel->out);
  if (channel->out.from == channel->worker->reactor)
    lr_reactor_post_local(channel->out.from, &channel->detach);
  else
    /* When the mailbox is closed, the thread lets go of its links itself. */
    (void)lr_mailbox_push(channel->worker->mailbox, &channel->detach);
  lr_outbox_clear(&channel->out);
  lr_backlog_clear(&channel->backlog);
  drop_hold(channel);
}

void lr_channel_send_cancel(lr_channel *channel, lr_job *job) {
  job->cancel_away = true;
  job->cancel.ops = &cancel_ops;
  lr_outbox_put(&channel->out, &job->cancel);
}

lr_dispatcher *lr_channel_dispatcher(lr_channel *channel) {
  return &channel->worker->dispatcher;
}
