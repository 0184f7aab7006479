/* SPDX-License-Identifier: MIT
 * attempts.c: the list of attempts. */
#include "http/attempts.h"

#include "base/memory.h"

enum { FIRST_CAPACITY = 4 };

bool lr_attempts_reserve(lr_attempts **list) {
  lr_attempts *old = *list;
  uint32_t count = old ? old->count : 0;
  if (old && count + 2 <= old->capacity) return true;
  uint32_t capacity = count ? count * 2 : FIRST_CAPACITY;
  lr_attempts *grown =
      lr_realloc(old, sizeof *grown + capacity * sizeof grown->items[0]);
  if (!grown) return false;
  grown->count = count;
  grown->capacity = capacity;
  *list = grown;
  return true;
}

void lr_attempts_note(lr_attempts *list, lariat_attempt attempt) {
  if (list->count < list->capacity) list->items[list->count++] = attempt;
}
