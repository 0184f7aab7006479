/* SPDX-License-Identifier: MIT
 * task.h: what the conformance tests of the task layer share.  Each of them
 * shows what the test of the same class and name in Twisted shows; the code is
 * our own.  names_task.tsv lists them all. */
#ifndef TESTS_CONFORMANCE_TASK_H
#define TESTS_CONFORMANCE_TASK_H

#include <string.h>

#include "support/fixture.h"
#include "support/recorder.h"
#include <lariat/deferred.h>

/* A row of the table of tests: the function is called class_test. */
#define CASE(class, test)                                                      \
  { #class "." #test, class##_##test }

/* What came of a deferred. */
struct came {
  int fires;
  lariat_status status; /* of a failure */
  intptr_t number;      /* of an integer */
  bool none;
};

static inline lariat_value came_take(lariat_value result, void *context) {
  struct came *came = context;
  came->fires++;
  came->none = lariat_is_none(result);
  if (lariat_is_failure(result)) came->status = lariat_failure_status(result);
  if (result.type == &lariat_int_type) came->number = lariat_int_in(result);
  return lariat_value_drop(result);
}

/* Watches `deferred`, whose reference it takes. */
static inline void came_watch(struct came *came, lariat_deferred *deferred) {
  *came = (struct came){.status = LARIAT_OK};
  lariat_deferred_release(lariat_deferred_add_both(deferred, came_take, came));
}

static inline lariat_deferred *new_deferred(struct fixture *f) {
  return lariat_deferred_new(f->reactor, NULL, NULL, NULL);
}

static inline uint64_t clock_ms(const struct fixture *f) {
  return lariat_virtual_clock_now_ns(f->virtual_clock) / 1000000 - 1000;
}

#endif
