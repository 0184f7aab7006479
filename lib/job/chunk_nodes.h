/* SPDX-License-Identifier: MIT
 * chunk_nodes.h: what the chunks of a pipe travel in, and lists of these. */
#ifndef LR_JOB_CHUNK_NODES_H
#define LR_JOB_CHUNK_NODES_H

#include <stddef.h>

#include "base/list.h"
#include "base/memory.h"
#include "reactor/mailbox.h"

struct lr_pipe;
struct lariat_chunk;

/* A mail with a chunk, which returns without it as a credit. */
typedef struct lr_chunk_node {
  lr_mail mail;
  struct lr_pipe *pipe;
  struct lariat_chunk *chunk; /* NULL: it was given away */
} lr_chunk_node;

/* Nodes linked by their mails, the oldest first, so that a list can be pushed
 * into a mailbox as it is. */
typedef struct lr_chunk_nodes {
  lr_chunk_node *first;
  lr_chunk_node *last;
  size_t count;
} lr_chunk_nodes;

static inline lr_chunk_node *lr_chunk_node_of(lr_mail *mail) {
  return lr_container(mail, lr_chunk_node, mail);
}

static inline void lr_chunk_node_free(lr_chunk_node *node) {
  lr_free(node->chunk);
  lr_free(node);
}

/* Takes the oldest node out; NULL when there is none. */
static inline lr_chunk_node *lr_chunk_nodes_take(lr_chunk_nodes *list) {
  lr_chunk_node *first = list->first;
  if (!first) return NULL;
  list->first = first->mail.next ? lr_chunk_node_of(first->mail.next) : NULL;
  if (!list->first) list->last = NULL;
  list->count--;
  return first;
}

static inline void lr_chunk_nodes_prepend(lr_chunk_nodes *list,
                                          lr_chunk_node *node) {
  node->mail.next = list->first ? &list->first->mail : NULL;
  list->first = node;
  if (!list->last) list->last = node;
  list->count++;
}

static inline void lr_chunk_nodes_append(lr_chunk_nodes *list,
                                         lr_chunk_node *node) {
  node->mail.next = NULL;
  if (list->last)
    list->last->mail.next = &node->mail;
  else
    list->first = node;
  list->last = node;
  list->count++;
}

static inline void lr_chunk_nodes_free(lr_chunk_nodes *list) {
  lr_chunk_node *node;
  while ((node = lr_chunk_nodes_take(list))) lr_chunk_node_free(node);
}

#endif
