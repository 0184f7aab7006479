/* SPDX-License-Identifier: MIT
 * switch.c: switches that hold for the whole process. */
#include "base/switch.h"

#include <stdlib.h>
#include <string.h>

void lr_switch_set(lr_switch *toggle, bool on) {
  uint32_t state = LR_SWITCH_SET;
  if (on) state |= LR_SWITCH_ON;
  lr_u32_store_relaxed(&toggle->state, state);
}

/* Threads that come at the same time all add the same bits, and what a function
 * has said meanwhile stays. */
uint32_t lr_switch_look(lr_switch *toggle) {
  const char *text = getenv(toggle->variable);
  uint32_t found = LR_SWITCH_LOOKED;
  if (toggle->from_the_start || (text && strcmp(text, "1") == 0))
    found |= LR_SWITCH_FIRST_ON;
  return lr_u32_or_acq_rel(&toggle->state, found) | found;
}
