/* SPDX-License-Identifier: MIT
 * load.h: the command `lariat load`. */
#ifndef TOOLS_LARIAT_LOAD_LOAD_H
#define TOOLS_LARIAT_LOAD_LOAD_H

/* Runs the command; `argv[0]` is "load".  Returns the exit code. */
int load_command(int argc, char **argv);

#endif
