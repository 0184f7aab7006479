/* SPDX-License-Identifier: MIT
 * switch.h: something that is on or off for the whole process: as a function
 * said last or, until one has, as the environment says.  Any thread. */
#ifndef LR_BASE_SWITCH_H
#define LR_BASE_SWITCH_H

#include <stdbool.h>

#include "base/atomics.h"

typedef struct lr_switch {
  lr_atomic_u32 state; /* starts as 0: nothing is known */
  const char *variable;
  bool from_the_start; /* on, whatever the environment says */
} lr_switch;

enum {
  LR_SWITCH_SET = 1,      /* a function has said it */
  LR_SWITCH_ON = 2,       /* what it said */
  LR_SWITCH_LOOKED = 4,   /* the environment was looked at */
  LR_SWITCH_FIRST_ON = 8, /* what it says */
  LR_SWITCH_KNOWN = LR_SWITCH_SET | LR_SWITCH_LOOKED
};

void lr_switch_set(lr_switch *toggle, bool on);

/* Looks at the environment, once; the state then. */
uint32_t lr_switch_look(lr_switch *toggle);

static inline bool lr_switch_is_on(lr_switch *toggle) {
  uint32_t state = lr_u32_load_relaxed(&toggle->state);
  if (!(state & LR_SWITCH_KNOWN)) state = lr_switch_look(toggle);
  if (state & LR_SWITCH_SET) return (state & LR_SWITCH_ON) != 0;
  return (state & LR_SWITCH_FIRST_ON) != 0;
}

#endif
