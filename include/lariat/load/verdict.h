/* SPDX-License-Identifier: MIT
 * lariat_load_verdict: may a result be believed?  VALID, SUSPECT or INVALID,
 * with every reason as a sentence with its number. */
#ifndef LARIAT_LOAD_VERDICT_H
#define LARIAT_LOAD_VERDICT_H

#include <stddef.h>

#include <lariat/export.h>
#include <lariat/load/result.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef enum lariat_load_validity {
  LARIAT_LOAD_VALID = 0,
  LARIAT_LOAD_SUSPECT = 1,
  LARIAT_LOAD_INVALID = 2
} lariat_load_validity;

typedef struct lariat_load_reason {
  lariat_load_validity validity;
  char code[32];     /* "rate-missed", "send-late", "cpu-wait", "cpu-busy",
                        "own-share", "connections-too-few", "input-starved",
                        "unstamped", "too-short", "retransmits", "stopped",
                        "interrupted", "clock", "no-answer" */
  char message[200]; /* "asked 200,000/s and sent 24,344/s (12 %)" */
} lariat_load_reason;

typedef struct lariat_load_verdict {
  lariat_load_validity validity; /* the worst of the reasons */
  size_t reason_count;
  lariat_load_reason reasons[24];
} lariat_load_verdict;

LARIAT_API const char *lariat_load_validity_name(lariat_load_validity validity);

/* Judges; the verdict is the result's. */
LARIAT_API const lariat_load_verdict *
lariat_load_result_verdict(lariat_load_result *result);

LARIAT_END_C

#endif
