/* SPDX-License-Identifier: MIT
 * warc.h: the command `lariat warc`. */
#ifndef TOOLS_LARIAT_WARC_WARC_H
#define TOOLS_LARIAT_WARC_WARC_H

/* Runs the command; `argv[0]` is "warc".  Returns the exit code. */
int warc_command(int argc, char **argv);

#endif
