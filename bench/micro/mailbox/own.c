/* SPDX-License-Identifier: MIT
 * lariat's mailbox, and a list behind a mutex. */
#include <pthread.h>
#include <stdlib.h>

#include "queue.h"

static struct item *item_of(lr_mail *mail) {
  return (struct item *)(void *)((char *)mail - offsetof(struct item, mail));
}

static void *create_mailbox(unsigned producers, size_t messages) {
  lariat_mailbox *mailbox;

  (void)producers;
  (void)messages;
  return lr_mailbox_new(&mailbox) ? NULL : mailbox;
}

static void destroy_mailbox(void *queue) {
  (void)lr_mailbox_close(queue);
  lariat_mailbox_release(queue);
}

static void push_mail(void *queue, struct item **items, size_t count) {
  for (size_t i = 1; i < count; i++) items[i - 1]->mail.next = &items[i]->mail;
  lr_mailbox_push_chain(queue, &items[0]->mail, &items[count - 1]->mail);
}

static void take_mail(void *queue, unsigned *counts) {
  for (lr_mail *mail = lr_mailbox_drain(queue), *next; mail; mail = next) {
    next = mail->next;
    counts[item_of(mail)->producer]++;
  }
}

const struct queue_ops mailbox_queue = {.name = "mailbox",
                                        .batches = true,
                                        .create = create_mailbox,
                                        .destroy = destroy_mailbox,
                                        .push = push_mail,
                                        .take = take_mail};

struct locked_list {
  pthread_mutex_t lock;
  struct item *first;
  struct item *last;
};

static void *create_list(unsigned producers, size_t messages) {
  struct locked_list *list = aligned_alloc(LR_CACHE_LINE, 2 * LR_CACHE_LINE);

  (void)producers;
  (void)messages;
  if (!list) return NULL;
  list->first = list->last = NULL;
  if (!pthread_mutex_init(&list->lock, NULL)) return list;
  free(list);
  return NULL;
}

static void destroy_list(void *queue) {
  struct locked_list *list = queue;

  pthread_mutex_destroy(&list->lock);
  free(list);
}

static void push_locked(void *queue, struct item **items, size_t count) {
  struct locked_list *list = queue;

  for (size_t i = 1; i < count; i++) items[i - 1]->node[0] = items[i];
  items[count - 1]->node[0] = NULL;
  pthread_mutex_lock(&list->lock);
  if (list->last)
    list->last->node[0] = items[0];
  else
    list->first = items[0];
  list->last = items[count - 1];
  pthread_mutex_unlock(&list->lock);
}

static void take_locked(void *queue, unsigned *counts) {
  struct locked_list *list = queue;
  struct item *item;

  pthread_mutex_lock(&list->lock);
  item = list->first;
  list->first = list->last = NULL;
  pthread_mutex_unlock(&list->lock);
  for (struct item *next; item; item = next) {
    next = item->node[0];
    counts[item->producer]++;
  }
}

const struct queue_ops mutex_queue = {.name = "mutex list",
                                      .batches = true,
                                      .create = create_list,
                                      .destroy = destroy_list,
                                      .push = push_locked,
                                      .take = take_locked};
