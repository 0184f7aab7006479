/* SPDX-License-Identifier: MIT
 * Waiting for room in a client's queue. */
#include "client/capacity.h"

#include "client/client.h"
#include "deferred/state.h"

/* Whatever the host: without a queue every link must have a credit. */
static bool has_room(const lariat_client *client) {
  if (client->options.max_queued)
    return lr_client_waiting(client) < client->options.max_queued;
  for (unsigned i = 0; i < client->link_count; i++)
    if (client->links[i]->credits <= 0) return false;
  return true;
}

/* A callback may submit jobs, and so take the room again, or wait anew. */
void lr_vacancy_look(lariat_client *client) {
  size_t left = client->vacancy.count;
  while (left-- && client->vacancy.count && !client->closed && has_room(client))
    lr_waiters_fire(&client->vacancy, lariat_none());
}

void lr_vacancy_close(lariat_client *client) {
  while (client->vacancy.count)
    lr_waiters_fire(&client->vacancy,
                    lariat_failure_new(LARIAT_ECLOSED, "the client is closed"));
}

lariat_deferred *lariat_client_when_room(lariat_client *client) {
  lariat_reactor *reactor = client->reactor;
  lariat_status status = lr_reactor_check(reactor, __func__);
  if (status == LARIAT_OK && client->closed) status = LARIAT_ECLOSED;
  if (status != LARIAT_OK)
    return lariat_deferred_fail(reactor, status, "%s",
                                lariat_status_text(status));
  if (client->vacancy.count == 0 && has_room(client))
    return lariat_deferred_succeed(reactor, lariat_none());
  return lr_waiters_add(&client->vacancy, lr_deferred_room_of(reactor));
}
