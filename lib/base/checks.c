/* SPDX-License-Identifier: MIT
 * checks.c: whether misuse is looked for. */
#include <lariat/checks.h>

#include <stdlib.h>
#include <string.h>

#include "base/atomics.h"

enum { UNKNOWN = 0, OFF = 1, ON = 2 };

/* What lariat_set_checks said; UNKNOWN as long as it has not. */
static lr_atomic_u32 wanted_state;

/* What the build and the environment say: looked up once.  Threads that come
 * at the same time all store the same. */
static lr_atomic_u32 first_state;

static uint32_t look_up(void) {
#ifndef NDEBUG
  return ON;
#else
  const char *text = getenv("LARIAT_CHECKS");
  return text && strcmp(text, "1") == 0 ? ON : OFF;
#endif
}

void lariat_set_checks(bool on) {
  lr_u32_store_relaxed(&wanted_state, on ? ON : OFF);
}

bool lariat_checks(void) {
  uint32_t wanted = lr_u32_load_relaxed(&wanted_state);
  if (wanted != UNKNOWN) return wanted == ON;
  uint32_t first = lr_u32_load_relaxed(&first_state);
  if (first == UNKNOWN) {
    first = look_up();
    lr_u32_store_relaxed(&first_state, first);
  }
  return first == ON;
}
