/* SPDX-License-Identifier: MIT
 * option_hints.h: options of other programs, with what does the same in
 * `lariat fetch`, or with the reason why nothing does. */
#ifndef TOOLS_LARIAT_FETCH_OPTION_HINTS_H
#define TOOLS_LARIAT_FETCH_OPTION_HINTS_H

#include "options.h"

/* Ended by a hint of NULLs. */
extern const struct option_hint fetch_option_hints[];

#endif
