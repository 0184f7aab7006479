/* SPDX-License-Identifier: MIT
 * name_table.h: look-ups of names from a table of the test's own.  A program
 * that is linked with this has its own getaddrinfo, which libcurl calls as
 * well, and asks no server. */
#ifndef TESTS_SUPPORT_NAME_TABLE_H
#define TESTS_SUPPORT_NAME_TABLE_H

#include <stddef.h>

struct name_row {
  const char *name;
  const char *addresses[4]; /* as text; NULL: no more */
};

/* Sets the rows, which are borrowed for good.  Of several rows with one name
 * each look-up gets the next, and then the last.  All other names have no
 * address, but for addresses as text.  Before the first look-up. */
void name_table_set(const struct name_row *rows, size_t count);

#endif
