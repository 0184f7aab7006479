/* SPDX-License-Identifier: MIT
 * room.h: what this room keeps for each reactor.  It outlives the reactor for
 * as long as one of its deferreds does.  Plain integers: one thread. */
#ifndef LR_DEFERRED_ROOM_H
#define LR_DEFERRED_ROOM_H

#include <stdbool.h>
#include <stddef.h>

#include "deferred/deferred.h"

struct lr_deferred_room {
  lariat_reactor *reactor; /* NULL: it was closed */
  size_t references;       /* the reactor's, and one for each deferred */
  lariat_deferred *grave;  /* dead, to be put away; linked by `link` */
  bool burying;            /* somebody is at it, further down the stack */
  bool reserve_taken;
  lariat_deferred reserve;
};

/* The room of `reactor`, opened if need be; NULL when out of memory, or for
 * NULL. */
lr_deferred_room *lr_deferred_room_of(lariat_reactor *reactor);

/* The last reference is gone. */
void lr_deferred_room_free(lr_deferred_room *room);

static inline void lr_deferred_room_release(lr_deferred_room *room) {
  if (--room->references == 0) lr_deferred_room_free(room);
}

/* lr_deferred_init for who knows the room. */
void lr_deferred_init_in(lariat_deferred *deferred, lr_deferred_room *room,
                         const lr_deferred_ops *ops);

/* The reserve, fired with `no memory`, or NULL while it is in use. */
lariat_deferred *lr_deferred_room_reserve(lr_deferred_room *room);

#endif
