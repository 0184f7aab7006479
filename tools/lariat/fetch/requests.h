/* SPDX-License-Identifier: MIT
 * requests.h: the requests that libcurl has made itself, told at the end of a
 * run. */
#ifndef TOOLS_LARIAT_FETCH_REQUESTS_H
#define TOOLS_LARIAT_FETCH_REQUESTS_H

#include <lariat/pool.h>
#include <stdio.h>

/* Prints how many requests the pool has left to libcurl, by the reason; nothing
 * if there was none. */
void requests_print(lariat_pool *pool, FILE *file);

#endif
