/* SPDX-License-Identifier: MIT
 * checks.c: whether misuse is looked for. */
#include "base/checks.h"

#ifdef NDEBUG
#define FROM_THE_START false
#else
#define FROM_THE_START true
#endif

lr_switch lr_checks_switch = {.variable = "LARIAT_CHECKS",
                              .from_the_start = FROM_THE_START};

void lariat_set_checks(bool on) { lr_switch_set(&lr_checks_switch, on); }

bool lariat_checks(void) { return lr_checks(); }
