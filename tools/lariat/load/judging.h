/* SPDX-License-Identifier: MIT
 * judging.h: what a result comes to: exit codes, and the sentences that go with
 * them. */
#ifndef TOOLS_LARIAT_LOAD_JUDGING_H
#define TOOLS_LARIAT_LOAD_JUDGING_H

#include <lariat/load/result.h>
#include <stdbool.h>

#include "load/settings.h"

/* Exit codes beside those of say.h. */
enum {
  LOAD_EXIT_BROKEN = 1,  /* a threshold; also a file that was not written */
  LOAD_EXIT_INVALID = 3, /* whatever the thresholds say: it proves nothing */
  LOAD_EXIT_SUSPECT = 4, /* and --strict */
  LOAD_EXIT_NO_ANSWER = 5
};

/* Tells whether there was any answer, good or bad. */
bool judging_has_answer(const lariat_load_result *result);

/* Returns the exit code of a run to its end.  Says what is wrong where no
 * report has said it, and in any case why nothing was answered. */
int judging_exit_code(const struct load_settings *settings,
                      lariat_load_result *result, const char *url);

#endif
