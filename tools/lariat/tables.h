/* SPDX-License-Identifier: MIT
 * tables.h: the option tables of all commands. */
#ifndef TOOLS_LARIAT_TABLES_H
#define TOOLS_LARIAT_TABLES_H

#include "options.h"

/* The tables, one for each command, up to a NULL. */
extern const struct option_table *const option_tables[];

/* Returns the table of `command`; NULL: there is no such command. */
const struct option_table *tables_find(const char *command);

#endif
