/* SPDX-License-Identifier: MIT
 * option_table.h: the options of `lariat crawl`. */
#ifndef TOOLS_LARIAT_CRAWL_OPTION_TABLE_H
#define TOOLS_LARIAT_CRAWL_OPTION_TABLE_H

#include "options.h"

/* The settings are a struct crawl_settings. */
extern const struct option_table crawl_options;

#endif
