/* SPDX-License-Identifier: MIT
 * hop_path.h: how a URL was found, for its metadata record. */
#ifndef CRAWL_HOP_PATH_H
#define CRAWL_HOP_PATH_H

#include "frontier.h"

/* Adds to a URL that is handed out the URL of the page that named it, and the
 * letters of the steps from a seed to it, as Heritrix writes them: M for
 * sitemaps, the others as lr_crawl_queued_url.hop; of more than 50 the last,
 * with the number of the others before them: "7+LL...".  Without memory, or
 * where the log cannot be read, it has none. */
void lr_crawl_hop_path_add(lr_crawl_frontier *frontier,
                           lr_crawl_queued_url *url);

#endif
