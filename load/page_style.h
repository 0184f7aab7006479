/* SPDX-License-Identifier: MIT
 * page_style.h: the style sheet of the page. */
#ifndef LOAD_PAGE_STYLE_H
#define LOAD_PAGE_STYLE_H

extern const char lr_load_page_style[];

#endif
