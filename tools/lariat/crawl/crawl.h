/* SPDX-License-Identifier: MIT
 * crawl.h: the command `lariat crawl`. */
#ifndef TOOLS_LARIAT_CRAWL_CRAWL_H
#define TOOLS_LARIAT_CRAWL_CRAWL_H

/* Exit codes beside those of all commands. */
enum {
  CRAWL_EXIT_BUDGET = 3,
  CRAWL_EXIT_DISK = 4,
  CRAWL_EXIT_NO_PAGE = 5,
  CRAWL_EXIT_LATER = 75 /* EX_TEMPFAIL of sysexits.h: start it again later */
};

/* Runs the command; argv[0] is "crawl".  Returns the exit code. */
int crawl_command(int argc, char **argv);

#endif
