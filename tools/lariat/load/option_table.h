/* SPDX-License-Identifier: MIT
 * option_table.h: the options of `lariat load`, of which a struct load_settings
 * is made. */
#ifndef TOOLS_LARIAT_LOAD_OPTION_TABLE_H
#define TOOLS_LARIAT_LOAD_OPTION_TABLE_H

#include "options.h"

extern const struct option_table load_options;

#endif
