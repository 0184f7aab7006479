/* SPDX-License-Identifier: MIT
 * option_hints.h: options of other crawlers, and what is to be used here. */
#ifndef TOOLS_LARIAT_CRAWL_OPTION_HINTS_H
#define TOOLS_LARIAT_CRAWL_OPTION_HINTS_H

#include "options.h"

extern const struct option_hint crawl_option_hints[];

#endif
