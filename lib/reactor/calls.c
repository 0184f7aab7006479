/* SPDX-License-Identifier: MIT
 * calls.c: call_soon, call_later, call_from_thread. */
#include <string.h>

#include "base/memory.h"
#include "base/process.h"
#include "base/time.h"
#include "reactor/reactor_private.h"

enum { SMALLEST = 16, HISTORY = 64 };

/* Checks what call_soon, call_later and call_at require alike. */
static lariat_status check_call(const lariat_reactor *reactor, lariat_call call,
                                const char *function) {
  if (!reactor || !call) return LARIAT_EINVAL;
  lariat_status status = lr_reactor_check(reactor, function);
  if (status != LARIAT_OK) return status;
  return lr_reactor_closing(reactor) ? LARIAT_ECLOSED : LARIAT_OK;
}

/* ---- Calls for the next turn ---- */

/* Straightens the ring into a new array twice the size. */
static bool grow_queue(lr_call_queue *queue) {
  if (queue->capacity > UINT32_MAX / 2) return false;
  uint32_t capacity = queue->capacity ? queue->capacity * 2 : SMALLEST;
  lr_call *items = lr_alloc(capacity * sizeof *items);
  if (!items) return false;
  for (uint32_t i = 0; i < queue->count; i++)
    items[i] = queue->items[(queue->first + i) & (queue->capacity - 1)];
  lr_free(queue->items);
  queue->items = items;
  queue->first = 0;
  queue->capacity = capacity;
  return true;
}

static lr_call take_call(lr_call_queue *queue) {
  lr_call call = queue->items[queue->first];
  queue->first = (queue->first + 1) & (queue->capacity - 1);
  queue->count--;
  return call;
}

lariat_status lariat_reactor_call_soon(lariat_reactor *reactor,
                                       lariat_call call, void *context,
                                       lariat_destroy destroy) {
  lariat_status status = check_call(reactor, call, __func__);
  if (status != LARIAT_OK) return status;
  lr_call_queue *queue = &reactor->calls;
  if (queue->count == queue->capacity && !grow_queue(queue))
    return LARIAT_ENOMEM;
  queue->items[(queue->first + queue->count++) & (queue->capacity - 1)] =
      (lr_call){call, context, destroy};
  lr_embed_wake(reactor);
  return LARIAT_OK;
}

/* Copies each call out before it runs: it may queue another, and the ring may
 * move. */
void lr_calls_run(lariat_reactor *reactor, uint32_t count) {
  while (count-- > 0) {
    lr_call call = take_call(&reactor->calls);
    lr_call_run(&call);
  }
}

/* ---- Delayed calls ---- */

static void free_delayed(lr_delayed_calls *table, lr_delayed_call *delayed,
                         bool cancelled) {
  delayed->generation++;
  delayed->cancelled = delayed->cancelled << 1 | cancelled;
  delayed->next_free = table->free;
  table->free = delayed;
}

/* Frees the slot before the call runs: inside the call, its id is stale. */
static void expire_delayed(lr_timer *timer) {
  lr_delayed_call *delayed = lr_container(timer, lr_delayed_call, timer);
  lr_call call = delayed->call;
  free_delayed(&delayed->reactor->delayed, delayed, false);
  lr_call_run(&call);
}

static bool grow_slots(lr_delayed_calls *table) {
  if (table->capacity > UINT32_MAX / 4) return false;
  uint32_t capacity = table->capacity ? table->capacity * 2 : SMALLEST;
  lr_delayed_call **slots =
      lr_realloc(table->slots, capacity * sizeof *table->slots);
  if (!slots) return false;
  table->slots = slots;
  table->capacity = capacity;
  return true;
}

static lr_delayed_call *new_delayed(lariat_reactor *reactor) {
  lr_delayed_calls *table = &reactor->delayed;
  if (table->count == table->capacity && !grow_slots(table)) return NULL;
  lr_delayed_call *delayed = lr_alloc_zero(sizeof *delayed);
  if (!delayed) return NULL;
  delayed->timer.expire = expire_delayed;
  delayed->reactor = reactor;
  delayed->index = table->count;
  table->slots[table->count++] = delayed;
  return delayed;
}

static lr_delayed_call *take_delayed(lariat_reactor *reactor) {
  lr_delayed_call *delayed = reactor->delayed.free;
  if (!delayed) return new_delayed(reactor);
  reactor->delayed.free = delayed->next_free;
  return delayed;
}

static uint64_t id_of_delayed(const lr_delayed_call *delayed) {
  return (uint64_t)delayed->generation << 32 | (delayed->index + 1);
}

/* Returns what is known of a timer that is not set any more. */
static lariat_status fate_of(const lr_delayed_call *delayed,
                             uint32_t generation) {
  uint32_t since = delayed->generation - generation - 1;
  if (since >= HISTORY) return LARIAT_ENOTFOUND;
  return delayed->cancelled >> since & 1 ? LARIAT_ECANCELLED : LARIAT_EALREADY;
}

/* Finds the slot that `timer` names, if it is still set; else says why not. */
static lariat_status find_delayed(const lariat_reactor *reactor,
                                  lariat_timer timer, const char *function,
                                  lr_delayed_call **out) {
  if (!reactor) return LARIAT_EINVAL;
  lariat_status status = lr_reactor_check(reactor, function);
  if (status != LARIAT_OK) return status;
  const lr_delayed_calls *table = &reactor->delayed;
  uint32_t number = (uint32_t)timer.id;
  if (number == 0 || number > table->count) return LARIAT_ENOTFOUND;
  lr_delayed_call *delayed = table->slots[number - 1];
  uint32_t generation = (uint32_t)(timer.id >> 32);
  if (delayed->generation != generation) return fate_of(delayed, generation);
  *out = delayed;
  return lr_timer_is_set(&delayed->timer) ? LARIAT_OK : LARIAT_ENOTFOUND;
}

static lariat_status add_delayed(lariat_reactor *reactor, uint64_t at_ns,
                                 lr_call call, lariat_timer *out) {
  lr_delayed_call *delayed = take_delayed(reactor);
  if (!delayed) return LARIAT_ENOMEM;
  delayed->call = call;
  if (!lr_reactor_set_timer(reactor, &delayed->timer, at_ns)) {
    free_delayed(&reactor->delayed, delayed, true);
    return LARIAT_ENOMEM;
  }
  if (out) out->id = id_of_delayed(delayed);
  return LARIAT_OK;
}

lariat_status lariat_reactor_call_later(lariat_reactor *reactor,
                                        uint64_t delay_ms, lariat_call call,
                                        void *context, lariat_destroy destroy,
                                        lariat_timer *out) {
  lariat_status status = check_call(reactor, call, __func__);
  if (status != LARIAT_OK) return status;
  uint64_t at_ns = lr_add_ms(lariat_reactor_now_ns(reactor), delay_ms);
  return add_delayed(reactor, at_ns, (lr_call){call, context, destroy}, out);
}

lariat_status lariat_reactor_call_at(lariat_reactor *reactor, uint64_t at_ns,
                                     lariat_call call, void *context,
                                     lariat_destroy destroy,
                                     lariat_timer *out) {
  lariat_status status = check_call(reactor, call, __func__);
  if (status != LARIAT_OK) return status;
  if (!reactor->clock.manual) lr_timer_slack_reduce(&reactor->timer_slack);
  if (at_ns > LR_LATEST_NS) at_ns = LR_LATEST_NS;
  return add_delayed(reactor, at_ns, (lr_call){call, context, destroy}, out);
}

lariat_status lariat_reactor_cancel_timer(lariat_reactor *reactor,
                                          lariat_timer timer) {
  lr_delayed_call *delayed;
  lariat_status status = find_delayed(reactor, timer, __func__, &delayed);
  if (status != LARIAT_OK) return status;
  lr_reactor_unset_timer(reactor, &delayed->timer);
  lr_call call = delayed->call;
  free_delayed(&reactor->delayed, delayed, true);
  lr_call_destroy(&call);
  return LARIAT_OK;
}

/* Moves a timer that is set, which needs no memory and so cannot fail. */
static void move_delayed(lr_delayed_call *delayed, uint64_t at_ns) {
  (void)lr_reactor_set_timer(delayed->reactor, &delayed->timer, at_ns);
}

lariat_status lariat_reactor_reset_timer(lariat_reactor *reactor,
                                         lariat_timer timer,
                                         uint64_t delay_ms) {
  lr_delayed_call *delayed;
  lariat_status status = find_delayed(reactor, timer, __func__, &delayed);
  if (status != LARIAT_OK) return status;
  move_delayed(delayed, lr_add_ms(lariat_reactor_now_ns(reactor), delay_ms));
  return LARIAT_OK;
}

lariat_status lariat_reactor_delay_timer(lariat_reactor *reactor,
                                         lariat_timer timer, int64_t delay_ms) {
  lr_delayed_call *delayed;
  lariat_status status = find_delayed(reactor, timer, __func__, &delayed);
  if (status != LARIAT_OK) return status;
  uint64_t at_ns = lr_timer_time(&delayed->timer);
  if (delay_ms < 0)
    at_ns = lr_since(at_ns, lr_ns_of_ms(0 - (uint64_t)delay_ms));
  else
    at_ns = lr_add_ms(at_ns, (uint64_t)delay_ms);
  move_delayed(delayed, at_ns);
  return LARIAT_OK;
}

lariat_status lariat_reactor_timer_time(lariat_reactor *reactor,
                                        lariat_timer timer, uint64_t *at_ns) {
  lr_delayed_call *delayed;
  if (!at_ns) return LARIAT_EINVAL;
  lariat_status status = find_delayed(reactor, timer, __func__, &delayed);
  if (status == LARIAT_OK) *at_ns = lr_timer_time(&delayed->timer);
  return status;
}

bool lariat_reactor_timer_active(lariat_reactor *reactor, lariat_timer timer) {
  lr_delayed_call *delayed;
  return find_delayed(reactor, timer, __func__, &delayed) == LARIAT_OK;
}

size_t lariat_reactor_timers(lariat_reactor *reactor, lariat_timer *timers,
                             size_t capacity) {
  size_t found = 0;
  if (!reactor || lr_reactor_check(reactor, __func__) != LARIAT_OK) return 0;
  for (uint32_t i = 0; i < reactor->delayed.count; i++) {
    const lr_delayed_call *delayed = reactor->delayed.slots[i];
    if (!lr_timer_is_set(&delayed->timer)) continue;
    if (found < capacity) timers[found].id = id_of_delayed(delayed);
    found++;
  }
  return found;
}

/* ---- Calls from other threads ---- */

typedef struct posted_call {
  lr_mail mail;
  lr_call call;
} posted_call;

static lr_call open_posted(lr_mail *mail) {
  posted_call *posted = lr_container(mail, posted_call, mail);
  lr_call call = posted->call;
  lr_free(posted);
  return call;
}

static void deliver_posted(lr_mail *mail) {
  lr_call call = open_posted(mail);
  lr_call_run(&call);
}

static void discard_posted(lr_mail *mail) {
  lr_call call = open_posted(mail);
  lr_call_destroy(&call);
}

static const lr_mail_ops posted_ops = {deliver_posted, discard_posted};

lariat_status lariat_mailbox_call(lariat_mailbox *mailbox, lariat_call call,
                                  void *context, lariat_destroy destroy) {
  if (!mailbox || !call) return LARIAT_EINVAL;
  if (mailbox->generation != lr_process_generation()) return LARIAT_EFORKED;
  posted_call *posted = lr_alloc(sizeof *posted);
  if (!posted) return LARIAT_ENOMEM;
  posted->mail = (lr_mail){.ops = &posted_ops};
  posted->call = (lr_call){call, context, destroy};
  if (lr_mailbox_push(mailbox, &posted->mail)) return LARIAT_OK;
  lr_free(posted);
  return LARIAT_ECLOSED;
}

lariat_status lariat_reactor_call_from_thread(lariat_reactor *reactor,
                                              lariat_call call, void *context,
                                              lariat_destroy destroy) {
  if (!reactor) return LARIAT_EINVAL;
  return lariat_mailbox_call(reactor->mailbox, call, context, destroy);
}

/* ---- Close ---- */

static void clear_delayed(lariat_reactor *reactor) {
  lr_delayed_calls *table = &reactor->delayed;
  for (uint32_t i = 0; i < table->count; i++) {
    lr_delayed_call *delayed = table->slots[i];
    if (!lr_timer_is_set(&delayed->timer)) continue;
    lr_reactor_unset_timer(reactor, &delayed->timer);
    delayed->generation++;
    delayed->cancelled = delayed->cancelled << 1 | 1;
    lr_call_destroy(&delayed->call);
  }
  for (uint32_t i = 0; i < table->count; i++) lr_free(table->slots[i]);
  lr_free(table->slots);
  *table = (lr_delayed_calls){NULL, 0, 0, NULL};
}

/* Runs destructors, which may cancel another timer, but cannot add a call: the
 * reactor is closing. */
void lr_calls_clear(lariat_reactor *reactor) {
  while (reactor->calls.count > 0) {
    lr_call call = take_call(&reactor->calls);
    lr_call_destroy(&call);
  }
  lr_free(reactor->calls.items);
  reactor->calls = (lr_call_queue){NULL, 0, 0, 0};
  clear_delayed(reactor);
}
