/* SPDX-License-Identifier: MIT
 * closed_shapes.c: a table that only grows, up to a bound. */
#include "closed_shapes.h"

#include "memory.h"

static size_t find_slot(lr_crawl_closed_shape **slots, size_t capacity,
                        uint64_t hash) {
  size_t at = (size_t)hash & (capacity - 1);
  while (slots[at] && slots[at]->hash != hash) at = (at + 1) & (capacity - 1);
  return at;
}

static lr_crawl_closed_shape *find(const lr_crawl_closed_shapes *shapes,
                                   uint64_t hash) {
  if (!shapes->count) return NULL;
  return shapes->slots[find_slot(shapes->slots, shapes->capacity, hash)];
}

const lr_crawl_closed_shape *
lr_crawl_closed_shapes_find(const lr_crawl_closed_shapes *shapes,
                            uint64_t hash) {
  return find(shapes, hash);
}

static bool grow(lr_crawl_closed_shapes *shapes) {
  size_t capacity = shapes->capacity ? shapes->capacity * 2 : 16;
  lr_crawl_closed_shape **slots = lr_crawl_allocate(capacity, sizeof *slots);
  if (!slots) return false;
  for (size_t i = 0; i < shapes->capacity; i++)
    if (shapes->slots[i])
      slots[find_slot(slots, capacity, shapes->slots[i]->hash)] =
          shapes->slots[i];
  lariat_memory_release(shapes->slots);
  shapes->slots = slots;
  shapes->capacity = capacity;
  return true;
}

static lr_crawl_closed_shape *copy_shape(const lr_crawl_closed_shape *shape) {
  lr_crawl_closed_shape *copy = lr_crawl_allocate(1, sizeof *copy);
  if (!copy) return NULL;
  *copy = *shape;
  copy->text = lr_crawl_copy_text(shape->text);
  if (copy->text) return copy;
  lariat_memory_release(copy);
  return NULL;
}

lariat_status lr_crawl_closed_shapes_add(lr_crawl_closed_shapes *shapes,
                                         const lr_crawl_closed_shape *shape) {
  if (shapes->count == LR_CRAWL_MOST_CLOSED_SHAPES) return LARIAT_EINVAL;
  if (2 * (shapes->count + 1) > shapes->capacity && !grow(shapes))
    return LARIAT_ENOMEM;
  lr_crawl_closed_shape *copy = copy_shape(shape);
  if (!copy) return LARIAT_ENOMEM;
  shapes->slots[find_slot(shapes->slots, shapes->capacity, copy->hash)] = copy;
  shapes->count++;
  if (!copy->opened) shapes->closed++;
  shapes->bytes += sizeof *copy + strlen(copy->text) + 1;
  return LARIAT_OK;
}

bool lr_crawl_closed_shapes_open(lr_crawl_closed_shapes *shapes,
                                 uint64_t hash) {
  lr_crawl_closed_shape *shape = find(shapes, hash);
  if (!shape || shape->opened) return false;
  shape->opened = true;
  shapes->closed--;
  return true;
}

void lr_crawl_closed_shapes_clear(lr_crawl_closed_shapes *shapes) {
  for (size_t i = 0; i < shapes->capacity; i++) {
    if (!shapes->slots[i]) continue;
    lariat_memory_release(shapes->slots[i]->text);
    lariat_memory_release(shapes->slots[i]);
  }
  lariat_memory_release(shapes->slots);
  *shapes = (lr_crawl_closed_shapes){0};
}
