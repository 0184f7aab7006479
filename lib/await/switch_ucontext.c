/* SPDX-License-Identifier: MIT
 * switch_ucontext.c: the switch by the C library, for machines without
 * assembly of ours and, as a second opinion, for the tests. */
#include "await/switch.h"

#if !LR_SWITCH_ASM

#include <stdint.h>
#include <stdlib.h>

/* Makes a pointer of two integers of 32 bits: makecontext passes no pointers.
 */
static void *join_halves(unsigned high, unsigned low) {
  return (void *)(uintptr_t)((uint64_t)high << 32 | low);
}

typedef union main_bits {
  lr_context_main main;
  void *pointer;
} main_bits;

static void start_main(unsigned main_high, unsigned main_low,
                       unsigned argument_high, unsigned argument_low) {
  main_bits bits;
  bits.pointer = join_halves(main_high, main_low);
  bits.main(join_halves(argument_high, argument_low));
  abort();
}

static unsigned high_half(const void *pointer) {
  return (unsigned)((uint64_t)(uintptr_t)pointer >> 32);
}

static unsigned low_half(const void *pointer) {
  return (unsigned)(uintptr_t)pointer;
}

/* Aborts where getcontext fails, which it cannot on Linux but for a bad
 * address. */
void lr_context_make(lr_context *fresh, void *low, size_t bytes,
                     lr_context_main main, void *argument,
                     lr_context *const *caller) {
  (void)caller;
  main_bits bits = {.main = main};
  if (getcontext(&fresh->registers) != 0) abort();
  fresh->registers.uc_stack.ss_sp = low;
  fresh->registers.uc_stack.ss_size = bytes;
  fresh->registers.uc_link = NULL;
  makecontext(&fresh->registers, (void (*)(void))start_main, 4,
              high_half(bits.pointer), low_half(bits.pointer),
              high_half(argument), low_half(argument));
}

void lr_context_swap(lr_context *from, const lr_context *to) {
  if (swapcontext(&from->registers, &to->registers) != 0) abort();
}

#else

/* A file of ISO C has something in it. */
typedef int switch_ucontext_is_not_used;

#endif
