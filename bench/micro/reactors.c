/* SPDX-License-Identifier: MIT
 * reactors.c: the operations of reactors, measured. */
#include <pthread.h>
#include <stddef.h>

#include "micro.h"

static void do_nothing(void *context) { (void)context; }

void measure_timer(lariat_reactor *reactor, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    lariat_timer timer;
    if (lariat_reactor_call_later(reactor, 1000 + i % 1000, do_nothing, NULL,
                                  NULL, &timer) != LARIAT_OK)
      micro_fail("no timer");
    lariat_reactor_cancel_timer(reactor, timer);
  }
}

struct posting {
  lariat_reactor *reactor;
  uint64_t left; /* to run */
  uint64_t count;
};

static void count_down(void *context) {
  struct posting *posting = context;
  if (--posting->left == 0) lariat_reactor_stop(posting->reactor);
}

static void *post(void *context) {
  struct posting *posting = context;
  for (uint64_t i = 0; i < posting->count; i++) {
    if (lariat_reactor_call_from_thread(posting->reactor, count_down, posting,
                                        NULL) != LARIAT_OK)
      micro_fail("no call");
  }
  return NULL;
}

void measure_posted(lariat_reactor *reactor, uint64_t count) {
  struct posting posting = {reactor, count, count};
  pthread_t thread;
  if (pthread_create(&thread, NULL, post, &posting) != 0)
    micro_fail("no thread");
  lariat_reactor_run(reactor);
  pthread_join(thread, NULL);
}
