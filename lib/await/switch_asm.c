/* SPDX-License-Identifier: MIT
 * switch_asm.c: the first frame of a fresh stack, as the assembly will find
 * it. */
#include "await/switch.h"

#if LR_SWITCH_ASM

#include <stdint.h>
#include <string.h>

/* Calls `main`, which it finds in registers; in assembly. */
void lr_context_start(void);

#if defined(__x86_64__)

/* The frame that lr_context_swap takes off the stack; see switch_x86_64.S. */
typedef struct frame {
  uint32_t mxcsr;
  uint16_t x87;
  uint16_t padding;
  uint64_t r15, r14, r13, r12, rbx, rbp, rip;
} frame;

/* Fills the frame; the control words are those of the thread that makes it. */
static void fill_frame(frame *first, lr_context_main main, void *argument,
                       lr_context *const *caller) {
  __asm__ volatile("stmxcsr %0" : "=m"(first->mxcsr));
  __asm__ volatile("fnstcw %0" : "=m"(first->x87));
  first->rip = (uint64_t)(uintptr_t)lr_context_start;
  first->r12 = (uint64_t)(uintptr_t)argument;
  first->r13 = (uint64_t)(uintptr_t)main;
  first->rbx = (uint64_t)(uintptr_t)caller;
}

#else /* __aarch64__ */

/* The frame that lr_context_swap takes off the stack; see switch_aarch64.S. */
typedef struct frame {
  uint64_t d[8];
  uint64_t x19, x20, x21, x22_to_x28[7], x29, x30;
  uint64_t fpcr;
  uint64_t padding;
} frame;

/* Fills the frame; FPCR is that of the thread that makes it. */
static void fill_frame(frame *first, lr_context_main main, void *argument,
                       lr_context *const *caller) {
  __asm__ volatile("mrs %0, fpcr" : "=r"(first->fpcr));
  first->x30 = (uint64_t)(uintptr_t)lr_context_start;
  first->x20 = (uint64_t)(uintptr_t)argument;
  first->x21 = (uint64_t)(uintptr_t)main;
  first->x19 = (uint64_t)(uintptr_t)caller;
}

#endif

/* Puts the stack pointer at a multiple of 16, which both machines want where a
 * function is called.  A frame pointer of 0 ends the walks along frame
 * pointers. */
void lr_context_make(lr_context *fresh, void *low, size_t bytes,
                     lr_context_main main, void *argument,
                     lr_context *const *caller) {
  char *top = (char *)low + bytes;
  top -= (uintptr_t)top % 16;
  frame *first = (frame *)(void *)(top - sizeof *first);
  memset(first, 0, sizeof *first);
  fill_frame(first, main, argument, caller);
  fresh->sp = first;
}

#else

/* A file of ISO C has something in it. */
typedef int switch_asm_is_not_used;

#endif
