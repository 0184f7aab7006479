/* SPDX-License-Identifier: MIT
 * lariat_load_verdict: may a result be believed?  VALID, SUSPECT or INVALID,
 * with every reason as a sentence with its number.  docs/load-verdict.md has
 * the rules, their limits, and why these are what they are. */
#ifndef LARIAT_LOAD_VERDICT_H
#define LARIAT_LOAD_VERDICT_H

#include <stddef.h>

#include <lariat/export.h>
#include <lariat/load/result.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* How far a result may be believed. */
typedef enum lariat_load_validity {
  LARIAT_LOAD_VALID = 0,   /* no fault was found */
  LARIAT_LOAD_SUSPECT = 1, /* to be taken with care: the reasons say which
                              figures are meant */
  LARIAT_LOAD_INVALID = 2  /* it is no measurement of the server */
} lariat_load_validity;

/* A reason for the verdict.  One that is VALID is a note: it explains the
 * result, and takes nothing from it. */
typedef struct lariat_load_reason {
  lariat_load_validity validity;
  /* For programs; it does not change: "no-answer", "no-success",
   * "stopped", "clock", "input-starved", "connections-too-few", "rate-missed",
   * "cpu-wait", "cpu-busy", "send-late", "own-share", "local-failures",
   * "samples-lost", "unstamped", "retransmits", "too-short", "interrupted",
   * "stop-at-failures", and the notes "stall", "generator-limit" and
   * "no-share". Others may come. */
  char code[32];
  /* For people: "asked 200,000/s and sent 24,344/s (12.2 %): the generator was
   * the limit". */
  char message[200];
} lariat_load_reason;

/* A verdict.  The worst reasons are first, and among those what may be the
 * cause of the others. */
typedef struct lariat_load_verdict {
  lariat_load_validity validity; /* the worst of the reasons; VALID without */
  size_t reason_count;
  lariat_load_reason reasons[24];
} lariat_load_verdict;

/* Returns "VALID", "SUSPECT" or "INVALID"; "" of no validity.  Any thread. */
LARIAT_API const char *lariat_load_validity_name(lariat_load_validity validity);

/* Judges a result, once: the verdict is the result's, and stays until more is
 * added to it.  Call it when the run has ended, or, for a report on the way, at
 * any time.  Without memory for a verdict it is INVALID for that, and the next
 * call tries again; it never returns NULL.  The thread of the run, or the
 * result's owner. */
LARIAT_API const lariat_load_verdict *
lariat_load_result_verdict(lariat_load_result *result);

LARIAT_END_C

#endif
