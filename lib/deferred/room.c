/* SPDX-License-Identifier: MIT
 * room.c: the state of this room for one reactor: the way back to the reactor,
 * the dead that wait to be put away, and the deferred kept in reserve. */
#include "deferred/room.h"

#include "base/list.h"
#include "base/memory.h"
#include "deferred/trace.h"
#include "reactor/reactor.h"

void lr_deferred_room_free(lr_deferred_room *room) { lr_free(room); }

/* The reactor closes; the deferreds that are left keep the room. */
static void leave_reactor(void *state) {
  lr_deferred_room *room = state;
  room->reactor = NULL;
  lr_deferred_room_release(room);
}

static lr_deferred_room *open_room(lariat_reactor *reactor) {
  lr_deferred_room *room = lr_alloc_zero(sizeof *room);
  if (!room) return NULL;
  room->reactor = reactor;
  room->references = 1;
  lr_reactor_set_room(reactor, LR_ROOM_DEFERRED, room, leave_reactor);
  return room;
}

lr_deferred_room *lr_deferred_room_of(lariat_reactor *reactor) {
  if (!reactor) return NULL;
  lr_deferred_room *room = lr_reactor_room(reactor, LR_ROOM_DEFERRED);
  return room ? room : open_room(reactor);
}

lariat_status lr_deferred_room_open(lariat_reactor *reactor) {
  return lr_deferred_room_of(reactor) ? LARIAT_OK : LARIAT_ENOMEM;
}

void lr_deferred_init_in(lariat_deferred *deferred, lr_deferred_room *room,
                         const lr_deferred_ops *ops) {
  room->references++;
  deferred->references = 1;
  deferred->flags = 0;
  deferred->result = lariat_none();
  deferred->pairs = deferred->inside;
  deferred->next = 0;
  deferred->end = 0;
  deferred->home = room;
  deferred->ops = ops;
  deferred->room = LR_DEFERRED_PAIRS;
  deferred->paused = 0;
  if (lr_debugging()) lr_trace_made(deferred);
}

void lr_deferred_init(lariat_deferred *deferred, lariat_reactor *reactor,
                      const lr_deferred_ops *ops) {
  lr_deferred_init_in(deferred, lr_reactor_room(reactor, LR_ROOM_DEFERRED),
                      ops);
}

/* It lies in the room, so that nothing is needed to have it back. */
static void return_reserve(lariat_deferred *deferred) {
  deferred->home->reserve_taken = false;
}

static const lr_deferred_ops reserve_ops = {.dispose = return_reserve};

lariat_deferred *lr_deferred_room_reserve(lr_deferred_room *room) {
  if (room->reserve_taken) return NULL;
  room->reserve_taken = true;
  lr_deferred_init_in(&room->reserve, room, &reserve_ops);
  room->reserve.flags |= LR_DEFERRED_FIRED;
  room->reserve.result = lr_failure_no_memory();
  return &room->reserve;
}
