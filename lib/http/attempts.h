/* SPDX-License-Identifier: MIT
 * attempts.h: the list of the attempts that a fetch took, as it is told to its
 * user.  One thread. */
#ifndef LR_HTTP_ATTEMPTS_H
#define LR_HTTP_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/attempt.h>

typedef struct lr_attempts {
  uint32_t count;
  uint32_t capacity;
  lariat_attempt items[];
} lr_attempts;

/* Makes space in `*list` (NULL: none yet) for another attempt and the one after
 * it.  The list is freed with lr_free.  False when out of memory. */
bool lr_attempts_reserve(lr_attempts **list);

/* Notes an attempt; one for which there is no space is left out. */
void lr_attempts_note(lr_attempts *list, lariat_attempt attempt);

#endif
