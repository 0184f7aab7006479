/* SPDX-License-Identifier: MIT
 * text_set.c: a table with open addressing.  The texts are the user's own, so
 * the hash needs no seed. */
#include "text_set.h"

#include <string.h>

#include "memory.h"
#include "text_hash.h"

/* Returns the slot of a text: where it is, or where it would be. */
static size_t find_slot(char **slots, size_t capacity, const char *bytes,
                        size_t length) {
  size_t at = (size_t)lr_crawl_hash_text(0, bytes, length) & (capacity - 1);
  for (; slots[at]; at = (at + 1) & (capacity - 1))
    if (strncmp(slots[at], bytes, length) == 0 && !slots[at][length]) break;
  return at;
}

static bool grow(lr_crawl_text_set *set) {
  size_t capacity = set->capacity ? set->capacity * 2 : 16;
  char **slots = lr_crawl_allocate(capacity, sizeof *slots);
  if (!slots) return false;
  for (size_t i = 0; i < set->capacity; i++) {
    char *text = set->slots[i];
    if (text) slots[find_slot(slots, capacity, text, strlen(text))] = text;
  }
  lariat_memory_release(set->slots);
  set->slots = slots;
  set->capacity = capacity;
  return true;
}

lariat_status lr_crawl_text_set_add(lr_crawl_text_set *set, const char *bytes,
                                    size_t length) {
  if (lr_crawl_text_set_has(set, bytes, length)) return LARIAT_OK;
  if (2 * (set->count + 1) > set->capacity && !grow(set)) return LARIAT_ENOMEM;
  char *copy = lr_crawl_copy_bytes(bytes, length);
  if (!copy) return LARIAT_ENOMEM;
  set->slots[find_slot(set->slots, set->capacity, bytes, length)] = copy;
  set->count++;
  return LARIAT_OK;
}

bool lr_crawl_text_set_has(const lr_crawl_text_set *set, const char *bytes,
                           size_t length) {
  return set->count &&
         set->slots[find_slot(set->slots, set->capacity, bytes, length)];
}

void lr_crawl_text_set_clear(lr_crawl_text_set *set) {
  for (size_t i = 0; i < set->capacity; i++)
    lariat_memory_release(set->slots[i]);
  lariat_memory_release(set->slots);
  *set = (lr_crawl_text_set){0};
}
