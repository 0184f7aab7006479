/* SPDX-License-Identifier: MIT
 * link.h: the two outboxes between one client and one pool reactor, and the
 * client's credits there.  A link has two holders, the client's thread and the
 * pool's, and goes with the second of them.
 *
 * Its life on the pool's side: an `attach` mail comes before the first job, a
 * `detach` mail after the last; the pool lets go when it was detached and has
 * no job of the link, or when its thread ends. */
#ifndef LR_CLIENT_CHANNEL_H
#define LR_CLIENT_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"
#include "base/list.h"
#include "client/backlog.h"
#include "job/job.h"
#include "reactor/mailbox.h"
#include "reactor/outbox.h"

struct lr_worker;
struct lr_dispatcher;
struct lariat_client;

typedef struct lr_channel {
  lr_atomic_u32 count;
  struct lr_worker *worker;
  lariat_mailbox *caller_mailbox; /* a reference, for the pool's side */

  /* The caller's. */
  struct lariat_client *client;
  lr_outbox out;
  lr_backlog backlog; /* jobs without a credit */
  int credits;        /* below 0: jobs that needed none */
  unsigned load;      /* jobs queued here or away there */
  lr_mail attach;
  lr_mail detach;

  /* The pool's. */
  _Alignas(LR_CACHE_LINE) lr_outbox home;
  lr_list node; /* in the worker's list */
  unsigned jobs;
  bool detached;
} lr_channel;

/* Makes a link and announces it to the worker.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ECLOSED */
lariat_status lr_channel_open(struct lariat_client *client,
                              lariat_reactor *reactor, struct lr_worker *worker,
                              unsigned window, lr_channel **out);

/* The client's thread lets go: no job is in the outbox or the queue. */
void lr_channel_close(lr_channel *channel);

/* The client's thread: hands a job over.  The link has a credit. */
extern const lr_mail_ops lr_channel_job_ops;
static inline void lr_channel_send(lr_channel *channel, lr_job *job) {
  channel->credits--;
  job->travel_away = true;
  job->travel.ops = &lr_channel_job_ops;
  lr_outbox_put(&channel->out, &job->travel);
}

/* The client's thread: asks the pool to cancel a job that is away. */
void lr_channel_send_cancel(lr_channel *channel, lr_job *job);

/* The pool's thread: the dispatcher of the reactor that this link leads to. */
struct lr_dispatcher *lr_channel_dispatcher(lr_channel *channel);

/* The pool's thread: hands a job back. */
void lr_channel_return(lr_job *job);

/* The pool's thread ends: lets go of every link of the worker. */
void lr_channel_end_all(struct lr_worker *worker);

#endif
