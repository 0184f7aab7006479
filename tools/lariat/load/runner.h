/* SPDX-License-Identifier: MIT
 * runner.h: runs a load test as a process of its own, of this same program, and
 * reads the result that it has written. */
#ifndef TOOLS_LARIAT_LOAD_RUNNER_H
#define TOOLS_LARIAT_LOAD_RUNNER_H

#include <lariat/load/result.h>
#include <stdbool.h>

#include "load/words.h"

struct runner {
  char directory[64]; /* for the results, one at a time */
};

/* Makes the directory, and takes SIGINT and SIGTERM over: they go to the
 * process that runs, and then nothing more is run.  Says why it cannot, and
 * returns false. */
bool runner_open(struct runner *runner);

/* Tells whether `lariat load` takes these arguments, without a load; says what
 * it says if not. */
bool runner_check(const struct runner *runner, const struct words *arguments);

/* Runs `lariat load` with these arguments, which are to write no JSON
 * themselves.  Returns its exit code; `*result` gets what it has written, or
 * NULL: then its messages were shown. */
int runner_run(const struct runner *runner, const struct words *arguments,
               lariat_load_result **result);

/* Returns the exit code of what the first signal has ended; 0: none came. */
int runner_interrupted(void);

/* Removes the directory. */
void runner_close(struct runner *runner);

/* Reads a result from a file.  Says why it cannot, and returns NULL. */
lariat_load_result *runner_read(const char *path);

#endif
