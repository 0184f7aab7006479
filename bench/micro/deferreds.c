/* SPDX-License-Identifier: MIT
 * deferreds.c: the operations of deferreds, measured. */
#include <pthread.h>
#include <stdlib.h>

#include "micro.h"
#include <lariat/deferred.h>
#include <lariat/gather.h>

enum { LINKS = 100, CHILDREN = 100 };

static lariat_value pass(lariat_value result, void *context) {
  (void)context;
  return result;
}

/* A deferred with so many callbacks, from made to dropped. */
static void run_chain(lariat_reactor *reactor, int callbacks) {
  lariat_deferred *d = lariat_deferred_new(reactor, NULL, NULL, NULL);
  for (int i = 0; i < callbacks; i++)
    lariat_deferred_add_callback(d, pass, NULL);
  lariat_deferred_callback(d, lariat_int(1));
  lariat_deferred_release(d);
}

void measure_links(lariat_reactor *reactor, uint64_t count) {
  for (uint64_t i = 0; i < count; i += LINKS) run_chain(reactor, LINKS);
}

void measure_ten(lariat_reactor *reactor, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) run_chain(reactor, 10);
}

static void make_children(lariat_reactor *reactor, lariat_deferred **children,
                          int references) {
  for (int i = 0; i < CHILDREN; i++) {
    children[i] = lariat_deferred_new(reactor, NULL, NULL, NULL);
    if (references == 2) lariat_deferred_retain(children[i]);
  }
}

static void fire_children(lariat_deferred **children) {
  for (int i = 0; i < CHILDREN; i++) {
    lariat_deferred_callback(children[i], lariat_int(i));
    lariat_deferred_release(children[i]);
  }
}

void measure_children(lariat_reactor *reactor, uint64_t count) {
  lariat_deferred *children[CHILDREN];
  for (uint64_t i = 0; i < count; i += CHILDREN) {
    make_children(reactor, children, 1);
    fire_children(children);
  }
}

void measure_gathered(lariat_reactor *reactor, uint64_t count) {
  lariat_deferred *children[CHILDREN];
  for (uint64_t i = 0; i < count; i += CHILDREN) {
    make_children(reactor, children, 2);
    lariat_deferred *all = lariat_gather_results(children, CHILDREN);
    fire_children(children);
    lariat_deferred_release(all);
  }
}

/* The children have their results before they are gathered. */
void measure_gathered_late(lariat_reactor *reactor, uint64_t count) {
  lariat_deferred *children[CHILDREN];
  for (uint64_t i = 0; i < count; i += CHILDREN) {
    for (int n = 0; n < CHILDREN; n++)
      children[n] = lariat_deferred_succeed(reactor, lariat_int(n));
    lariat_deferred_release(lariat_gather_results(children, CHILDREN));
  }
}

static lariat_value give(lariat_value result, void *context) {
  lariat_value_drop(result);
  return lariat_deferred_value(context);
}

void measure_returned(lariat_reactor *reactor, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    lariat_deferred *inner = lariat_deferred_new(reactor, NULL, NULL, NULL);
    lariat_deferred *outer = lariat_deferred_new(reactor, NULL, NULL, NULL);
    lariat_deferred_add_callback(outer, give, lariat_deferred_retain(inner));
    lariat_deferred_callback(outer, lariat_none());
    lariat_deferred_callback(inner, lariat_int(1));
    lariat_deferred_release(inner);
    lariat_deferred_release(outer);
  }
}

/* Each level waits for the one before it; then the first fires. */
static lariat_deferred *nest(lariat_reactor *reactor, lariat_deferred *first,
                             uint64_t count) {
  lariat_deferred *last = lariat_deferred_retain(first);
  for (uint64_t i = 0; i < count; i++) {
    lariat_deferred *outer = lariat_deferred_new(reactor, NULL, NULL, NULL);
    lariat_deferred_add_callback(outer, give, last);
    lariat_deferred_callback(outer, lariat_none());
    last = outer;
  }
  return last;
}

static void *nest_on_small_stack(void *context) {
  uint64_t count = *(uint64_t *)context;
  lariat_reactor *reactor;
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) micro_fail("no reactor");
  lariat_deferred *first = lariat_deferred_new(reactor, NULL, NULL, NULL);
  lariat_deferred *last = nest(reactor, first, count);
  lariat_deferred_callback(first, lariat_int(7));
  if (lariat_int_in(lariat_deferred_peek(last)) != 7)
    micro_fail("the result was lost on its way");
  lariat_deferred_release(first);
  lariat_deferred_release(last);
  lariat_reactor_close(reactor, 0);
  return NULL;
}

void measure_nested(lariat_reactor *reactor, uint64_t count) {
  (void)reactor;
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  if (pthread_attr_setstacksize(&attributes, NESTED_STACK) != 0 ||
      pthread_create(&thread, &attributes, nest_on_small_stack, &count) != 0)
    micro_fail("no thread");
  pthread_join(thread, NULL);
  pthread_attr_destroy(&attributes);
}
