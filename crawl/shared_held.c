/* SPDX-License-Identifier: MIT
 * shared_held.c: URLs in a table with open addresses, where what is taken out
 * leaves no mark: those behind it move up.  Queues are a short array. */
#include "shared_held.h"

#include "memory.h"

enum { LEAST = 64 };

/* ---- URLs ---- */

static inline size_t next_of(const lr_crawl_shared_held *held, size_t at) {
  return (at + 1) & (held->capacity - 1);
}

/* Returns the place of an id, or the free one where it would be. */
static size_t find_place(const lr_crawl_shared_held *held, uint64_t id) {
  size_t at = id & (held->capacity - 1);
  while (held->urls[at].seq && held->urls[at].id != id) at = next_of(held, at);
  return at;
}

static void put(lr_crawl_shared_held *held, lr_crawl_held_url url) {
  lr_crawl_held_url *place = &held->urls[find_place(held, url.id)];
  held->count += !place->seq;
  *place = url;
}

static bool make_space(lr_crawl_shared_held *held) {
  if (held->count * 2 < held->capacity) return true;
  size_t capacity = held->capacity ? held->capacity * 2 : LEAST;
  lr_crawl_shared_held larger = *held;
  larger.urls = lr_crawl_allocate(capacity, sizeof *larger.urls);
  if (!larger.urls) return false;
  larger.capacity = capacity;
  larger.count = 0;
  for (size_t i = 0; i < held->capacity; i++)
    if (held->urls[i].seq) put(&larger, held->urls[i]);
  lariat_memory_release(held->urls);
  *held = larger;
  return true;
}

bool lr_crawl_held_add(lr_crawl_shared_held *held, lr_crawl_held_url url) {
  if (!make_space(held)) return false;
  put(held, url);
  return true;
}

const lr_crawl_held_url *lr_crawl_held_find(const lr_crawl_shared_held *held,
                                            uint64_t id) {
  if (!held->capacity) return NULL;
  const lr_crawl_held_url *url = &held->urls[find_place(held, id)];
  return url->seq ? url : NULL;
}

/* Frees a place, and moves what could not have its own because of it. */
static void free_place(lr_crawl_shared_held *held, size_t place) {
  size_t mask = held->capacity - 1;
  for (size_t at = next_of(held, place); held->urls[at].seq;
       at = next_of(held, at)) {
    size_t distance = (at - (held->urls[at].id & mask)) & mask;
    if (distance < ((at - place) & mask)) continue;
    held->urls[place] = held->urls[at];
    place = at;
  }
  held->urls[place] = (lr_crawl_held_url){0};
  held->count--;
}

void lr_crawl_held_remove(lr_crawl_shared_held *held, uint64_t id) {
  if (!held->capacity) return;
  size_t place = find_place(held, id);
  if (held->urls[place].seq) free_place(held, place);
}

/* ---- Queues ---- */

static lr_crawl_held_queue *find_queue(const lr_crawl_shared_held *held,
                                       uint64_t queue) {
  for (size_t i = 0; i < held->queue_count; i++)
    if (held->queues[i].queue == queue) return &held->queues[i];
  return NULL;
}

const lr_crawl_held_queue *
lr_crawl_held_find_queue(const lr_crawl_shared_held *held, uint64_t queue) {
  return find_queue(held, queue);
}

bool lr_crawl_held_set_queue(lr_crawl_shared_held *held, uint64_t queue,
                             int64_t epoch) {
  lr_crawl_held_queue *place = find_queue(held, queue);
  if (!place) {
    lr_crawl_held_queue *grown =
        lr_crawl_grow(held->queues, &held->queue_capacity,
                      held->queue_count + 1, sizeof *grown);
    if (!grown) return false;
    held->queues = grown;
    place = &held->queues[held->queue_count++];
  }
  *place = (lr_crawl_held_queue){.queue = queue, .epoch = epoch};
  return true;
}

/* Takes the URLs of a queue out.  What moves up never passes a free place, and
 * half of them are: so it is looked at all the same. */
static void remove_urls(lr_crawl_shared_held *held, uint64_t queue) {
  size_t begin = 0;
  while (held->urls[begin].seq) begin++;
  for (size_t i = 0; i < held->capacity;) {
    size_t at = (begin + i) & (held->capacity - 1);
    if (held->urls[at].seq && held->urls[at].queue == queue)
      free_place(held, at); /* another one may be there now */
    else
      i++;
  }
}

void lr_crawl_held_drop_queue(lr_crawl_shared_held *held, uint64_t queue) {
  lr_crawl_held_queue *place = find_queue(held, queue);
  if (place) *place = held->queues[--held->queue_count];
  if (held->count) remove_urls(held, queue);
}

void lr_crawl_held_clear(lr_crawl_shared_held *held) {
  lariat_memory_release(held->urls);
  lariat_memory_release(held->queues);
  *held = (lr_crawl_shared_held){0};
}
