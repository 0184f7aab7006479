/* SPDX-License-Identifier: MIT
 * capacity.c: waiting for capacity in a client's queue. */
#include "client/capacity.h"

#include "client/client.h"
#include "client/submit.h"
#include "deferred/state.h"

/* Returns whether a job would be taken, whatever its host: without a queue
 * every channel must have a credit. */
static bool takes_jobs(const lariat_client *client) {
  if (client->options.max_queued)
    return lr_client_waiting(client) < client->options.max_queued;
  for (unsigned i = 0; i < client->channel_count; i++)
    if (client->channels[i]->credits <= 0) return false;
  return true;
}

/* Fires no more than those that wait now: a callback may submit jobs, and so
 * use the capacity, or wait anew. */
void lr_capacity_notify(lariat_client *client) {
  size_t left = client->capacity_waiters.count;
  while (left-- && client->capacity_waiters.count && !client->closed &&
         takes_jobs(client))
    lr_waiters_fire(&client->capacity_waiters, lariat_none());
}

void lr_capacity_close(lariat_client *client) {
  while (client->capacity_waiters.count)
    lr_waiters_fire(&client->capacity_waiters,
                    lariat_failure_new(LARIAT_ECLOSED, "the client is closed"));
}

lariat_deferred *lariat_client_when_capacity(lariat_client *client) {
  lariat_reactor *reactor = client->reactor;
  lariat_status status = lr_reactor_check(reactor, __func__);
  if (status == LARIAT_OK && client->closed) status = LARIAT_ECLOSED;
  if (status != LARIAT_OK)
    return lariat_deferred_fail(reactor, status, "%s",
                                lariat_status_text(status));
  if (client->capacity_waiters.count == 0 && takes_jobs(client))
    return lariat_deferred_succeed(reactor, lariat_none());
  return lr_waiters_add(&client->capacity_waiters,
                        lr_deferred_state_of(reactor));
}
