/* SPDX-License-Identifier: MIT
 * why.h: `lariat crawl why`: why a URL is, or is not, fetched. */
#ifndef TOOLS_LARIAT_CRAWL_WHY_H
#define TOOLS_LARIAT_CRAWL_WHY_H

#include <jansson.h>
#include <stdio.h>

/* Runs the command argv[0]; returns the exit code. */
int why_main(int argc, char **argv);

/* Prints an answer, which is an object, for people: a line for each of its
 * members. */
void why_print(json_t *answer, FILE *file);

#endif
