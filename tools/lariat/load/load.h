/* SPDX-License-Identifier: MIT
 * load.h: the command `lariat load`. */
#ifndef TOOLS_LARIAT_LOAD_LOAD_H
#define TOOLS_LARIAT_LOAD_LOAD_H

#include "load/settings.h"

/* Runs the command; `argv[0]` is "load".  Returns the exit code. */
int load_command(int argc, char **argv);

/* Shows a plan, or one request and its answer, whichever was asked for instead
 * of a run.  Returns the exit code. */
int load_show_requests(const struct load_settings *settings);

#endif
