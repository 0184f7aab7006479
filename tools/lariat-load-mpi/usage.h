/* SPDX-License-Identifier: MIT
 * usage.h: --help of this program: the options of `lariat load`. */
#ifndef TOOLS_LARIAT_LOAD_MPI_USAGE_H
#define TOOLS_LARIAT_LOAD_MPI_USAGE_H

#include <stdio.h>

void usage_print(FILE *file);

#endif
