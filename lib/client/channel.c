/* SPDX-License-Identifier: MIT
 * channel.c: a channel's opening and its end. */
#include "client/channel.h"

#include <limits.h>

#include "base/memory.h"
#include "pool/pool.h"
#include "pool/worker.h"

/* So large a part of the window, one in 32, a host may have without a credit.
 */
enum { FREE_PART = 32 };

static lr_channel *channel_of_port(lr_port *port) {
  return lr_container(port, lr_channel, port);
}

static void free_channel(lr_port *port) {
  lr_free_lines(channel_of_port(port));
}

/* Takes mail back that the pool has refused, since it is closed. */
static void turn_refused_back(lr_outbox *outbox, lr_mail *oldest) {
  lr_channel *channel = lr_container(outbox, lr_channel, out);
  while (oldest) {
    lr_mail *mail = oldest;
    oldest = mail->next;
    lr_port_turn_back(&channel->port, outbox->from, mail);
  }
}

/* Returns how many jobs of a host need no credit: as many as keep it busy, but
 * no large part of the window. */
static uint32_t free_jobs_of(const lr_worker *worker, unsigned window) {
  uint32_t busy = 2 * lr_pool_options(worker->pool)->max_jobs_per_host;
  uint32_t part = window / FREE_PART;
  if (part > busy) part = busy;
  return part ? part : 1;
}

lariat_status lr_channel_open(lariat_client *client, lariat_reactor *reactor,
                              lr_worker *worker, const lr_job_owner *owner,
                              unsigned window, lr_channel **out) {
  lr_channel *channel = lr_alloc_lines(sizeof *channel);
  if (!channel) return LARIAT_ENOMEM;
  if (!lr_backlog_init(&channel->backlog, free_jobs_of(worker, window))) {
    lr_free_lines(channel);
    return LARIAT_ENOMEM;
  }
  lariat_status status =
      lr_port_open(&channel->port, worker, reactor, owner, free_channel);
  if (status != LARIAT_OK) {
    lr_backlog_clear(&channel->backlog);
    lr_free_lines(channel);
    return status;
  }
  channel->client = client;
  channel->credits = window < INT_MAX ? (int)window : INT_MAX;
  lr_outbox_init(&channel->out, reactor, worker->mailbox, turn_refused_back);
  *out = channel;
  return LARIAT_OK;
}

void lr_channel_close(lr_channel *channel) {
  lr_outbox_flush(&channel->out);
  lr_outbox_clear(&channel->out);
  lr_backlog_clear(&channel->backlog);
  lr_port_close(&channel->port, channel->out.from);
}
