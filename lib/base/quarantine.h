/* SPDX-License-Identifier: MIT
 * quarantine.h: memory that was given back, and is held for a while instead of
 * being used again: with the checks for misuse on, who still uses it finds what
 * it was, and is told so.  Any thread. */
#ifndef LR_BASE_QUARANTINE_H
#define LR_BASE_QUARANTINE_H

#include <stdbool.h>

#include "base/atomics.h"
#include "base/attributes.h"

/* Tells whether objects that end are to go to lr_quarantine_free instead of
 * being kept for their next use: with checks on, where memory is malloc's.  (An
 * allocator that was set sees each block come and go, and looks itself.) */
bool lr_quarantine_is_on(void);

/* Free as lr_free and lr_free_lines do or, where the quarantine is on, when
 * some hundreds of others have been held for longer.  Under AddressSanitizer,
 * which has a quarantine of its own, at once. */
void lr_quarantine_free(void *memory);
void lr_quarantine_free_lines(void *memory);

/* Reports that `function` was called for a `what` without references. */
LR_COLD void lr_quarantine_report(const char *function, const char *what);

/* Releases as lr_count_release does; a count of 0 is misuse of `function`. */
static inline bool lr_count_release_of(lr_atomic_u32 *count,
                                       const char *function, const char *what) {
  uint32_t before = lr_u32_sub_acq_rel(count, 1);
  if (before == 1) return true;
  if (LR_RARE(before == 0)) lr_quarantine_report(function, what);
  return false;
}

#endif
