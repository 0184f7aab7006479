/* SPDX-License-Identifier: MIT
 * text_table.c: open addressing, and the hash. */
#include "text_table.h"

#include <string.h>
#include <sys/random.h>

#include <lariat/allocator.h>

enum { LEAST_CAPACITY = 16 };

void lr_crawl_text_table_init(lr_crawl_text_table *table,
                              const char *(*text_of)(const void *object)) {
  *table = (lr_crawl_text_table){.text_of = text_of};
  /* Without the kernel's random bytes an address, which differs, too. */
  if (getrandom(table->key, sizeof table->key, GRND_NONBLOCK) !=
      (ssize_t)sizeof table->key)
    table->key[0] = (uint64_t)(uintptr_t)table * UINT64_C(0x9e3779b97f4a7c15);
}

void lr_crawl_text_table_clear(lr_crawl_text_table *table) {
  lariat_memory_release((void *)table->slots);
  table->slots = NULL;
  table->count = table->capacity = 0;
}

/* Multiplies two words, and joins the halves of what comes of it. */
__extension__ typedef unsigned __int128 two_words;
static uint64_t multiply(uint64_t a, uint64_t b) {
  two_words product = (two_words)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Mixes the text in, eight bytes at a time, each with the key. */
static uint64_t hash_text(const lr_crawl_text_table *table, const char *text) {
  size_t length = strlen(text);
  uint64_t hash = table->key[0] ^ length;
  for (uint64_t word; length; hash = multiply(hash ^ word, table->key[1] | 1)) {
    size_t taken = length < sizeof word ? length : sizeof word;
    word = 0;
    memcpy(&word, text, taken);
    text += taken;
    length -= taken;
  }
  return multiply(hash ^ table->key[1], UINT64_C(0x9e3779b97f4a7c15));
}

/* Returns the slot of the text, or the empty one where it would be. */
static size_t find_slot(const lr_crawl_text_table *table, const char *text) {
  size_t at = (size_t)hash_text(table, text) & (table->capacity - 1);
  while (table->slots[at] &&
         strcmp(table->text_of(table->slots[at]), text) != 0)
    at = (at + 1) & (table->capacity - 1);
  return at;
}

void *lr_crawl_text_table_find(const lr_crawl_text_table *table,
                               const char *text) {
  return table->capacity ? table->slots[find_slot(table, text)] : NULL;
}

static bool grow(lr_crawl_text_table *table) {
  lr_crawl_text_table larger = *table;
  larger.capacity = table->capacity ? table->capacity * 2 : LEAST_CAPACITY;
  if (larger.capacity > SIZE_MAX / sizeof(void *)) return false;
  size_t bytes = larger.capacity * sizeof(void *);
  larger.slots = lariat_memory_allocate(bytes);
  if (!larger.slots) return false;
  memset((void *)larger.slots, 0, bytes);
  for (size_t i = 0; i < table->capacity; i++)
    if (table->slots[i])
      larger.slots[find_slot(&larger, table->text_of(table->slots[i]))] =
          table->slots[i];
  lariat_memory_release((void *)table->slots);
  *table = larger;
  return true;
}

lariat_status lr_crawl_text_table_add(lr_crawl_text_table *table,
                                      void *object) {
  if (table->count >= table->capacity / 4 * 3 && !grow(table))
    return LARIAT_ENOMEM;
  table->slots[find_slot(table, table->text_of(object))] = object;
  table->count++;
  return LARIAT_OK;
}

/* Tells whether what stands at `at` and belongs at `wanted` may move to `gap`:
 * whether the gap is not before `wanted`, around the end. */
static bool may_fill(size_t gap, size_t at, size_t wanted, size_t mask) {
  return ((at - wanted) & mask) >= ((at - gap) & mask);
}

void lr_crawl_text_table_remove(lr_crawl_text_table *table,
                                const void *object) {
  if (!table->capacity) return;
  size_t mask = table->capacity - 1;
  size_t gap = find_slot(table, table->text_of(object));
  if (!table->slots[gap]) return;
  for (size_t at = (gap + 1) & mask; table->slots[at]; at = (at + 1) & mask) {
    size_t wanted =
        (size_t)hash_text(table, table->text_of(table->slots[at])) & mask;
    if (!may_fill(gap, at, wanted, mask)) continue;
    table->slots[gap] = table->slots[at];
    gap = at;
  }
  table->slots[gap] = NULL;
  table->count--;
}

void *lr_crawl_text_table_next(const lr_crawl_text_table *table, size_t *at) {
  while (*at < table->capacity) {
    void *object = table->slots[(*at)++];
    if (object) return object;
  }
  return NULL;
}
