/* SPDX-License-Identifier: MIT
 * report_page.h: a page about a crawl, of itself: no script, no other file. */
#ifndef TOOLS_LARIAT_CRAWL_REPORT_PAGE_H
#define TOOLS_LARIAT_CRAWL_REPORT_PAGE_H

#include <stdbool.h>

#include "crawl/survey.h"
#include "text.h"

/* Appends the page; puts the survey's names in order.  False: out of memory. */
bool report_page_add(struct text *text, struct survey *survey,
                     const char *directory);

#endif
