/* SPDX-License-Identifier: MIT
 * table.h: the table of deliberate differences. */
#ifndef TESTS_DIFFERENTIAL_TABLE_H
#define TESTS_DIFFERENTIAL_TABLE_H

#include "differential/text.h"

/* Adds the names of the table's rows, with commas between them, but for the
 * one called `without`, which may be NULL. */
void table_read(struct text *rows, const char *path, const char *without);

#endif
