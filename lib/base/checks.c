/* SPDX-License-Identifier: MIT
 * checks.c: whether misuse is looked for. */
#include "base/checks.h"

lr_switch lr_checks_switch = {.variable = "LARIAT_CHECKS",
                              .from_the_start = LARIAT_CHECKS_FROM_THE_START};

void lariat_set_checks(bool on) { lr_switch_set(&lr_checks_switch, on); }

bool lariat_checks(void) { return lr_checks(); }
