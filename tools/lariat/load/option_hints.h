/* SPDX-License-Identifier: MIT
 * option_hints.h: options of other load testers, with what does the same in
 * `lariat load`, or with the reason why nothing does. */
#ifndef TOOLS_LARIAT_LOAD_OPTION_HINTS_H
#define TOOLS_LARIAT_LOAD_OPTION_HINTS_H

#include "options.h"

/* Ended by a hint of NULLs. */
extern const struct option_hint load_option_hints[];

#endif
