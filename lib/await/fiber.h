/* SPDX-License-Identifier: MIT
 * fiber.h: a stack with what the sanitizers must be told of it.  Without a
 * sanitizer a fiber is a context and nothing else.
 *
 * A fiber is switched to (lr_fiber_enter) and switches back to whoever did
 * (lr_fiber_leave): switches nest like calls. */
#ifndef LR_AWAIT_FIBER_H
#define LR_AWAIT_FIBER_H

#include <stdbool.h>
#include <stddef.h>

#include "await/switch.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#define __SANITIZE_THREAD__ 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#define LR_FIBER_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#else
#define LR_FIBER_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__)
#define LR_FIBER_TSAN 1
#include <sanitizer/tsan_interface.h>
#else
#define LR_FIBER_TSAN 0
#endif

/* The caller: what switches to a fiber, on any stack, the thread's own
 * included. */
typedef struct lr_caller {
  lr_context context;
#if LR_FIBER_ASAN
  const void *low;
  size_t bytes;
  void *fake_stack;
#endif
#if LR_FIBER_TSAN
  void *tsan;
#endif
} lr_caller;

typedef struct lr_fiber {
  lr_context context;
  lr_context *caller; /* of the lr_caller that runs it */
#if LR_FIBER_ASAN
  const void *low;
  size_t bytes;
  void *fake_stack;
#endif
#if LR_FIBER_TSAN
  void *tsan;
#endif
} lr_fiber;

/* Makes what ThreadSanitizer calls a fiber.  That costs much and there are few:
 * one belongs to a stack, not to the stack's user. */
static inline void *lr_tsan_fiber_new(void) {
#if LR_FIBER_TSAN
  return __tsan_create_fiber(0);
#else
  return NULL;
#endif
}

static inline void lr_tsan_fiber_free(void *tsan) {
#if LR_FIBER_TSAN
  if (tsan) __tsan_destroy_fiber(tsan);
#else
  (void)tsan;
#endif
}

/* Makes a fiber on the stack between `low` and `low + bytes`, which must call
 * lr_fiber_arrive first of all. */
static inline void lr_fiber_make(lr_fiber *fiber, void *low, size_t bytes,
                                 void *tsan, lr_context_main main,
                                 void *argument) {
#if LR_FIBER_ASAN
  fiber->low = low;
  fiber->bytes = bytes;
  fiber->fake_stack = NULL;
#endif
#if LR_FIBER_TSAN
  fiber->tsan = tsan;
#else
  (void)tsan;
#endif
  fiber->caller = NULL;
  lr_context_make(&fiber->context, low, bytes, main, argument, &fiber->caller);
}

/* Completes a switch, on the fiber that was switched to.  AddressSanitizer
 * tells here where the caller's stack is. */
static inline void lr_fiber_arrive(lr_fiber *fiber) {
#if LR_FIBER_ASAN
  lr_caller *caller = (lr_caller *)(void *)fiber->caller;
  __sanitizer_finish_switch_fiber(fiber->fake_stack, &caller->low,
                                  &caller->bytes);
#else
  (void)fiber;
#endif
}

/* Runs the fiber until it leaves. */
static inline void lr_fiber_enter(lr_fiber *fiber) {
  lr_caller here;
  fiber->caller = &here.context;
#if LR_FIBER_TSAN
  here.tsan = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(fiber->tsan, 0);
#endif
#if LR_FIBER_ASAN
  __sanitizer_start_switch_fiber(&here.fake_stack, fiber->low, fiber->bytes);
#endif
  lr_context_swap(&here.context, &fiber->context);
#if LR_FIBER_ASAN
  __sanitizer_finish_switch_fiber(here.fake_stack, NULL, NULL);
#endif
}

/* Goes back to the caller.  Returns when the fiber is entered again; with
 * `last` it never is. */
static inline void lr_fiber_leave(lr_fiber *fiber, bool last) {
#if LR_FIBER_ASAN || LR_FIBER_TSAN
  const lr_caller *caller = (const lr_caller *)(const void *)fiber->caller;
#endif
#if LR_FIBER_TSAN
  __tsan_switch_to_fiber(caller->tsan, 0);
#endif
#if LR_FIBER_ASAN
  __sanitizer_start_switch_fiber(last ? NULL : &fiber->fake_stack, caller->low,
                                 caller->bytes);
#else
  (void)last;
#endif
  lr_context_swap(&fiber->context, fiber->caller);
  lr_fiber_arrive(fiber);
}

#endif
