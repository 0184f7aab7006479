/* SPDX-License-Identifier: MIT
 * trace.h: for debugging, the places where a deferred was made and fired. */
#ifndef LR_DEFERRED_TRACE_H
#define LR_DEFERRED_TRACE_H

#include "base/attributes.h"
#include "base/switch.h"
#include "deferred/deferred.h"

extern LR_HIDDEN lr_switch lr_debugging_switch;

static inline bool lr_debugging(void) {
  return lr_switch_is_on(&lr_debugging_switch);
}

/* Remembers who makes `deferred`; without memory it is not remembered. */
void lr_trace_made(lariat_deferred *deferred);

/* Remembers who fires `deferred`, which has LR_DEFERRED_TRACED. */
void lr_trace_fired(lariat_deferred *deferred);

/* Writes both places into `text`, as snprintf does; `deferred` has
 * LR_DEFERRED_TRACED. */
int lr_trace_describe(const lariat_deferred *deferred, char *text,
                      size_t capacity);

/* Frees the trace of `deferred`, which has LR_DEFERRED_TRACED. */
void lr_trace_free(lariat_deferred *deferred);

#endif
