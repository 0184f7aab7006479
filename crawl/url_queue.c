/* SPDX-License-Identifier: MIT
 * url_queue.c: lanes of chunks of ids.  A chunk of size class n is 32 << n
 * bytes; a lane takes the place of one of the smallest class. */
#include "url_queue.h"

#include "memory.h"

enum { BLOCK = 64 * 1024, SMALLEST = 32 };

typedef struct chunk {
  struct chunk *next;
  uint16_t begin, end; /* of the ids that are there */
  uint8_t size;        /* its class */
  uint32_t ids[];
} chunk;

enum { CHUNK_HEAD = offsetof(chunk, ids) };

typedef struct lr_crawl_lane {
  struct lr_crawl_lane *next; /* of a lower priority */
  chunk *first, *last;
  uint8_t priority;
} lane;

_Static_assert(sizeof(lane) <= SMALLEST, "a lane is a chunk of class 0");

typedef struct lr_crawl_queue_block {
  struct lr_crawl_queue_block *next;
  size_t used;
} block;

enum { BLOCK_HEAD = 32 };

_Static_assert(sizeof(block) <= BLOCK_HEAD, "its head is before the chunks");

/* ---- Memory ---- */

static bool add_block(lr_crawl_queue_memory *memory) {
  block *added = lariat_memory_allocate(BLOCK);
  if (!added) return false;
  *added = (block){.next = memory->blocks, .used = BLOCK_HEAD};
  memory->blocks = added;
  memory->memory += BLOCK;
  return true;
}

/* Takes memory of a class: what was given back, else from the newest block. */
static void *take_memory(lr_crawl_queue_memory *memory, unsigned size) {
  void *found = memory->free[size];
  if (found) {
    memcpy(&memory->free[size], found, sizeof(void *));
    return found;
  }
  size_t bytes = (size_t)SMALLEST << size;
  if ((!memory->blocks || memory->blocks->used + bytes > BLOCK) &&
      !add_block(memory))
    return NULL;
  found = (char *)memory->blocks + memory->blocks->used;
  memory->blocks->used += bytes;
  return found;
}

static void give_memory(lr_crawl_queue_memory *memory, void *given,
                        unsigned size) {
  memcpy(given, &memory->free[size], sizeof(void *));
  memory->free[size] = given;
}

void lr_crawl_queue_memory_clear(lr_crawl_queue_memory *memory) {
  while (memory->blocks) {
    block *gone = memory->blocks;
    memory->blocks = gone->next;
    lariat_memory_release(gone);
  }
  *memory = (lr_crawl_queue_memory){0};
}

/* ---- Chunks and lanes ---- */

static inline unsigned count_places(unsigned size) {
  return (((unsigned)SMALLEST << size) - CHUNK_HEAD) / sizeof(uint32_t);
}

static chunk *make_chunk(lr_crawl_queue_memory *memory, unsigned size) {
  chunk *made = take_memory(memory, size);
  if (made) *made = (chunk){.size = (uint8_t)size};
  return made;
}

/* Puts a lane with one empty chunk at its place among the others. */
static lane *make_lane(lr_crawl_queue_memory *memory, lane **at,
                       uint8_t priority) {
  lane *made = take_memory(memory, 0);
  if (!made) return NULL;
  chunk *first = make_chunk(memory, 0);
  if (!first) {
    give_memory(memory, made, 0);
    return NULL;
  }
  *made =
      (lane){.next = *at, .first = first, .last = first, .priority = priority};
  return *at = made;
}

static lane *find_lane(lr_crawl_queue_memory *memory, lr_crawl_url_queue *queue,
                       uint8_t priority) {
  lane **at = &queue->lanes;
  while (*at && (*at)->priority < priority) at = &(*at)->next;
  return *at && (*at)->priority == priority ? *at
                                            : make_lane(memory, at, priority);
}

/* ---- Ids ---- */

/* Adds a chunk behind a lane's last, twice its size. */
static bool lengthen(lr_crawl_queue_memory *memory, lane *to) {
  unsigned size = to->last->size + 1u;
  if (size == LR_CRAWL_CHUNK_SIZES) size--;
  chunk *added = make_chunk(memory, size);
  if (!added) return false;
  to->last->next = added;
  to->last = added;
  return true;
}

bool lr_crawl_queue_put(lr_crawl_queue_memory *memory,
                        lr_crawl_url_queue *queue, lr_crawl_queue_place place) {
  lane *to = find_lane(memory, queue, place.priority);
  if (!to) return false;
  if (to->last->end == count_places(to->last->size) && !lengthen(memory, to))
    return false;
  to->last->ids[to->last->end++] = place.id;
  return true;
}

/* Puts a chunk before a lane's first, filled from its end. */
static bool begin_earlier(lr_crawl_queue_memory *memory, lane *to) {
  chunk *added = make_chunk(memory, 0);
  if (!added) return false;
  added->begin = added->end = (uint16_t)count_places(0);
  added->next = to->first;
  to->first = added;
  return true;
}

bool lr_crawl_queue_put_first(lr_crawl_queue_memory *memory,
                              lr_crawl_url_queue *queue,
                              lr_crawl_queue_place place) {
  lane *to = find_lane(memory, queue, place.priority);
  if (!to) return false;
  if (to->first->begin == to->first->end)
    return lr_crawl_queue_put(memory, queue, place); /* it was made just now */
  if (to->first->begin == 0 && !begin_earlier(memory, to)) return false;
  to->first->ids[--to->first->begin] = place.id;
  return true;
}

lr_crawl_queue_place lr_crawl_queue_first(const lr_crawl_url_queue *queue) {
  const lane *from = queue->lanes;
  return (lr_crawl_queue_place){.id = from->first->ids[from->first->begin],
                                .priority = from->priority};
}

/* Counts the ids before this one in a lane; returns whether it is there. */
static bool count_in_lane(const lane *of, uint32_t id, size_t *before) {
  for (const chunk *at = of->first; at; at = at->next)
    for (unsigned i = at->begin; i < at->end; i++) {
      if (at->ids[i] == id) return true;
      ++*before;
    }
  return false;
}

size_t lr_crawl_queue_count_before(const lr_crawl_url_queue *queue,
                                   uint32_t id) {
  size_t before = 0;
  for (const lane *at = queue->lanes; at; at = at->next)
    if (count_in_lane(at, id, &before)) return before;
  return SIZE_MAX;
}

void lr_crawl_queue_take(lr_crawl_queue_memory *memory,
                         lr_crawl_url_queue *queue) {
  lane *from = queue->lanes;
  chunk *first = from->first;
  if (++first->begin < first->end) return;
  from->first = first->next;
  give_memory(memory, first, first->size);
  if (from->first) return;
  queue->lanes = from->next;
  give_memory(memory, from, 0);
}
