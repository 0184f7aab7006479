/* SPDX-License-Identifier: MIT
 * warc_type.h: the types of records by their names. */
#ifndef CRAWL_WARC_TYPE_H
#define CRAWL_WARC_TYPE_H

#include <lariat/crawl/warc.h>

/* Returns the type that `name` means, in any case of letters; UNKNOWN: none, or
 * `name` is NULL. */
lariat_crawl_warc_type lr_crawl_warc_type_of(const char *name);

#endif
