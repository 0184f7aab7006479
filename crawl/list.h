/* SPDX-License-Identifier: MIT
 * list.h: a list with two ends, whose nodes are members of what is listed. */
#ifndef CRAWL_LIST_H
#define CRAWL_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lr_crawl_list {
  struct lr_crawl_list *prev;
  struct lr_crawl_list *next;
} lr_crawl_list;

/* The object of which `node` is the member `member`. */
#define lr_crawl_listed(node, type, member)                                    \
  ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Makes an empty list; or a node that is in none. */
static inline void lr_crawl_list_init(lr_crawl_list *list) {
  list->prev = list->next = list;
}

static inline bool lr_crawl_list_is_empty(const lr_crawl_list *list) {
  return list->next == list;
}

static inline void lr_crawl_list_append(lr_crawl_list *list,
                                        lr_crawl_list *node) {
  node->prev = list->prev;
  node->next = list;
  list->prev->next = node;
  list->prev = node;
}

/* Puts a node in front of all others. */
static inline void lr_crawl_list_prepend(lr_crawl_list *list,
                                         lr_crawl_list *node) {
  lr_crawl_list_append(list->next, node);
}

/* Takes a node out of its list; one that is in none stays so. */
static inline void lr_crawl_list_remove(lr_crawl_list *node) {
  node->prev->next = node->next;
  node->next->prev = node->prev;
  lr_crawl_list_init(node);
}

/* Returns the first node, which stays; NULL: there is none. */
static inline lr_crawl_list *lr_crawl_list_first(const lr_crawl_list *list) {
  return list->next == list ? NULL : list->next;
}

/* Takes the first node out; NULL: there is none. */
static inline lr_crawl_list *lr_crawl_list_take(lr_crawl_list *list) {
  lr_crawl_list *node = lr_crawl_list_first(list);
  if (node) lr_crawl_list_remove(node);
  return node;
}

#endif
