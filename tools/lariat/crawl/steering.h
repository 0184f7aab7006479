/* SPDX-License-Identifier: MIT
 * steering.h: the commands beside the crawl itself: `lariat crawl status`, why,
 * top, pause, resume, stop, add, set and report. */
#ifndef TOOLS_LARIAT_CRAWL_STEERING_H
#define TOOLS_LARIAT_CRAWL_STEERING_H

#include <stdbool.h>

/* Tells whether the word is one of these commands. */
bool steering_is(const char *word);

/* Runs the command argv[0]; returns the exit code. */
int steering_run(int argc, char **argv);

#endif
