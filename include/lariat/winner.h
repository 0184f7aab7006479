/* SPDX-License-Identifier: MIT
 * What the first success of several deferreds fires with. */
#ifndef LARIAT_WINNER_H
#define LARIAT_WINNER_H

#include <stddef.h>

#include <lariat/export.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

/* A winner: which of several deferreds was first, and its value.  The result of
 * lariat_race, and of a lariat_deferred_list that fires on one callback.  It
 * can only be moved, not shared. */
LARIAT_API extern const lariat_type lariat_winner_type;

/* ---- Readers ----
 *
 * Each takes the value itself.  Of another value they give 0 or "none" (misuse,
 * with checks on). */

/* Returns which one it was, counted from 0. */
LARIAT_API size_t lariat_winner_index(lariat_value winner);

/* Returns its value, borrowed. */
LARIAT_API lariat_value lariat_winner_value(lariat_value winner);

/* Takes its value; the caller owns it, and the winner keeps "none". */
LARIAT_API LARIAT_MUST_USE lariat_value lariat_winner_take(lariat_value winner);

LARIAT_END_C

#endif
