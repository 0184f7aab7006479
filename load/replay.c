/* SPDX-License-Identifier: MIT
 * replay.c: a vector of instants, and a table of the requests by their keys. */
#include "replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "fault.h"
#include "hash.h"
#include "requests.h"
#include "wide.h"

enum { PURPOSE_SPREAD = 3 };

/* A request that was added, by its key. */
struct known {
  const char *key; /* NULL: the slot is empty */
  uint32_t request;
};

struct lr_load_replay {
  lariat_load_requests *requests;
  lr_load_instant *instants;
  size_t count;
  size_t capacity;
  uint64_t grain_ns;
  struct known *slots; /* with open addressing, at most half full */
  size_t slot_count;   /* a power of 2 */
  size_t known_count;
  lr_load_arena keys;
};

lariat_status lr_load_replay_new(lariat_load_requests *requests,
                                 lr_load_replay **out,
                                 lariat_load_error *error) {
  enum { FIRST_SLOTS = 64 };
  *out = NULL;
  if (lariat_load_requests_count(requests))
    return lr_load_fail(error, 0, "a replay takes no other requests");
  lr_load_replay *replay = calloc(1, sizeof(*replay));
  if (!replay) return LARIAT_ENOMEM;
  replay->requests = requests;
  replay->slots = calloc(FIRST_SLOTS, sizeof(*replay->slots));
  replay->slot_count = FIRST_SLOTS;
  if (replay->slots)
    *out = replay;
  else
    lr_load_replay_free(replay);
  return *out ? LARIAT_OK : LARIAT_ENOMEM;
}

void lr_load_replay_free(lr_load_replay *replay) {
  if (!replay) return;
  free(replay->instants);
  free(replay->slots);
  lr_load_arena_free(&replay->keys);
  free(replay);
}

/* ---- Requests by their keys ---- */

static struct known *find_slot(const lr_load_replay *replay, const char *key) {
  uint64_t hash = lr_load_mix(lr_load_hash_text(LR_LOAD_HASH_START, key));
  size_t at = hash & (replay->slot_count - 1);
  while (replay->slots[at].key && strcmp(replay->slots[at].key, key) != 0)
    at = (at + 1) & (replay->slot_count - 1);
  return &replay->slots[at];
}

static bool grow_slots(lr_load_replay *replay) {
  struct known *before = replay->slots;
  size_t count = replay->slot_count;
  struct known *slots = calloc(2 * count, sizeof(*slots));
  if (!slots) return false;
  replay->slots = slots;
  replay->slot_count = 2 * count;
  for (size_t i = 0; i < count; i++)
    if (before[i].key) *find_slot(replay, before[i].key) = before[i];
  free(before);
  return true;
}

static bool remember(lr_load_replay *replay, const char *key,
                     uint32_t request) {
  if (replay->known_count * 2 >= replay->slot_count && !grow_slots(replay))
    return false;
  char *copy = lr_load_arena_copy(&replay->keys, key, strlen(key));
  if (!copy) return false;
  *find_slot(replay, key) = (struct known){copy, request};
  replay->known_count++;
  return true;
}

/* Finds the request of a key, or adds it to the list. */
static lariat_status find_request(lr_load_replay *replay,
                                  const lariat_load_request *request,
                                  const char *key, uint32_t *index,
                                  lariat_load_error *error) {
  const struct known *known = key ? find_slot(replay, key) : NULL;
  if (known && known->key) {
    *index = known->request;
    return LARIAT_OK;
  }
  lariat_status status =
      lariat_load_requests_add(replay->requests, request, error);
  if (status != LARIAT_OK) return status;
  *index = (uint32_t)(replay->requests->count - 1);
  return !key || remember(replay, key, *index) ? LARIAT_OK : LARIAT_ENOMEM;
}

/* ---- Gathering ---- */

static bool reserve_instant(lr_load_replay *replay) {
  if (replay->count < replay->capacity) return true;
  size_t capacity = replay->capacity ? 2 * replay->capacity : 64;
  lr_load_instant *instants =
      realloc(replay->instants, capacity * sizeof(*instants));
  if (!instants) return false;
  replay->instants = instants;
  replay->capacity = capacity;
  return true;
}

lariat_status lr_load_replay_add(lr_load_replay *replay,
                                 const lariat_load_request *request,
                                 const char *key, uint64_t at_ns,
                                 uint64_t grain_ns, lariat_load_error *error) {
  uint32_t index;
  if (replay->count >= UINT32_MAX)
    return lr_load_fail(error, 0, "more than 4,294,967,295 requests");
  if (!reserve_instant(replay)) return LARIAT_ENOMEM;
  lariat_status status = find_request(replay, request, key, &index, error);
  if (status != LARIAT_OK) return status;
  if (grain_ns > replay->grain_ns) replay->grain_ns = grain_ns;
  replay->instants[replay->count] =
      (lr_load_instant){at_ns, index, (uint32_t)replay->count};
  replay->count++;
  return LARIAT_OK;
}

/* ---- Instants ---- */

static int compare_instants(const void *left, const void *right) {
  const lr_load_instant *a = left;
  const lr_load_instant *b = right;
  if (a->at_ns != b->at_ns) return a->at_ns < b->at_ns ? -1 : 1;
  return a->order < b->order ? -1 : a->order > b->order;
}

static void sort_instants(lr_load_replay *replay) {
  qsort(replay->instants, replay->count, sizeof(*replay->instants),
        compare_instants);
}

/* Spreads `count` requests of one instant over the grain behind it: each into
 * its own part of it, at a place in there that is drawn. */
static void spread(lr_load_instant *instants, size_t count, uint64_t grain_ns,
                   uint64_t seed) {
  for (size_t i = 0; i < count; i++) {
    lr_load_wide from = (lr_load_wide)grain_ns * i / count;
    lr_load_wide to = (lr_load_wide)grain_ns * (i + 1) / count;
    uint64_t random =
        lr_load_random_at(seed, PURPOSE_SPREAD, instants[i].order);
    instants[i].at_ns +=
        (uint64_t)from + lr_load_below(random, (uint64_t)(to - from));
  }
}

static void spread_all(lr_load_replay *replay, uint64_t seed) {
  size_t start = 0;
  for (size_t i = 1; i <= replay->count; i++) {
    if (i < replay->count &&
        replay->instants[i].at_ns == replay->instants[start].at_ns)
      continue;
    spread(&replay->instants[start], i - start, replay->grain_ns, seed);
    start = i;
  }
}

/* Makes the first one 0, and time as much faster, to the thousandth. */
static void scale(lr_load_replay *replay, double times) {
  uint64_t speed = (uint64_t)llround(times * 1000);
  uint64_t start = replay->instants[0].at_ns;
  for (size_t i = 0; i < replay->count; i++) {
    lr_load_wide from_start = replay->instants[i].at_ns - start;
    replay->instants[i].at_ns = (uint64_t)(from_start * 1000 / speed);
  }
}

lariat_status lr_load_replay_finish(lr_load_replay *replay, uint64_t seed,
                                    double speed) {
  if (!replay->count) return LARIAT_OK;
  sort_instants(replay);
  if (replay->grain_ns) {
    spread_all(replay, seed);
    sort_instants(replay);
  }
  scale(replay, speed);
  lr_load_instant *fitting =
      realloc(replay->instants, replay->count * sizeof(*replay->instants));
  lr_load_requests_set_instants(
      replay->requests, fitting ? fitting : replay->instants, replay->count);
  replay->instants = NULL;
  replay->count = replay->capacity = 0;
  return LARIAT_OK;
}
