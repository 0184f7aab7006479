/* SPDX-License-Identifier: MIT
 * guard.h: memory that nobody can touch, below each stack.  Any thread. */
#ifndef LR_AWAIT_GUARD_H
#define LR_AWAIT_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/coroutine.h>

/* The size of a guard: that of the largest frame that could step over it
 * unnoticed in code that is not compiled with -fstack-clash-protection. */
#define LR_GUARD_BYTES ((size_t)64 * 1024)

/* Tells whether the system has guard markers (MADV_GUARD_INSTALL), by trying.
 */
bool lr_guard_has_madvise(void);

/* Guards LR_GUARD_BYTES from `low` on, by `guard`, which is not AUTO.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EMAPS  MPROTECT: the process has as many mappings as it may */
lariat_status lr_guard_set(void *low, lariat_guard guard);

#endif
