/* SPDX-License-Identifier: MIT
 * report_command.h: the command `lariat load report`. */
#ifndef TOOLS_LARIAT_LOAD_REPORT_COMMAND_H
#define TOOLS_LARIAT_LOAD_REPORT_COMMAND_H

/* Runs the command; `argv[0]` is "report".  Returns the exit code. */
int load_report_main(int argc, char **argv);

#endif
