/* SPDX-License-Identifier: MIT
 * coroutines.h: what the tests of coroutines share: results looked at and
 * released, misuse with the checks off, and where the stack is. */
#ifndef TESTS_SUPPORT_COROUTINES_H
#define TESTS_SUPPORT_COROUTINES_H

#include <stdint.h>

#include "await/coroutine.h"
#include "support/fixture.h"
#include <lariat/await.h>
#include <lariat/checks.h>

/* How many coroutines a test may have at once: ThreadSanitizer knows about
 * 8,100 of them and threads. */
#if LR_FIBER_TSAN
#define COROUTINES_MOST 2000
#else
#define COROUTINES_MOST 10000
#endif

/* Each of these wants the deferred to have fired, and releases it. */
static inline void expect_int(lariat_deferred *d, intptr_t expected) {
  CU_ASSERT_TRUE(lariat_deferred_fired(d));
  lariat_value result = lariat_deferred_peek(d);
  CU_ASSERT_PTR_EQUAL(result.type, &lariat_int_type);
  if (result.type == &lariat_int_type)
    CU_ASSERT_EQUAL(lariat_int_in(result), expected);
  lariat_deferred_release(d);
}

static inline void expect_none(lariat_deferred *d) {
  CU_ASSERT_TRUE(lariat_deferred_fired(d));
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(d)));
  lariat_deferred_release(d);
}

static inline void expect_failure(lariat_deferred *d, lariat_status status) {
  CU_ASSERT_TRUE(lariat_deferred_fired(d));
  lariat_value result = lariat_deferred_peek(d);
  CU_ASSERT_TRUE(lariat_is_failure(result));
  if (lariat_is_failure(result))
    CU_ASSERT_EQUAL(lariat_failure_status(result), status);
  lariat_deferred_forget(d);
}

/* Drops `result`, which should be this failure. */
static inline void drop_failure(lariat_value result, lariat_status status) {
  CU_ASSERT_TRUE(lariat_is_failure(result));
  if (lariat_is_failure(result))
    CU_ASSERT_EQUAL(lariat_failure_status(result), status);
  lariat_value_drop(result);
}

/* An address in the caller's frame, also under AddressSanitizer. */
__attribute__((noinline)) static const char *stack_pointer(void) {
  return __builtin_frame_address(0);
}

/* Whether the caller runs on the stack of `coroutine`. */
static inline bool is_on_stack_of(const lariat_deferred *coroutine) {
  const lr_stack *stack = lr_coroutine_of(coroutine)->stack;
  const char *here = stack_pointer();
  return stack && here >= stack->low && here < stack->low + stack->bytes;
}

#endif
