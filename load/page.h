/* SPDX-License-Identifier: MIT
 * page.h: what the parts of the page share: texts, sections, tables. */
#ifndef LOAD_PAGE_H
#define LOAD_PAGE_H

#include "report.h"

/* Adds HTML as it is. */
void lr_load_page_add(const lr_load_report *report, const char *html);

/* Adds a text that came from outside between two pieces of HTML. */
void lr_load_page_add_text(const lr_load_report *report, const char *open,
                           const char *string, const char *close);

void lr_load_page_begin_section(const lr_load_report *report, const char *title,
                                const char *explanation);
void lr_load_page_end_section(const lr_load_report *report);

/* Returns the largest value, in `*max`, or "-". */
const char *lr_load_page_show_max(const lariat_histogram *histogram,
                                  lr_load_amount *max);

/* Adds the tables behind the plots: names, times, the slowest, reactors, facts
 * of the run. */
void lr_load_page_add_tables(const lr_load_report *report);

#endif
