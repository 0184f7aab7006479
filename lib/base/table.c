/* SPDX-License-Identifier: MIT
 * table.c: the buckets of a hash table, and their growth. */
#include "base/table.h"

#include "base/memory.h"

bool lr_table_init(lr_table *table, uint32_t capacity) {
  lr_table_node **buckets = lr_alloc_zero(capacity * sizeof *buckets);
  *table = (lr_table){.buckets = buckets, .capacity = buckets ? capacity : 0};
  return buckets != NULL;
}

static void push_node(lr_table_node **buckets, uint32_t capacity,
                      lr_table_node *node) {
  lr_table_node **bucket = &buckets[node->hash & (capacity - 1)];
  node->next = *bucket;
  *bucket = node;
}

static lr_table_node *take_node(lr_table_node **bucket) {
  lr_table_node *node = *bucket;
  if (node) *bucket = node->next;
  return node;
}

/* Doubles the buckets.  Without memory for that the chains get longer, which
 * is no fault: the next insertion tries again. */
static void grow_buckets(lr_table *table) {
  if (table->capacity > UINT32_MAX / 2) return;
  uint32_t capacity = table->capacity * 2;
  lr_table_node **buckets = lr_alloc_zero(capacity * sizeof(*buckets));
  if (!buckets) return;
  for (uint32_t i = 0; i < table->capacity; i++) {
    lr_table_node *node;
    while ((node = take_node(&table->buckets[i])))
      push_node(buckets, capacity, node);
  }
  lr_free(table->buckets);
  table->buckets = buckets;
  table->capacity = capacity;
}

void lr_table_insert(lr_table *table, lr_table_node *node, uint64_t hash) {
  if (table->count >= table->capacity) grow_buckets(table);
  node->hash = hash;
  push_node(table->buckets, table->capacity, node);
  table->count++;
}

void lr_table_remove(lr_table *table, lr_table_node *node) {
  lr_table_node **link = &table->buckets[node->hash & (table->capacity - 1)];
  while (*link != node) link = &(*link)->next;
  *link = node->next;
  table->count--;
}

/* Returns the first node of the buckets from `index` on. */
static lr_table_node *first_from(const lr_table *table, uint32_t index) {
  for (; index < table->capacity; index++)
    if (table->buckets[index]) return table->buckets[index];
  return NULL;
}

lr_table_node *lr_table_first(const lr_table *table) {
  return first_from(table, 0);
}

lr_table_node *lr_table_next(const lr_table *table, const lr_table_node *node) {
  if (node->next) return node->next;
  return first_from(table, (uint32_t)(node->hash & (table->capacity - 1)) + 1);
}

void lr_table_clear(lr_table *table,
                    void (*drop)(lr_table_node *node, void *context),
                    void *context) {
  for (uint32_t i = 0; i < table->capacity; i++) {
    lr_table_node *node;
    while ((node = take_node(&table->buckets[i]))) drop(node, context);
  }
  lr_free(table->buckets);
  *table = (lr_table){.buckets = NULL};
}
