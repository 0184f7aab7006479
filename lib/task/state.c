/* SPDX-License-Identifier: MIT
 * room.c: the state of this room for one reactor. */
#include "task/state.h"

#include "base/memory.h"
#include "deferred/deferred.h"

static void destroy_room(void *state) {
  lr_task_room *room = state;
  lr_events_clear(&room->events);
  lariat_cooperator_release(room->cooperator);
  lr_free(room);
}

lr_task_room *lr_task_room_of(lariat_reactor *reactor) {
  lr_task_room *room = lr_reactor_room(reactor, LR_ROOM_TASK);
  if (room) return room;
  room = lr_alloc_zero(sizeof *room);
  if (!room) return NULL;
  room->reactor = reactor;
  lr_events_init(&room->events, reactor);
  lr_reactor_set_room(reactor, LR_ROOM_TASK, room, destroy_room);
  return room;
}

lariat_status lr_task_check(const lariat_reactor *reactor,
                            const char *function) {
  if (!reactor) return LARIAT_EINVAL;
  lariat_status status = lr_reactor_check(reactor, function);
  if (status != LARIAT_OK) return status;
  return lr_reactor_closing(reactor) ? LARIAT_ECLOSED : LARIAT_OK;
}

lariat_deferred *lr_task_refuse(lariat_reactor *reactor, lariat_status status) {
  if (reactor && lr_reactor_check(reactor, __func__) != LARIAT_OK)
    reactor = NULL;
  if (!reactor || status == LARIAT_ENOMEM)
    return lr_deferred_failed_reserve(reactor);
  return lariat_deferred_fail(reactor, status, "%s",
                              lariat_status_text(status));
}

bool lr_task_pair_was_lost(lariat_value outcome) {
  return outcome.data == lr_failure_no_memory().data;
}

void lr_task_let_go(lariat_deferred *deferred, bool pair_was_lost) {
  if (pair_was_lost)
    lariat_deferred_forget(deferred);
  else
    lariat_deferred_release(deferred);
}

void lr_task_tell_closed(lariat_deferred *deferred) {
  deferred->flags |= LR_DEFERRED_FORGOTTEN;
  (void)lr_deferred_fire(
      deferred, lariat_failure_new(LARIAT_ECLOSED, "the reactor was closed"));
  lariat_deferred_release(deferred);
}
