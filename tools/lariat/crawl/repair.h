/* SPDX-License-Identifier: MIT
 * repair.h: `lariat crawl repair`: the files of a worker that is gone. */
#ifndef TOOLS_LARIAT_CRAWL_REPAIR_H
#define TOOLS_LARIAT_CRAWL_REPAIR_H

#include "crawl/shared.h"

/* Repairs, prints a line for each file that was changed, or that there was
 * none; says what is wrong, and returns the exit code. */
int repair_run(const char *directory, const struct shared_place *place);

#endif
