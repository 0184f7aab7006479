/* SPDX-License-Identifier: MIT
 * room.c: the state of this room for one reactor, and the end of its
 * coroutines. */
#include "await/state.h"

#include "await/coroutine.h"
#include "await/overflow.h"
#include "base/memory.h"

/* The youngest that waits.  Those that run are on the caller's stack. */
static lariat_coroutine *youngest_waiting(lr_await_room *room) {
  lr_list *link = room->coroutines.prev;
  for (; link != &room->coroutines; link = link->prev) {
    lariat_coroutine *coroutine = lr_container(link, lariat_coroutine, link);
    if (coroutine->waits != LR_WAITS_NOT) return coroutine;
  }
  return NULL;
}

/* The youngest first: it may use what lies on the stack of the one that
 * started it.  Each ends in its turn, for it cannot wait again. */
static void end_all(lr_await_room *room) {
  lariat_coroutine *coroutine;
  bool nested = room->ending;
  room->ending = true;
  while ((coroutine = youngest_waiting(room))) lr_coroutine_unwind(coroutine);
  room->ending = nested;
}

static void begin_close(lr_closer *closer) {
  end_all(lr_container(closer, lr_await_room, closer));
}

static bool is_busy(lr_closer *closer) {
  (void)closer;
  return false;
}

static void end_close(lr_closer *closer) {
  lr_await_room *room = lr_container(closer, lr_await_room, closer);
  lr_reactor_remove_closer(room->reactor, closer);
}

static void close_room(void *state) {
  lr_await_room *room = state;
  lr_overflow_disarm(room);
  lr_stacks_clear(&room->stacks);
  lr_free(room);
}

static lr_await_room *open_room(lariat_reactor *reactor) {
  lr_deferred_room *home = lr_deferred_room_of(reactor);
  lr_await_room *room = home ? lr_alloc_zero(sizeof *room) : NULL;
  if (!room) return NULL;
  room->reactor = reactor;
  room->holds = lr_reactor_holds(reactor);
  room->home = home;
  lr_list_init(&room->coroutines);
  lr_stacks_init(&room->stacks);
  room->closer.begin = begin_close;
  room->closer.busy = is_busy;
  room->closer.end = end_close;
  lr_reactor_add_closer(reactor, &room->closer);
  lr_reactor_set_room(reactor, LR_ROOM_AWAIT, room, close_room);
  lr_overflow_arm(room);
  return room;
}

lr_await_room *lr_await_room_of(lariat_reactor *reactor) {
  lr_await_room *room = lr_reactor_room(reactor, LR_ROOM_AWAIT);
  return room ? room : open_room(reactor);
}

void lariat_coroutine_end_all(lariat_reactor *reactor) {
  if (!reactor || lr_reactor_check(reactor, __func__) != LARIAT_OK) return;
  lr_await_room *room = lr_reactor_room(reactor, LR_ROOM_AWAIT);
  if (room) end_all(room);
}

lariat_status lariat_coroutine_set_stacks(lariat_reactor *reactor,
                                          const lariat_stack_options *options) {
  if (!reactor || !options) return LARIAT_EINVAL;
  lariat_status status = lr_reactor_check(reactor, __func__);
  if (status != LARIAT_OK) return status;
  if (lr_reactor_closing(reactor)) return LARIAT_ECLOSED;
  lr_await_room *room = lr_await_room_of(reactor);
  return room ? lr_stacks_set(&room->stacks, options) : LARIAT_ENOMEM;
}

size_t lr_coroutines_alive(const lariat_reactor *reactor) {
  const lr_await_room *room = lr_reactor_room(reactor, LR_ROOM_AWAIT);
  if (!room) return 0;
  size_t count = 0;
  const lr_list *link = room->coroutines.next;
  for (; link != &room->coroutines; link = link->next) count++;
  return count;
}
