/* SPDX-License-Identifier: MIT
 * channel.h: the client's end of the way to one pool reactor: an outbox, the
 * jobs that wait for a credit, and the credits.  The pool's end is a port
 * (pool/port.h), which is part of the channel.  The client's thread. */
#ifndef LR_CLIENT_CHANNEL_H
#define LR_CLIENT_CHANNEL_H

#include "client/backlog.h"
#include "pool/port.h"
#include "reactor/outbox.h"

struct lariat_client;

typedef struct lr_channel {
  struct lariat_client *client;
  lr_outbox out;
  lr_backlog backlog; /* jobs without a credit */
  int credits;        /* below 0: so many jobs left without one */
  unsigned load;      /* jobs queued here or away there */
  lr_port port;
} lr_channel;

/* Opens a channel from `client` on `reactor` to `worker`, with `window`
 * credits; its jobs belong to `owner`. LARIAT_OK, LARIAT_ENOMEM, LARIAT_ECLOSED
 */
lariat_status lr_channel_open(struct lariat_client *client,
                              lariat_reactor *reactor, struct lr_worker *worker,
                              const lr_job_owner *owner, unsigned window,
                              lr_channel **out);

/* Closes the channel: no job is in its outbox or backlog. */
void lr_channel_close(lr_channel *channel);

/* Hands a job over, for one of the credits. */
static inline void lr_channel_send(lr_channel *channel, lr_job *job) {
  channel->credits--;
  job->port = &channel->port;
  job->route = &channel->out;
  job->caller.travel_away = true;
  job->travel.ops = &lr_port_job_ops;
  lr_outbox_put(&channel->out, &job->travel);
}

/* Asks the pool to cancel a job that is away. */
static inline void lr_channel_send_cancel(lr_channel *channel, lr_job *job) {
  job->caller.cancel_away = true;
  job->cancel.ops = &lr_port_cancel_ops;
  lr_outbox_put(&channel->out, &job->cancel);
}

#endif
