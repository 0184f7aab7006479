/* SPDX-License-Identifier: MIT
 * switch.h: a switch, on or off for the whole process: as a function said last
 * or, until one has, as the environment says.  Any thread. */
#ifndef LR_BASE_SWITCH_H
#define LR_BASE_SWITCH_H

#include <stdbool.h>

#include "base/atomics.h"

typedef struct lr_switch {
  lr_atomic_u32 state; /* starts as 0, LR_SWITCH_UNKNOWN */
  const char *variable;
  bool from_the_start; /* on, whatever the environment says */
} lr_switch;

enum { LR_SWITCH_UNKNOWN = 0, LR_SWITCH_OFF = 1, LR_SWITCH_ON = 2 };

void lr_switch_set(lr_switch *toggle, bool on);

/* Tells whether the switch is on; looks at the environment, unless it is known
 * by now.  The slow half of lr_switch_is_on. */
bool lr_switch_is_on_slow(lr_switch *toggle);

/* Tells whether the switch is known to be off, by one comparison. */
static inline bool lr_switch_is_off(const lr_switch *toggle) {
  return lr_u32_load_relaxed(&toggle->state) == LR_SWITCH_OFF;
}

/* Tells whether the switch is on.  The common case, off, is one comparison. */
static inline bool lr_switch_is_on(lr_switch *toggle) {
  uint32_t state = lr_u32_load_relaxed(&toggle->state);
  if (state == LR_SWITCH_OFF) return false;
  return state == LR_SWITCH_ON || lr_switch_is_on_slow(toggle);
}

#endif
