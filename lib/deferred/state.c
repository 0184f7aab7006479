/* SPDX-License-Identifier: MIT
 * room.c: the state of this room for one reactor: the way back to the reactor,
 * the dead that wait to be put away, and the deferred kept in reserve. */
#include "deferred/state.h"

#include "base/list.h"
#include "base/memory.h"
#include "deferred/trace.h"
#include "reactor/reactor.h"

/* So many are kept for their next use: a quarter of a megabyte at the most. */
enum { DEFERREDS_KEPT = 1024, PAIRS_KEPT = 64 };

void lr_deferred_room_free(lr_deferred_room *room) {
  lr_blocks_clear(&room->deferreds);
  lr_blocks_clear(&room->pairs);
  lr_free(room);
}

/* The reactor closes; the deferreds that are left keep the room. */
static void leave_reactor(void *state) {
  lr_deferred_room *room = state;
  room->reactor = NULL;
  room->thread = NULL;
  lr_deferred_room_release(room);
}

lr_deferred_room *lr_deferred_room_make(lariat_reactor *reactor) {
  lr_deferred_room *room = reactor ? lr_alloc_zero(sizeof *room) : NULL;
  if (!room) return NULL;
  room->reactor = reactor;
  room->references = 1;
  room->thread = lr_reactor_is_here(reactor) ? &lr_inside : NULL;
  room->generation = lr_process_generation();
  lr_blocks_init(&room->deferreds, sizeof(lr_user_deferred), DEFERREDS_KEPT);
  lr_blocks_init(&room->pairs, LR_DEFERRED_MORE_PAIRS * sizeof(lr_pair),
                 PAIRS_KEPT);
  lr_reactor_set_room(reactor, LR_ROOM_DEFERRED, room, leave_reactor);
  return room;
}

lariat_status lr_deferred_room_open(lariat_reactor *reactor) {
  return lr_deferred_room_of(reactor) ? LARIAT_OK : LARIAT_ENOMEM;
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
