/* SPDX-License-Identifier: MIT
 * decode_queue.c: bodies that take turns. */
#include "job/decode_queue.h"

/* How many bodies go on in one turn. */
enum { ITEMS_A_TURN = 4 };

/* Resumes some.  Each of them wants another turn: for what is left here, or for
 * what it has left to be done elsewhere. */
static void end_turn(lr_turn_hook *hook) {
  lr_decode_queue *queue = lr_container(hook, lr_decode_queue, hook);
  lr_list *node;
  for (int i = 0;
       i < ITEMS_A_TURN && (node = lr_list_take_first(&queue->waiting)); i++) {
    lr_decode_item *item = lr_container(node, lr_decode_item, node);
    item->resume(item);
    lr_reactor_request_turn(queue->reactor);
  }
  if (lr_list_empty(&queue->waiting)) lr_decode_queue_clear(queue);
}

void lr_decode_queue_init(lr_decode_queue *queue, lariat_reactor *reactor) {
  queue->reactor = reactor;
  queue->hook.turn_end = end_turn;
  lr_list_init(&queue->waiting);
  lr_list_init(&queue->hook.link);
}

void lr_decode_queue_clear(lr_decode_queue *queue) {
  lr_reactor_remove_turn_hook(queue->reactor, &queue->hook);
}

void lr_decode_queue_add(lr_decode_queue *queue, lr_decode_item *item) {
  lr_list_append(&queue->waiting, &item->node);
  if (!lr_list_empty(&queue->hook.link)) return;
  lr_reactor_add_turn_hook(queue->reactor, &queue->hook);
  lr_reactor_request_turn(queue->reactor); /* this one's hooks may be over */
}
