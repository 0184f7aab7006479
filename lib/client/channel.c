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

static void drop_hold(lr_link *link) {
  if (!lr_count_release(&link->count)) return;
  lariat_mailbox_release(link->caller_mailbox);
  lr_free_lines(link);
}

/* On the pool's thread. */

static void let_go(lr_link *link) {
  lr_outbox_flush(&link->home);
  lr_outbox_clear(&link->home);
  lr_list_remove(&link->node);
  drop_hold(link);
}

static void let_go_if_over(lr_link *link) {
  if (link->detached && link->jobs == 0) let_go(link);
}

void lr_link_end_all(lr_worker *worker) {
  lr_list *node;
  while ((node = lr_list_first(&worker->links)))
    let_go(lr_container(node, lr_link, node));
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
  lr_link *link = lr_container(mail, lr_link, attach);
  lr_outbox_init(&link->home, link->worker->reactor, link->caller_mailbox,
                 home_refused);
  lr_list_append(&link->worker->links, &link->node);
}

static void detach(lr_mail *mail) {
  lr_link *link = lr_container(mail, lr_link, detach);
  link->detached = true;
  let_go_if_over(link);
}

/* Also when the worker is closing: the dispatcher then refuses the job, and it
 * goes home in the same way as any other. */
static void job_arrived(lr_mail *mail) {
  lr_job *job = lr_job_of_travel(mail);
  job->link->jobs++;
  lr_dispatcher_take(&job->link->worker->dispatcher, job);
}

void lr_link_send_home(lr_job *job) {
  lr_link *link = job->link;
  job->travel.ops = &lr_client_home_ops;
  lr_outbox_put(&link->home, &job->travel);
  link->jobs--;
  let_go_if_over(link);
}

/* The cancel node goes home by itself, whatever it found. */
static void cancel_arrived(lr_mail *mail) {
  lr_job *job = lr_job_of_cancel(mail);
  lr_link *link = job->link;
  link->jobs++; /* the link must outlive the two steps below */
  if (job->stage != LR_JOB_GONE)
    lr_dispatcher_cancel(&link->worker->dispatcher, job);
  mail->ops = &lr_client_cancelled_ops;
  lr_outbox_put(&link->home, mail);
  link->jobs--;
  let_go_if_over(link);
}

static const lr_mail_ops attach_ops = {attach, attach};
static const lr_mail_ops detach_ops = {detach, detach};
const lr_mail_ops lr_link_job_ops = {job_arrived, job_arrived};
static const lr_mail_ops cancel_ops = {cancel_arrived, cancel_arrived};

/* On the client's thread. */

/* A job, or its cancel, comes back in a later turn, as if it had been refused
 * there.  What a body's producer had to say is of no use. */
static void send_back(lr_outbox *outbox, lr_mail *mail) {
  if (mail->ops == &lr_link_job_ops) {
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

lariat_status lr_link_open(lariat_client *client, lariat_reactor *reactor,
                           lr_worker *worker, unsigned window, lr_link **out) {
  lr_link *link = lr_alloc_lines(sizeof *link);
  if (!link) return LARIAT_ENOMEM;
  if (!lr_backlog_init(&link->backlog, free_jobs(worker, window))) {
    lr_free_lines(link);
    return LARIAT_ENOMEM;
  }
  lr_u32_init(&link->count, 2);
  link->worker = worker;
  link->client = client;
  link->credits = window < INT_MAX ? (int)window : INT_MAX;
  link->caller_mailbox = lariat_reactor_mailbox(reactor);
  link->attach.ops = &attach_ops;
  link->detach.ops = &detach_ops;
  lr_list_init(&link->node);
  if (reactor == worker->reactor) { /* at home: nothing crosses a thread */
    attach(&link->attach);
  } else if (!lr_mailbox_push(worker->mailbox, &link->attach)) {
    lariat_mailbox_release(link->caller_mailbox);
    lr_backlog_clear(&link->backlog);
    lr_free_lines(link);
    return LARIAT_ECLOSED;
  }
  lr_outbox_init(&link->out, reactor, worker->mailbox, out_refused);
  *out = link;
  return LARIAT_OK;
}

void lr_link_close(lr_link *link) {
  lr_outbox_flush(&link->out);
  if (link->out.from == link->worker->reactor)
    lr_reactor_post_local(link->out.from, &link->detach);
  else
    /* When the mailbox is closed, the thread lets go of its links itself. */
    (void)lr_mailbox_push(link->worker->mailbox, &link->detach);
  lr_outbox_clear(&link->out);
  lr_backlog_clear(&link->backlog);
  drop_hold(link);
}

void lr_link_send_cancel(lr_link *link, lr_job *job) {
  job->cancel_away = true;
  job->cancel.ops = &cancel_ops;
  lr_outbox_put(&link->out, &job->cancel);
}

lr_dispatcher *lr_link_dispatcher(lr_link *link) {
  return &link->worker->dispatcher;
}
