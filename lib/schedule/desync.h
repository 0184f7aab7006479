/* SPDX-License-Identifier: MIT
 * desync.h: the origins of a pool that have sent bytes which nobody had asked
 * for.  From then on no two requests share a connection of theirs, but by
 * HTTP/2: an answer could be another request's, and all behind it as well.
 *
 * All reactors share it.  Who looks whether an origin is there takes no lock;
 * a number tells whether there is anything new.  Which connections were open
 * when an origin was noted is written down, for those who want to know whose
 * answers to doubt.
 *
 * Its memory is bounded.  Beyond some 16,000 origins a new one may take the
 * place of an older one, which is then found out again by what it sends next;
 * beyond LR_DESYNC_CONNECTIONS connections no more are written down, but
 * counted. */
#ifndef LR_SCHEDULE_DESYNC_H
#define LR_SCHEDULE_DESYNC_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"
#include <lariat/pool.h>

enum { LR_DESYNC_ORIGINS = 16 * 1024, LR_DESYNC_CONNECTIONS = 64 * 1024 };

typedef struct lr_desync {
  void (*wake)(void *owner); /* every reactor is to look; NULL: there is one */
  void *owner;
  lr_atomic_u64 signs;  /* origins that were noted; never less */
  lr_atomic_ptr slots;  /* hashes (lr_atomic_u64), made with the first */
  pthread_mutex_t lock; /* of all below, and for writing */
  struct lr_desync_text *texts;
  lariat_desync_connection *connections;
  size_t count; /* of those */
  size_t capacity;
  uint64_t seen; /* connections, those that are not written down included */
} lr_desync;

/* The numbers of an origin's connections; those beyond so many are left out.
 */
enum { LR_CONNECTION_IDS = 1024 };
typedef struct lr_connection_ids {
  size_t count;
  uint64_t ids[LR_CONNECTION_IDS];
} lr_connection_ids;

/* Adds a number that is not there yet. */
void lr_connection_ids_add(lr_connection_ids *ids, uint64_t id);

void lr_desync_init(lr_desync *desync, void (*wake)(void *owner), void *owner);
void lr_desync_clear(lr_desync *desync);

/* Returns how many origins were noted: with another number than before it is
 * time to look.  Any thread. */
static inline uint64_t lr_desync_signs(const lr_desync *desync) {
  return lr_u64_load_acquire(&desync->signs);
}

/* Says whether the origin whose key has this hash is there.  Any thread. */
bool lr_desync_has(const lr_desync *desync, uint64_t hash);

/* Notes an origin, and wakes all reactors when it is a new one.  Without memory
 * the caller alone knows of it.  Any thread. */
void lr_desync_note(lr_desync *desync, uint64_t hash);

/* Writes down connections that were open to the origin `key`; those for which
 * there is no memory are counted only.  Any thread. */
void lr_desync_add_connections(lr_desync *desync, const char *key,
                               const lr_connection_ids *ids);

/* Copies what was written down, from number `from` on, `capacity` at most;
 * returns how many.  Texts stay until the clear.  Any thread. */
size_t lr_desync_read(lr_desync *desync, size_t from,
                      lariat_desync_connection *out, size_t capacity);

/* Returns how many connections were counted.  Any thread. */
uint64_t lr_desync_seen(lr_desync *desync);

#endif
