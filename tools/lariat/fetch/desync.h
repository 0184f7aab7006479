/* SPDX-License-Identifier: MIT
 * desync.h: the servers that have sent what nobody asked for, told at the end
 * of a run. */
#ifndef TOOLS_LARIAT_FETCH_DESYNC_H
#define TOOLS_LARIAT_FETCH_DESYNC_H

#include <lariat/pool.h>
#include <stdio.h>

/* Prints, for each connection that was open when its server was found out, the
 * numbers by which its result lines are found; nothing if there is none. */
void desync_print(lariat_pool *pool, FILE *file);

#endif
