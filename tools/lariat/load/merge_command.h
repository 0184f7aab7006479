/* SPDX-License-Identifier: MIT
 * merge_command.h: `lariat load merge`. */
#ifndef TOOLS_LARIAT_LOAD_MERGE_COMMAND_H
#define TOOLS_LARIAT_LOAD_MERGE_COMMAND_H

/* Runs it; argv[0] is "merge".  Returns the exit code. */
int load_merge_main(int argc, char **argv);

#endif
