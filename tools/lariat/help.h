/* SPDX-License-Identifier: MIT
 * help.h: what --help and --version say. */
#ifndef TOOLS_LARIAT_HELP_H
#define TOOLS_LARIAT_HELP_H

#include <stdio.h>

void help_print(FILE *file);
void help_print_version(FILE *file);

#endif
