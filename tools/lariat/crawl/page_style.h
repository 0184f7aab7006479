/* SPDX-License-Identifier: MIT
 * page_style.h: the style sheet of the report's page. */
#ifndef TOOLS_LARIAT_CRAWL_PAGE_STYLE_H
#define TOOLS_LARIAT_CRAWL_PAGE_STYLE_H

extern const char crawl_page_style[];

#endif
