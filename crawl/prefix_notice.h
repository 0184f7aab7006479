/* SPDX-License-Identifier: MIT
 * prefix_notice.h: what a scope of prefixes takes in, in words. */
#ifndef CRAWL_PREFIX_NOTICE_H
#define CRAWL_PREFIX_NOTICE_H

#include <lariat/crawl/crawl.h>

#include "bytes.h"

/* Adds a line for each of the first prefixes that seeds stand for; nothing of
 * another scope. */
void lr_crawl_tell_prefixes(const lariat_crawl_options *options,
                            lr_crawl_bytes *notices);

#endif
