/* SPDX-License-Identifier: MIT
 * media_types.c: an array that is searched from its beginning, where the common
 * types are. */
#include "media_types.h"

#include "memory.h"

static uint32_t find(const lr_crawl_media_types *types, const char *name) {
  for (size_t i = 0; i < types->count; i++)
    if (strcmp(types->names[i], name) == 0) return (uint32_t)i + 1;
  return 0;
}

static uint32_t append(lr_crawl_media_types *types, const char *name) {
  char **names = lr_crawl_grow(types->names, &types->capacity, types->count + 1,
                               sizeof *names);
  if (!names) return 0;
  types->names = names;
  char *copy = lr_crawl_copy_text(name);
  if (!copy) return 0;
  names[types->count++] = copy;
  return (uint32_t)types->count;
}

uint32_t lr_crawl_types_add(lr_crawl_media_types *types, const char *name) {
  if (!name || !name[0]) return 0;
  uint32_t found = find(types, name);
  if (found) return found;
  if (types->count < LR_CRAWL_MOST_TYPES) return append(types, name);
  return types->count > LR_CRAWL_MOST_TYPES ? (uint32_t)types->count
                                            : append(types, "(others)");
}

void lr_crawl_types_clear(lr_crawl_media_types *types) {
  for (size_t i = 0; i < types->count; i++)
    lariat_memory_release(types->names[i]);
  lariat_memory_release(types->names);
  *types = (lr_crawl_media_types){0};
}
