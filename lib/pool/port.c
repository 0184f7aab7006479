/* SPDX-License-Identifier: MIT
 * port.c: how jobs arrive at a pool reactor and return from it. */
#include "pool/port.h"

#include "pool/worker.h"
#include "reactor/reactor.h"

static void release_port(lr_port *port) {
  if (!lr_count_release(&port->count)) return;
  lariat_mailbox_release(port->caller_mailbox);
  port->free(port);
}

/* ---- Attaching and detaching, on the pool's thread ---- */

static void leave_worker(lr_port *port) {
  lr_outbox_flush(&port->returns);
  lr_outbox_clear(&port->returns);
  lr_list_remove(&port->node);
  release_port(port);
}

static void leave_worker_if_over(lr_port *port) {
  if (port->detached && port->jobs == 0) leave_worker(port);
}

void lr_port_end_all(lr_worker *worker) {
  lr_list *node;
  while ((node = lr_list_first(&worker->ports)))
    leave_worker(lr_container(node, lr_port, node));
}

/* Ends the mails of jobs whose reactor has closed: these are orphans. */
static void end_orphans(lr_outbox *outbox, lr_mail *oldest) {
  const lr_port *port = lr_container(outbox, lr_port, returns);
  while (oldest) {
    lr_mail *mail = oldest;
    oldest = mail->next;
    if (mail->ops == port->owner->returned)
      lr_job_end(lr_job_of_travel(mail), LR_JOB_TRAVEL_ENDED);
    else if (mail->ops == port->owner->cancel_returned)
      lr_job_end(lr_job_of_cancel(mail), LR_JOB_CANCEL_ENDED);
    else
      mail->ops->discard(mail);
  }
}

static void attach_port(lr_mail *mail) {
  lr_port *port = lr_container(mail, lr_port, attach);
  lr_outbox_init(&port->returns, port->worker->reactor, port->caller_mailbox,
                 end_orphans);
  lr_list_append(&port->worker->ports, &port->node);
}

static void detach_port(lr_mail *mail) {
  lr_port *port = lr_container(mail, lr_port, detach);
  port->detached = true;
  leave_worker_if_over(port);
}

static const lr_mail_ops attach_ops = {attach_port, attach_port};
static const lr_mail_ops detach_ops = {detach_port, detach_port};

/* ---- Jobs on the pool's thread ---- */

/* Takes a job, also when the worker is closing: the dispatcher then refuses it,
 * and it returns in the same way as any other. */
static void receive_job(lr_mail *mail) {
  lr_job *job = lr_job_of_travel(mail);
  job->port->jobs++;
  lr_dispatcher_take(&job->port->worker->dispatcher, job);
}

void lr_port_return(lr_job *job) {
  lr_port *port = job->port;
  job->travel.ops = port->owner->returned;
  lr_outbox_put(&port->returns, &job->travel);
  port->jobs--;
  leave_worker_if_over(port);
}

void lr_port_send(lr_job *job, lr_mail *mail) {
  lr_outbox_put(&job->port->returns, mail);
}

/* Cancels a job; the cancel node returns by itself, whether there was a job or
 * not.  The port must outlive both steps, so that it counts as a job meanwhile.
 */
static void receive_cancel(lr_mail *mail) {
  lr_job *job = lr_job_of_cancel(mail);
  lr_port *port = job->port;
  port->jobs++;
  if (job->pool.stage != LR_JOB_RETURNED)
    lr_dispatcher_cancel(&port->worker->dispatcher, job);
  mail->ops = port->owner->cancel_returned;
  lr_outbox_put(&port->returns, mail);
  port->jobs--;
  leave_worker_if_over(port);
}

const lr_mail_ops lr_port_job_ops = {receive_job, receive_job};
const lr_mail_ops lr_port_cancel_ops = {receive_cancel, receive_cancel};

/* ---- Calls on the client's thread ---- */

lariat_status lr_port_open(lr_port *port, lr_worker *worker,
                           lariat_reactor *reactor, const lr_job_owner *owner,
                           void (*free)(lr_port *port)) {
  lr_u32_init(&port->count, 2);
  port->worker = worker;
  port->owner = owner;
  port->free = free;
  port->caller_mailbox = lariat_reactor_mailbox(reactor);
  port->attach.ops = &attach_ops;
  port->detach.ops = &detach_ops;
  lr_list_init(&port->node);
  if (reactor == worker->reactor) { /* placement home: no thread is crossed */
    attach_port(&port->attach);
  } else if (!lr_mailbox_push(worker->mailbox, &port->attach)) {
    lariat_mailbox_release(port->caller_mailbox);
    return LARIAT_ECLOSED;
  }
  return LARIAT_OK;
}

/* Sends the detach mail.  When the worker's mailbox is closed, its thread lets
 * go without one. */
void lr_port_close(lr_port *port, lariat_reactor *reactor) {
  if (reactor == port->worker->reactor)
    lr_reactor_post_local(reactor, &port->detach);
  else
    (void)lr_mailbox_push(port->worker->mailbox, &port->detach);
  release_port(port);
}

/* Posts the mail to the caller, whose call it was, so that a refused job
 * returns as any other does.  Other mail, of a body's producer, is discarded.
 */
void lr_port_turn_back(lr_port *port, lariat_reactor *reactor, lr_mail *mail) {
  if (mail->ops == &lr_port_job_ops) {
    lr_job *job = lr_job_of_travel(mail);
    job->attempt.outcome = LARIAT_ECLOSED;
    job->attempt.phase = LARIAT_PHASE_QUEUE;
    mail->ops = port->owner->returned;
  } else if (mail->ops == &lr_port_cancel_ops) {
    mail->ops = port->owner->cancel_returned;
  } else {
    mail->ops->discard(mail);
    return;
  }
  lr_reactor_post_local(reactor, mail);
}
