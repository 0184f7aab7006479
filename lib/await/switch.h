/* SPDX-License-Identifier: MIT
 * switch.h: the switch from one stack to another, in assembly where lariat has
 * some for the machine (switch_x86_64.S, switch_aarch64.S), else by ucontext.
 * LARIAT_CONTEXT_UCONTEXT asks for the latter.
 *
 * A switch keeps what a function call keeps: the callee-saved registers and
 * the floating-point control words.  The signal mask is the thread's, not the
 * stack's.  (ucontext switches it too, which costs two system calls.) */
#ifndef LR_AWAIT_SWITCH_H
#define LR_AWAIT_SWITCH_H

#include <stddef.h>

#if !defined(LARIAT_CONTEXT_UCONTEXT) && !defined(__ILP32__) &&                \
    (defined(__x86_64__) || defined(__aarch64__))
#define LR_SWITCH_ASM 1
#else
#define LR_SWITCH_ASM 0
#include <ucontext.h>
#endif

/* A context: a stack that does not run, on which all else lies. */
typedef struct lr_context {
#if LR_SWITCH_ASM
  void *sp; /* the assembly and its unwind tables know that it comes first */
#else
  ucontext_t registers;
#endif
} lr_context;

/* The first function on a fresh stack, which does not return. */
typedef void (*lr_context_main)(void *argument);

/* Makes `fresh` ready to be switched to: `main` will run with `argument` on
 * the stack between `low` and `low + bytes`.  `*caller` is, whenever it runs,
 * the context that switched to it: a debugger's backtrace goes on there. */
void lr_context_make(lr_context *fresh, void *low, size_t bytes,
                     lr_context_main main, void *argument,
                     lr_context *const *caller);

/* Saves the running context in `from` and goes on with `to`.  Returns when
 * somebody switches to `from`. */
void lr_context_swap(lr_context *from, const lr_context *to);

#endif
