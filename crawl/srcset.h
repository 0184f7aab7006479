/* SPDX-License-Identifier: MIT
 * srcset.h: the URLs of a srcset attribute (HTML Standard, 4.8.4.2.2). */
#ifndef CRAWL_SRCSET_H
#define CRAWL_SRCSET_H

#include <stdbool.h>
#include <stddef.h>

/* Finds the next URL at or behind `*at`, which is moved on; false: there is
 * none.  Descriptors ("2x", "100w") are skipped, whether they are valid or
 * not. */
bool lr_crawl_srcset_next(const char **at, const char *end, const char **url,
                          size_t *length);

#endif
