/* SPDX-License-Identifier: MIT
 * table.h: an intrusive hash table.  What is in it has an lr_table_node as a
 * member, brings a hash of its own and is found by that and the caller's
 * comparison.  The table owns the buckets, the caller the nodes.
 *
 * Inserting does not fail: where there is no memory for more buckets, the
 * chains get longer. */
#ifndef LR_BASE_TABLE_H
#define LR_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

typedef struct lr_table_node {
  struct lr_table_node *next; /* in the same bucket; or NULL */
  uint64_t hash;
} lr_table_node;

typedef struct lr_table {
  lr_table_node **buckets;
  uint32_t capacity; /* buckets, a power of two; 0: not made */
  uint32_t count;
} lr_table;

/* Compares a node, whose hash is known to be the same, with a key. */
typedef bool lr_table_match(lr_table_node *node, const void *key);

/* Makes an empty table of `capacity` buckets, a power of two.  False when out
 * of memory: then the table may only be cleared. */
bool lr_table_init(lr_table *table, uint32_t capacity)
    __attribute__((warn_unused_result));

/* Takes all nodes out, hands each to `drop` with `context`, which may free it
 * but not use the table, and frees the buckets. */
void lr_table_clear(lr_table *table,
                    void (*drop)(lr_table_node *node, void *context),
                    void *context);

/* Puts `node` in under `hash`; what is there under the same key stays. */
void lr_table_insert(lr_table *table, lr_table_node *node, uint64_t hash);

/* Takes out `node`, which is in the table. */
void lr_table_remove(lr_table *table, lr_table_node *node);

/* Returns the first node of the bucket of `hash`, of whatever hash it is
 * itself; NULL when there is none.  Its `next` are the others. */
static inline lr_table_node *lr_table_bucket(const lr_table *table,
                                             uint64_t hash) {
  return table->buckets[hash & (table->capacity - 1)];
}

/* Returns the node under `hash` that `match` finds equal to `key`; or NULL. */
static inline lr_table_node *lr_table_find(const lr_table *table, uint64_t hash,
                                           lr_table_match *match,
                                           const void *key) {
  lr_table_node *node = lr_table_bucket(table, hash);
  while (node && !(node->hash == hash && match(node, key))) node = node->next;
  return node;
}

/* Return the first of all nodes, and the one after `node`, in no particular
 * order; NULL when there is none.  Only `node` itself may be removed on the
 * way, once the one after it is known, and none be inserted. */
lr_table_node *lr_table_first(const lr_table *table);
lr_table_node *lr_table_next(const lr_table *table, const lr_table_node *node);

#endif
