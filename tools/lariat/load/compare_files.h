/* SPDX-License-Identifier: MIT
 * compare_files.h: results that there are already, side by side. */
#ifndef TOOLS_LARIAT_LOAD_COMPARE_FILES_H
#define TOOLS_LARIAT_LOAD_COMPARE_FILES_H

#include "load/compare_settings.h"

/* Prints the numbers of two sides' files, and what can be said of them.
 * Returns the exit code. */
int compare_files(const struct compare_settings *settings);

#endif
