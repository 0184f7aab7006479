/* SPDX-License-Identifier: MIT
 * found_url.h: a URL that a page, a redirect, a sitemap or the user has named,
 * on its way to the frontier. */
#ifndef CRAWL_FOUND_URL_H
#define CRAWL_FOUND_URL_H

#include <stdint.h>

typedef struct lr_crawl_found_url {
  const char *url; /* as it will be fetched, without userinfo, fragment */
  uint32_t length;
  uint64_t fingerprint; /* of its key: lr_crawl_fingerprint */
  const char *origin;   /* "http://example.org:80": its queue */
  uint32_t depth;       /* links from a seed; redirects add none */
  uint8_t priority;     /* 0 first, to 7 */
  char
      hop; /* Heritrix's letters: L link, E embed, R redirect, S sitemap, - seed
            */
  uint8_t hops_off_site;
  uint8_t redirects; /* in a row, that have led to it; of a shared crawl */
  uint64_t via;      /* id of the page that named it; 0: none */
} lr_crawl_found_url;

#endif
