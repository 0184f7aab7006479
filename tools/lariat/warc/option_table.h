/* SPDX-License-Identifier: MIT
 * option_table.h: the options of `lariat warc`, of which a struct warc_settings
 * is made. */
#ifndef TOOLS_LARIAT_WARC_OPTION_TABLE_H
#define TOOLS_LARIAT_WARC_OPTION_TABLE_H

#include "options.h"

extern const struct option_table warc_options;

#endif
