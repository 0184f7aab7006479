/* SPDX-License-Identifier: MIT
 * charset_prescan.h: the encoding that a document names itself, in its first
 * 1,024 bytes (HTML Standard, 13.2.3.2). */
#ifndef CRAWL_CHARSET_PRESCAN_H
#define CRAWL_CHARSET_PRESCAN_H

#include "charset.h"

/* Looks for <meta charset>, <meta http-equiv=Content-Type content> and
 * <?xml encoding?>; NULL: none of them names an encoding. */
const lr_crawl_charset *lr_crawl_charset_prescan(const char *bytes,
                                                 size_t length);

/* Reads the encoding of a `content`: "text/html; charset=utf-8"; NULL: there is
 * none. */
const lr_crawl_charset *lr_crawl_charset_of_content(const char *bytes,
                                                    size_t length);

/* Returns the encoding that is meant where a <meta> says this one: UTF-8 for
 * UTF-16, in which it could not have been read. */
const lr_crawl_charset *
lr_crawl_charset_as_meta(const lr_crawl_charset *charset);

/* Reads the encoding of an XML declaration at the very beginning, else NULL. */
const lr_crawl_charset *lr_crawl_charset_of_xml(const char *bytes,
                                                size_t length);

#endif
