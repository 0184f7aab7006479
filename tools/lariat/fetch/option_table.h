/* SPDX-License-Identifier: MIT
 * option_table.h: the options of `lariat fetch`, of which a struct settings is
 * made. */
#ifndef TOOLS_LARIAT_FETCH_OPTION_TABLE_H
#define TOOLS_LARIAT_FETCH_OPTION_TABLE_H

#include "options.h"

extern const struct option_table fetch_options;

#endif
