/* SPDX-License-Identifier: MIT
 * generate.h: what is made of the option tables at build time, each written to
 * standard output. */
#ifndef TOOLS_LARIAT_GENERATE_GENERATE_H
#define TOOLS_LARIAT_GENERATE_GENERATE_H

#include <stdbool.h>
#include <stdio.h>

/* Write the completions of the program and all its commands. */
void generate_bash(void);
void generate_zsh(void);
void generate_fish(void);

/* Copies a manual page from `template`.  A line "@OPTIONS command@" becomes the
 * list of the command's options; "@VERSION@" becomes lariat's version.  Returns
 * false, having said why, when there is no such command. */
bool generate_man(FILE *template);

#endif
