/* SPDX-License-Identifier: MIT
 * process.h: what is known of the process as a whole: whether it is a forked
 * child, and the misuse checks' report. */
#ifndef LR_BASE_PROCESS_H
#define LR_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"
#include "base/attributes.h"

/* Returns a number that differs in every forked child; what was made under
 * another number must not be used.  The first call (any thread) arms the
 * detection. */
uint32_t lr_process_generation(void);

/* The number lr_process_generation returns, as long as forks can be noticed: 0,
 * and one more in each child of a child.  Read through lr_process_is_still. */
extern LR_HIDDEN lr_atomic_u32 lr_process_forks;

/* Tells whether lr_process_generation is `generation` for certain; false: ask
 * it. */
static inline bool lr_process_is_still(uint32_t generation) {
  return lr_u32_load_relaxed(&lr_process_forks) == generation;
}

/* Writes "lariat: <message>" and a line break to standard error, in one
 * write.  Any thread. */
void lr_process_say(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Reports a misuse and aborts when checks are on; else does nothing.  Any
 * thread. */
void lr_misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Puts the name of the calling thread, for messages, into `name` (16 bytes). */
void lr_process_thread_name(char name[16]);

#endif
