/* SPDX-License-Identifier: MIT
 * report_command.h: the command `lariat load report`. */
#ifndef TOOLS_LARIAT_LOAD_REPORT_COMMAND_H
#define TOOLS_LARIAT_LOAD_REPORT_COMMAND_H

#include <lariat/load/result.h>
#include <stdbool.h>

#include "load/settings.h"
#include "text.h"

/* Reads a file, or standard input for "-", behind what is in the text.  Says
 * why it cannot, and returns false. */
bool load_report_read(const char *path, struct text *text);

/* Writes the reports that were asked for, and the text for people; returns the
 * exit code that the result comes to. */
int load_report_write(const struct load_settings *settings,
                      lariat_load_result *result);

/* Runs the command; `argv[0]` is "report".  Returns the exit code. */
int load_report_main(int argc, char **argv);

#endif
