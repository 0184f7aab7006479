/* SPDX-License-Identifier: MIT
 * scope_site.h: what the seeds of a scope are the beginnings of: their domains,
 * hosts, directories, or themselves. */
#ifndef CRAWL_SCOPE_SITE_H
#define CRAWL_SCOPE_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>
#include <lariat/url.h>

#include "scope.h"
#include "text_set.h"

/* Begin with {.kind = ..., .generation = ...}. */
typedef struct lr_crawl_scope_site {
  lr_crawl_scope_kind kind;
  uint64_t generation;     /* for hosts that were judged: not 0 */
  lr_crawl_text_set names; /* of domains or hosts; or the keys of a list */
  char *
      *prefixes; /* SURT, without scheme; sorted, none the beginning of another
                  */
  size_t prefix_count, prefix_capacity;
} lr_crawl_scope_site;

/* Adds a seed.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_crawl_scope_site_add(lr_crawl_scope_site *site,
                                      const lariat_url *seed);

/* Makes a site ready to be asked, once it has all seeds. */
void lr_crawl_scope_site_finish(lr_crawl_scope_site *site);
void lr_crawl_scope_site_clear(lr_crawl_scope_site *site);

/* Tells whether a URL is on the site.  `surt` is its SURT form without its
 * scheme, which only prefixes need; `judged` may be NULL. */
bool lr_crawl_scope_site_has(const lr_crawl_scope_site *site,
                             const lariat_url *url, const char *surt,
                             lr_crawl_judged_hosts *judged);

#endif
