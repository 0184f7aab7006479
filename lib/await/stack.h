/* SPDX-License-Identifier: MIT
 * stack.h: the stacks of one reactor's coroutines.  They are mapped several at
 * a time (a slab), used again, and given back to the system when many are
 * idle.  One thread. */
#ifndef LR_AWAIT_STACK_H
#define LR_AWAIT_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include <lariat/coroutine.h>

typedef struct lr_slab lr_slab;

typedef struct lr_stack {
  lr_list link; /* among the free ones of its size; else in no list */
  lr_slab *slab;
  char *low;    /* the guard ends here */
  char *top;    /* where it begins, a little below low + bytes */
  size_t bytes; /* up from `low` */
  void *tsan;   /* ThreadSanitizer's fiber, when it has one */
  unsigned valgrind;
  bool warm;    /* free, and its memory is still there */
  bool painted; /* its unused bytes are known */
} lr_stack;

/* The sizes of stacks: from 16 KiB to 1 GiB, each twice the one before. */
enum { LR_STACK_SMALLEST = 14, LR_STACK_LARGEST = 30 };
enum { LR_STACK_SIZES = LR_STACK_LARGEST - LR_STACK_SMALLEST + 1 };

typedef struct lr_stacks {
  size_t bytes; /* the default */
  size_t idle_most;
  lariat_guard guard; /* not AUTO */
  bool measure;
  size_t taken;
  size_t warm;                  /* free ones that hold memory */
  size_t mapped;                /* stacks in all */
  lr_list free[LR_STACK_SIZES]; /* the warm ones first */
} lr_stacks;

void lr_stacks_init(lr_stacks *stacks);

/* Sets the options, as lariat_coroutine_set_stacks does, without the checks of
 * the thread. */
lariat_status lr_stacks_set(lr_stacks *stacks,
                            const lariat_stack_options *given);

/* Unmaps all stacks; none is in use. */
void lr_stacks_clear(lr_stacks *stacks);

/* Takes a stack of `bytes` at least, or of the default size for 0.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EMAPS
 * LARIAT_EINVAL  `bytes` is out of range */
lariat_status lr_stack_take(lr_stacks *stacks, size_t bytes, lr_stack **out);

/* Gives a stack back. */
void lr_stack_give(lr_stacks *stacks, lr_stack *stack);

/* Returns how many bytes at the stack's top were ever written to since it was
 * taken; 0 when that is not measured.  Exact up to 8 bytes. */
size_t lr_stack_used(const lr_stack *stack);

#endif
