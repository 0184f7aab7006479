/* SPDX-License-Identifier: MIT
 * The wait-free concurrent queue of userspace RCU. */
#ifdef HAVE_URCU
#define _LGPL_SOURCE /* the inline forms, which are the fast ones */
#include <stdlib.h>
#include <urcu/wfcqueue.h>

#include "queue.h"

struct queue {
  struct cds_wfcq_tail tail;
  _Alignas(LR_CACHE_LINE) struct __cds_wfcq_head head;
};

_Static_assert(sizeof(struct cds_wfcq_node) <=
                   sizeof(((struct item *)NULL)->node),
               "the node fits into an item");

static struct cds_wfcq_node *node_of(struct item *item) {
  return (struct cds_wfcq_node *)(void *)item->node;
}

static void *create(unsigned producers, size_t messages) {
  struct queue *queue = aligned_alloc(LR_CACHE_LINE, sizeof *queue);

  (void)producers;
  (void)messages;
  if (queue) __cds_wfcq_init(&queue->head, &queue->tail);
  return queue;
}

/* A batch is a queue of its own that is spliced. */
static void push(void *context, struct item **items, size_t count) {
  struct queue *queue = context;
  struct __cds_wfcq_head head;
  struct cds_wfcq_tail tail;

  for (size_t i = 0; i < count; i++) cds_wfcq_node_init(node_of(items[i]));
  if (count == 1) {
    cds_wfcq_enqueue(&queue->head, &queue->tail, node_of(items[0]));
    return;
  }
  __cds_wfcq_init(&head, &tail);
  for (size_t i = 0; i < count; i++) {
    /* Nobody else sees this queue: linked by hand, without an exchange. */
    tail.p->next = node_of(items[i]);
    tail.p = node_of(items[i]);
  }
  __cds_wfcq_splice_blocking(&queue->head, &queue->tail, &head, &tail);
}

static void take(void *context, unsigned *counts) {
  struct queue *queue = context;
  struct __cds_wfcq_head head;
  struct cds_wfcq_tail tail;
  struct cds_wfcq_node *node;
  struct cds_wfcq_node *next;

  __cds_wfcq_init(&head, &tail);
  if (__cds_wfcq_splice_blocking(&head, &tail, &queue->head, &queue->tail) ==
      CDS_WFCQ_RET_SRC_EMPTY)
    return;
  __cds_wfcq_for_each_blocking_safe(&head, &tail, node, next) {
    struct item *item =
        (struct item *)(void *)((char *)node - offsetof(struct item, node));

    counts[item->producer]++;
  }
}

const struct queue_ops wfcqueue_queue = {.name = "wfcqueue",
                                         .batches = true,
                                         .create = create,
                                         .destroy = free,
                                         .push = push,
                                         .take = take};
#else
typedef int no_urcu_here; /* C wants a declaration in every file */
#endif
