/* SPDX-License-Identifier: MIT
 * fetch.h: the command `lariat fetch`. */
#ifndef TOOLS_LARIAT_FETCH_FETCH_H
#define TOOLS_LARIAT_FETCH_FETCH_H

/* Runs the command; `argv[0]` is "fetch".  Returns the exit code. */
int fetch_command(int argc, char **argv);

#endif
