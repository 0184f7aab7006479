/* SPDX-License-Identifier: MIT
 * stack_annotations.h: what valgrind and AddressSanitizer must know of a piece
 * of memory that is a stack.  Nothing happens without them. */
#ifndef LR_AWAIT_STACK_ANNOTATIONS_H
#define LR_AWAIT_STACK_ANNOTATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "await/fiber.h"

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif

/* Registers a stack.  Valgrind takes a jump from stack to stack for a huge
 * frame, unless it knows both.  LeakSanitizer looks for pointers on stacks that
 * it knows. */
static inline unsigned lr_annotate_stack(char *low, size_t bytes) {
#if LR_FIBER_ASAN
  __lsan_register_root_region(low, bytes);
#endif
#ifdef VALGRIND_STACK_REGISTER
  return (unsigned)VALGRIND_STACK_REGISTER(low, low + bytes);
#else
  (void)low;
  (void)bytes;
  return 0;
#endif
}

static inline void lr_annotate_stack_freed(char *low, size_t bytes,
                                           unsigned id) {
#if LR_FIBER_ASAN
  __lsan_unregister_root_region(low, bytes);
#else
  (void)low;
  (void)bytes;
#endif
#ifdef VALGRIND_STACK_DEREGISTER
  VALGRIND_STACK_DEREGISTER(id);
#else
  (void)id;
#endif
}

/* Forgets the frames on a stack, which are gone, though nobody returned from
 * them. */
static inline void lr_annotate_stack_emptied(char *low, size_t bytes) {
#if LR_FIBER_ASAN
  __asan_unpoison_memory_region(low, bytes);
#else
  (void)low;
  (void)bytes;
#endif
}

static inline bool lr_runs_on_valgrind(void) {
#ifdef RUNNING_ON_VALGRIND
  return RUNNING_ON_VALGRIND != 0;
#else
  return false;
#endif
}

/* Tells whether stacks may be measured: memcheck complains of reads below a
 * stack pointer. */
static inline bool lr_may_measure_stack(void) { return !lr_runs_on_valgrind(); }

#endif
