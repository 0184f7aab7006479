/* SPDX-License-Identifier: MIT
 * deadlines.c: the timer is set for the oldest request.  When that has been
 * answered meanwhile, which is what mostly happens, the timer finds a younger
 * one, and is set for that. */
#include "deadlines.h"

#include "memory.h"

static void expire(void *context);

void lr_load_deadlines_init(lr_load_deadlines *deadlines,
                            lariat_reactor *reactor, uint64_t limit_ns) {
  *deadlines = (lr_load_deadlines){.reactor = reactor, .limit_ns = limit_ns};
  lr_load_list_init(&deadlines->sent);
}

void lr_load_deadlines_clear(lr_load_deadlines *deadlines) {
  if (deadlines->timer.id)
    (void)lariat_reactor_cancel_timer(deadlines->reactor, deadlines->timer);
  deadlines->timer.id = 0;
}

static lr_load_connection *oldest_of(const lr_load_deadlines *deadlines) {
  lr_load_list *node = lr_load_list_first(&deadlines->sent);
  return node ? lr_load_listed(node, lr_load_connection, age) : NULL;
}

static uint64_t due_of(const lr_load_deadlines *deadlines,
                       const lr_load_connection *connection) {
  uint64_t sent_ns = connection->sample.sent_ns;
  return deadlines->limit_ns < UINT64_MAX - sent_ns
             ? sent_ns + deadlines->limit_ns
             : UINT64_MAX;
}

/* Sets the timer for the oldest request, if there is one. */
static void set_timer(lr_load_deadlines *deadlines) {
  const lr_load_connection *oldest = oldest_of(deadlines);
  deadlines->timer.id = 0;
  if (!oldest) return;
  lariat_status status;
  unsigned tries = 0;
  do
    status =
        lariat_reactor_call_at(deadlines->reactor, due_of(deadlines, oldest),
                               expire, deadlines, NULL, &deadlines->timer);
  while (lr_load_wait_for_memory(status, &tries));
  if (status != LARIAT_OK) deadlines->timer.id = 0;
}

static void expire(void *context) {
  lr_load_deadlines *deadlines = context;
  uint64_t now_ns = lariat_reactor_now_ns(deadlines->reactor);
  lr_load_connection *oldest;
  deadlines->timer.id = 0;
  while ((oldest = oldest_of(deadlines)) &&
         due_of(deadlines, oldest) <= now_ns) {
    lr_load_list_remove(&oldest->age);
    lr_load_connection_give_up(oldest, LARIAT_LOAD_TIMEOUT,
                               due_of(deadlines, oldest));
  }
  if (!deadlines->timer.id) set_timer(deadlines);
}

void lr_load_deadlines_add(lr_load_deadlines *deadlines,
                           lr_load_connection *connection) {
  lr_load_list_append(&deadlines->sent, &connection->age);
  if (!deadlines->timer.id) set_timer(deadlines);
}
