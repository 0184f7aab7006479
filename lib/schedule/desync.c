/* SPDX-License-Identifier: MIT
 * desync.c: a set of hashes that is read without a lock, and a list. */
#include "schedule/desync.h"

#include <string.h>

#include "base/memory.h"

/* An origin's slot is one of so many neighbours. */
enum { NEIGHBOURS = 16 };

/* The name of an origin, kept as long as the list. */
struct lr_desync_text {
  struct lr_desync_text *next;
  char text[];
};

void lr_connection_ids_add(lr_connection_ids *ids, uint64_t id) {
  for (size_t i = 0; i < ids->count; i++)
    if (ids->ids[i] == id) return;
  if (ids->count < LR_CONNECTION_IDS) ids->ids[ids->count++] = id;
}

void lr_desync_init(lr_desync *desync, void (*wake)(void *owner), void *owner) {
  *desync = (lr_desync){.wake = wake, .owner = owner};
  lr_u64_init(&desync->signs, 0);
  lr_ptr_init(&desync->slots, NULL);
  pthread_mutex_init(&desync->lock, NULL);
}

void lr_desync_clear(lr_desync *desync) {
  struct lr_desync_text *next;
  for (struct lr_desync_text *text = desync->texts; text; text = next) {
    next = text->next;
    lr_free(text);
  }
  lr_free(desync->connections);
  lr_free(lr_ptr_load_relaxed(&desync->slots));
  pthread_mutex_destroy(&desync->lock);
}

/* ---- Origins ---- */

/* Returns the hash as it is written: 0 is an empty slot. */
static uint64_t mark_of(uint64_t hash) { return hash ? hash : 1; }

static lr_atomic_u64 *slot_at(lr_atomic_u64 *slots, uint64_t hash,
                              unsigned number) {
  return &slots[(hash + number) % LR_DESYNC_ORIGINS];
}

bool lr_desync_has(const lr_desync *desync, uint64_t hash) {
  lr_atomic_u64 *slots = lr_ptr_load_acquire(&desync->slots);
  uint64_t mark = mark_of(hash);
  for (unsigned i = 0; slots && i < NEIGHBOURS; i++) {
    uint64_t found = lr_u64_load_relaxed(slot_at(slots, hash, i));
    if (found == mark) return true;
    if (found == 0) return false;
  }
  return false;
}

static lr_atomic_u64 *make_slots(lr_desync *desync) {
  lr_atomic_u64 *slots = lr_ptr_load_relaxed(&desync->slots);
  if (slots) return slots;
  slots = lr_alloc_zero(LR_DESYNC_ORIGINS * sizeof *slots);
  for (unsigned i = 0; slots && i < LR_DESYNC_ORIGINS; i++)
    lr_u64_init(&slots[i], 0);
  lr_ptr_store_release(&desync->slots, slots);
  return slots;
}

/* Returns the slot that a new origin gets: an empty one, or another's. */
static lr_atomic_u64 *slot_for(lr_atomic_u64 *slots, uint64_t hash) {
  for (unsigned i = 0; i < NEIGHBOURS; i++)
    if (lr_u64_load_relaxed(slot_at(slots, hash, i)) == 0)
      return slot_at(slots, hash, i);
  return slot_at(slots, hash, (unsigned)(hash >> 32) % NEIGHBOURS);
}

static bool add_origin(lr_desync *desync, uint64_t hash) {
  lr_atomic_u64 *slots = make_slots(desync);
  if (!slots || lr_desync_has(desync, hash)) return false;
  lr_u64_store_release(slot_for(slots, hash), mark_of(hash));
  (void)lr_u64_add_acq_rel(&desync->signs, 1);
  return true;
}

void lr_desync_note(lr_desync *desync, uint64_t hash) {
  pthread_mutex_lock(&desync->lock);
  bool added = add_origin(desync, hash);
  pthread_mutex_unlock(&desync->lock);
  if (added && desync->wake) desync->wake(desync->owner);
}

/* ---- Connections ---- */

static const char *keep_text(lr_desync *desync, const char *key) {
  size_t length = strlen(key) + 1;
  if (desync->texts && strcmp(desync->texts->text, key) == 0)
    return desync->texts->text;
  struct lr_desync_text *text = lr_alloc_zero(sizeof *text + length);
  if (!text) return NULL;
  memcpy(text->text, key, length);
  text->next = desync->texts;
  desync->texts = text;
  return text->text;
}

static bool grow_list(lr_desync *desync) {
  enum { FIRST_CAPACITY = 16 };
  if (desync->count < desync->capacity) return true;
  if (desync->count >= LR_DESYNC_CONNECTIONS) return false;
  size_t capacity = desync->capacity ? desync->capacity * 2 : FIRST_CAPACITY;
  lariat_desync_connection *grown =
      lr_realloc(desync->connections, capacity * sizeof *grown);
  if (!grown) return false;
  desync->connections = grown;
  desync->capacity = capacity;
  return true;
}

static void add_all(lr_desync *desync, const char *key,
                    const lr_connection_ids *ids) {
  const char *origin = NULL;
  for (size_t i = 0; i < ids->count; i++) {
    if (!grow_list(desync)) return;
    if (!origin) origin = keep_text(desync, key);
    if (!origin) return;
    desync->connections[desync->count++] =
        (lariat_desync_connection){origin, ids->ids[i]};
  }
}

void lr_desync_add_connections(lr_desync *desync, const char *key,
                               const lr_connection_ids *ids) {
  pthread_mutex_lock(&desync->lock);
  desync->seen += ids->count;
  add_all(desync, key, ids);
  pthread_mutex_unlock(&desync->lock);
}

size_t lr_desync_read(lr_desync *desync, size_t from,
                      lariat_desync_connection *out, size_t capacity) {
  pthread_mutex_lock(&desync->lock);
  size_t count = desync->count > from ? desync->count - from : 0;
  if (count > capacity) count = capacity;
  if (count) memcpy(out, desync->connections + from, count * sizeof *out);
  pthread_mutex_unlock(&desync->lock);
  return count;
}

uint64_t lr_desync_seen(lr_desync *desync) {
  pthread_mutex_lock(&desync->lock);
  uint64_t seen = desync->seen;
  pthread_mutex_unlock(&desync->lock);
  return seen;
}
