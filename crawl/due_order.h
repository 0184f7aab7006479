/* SPDX-License-Identifier: MIT
 * due_order.h: what is due at an instant, the earliest first; of what is due at
 * the same one, that which was put in first.  The nodes are members of what is
 * due, and know where they are. */
#ifndef CRAWL_DUE_ORDER_H
#define CRAWL_DUE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>

typedef struct lr_crawl_due_node {
  int64_t due_ns;
  uint32_t order; /* of being put in */
  uint32_t place; /* in the heap, from 1 on; 0: in none */
} lr_crawl_due_node;

typedef struct lr_crawl_due_order {
  lr_crawl_due_node **nodes; /* the first at 1 */
  uint32_t count;
  uint32_t capacity;
  uint32_t next_order;
} lr_crawl_due_order;

/* Sees to it that `count` nodes can be put in without further memory.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_crawl_due_order_reserve(lr_crawl_due_order *heap,
                                         size_t count);

/* Frees what the heap has; the nodes are others'. */
void lr_crawl_due_order_clear(lr_crawl_due_order *heap);

/* Puts `node`, which is in no heap, in; there was memory reserved. */
void lr_crawl_due_order_put(lr_crawl_due_order *heap, lr_crawl_due_node *node,
                            int64_t due_ns);

/* Takes `node` out; one that is in no heap stays so. */
void lr_crawl_due_order_remove(lr_crawl_due_order *heap,
                               lr_crawl_due_node *node);

/* Returns the node that is due first, which stays; NULL: there is none. */
static inline lr_crawl_due_node *
lr_crawl_due_order_first(const lr_crawl_due_order *heap) {
  return heap->count ? heap->nodes[1] : NULL;
}

static inline bool lr_crawl_is_in_order(const lr_crawl_due_node *node) {
  return node->place != 0;
}

#endif
