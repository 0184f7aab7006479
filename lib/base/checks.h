/* SPDX-License-Identifier: MIT
 * checks.h: whether misuse is looked for, without a call.  Any thread. */
#ifndef LR_BASE_CHECKS_H
#define LR_BASE_CHECKS_H

#include "base/attributes.h"
#include "base/switch.h"
#include <lariat/checks.h>

/* Whether the build has them on from the start (CMake's LARIAT_CHECKS). */
#ifndef LARIAT_CHECKS_FROM_THE_START
#define LARIAT_CHECKS_FROM_THE_START 0
#endif

extern LR_HIDDEN lr_switch lr_checks_switch;

static inline bool lr_checks(void) {
  return lr_switch_is_on(&lr_checks_switch);
}

#endif
