/* SPDX-License-Identifier: MIT
 * switch.c: switches that hold for the whole process. */
#include "base/switch.h"

#include <stdlib.h>
#include <string.h>

void lr_switch_set(lr_switch *toggle, bool on) {
  lr_u32_store_relaxed(&toggle->state, on ? LR_SWITCH_ON : LR_SWITCH_OFF);
}

/* Leaves what a function has said meanwhile as it is. */
bool lr_switch_is_on_slow(lr_switch *toggle) {
  const char *text = getenv(toggle->variable);
  bool on = toggle->from_the_start || (text && strcmp(text, "1") == 0);
  lr_u32_cas_relaxed(&toggle->state, LR_SWITCH_UNKNOWN,
                     on ? LR_SWITCH_ON : LR_SWITCH_OFF);
  return lr_u32_load_relaxed(&toggle->state) == LR_SWITCH_ON;
}
