/* SPDX-License-Identifier: MIT
 * verdict.h: the rules of the verdict and their limits, for those who test and
 * document them. */
#ifndef LOAD_VERDICT_H
#define LOAD_VERDICT_H

#include <stddef.h>

#include <lariat/load/verdict.h>

/* The rules, in the order in which their reasons are told: what may be the
 * cause of others is before them. */
typedef enum lr_load_rule {
  LR_LOAD_NO_ANSWER,
  LR_LOAD_STOPPED,
  LR_LOAD_CLOCK,
  LR_LOAD_STARVED,
  LR_LOAD_TOO_FEW,
  LR_LOAD_RATE,
  LR_LOAD_CPU_WAIT,
  LR_LOAD_CPU_BUSY,
  LR_LOAD_SEND_LATE,
  LR_LOAD_OWN_SHARE,
  LR_LOAD_LOCAL_FAILURES,
  LR_LOAD_LOST,
  LR_LOAD_UNSTAMPED,
  LR_LOAD_RETRANSMITS,
  LR_LOAD_TOO_SHORT,
  LR_LOAD_INTERRUPTED,
  LR_LOAD_AT_FAILURES,
  LR_LOAD_STALL,
  LR_LOAD_GENERATOR_LIMIT,
  LR_LOAD_RULES
} lr_load_rule;

/* What is over `suspect` is SUSPECT, what is over `invalid` INVALID; the number
 * is what the comment of the table says. */
typedef struct lr_load_limit {
  const char *code;
  double suspect;
  double invalid;
} lr_load_limit;

extern const lr_load_limit lr_load_limits[LR_LOAD_RULES];

#endif
